package main

import "github.com/mmcloughlin/avo/operand"

// rowBlock is the number of samples that the kernels of rows take at a time.
// They write whole blocks: the package leaves room behind its rows.
const rowBlock = 32

// writeJPEGColour writes upsampling and colour conversion.
func writeJPEGColour(e *emitter) {
	writeDoubleAcross(e)
	writeDoubleDown(e)
	writeDoubleBoth(e)
	writeToRGB(e)
	writeToRGBA(e)
}

// step is a pointer and what it moves by.
type step struct {
	pointer gp
	bytes   int
}

// eachBlock runs body on every block of a row of n samples and moves the
// pointers on.
func (e *emitter) eachBlock(body func(), steps ...step) {
	n, end := e.param("n"), e.label("end")
	e.ADDQ(operand.I32(rowBlock-1), n)
	e.SHRQ(operand.U8(5), n)
	e.JZ(operand.LabelRef(end))
	e.loop(n, func() {
		body()
		for _, s := range steps {
			e.ADDQ(operand.I32(s.bytes), s.pointer)
		}
	})
	e.Label(end)
	e.finish()
}

// word16 is a number in every word.
func (e *emitter) word16(v int) op { return e.fixed(uint32(uint16(v)) * 0x10001) }

// thrice returns 3v.
func (e *emitter) thrice(v vec) vec {
	t := e.vec()
	e.VPADDW(v, v, t)
	e.VPADDW(v, t, t)
	return t
}

// interleave writes bytes of even and odd places, which lie in words.
func (e *emitter) interleave(even, odd vec, to mem) {
	e.VPSLLW(operand.U8(8), odd, odd)
	e.or(even, odd)
	e.writeBytes(odd, to)
}

func writeDoubleAcross(e *emitter) {
	e.function("doubleAcross", "(dst, src []uint8, n int)", "doubleAcrossRef: twice as many samples across.")
	dst, src := e.base("dst"), e.base("src")
	one, two := e.word16(1), e.word16(2)
	e.eachBlock(func() {
		for part := range 64 / e.bytes() {
			at := part * e.bytes() / 2
			before, after := e.widened(mem{Base: src, Disp: at}), e.widened(mem{Base: src, Disp: at + 2})
			here := e.thrice(e.widened(mem{Base: src, Disp: at + 1}))
			e.VPADDW(here, before, before)
			e.VPADDW(one, before, before)
			e.VPSRLW(operand.U8(2), before, before)
			e.VPADDW(here, after, after)
			e.VPADDW(two, after, after)
			e.VPSRLW(operand.U8(2), after, after)
			e.interleave(before, after, mem{Base: dst, Disp: 2 * at})
		}
	}, step{dst, 2 * rowBlock}, step{src, rowBlock})
}

func writeDoubleDown(e *emitter) {
	e.function("doubleDown", "(dst, near, far []uint8, n, bias int)", "doubleDownRef: a row between two.")
	dst, near, far := e.base("dst"), e.base("near"), e.base("far")
	bias := e.vec()
	x := e.XMM()
	e.MOVQ(e.param("bias"), x)
	e.VPBROADCASTW(x, bias)
	e.eachBlock(func() {
		var sums []vec
		for part := range 64 / e.bytes() {
			at := part * e.bytes() / 2
			v := e.thrice(e.widened(mem{Base: near, Disp: at}))
			e.VPADDW(e.widened(mem{Base: far, Disp: at}), v, v)
			e.VPADDW(bias, v, v)
			e.VPSRLW(operand.U8(2), v, v)
			sums = append(sums, v)
		}
		if e.wide {
			e.VPMOVWB(sums[0], mem{Base: dst})
			return
		}
		e.VPACKUSWB(sums[1], sums[0], sums[0])
		e.VPERMQ(operand.U8(0xd8), sums[0], sums[0])
		e.VMOVDQU(sums[0], mem{Base: dst})
	}, step{dst, rowBlock}, step{near, rowBlock}, step{far, rowBlock})
}

func writeDoubleBoth(e *emitter) {
	e.function("doubleBoth", "(dst, near, far []uint8, n int)", "doubleBothRef: twice as many samples across, of a row between two.")
	dst, near, far := e.base("dst"), e.base("near"), e.base("far")
	seven, eight := e.word16(7), e.word16(8)
	e.eachBlock(func() {
		for part := range 64 / e.bytes() {
			at := part * e.bytes() / 2
			var sums [3]vec
			for i := range sums {
				sums[i] = e.thrice(e.widened(mem{Base: near, Disp: at + i}))
				e.VPADDW(e.widened(mem{Base: far, Disp: at + i}), sums[i], sums[i])
			}
			here := e.thrice(sums[1])
			e.VPADDW(here, sums[0], sums[0])
			e.VPADDW(eight, sums[0], sums[0])
			e.VPSRLW(operand.U8(4), sums[0], sums[0])
			e.VPADDW(here, sums[2], sums[2])
			e.VPADDW(seven, sums[2], sums[2])
			e.VPSRLW(operand.U8(4), sums[2], sums[2])
			e.interleave(sums[0], sums[2], mem{Base: dst, Disp: 2 * at})
		}
	}, step{dst, 2 * rowBlock}, step{near, rowBlock}, step{far, rowBlock})
}
