package main

import "github.com/mmcloughlin/avo/operand"

// resampleBits is the precision of a weight.
const resampleBits = 22

func writeResample(e *emitter) {
	writeResampleRow(e)
	writeResampleColumns(e)
}

// writeResampleRow takes a pixel of three bytes for one of four: it reads and
// writes one byte more than there is.
func writeResampleRow(e *emitter) {
	e.function("resampleRow", "(dst, src *uint8, first, weights *int32, count, n int)",
		"the following of n pixels, every byte c of four:", "",
		"	dst[3*i+c] = (sum over k < count of src[first[i]+3*k+c]*weights[i*count+k] + 1<<21) >> 22")
	dst, src, first, weights, count, n := e.param("dst"), e.param("src"), e.param("first"), e.param("weights"), e.param("count"), e.param("n")
	half := e.XMM()
	e.VPBROADCASTD(e.data.bits(1<<(resampleBits-1)), half)
	e.loop(n, func() {
		from, left, sum := e.GP64(), e.GP64(), e.XMM()
		e.MOVLQSX(mem{Base: first}, from)
		e.ADDQ(src, from)
		e.MOVQ(count, left)
		e.VMOVDQA(half, sum)
		e.loop(left, func() {
			levels, w := e.XMM(), e.XMM()
			e.VPMOVZXBD(mem{Base: from}, levels)
			e.VPBROADCASTD(mem{Base: weights}, w)
			e.VPMULLD(w, levels, levels)
			e.VPADDD(levels, sum, sum)
			e.ADDQ(operand.I32(3), from)
			e.ADDQ(operand.I32(4), weights)
		})
		e.VPSRLD(operand.U8(resampleBits), sum, sum)
		e.VPACKUSDW(sum, sum, sum)
		e.VPACKUSWB(sum, sum, sum)
		e.VMOVD(sum, mem{Base: dst})
		e.ADDQ(operand.I32(3), dst)
		e.ADDQ(operand.I32(4), first)
	})
	e.finish()
}

func writeResampleColumns(e *emitter) {
	e.function("resampleColumns", "(dst []uint8, src *uint8, stride int, weights []int32)",
		"the following, of at least four vectors of 32-bit numbers:", "",
		"	dst[i] = (sum over k of src[k*stride+i]*weights[k] + 1<<21) >> 22")
	dst, n, src, stride, weights, count := e.base("dst"), e.length("dst"), e.param("src"), e.param("stride"), e.base("weights"), e.length("weights")
	half := e.filled(1 << (resampleBits - 1))
	e.overlapped(n, 4*e.lanes(), func(i gp) {
		from, w, left, sums := e.GP64(), e.GP64(), e.GP64(), e.vecs(4)
		e.LEAQ(mem{Base: src, Index: i, Scale: 1}, from)
		e.MOVQ(weights, w)
		e.MOVQ(count, left)
		for _, v := range sums {
			e.move(half, v)
		}
		e.loop(left, func() {
			factor := e.vec()
			e.VPBROADCASTD(mem{Base: w}, factor)
			for g, v := range sums {
				levels := e.vec()
				e.VPMOVZXBD(mem{Base: from, Disp: g * e.lanes()}, levels)
				e.VPMULLD(factor, levels, levels)
				e.VPADDD(levels, v, v)
			}
			e.ADDQ(stride, from)
			e.ADDQ(operand.I32(4), w)
		})
		for g := 0; g < 4; g += 2 {
			e.VPSRLD(operand.U8(resampleBits), sums[g], sums[g])
			e.VPSRLD(operand.U8(resampleBits), sums[g+1], sums[g+1])
			to := func(g int) mem { return mem{Base: dst, Index: i, Scale: 1, Disp: g * e.lanes()} }
			if e.wide {
				e.VPMOVDB(sums[g], to(g))
				e.VPMOVDB(sums[g+1], to(g+1))
				continue
			}
			e.VPACKUSDW(sums[g+1], sums[g], sums[g])
			e.VPERMQ(operand.U8(0xd8), sums[g], sums[g])
			e.narrowed(sums[g], to(g))
		}
	})
	e.finish()
}
