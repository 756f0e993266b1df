package main

import "github.com/mmcloughlin/avo/operand"

// writeResize emits the scaling of pictures of four bytes a pixel.
func writeResize(e *emitter) {
	writeResizeRow(e)
	writeResizeBlend(e)
	writeHalveRow(e)
}

// writeResizeRow emits the horizontal pass, for wide vectors also with all
// taps of a vector from one window.
func writeResizeRow(e *emitter) {
	doc := []string{
		"the following of n pixels, every byte c of four:", "",
		"	p, w = src[4*offsets[i]:], weights[i]",
		"	dst[4*i+c] = (w&65535*p[c] + w>>16*p[4+c]) >> 4", "",
		"All arrays have room for whole vectors. In dst the two groups of a vector of",
		"pixels lie one behind the other, as resizeBlend reads them."}
	e.function("resizeRow", "(dst *int16, src *uint8, offsets, weights *uint32, n int)", doc...)
	offsets, src := e.param("offsets"), e.param("src")
	e.resizeRow(offsets, func() [2][]vec {
		return [2][]vec{e.neighbours(0, offsets, src), e.neighbours(1, offsets, src)}
	})
	if !e.wide {
		return
	}
	e.function("resizeRowNear", "(dst *int16, src *uint8, bases, offsets, weights *uint32, n int)", append(doc, nearDoc)...)
	near, src := e.nearWindow(), e.param("src")
	e.resizeRow(near.offsets, func() [2][]vec { return near.neighbours(src) })
}

// resizeRow writes a row from what pairs loads for a vector of pixels; it
// moves offsets on.
func (e *emitter) resizeRow(offsets gp, pairs func() [2][]vec) {
	dst, weights, n := e.param("dst"), e.param("weights"), e.param("n")
	interleave := [2]op{
		e.sixteen(0, none, 4, none, 1, none, 5, none, 2, none, 6, none, 3, none, 7, none),
		e.sixteen(8, none, 12, none, 9, none, 13, none, 10, none, 14, none, 11, none, 15, none),
	}
	e.wholeVectors(n, func() {
		w := e.loaded(e.at(weights, 0))
		for g, rows := range pairs() {
			out := e.vecs(2)
			for i, v := range out {
				weights := e.vec()
				e.VPSHUFD(operand.U8(0x55*(2*g+i)), w, weights)
				e.VPSHUFB(interleave[i], rows[0], v)
				e.VPMADDWD(weights, v, v)
				e.VPSRLD(operand.U8(4), v, v)
			}
			e.VPACKUSDW(out[1], out[0], out[0])
			e.VMOVUPS(out[0], e.at(dst, g))
		}
		e.ADDQ(operand.I32(2*e.bytes()), dst)
		e.ADDQ(operand.I32(e.bytes()), offsets)
		e.ADDQ(operand.I32(e.bytes()), weights)
	})
	e.finish()
}

func writeResizeBlend(e *emitter) {
	e.function("resizeBlend", "(dst *uint8, upper, lower *int16, a, b int16, n int)",
		"the following of n pixels from rows of resizeRow, every byte:", "",
		"	dst[i] = (upper[i]*a>>16 + lower[i]*b>>16 + 2) >> 2")
	dst, upper, lower, n := e.param("dst"), e.param("upper"), e.param("lower"), e.param("n")
	a, b, half := e.vec(), e.vec(), e.vec()
	e.VPBROADCASTW(e.frame("a"), a)
	e.VPBROADCASTW(e.frame("b"), b)
	e.VPBROADCASTD(e.data.bits(2<<16|2), half)
	e.stages(n, []int{1}, func(int) {
		groups := e.vecs(2)
		for g, v := range groups {
			second := e.vec()
			e.VPMULHW(e.at(upper, g), a, v)
			e.VPMULHW(e.at(lower, g), b, second)
			e.VPADDW(second, v, v)
			e.VPADDW(half, v, v)
			e.VPSRLW(operand.U8(2), v, v)
		}
		e.VPACKUSWB(groups[1], groups[0], groups[0])
		e.store(groups[0], e.at(dst, 0))
		e.ADDQ(operand.I32(e.bytes()), dst)
		e.ADDQ(operand.I32(2*e.bytes()), upper)
		e.ADDQ(operand.I32(2*e.bytes()), lower)
	})
	e.finish()
}

func writeHalveRow(e *emitter) {
	e.function("halveRow", "(dst, upper, lower *uint8, vectors int)",
		"the following of whole vectors of pixels, every byte c of four:", "",
		"	dst[4*i+c] = (upper[8*i+c] + upper[8*i+4+c] + lower[8*i+c] + lower[8*i+4+c] + 2) >> 2")
	dst, upper, lower, n := e.param("dst"), e.param("upper"), e.param("lower"), e.param("vectors")
	interleave := e.sixteen(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15)
	ones, half := e.vec(), e.vec()
	e.VPBROADCASTD(e.data.bits(0x01010101), ones)
	e.VPBROADCASTD(e.data.bits(2<<16|2), half)
	order := e.quadOrder()
	end := e.label("end")
	e.TESTQ(n, n)
	e.JZ(operand.LabelRef(end))
	e.loop(n, func() {
		groups := e.vecs(2)
		for i, v := range groups {
			below := e.vec()
			for _, r := range []struct {
				v    vec
				from gp
			}{{v, upper}, {below, lower}} {
				e.VMOVUPS(e.at(r.from, i), r.v)
				e.VPSHUFB(interleave, r.v, r.v)
				e.VPMADDUBSW(ones, r.v, r.v)
			}
			e.VPADDW(below, v, v)
			e.VPADDW(half, v, v)
			e.VPSRLW(operand.U8(2), v, v)
		}
		e.VPACKUSWB(groups[1], groups[0], groups[0])
		e.VMOVUPS(order(groups[0]), e.at(dst, 0))
		e.ADDQ(operand.I32(e.bytes()), dst)
		e.ADDQ(operand.I32(2*e.bytes()), upper)
		e.ADDQ(operand.I32(2*e.bytes()), lower)
	})
	e.Label(end)
	e.finish()
}

// quadOrder returns a function that brings the quarters or eighths of a
// vector into order after two vectors were packed: first the even ones.
func (e *emitter) quadOrder() func(v vec) vec {
	if !e.wide {
		return func(v vec) vec {
			e.VPERMQ(operand.U8(0xd8), v, v)
			return v
		}
	}
	index := e.vec()
	e.VPMOVZXBQ(e.data.bytes("evenFirst", []uint8{0, 2, 4, 6, 1, 3, 5, 7}), index)
	return func(v vec) vec {
		e.VPERMQ(v, index, v)
		return v
	}
}

// wholeVectors runs body for every vector of n pixels, whole ones also at
// the end.
func (e *emitter) wholeVectors(n gp, body func()) {
	end, shift := e.label("end"), uint8(3)
	if e.wide {
		shift = 4
	}
	e.ADDQ(operand.I32(e.lanes()-1), n)
	e.SHRQ(operand.U8(shift), n)
	e.JZ(operand.LabelRef(end))
	e.loop(n, body)
	e.Label(end)
}
