package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

// widened reads half a vector of bytes as 16-bit numbers.
func (e *emitter) widened(m mem) vec {
	v := e.vec()
	e.VPMOVZXBW(m, v)
	return v
}

// narrowed writes a vector of 16-bit numbers below 256 as bytes.
func (e *emitter) narrowed(v vec, m mem) {
	if e.wide {
		e.VPMOVWB(v, m)
		return
	}
	low, high := e.XMM(), e.XMM()
	e.VEXTRACTI128(operand.U8(1), v, high)
	e.VPACKUSWB(high, v.AsX(), low)
	e.VMOVDQU(low, m)
}

// binomial returns the sum of 16-bit numbers weighed by 1 2 1 or 1 4 6 4 1.
func (e *emitter) binomial(v []vec) vec {
	if len(v) == 3 {
		e.VPADDW(v[1], v[1], v[1])
		e.VPADDW(v[0], v[2], v[0])
		e.VPADDW(v[1], v[0], v[0])
		return v[0]
	}
	twice := e.vec() // of the middle one: 6c = 2c + 4c
	e.VPADDW(v[2], v[2], twice)
	e.VPADDW(v[1], v[3], v[1])
	e.VPADDW(v[2], v[1], v[1])
	e.VPSLLW(operand.U8(2), v[1], v[1])
	e.VPADDW(v[0], v[4], v[0])
	e.VPADDW(twice, v[0], v[0])
	e.VPADDW(v[1], v[0], v[0])
	return v[0]
}

// repeated fills a vector with a 16-bit number.
func (e *emitter) repeated(v uint16) vec { return e.filled(uint32(v) | uint32(v)<<16) }

func writeBlur(e *emitter) {
	for _, k := range []int{3, 5} {
		writeGaussianDown(e, k)
		writeGaussianAcross(e, k)
	}
	for n := 2; n <= 5; n++ {
		writeMeanRows(e, n)
	}
}

func writeGaussianDown(e *emitter, k int) {
	e.function(fmt.Sprintf("gaussianDown%d", k), "(sums []uint16, rows *[5][]uint8)",
		fmt.Sprintf("what gaussianDown%dRef does, of at least half a vector of bytes.", k))
	to, n := e.base("sums"), e.length("sums")
	from := e.slices(e.param("rows"), k)
	e.overlapped(n, e.bytes()/2, func(i gp) {
		v := make([]vec, k)
		for r := range v {
			v[r] = e.widened(mem{Base: from[r], Index: i, Scale: 1})
		}
		e.writeBytes(e.binomial(v), mem{Base: to, Index: i, Scale: 2})
	})
	e.finish()
}

func writeGaussianAcross(e *emitter, k int) {
	e.function(fmt.Sprintf("gaussianAcross%d", k), "(dst []uint8, sums []uint16)",
		fmt.Sprintf("what gaussianAcross%dRef does, of at least half a vector of bytes.", k))
	to, n, from := e.base("dst"), e.length("dst"), e.base("sums")
	shift := 2 * (k - 1)
	half := e.repeated(1 << (shift - 1))
	e.overlapped(n, e.bytes()/2, func(i gp) {
		v := make([]vec, k)
		for d := range v {
			v[d] = e.readBytes(mem{Base: from, Index: i, Scale: 2, Disp: 8 * d})
		}
		sum := e.binomial(v)
		e.VPADDW(half, sum, sum)
		e.VPSRLW(operand.U8(shift), sum, sum)
		e.narrowed(sum, mem{Base: to, Index: i, Scale: 1})
	})
	e.finish()
}

// writeMeanRows follows the rules of meanRule in package pixel.
func writeMeanRows(e *emitter, n int) {
	e.function(fmt.Sprintf("mean%dRows", n), "(dst []uint8, rows *[5][]uint8)",
		fmt.Sprintf("what meanRowsRef does with n = %d, of at least half a vector of bytes.", n))
	to, length := e.base("dst"), e.length("dst")
	from := e.slices(e.param("rows"), n)
	var half, factor, one vec
	if n > 2 {
		half = e.repeated(uint16(n-1) / 2)
	}
	if n%2 == 0 {
		one = e.repeated(1)
	} else {
		factor = e.repeated(uint16(1<<16/n + 1))
	}
	e.overlapped(length, e.bytes()/2, func(i gp) {
		sum := e.widened(mem{Base: from[0], Index: i, Scale: 1})
		for _, p := range from[1:] {
			e.VPADDW(e.widened(mem{Base: p, Index: i, Scale: 1}), sum, sum)
		}
		switch bits := n / 2; {
		case n%2 == 0:
			odd := e.vec()
			e.VPSRLW(operand.U8(bits), sum, odd)
			if e.wide {
				e.VPANDD(one, odd, odd)
			} else {
				e.VPAND(one, odd, odd)
			}
			if n > 2 {
				e.VPADDW(half, sum, sum)
			}
			e.VPADDW(odd, sum, sum)
			e.VPSRLW(operand.U8(bits), sum, sum)
		default:
			e.VPADDW(half, sum, sum)
			e.VPMULHUW(factor, sum, sum)
		}
		e.narrowed(sum, mem{Base: to, Index: i, Scale: 1})
	})
	e.finish()
}
