package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func writePack(e *emitter) {
	writeStore(e)
	writePixelNormalize(e)
}

func writeStore(e *emitter) {
	e.function("store", "(rgb, src []uint8)", "what storeRef does, of at least a vector of pixels.")
	to, from, n := e.base("rgb"), e.base("src"), e.length("src")
	e.SHRQ(operand.U8(2), n)
	order := make([]uint8, e.bytes())
	for i := range order {
		order[i] = 0x80
	}
	if e.wide {
		for i := range 48 {
			order[i] = uint8(4*(i/3) + i%3)
		}
	} else {
		for i := range 12 {
			order[i], order[16+i] = uint8(4*(i/3)+i%3), uint8(4*(i/3)+i%3)
		}
	}
	packing := e.readBytes(e.data.bytes("storeOrder"+e.suffix(), order))
	var k reg.OpmaskVirtual
	var join vec
	if e.wide {
		k = e.K()
		bits := e.GP64()
		e.MOVQ(operand.U64(1<<48-1), bits)
		e.KMOVQ(bits, k)
	} else {
		join = e.readBytes(e.data.bytes("storeJoin", doubles(0, 1, 2, 4, 5, 6, 3, 7)))
	}
	e.overlapped(n, e.lanes(), func(i gp) {
		p, v := e.GP64(), e.readBytes(mem{Base: from, Index: i, Scale: 4})
		e.LEAQ(mem{Base: i, Index: i, Scale: 2}, p)
		e.ADDQ(to, p)
		if e.wide {
			e.VPERMB(v, packing, v)
			e.VMOVDQU8(v, k, mem{Base: p})
			return
		}
		e.VPSHUFB(packing, v, v)
		e.VPERMD(v, join, v)
		high := e.XMM()
		e.VMOVDQU(v.AsX(), mem{Base: p})
		e.VEXTRACTI128(operand.U8(1), v, high)
		e.VMOVQ(high, mem{Base: p, Disp: 16})
	})
	e.finish()
}

// doubles are the bytes of 32-bit numbers.
func doubles(v ...uint32) []uint8 {
	var b []uint8
	for _, x := range v {
		b = append(b, uint8(x), uint8(x>>8), uint8(x>>16), uint8(x>>24))
	}
	return b
}

// writePixelNormalize makes three vectors of numbers of a vector of pixels.
func writePixelNormalize(e *emitter) {
	e.function("normalize", "(dst []float32, src []uint8, mean, rate *[3]float32)",
		"what normalizeRef does, of at least a vector of pixels.")
	to, from, n := e.base("dst"), e.base("src"), e.length("src")
	e.SHRQ(operand.U8(2), n)
	var order, mean, rate [3]vec
	for j := range 3 {
		order[j] = e.readBytes(e.data.bytes(fmt.Sprintf("normalizeOrder%d%s", j, e.suffix()), normalizeOrder(j, e.wide)))
		mean[j], rate[j] = e.tripled(e.param("mean"), j), e.tripled(e.param("rate"), j)
	}
	var k reg.OpmaskVirtual
	if e.wide {
		k = e.K()
		bits := e.GP64()
		e.MOVQ(operand.U64(0x1111111111111111), bits)
		e.KMOVQ(bits, k)
	}
	e.overlapped(n, e.lanes(), func(i gp) {
		p := e.GP64()
		e.LEAQ(mem{Base: i, Index: i, Scale: 2}, p)
		e.LEAQ(mem{Base: to, Index: p, Scale: 4}, p)
		var all vec
		if e.wide {
			all = e.readBytes(mem{Base: from, Index: i, Scale: 4})
		}
		for j := range 3 {
			v := e.vec()
			switch {
			case e.wide:
				e.VPERMB_Z(all, order[j], k, v)
			case j == 1:
				e.VPSHUFB(order[j], e.readBytes(mem{Base: from, Index: i, Scale: 4}), v)
			default:
				e.VBROADCASTI128(mem{Base: from, Index: i, Scale: 4, Disp: 8 * j}, v)
				e.VPSHUFB(order[j], v, v)
			}
			e.VCVTDQ2PS(v, v)
			e.VSUBPS(mean[j], v, v)
			e.VMULPS(rate[j], v, v)
			e.store(v, e.at(p, j))
		}
	})
	e.finish()
}

// normalizeOrder lists, for each byte of the 32-bit lanes of vector j of the
// numbers, the byte of the pixels it comes from; AVX2 has pixels 0..3 in both
// halves for j = 0, 0..7 for 1 and 4..7 in both for 2.
func normalizeOrder(j int, wide bool) []uint8 {
	lanes := 8
	if wide {
		lanes = 16
	}
	order := make([]uint8, 4*lanes)
	for i := range order {
		order[i] = 0x80
	}
	for i := range lanes {
		number := lanes*j + i
		order[4*i] = uint8(4*(number/3) + number%3)
		if !wide {
			order[4*i] %= 16
		}
	}
	return order
}

// tripled is vector j of three numbers that repeat.
func (e *emitter) tripled(p gp, j int) vec {
	places := make([]uint32, e.lanes())
	for i := range places {
		places[i] = uint32((e.lanes()*j + i) % 3)
	}
	v := e.readBytes(e.data.bytes(fmt.Sprintf("tripled%d%s", j, e.suffix()), doubles(places...)))
	three := e.vec()
	e.VMOVSD(mem{Base: p}, three.AsX())
	e.VINSERTPS(operand.U8(0x20), mem{Base: p, Disp: 8}, three.AsX(), three.AsX())
	e.VPERMPS(three, v, v)
	return v
}
