package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

// writeSample emits what moves pixels of four bytes: where they come from,
// the taps there, and their blend.
func writeSample(e *emitter) {
	writeCoordinates(e)
	writeTaps(e)
	writeBlend(e)
}

// A vector of pixels is made of two groups, so that packing 16-bit to 8-bit
// lanes brings the pixels into order: each 128 bits of group g hold pixels
// 2g and 2g+1 of the four that they become.

// writeBlend emits the second half of sampling, for wide vectors also with
// all taps of a vector from one window.
func writeBlend(e *emitter) {
	e.function("blend", "(dst, src *uint8, stride int, offsets, weights *uint32, rowWeights uint32, n int)", blendDoc...)
	offsets := e.param("offsets")
	e.blendRow(offsets, func(upper, lower gp) [2][]vec {
		return [2][]vec{e.neighbours(0, offsets, upper, lower), e.neighbours(1, offsets, upper, lower)}
	})
	if !e.wide {
		return
	}
	e.function("blendNear", "(dst, src *uint8, stride int, bases, offsets, weights *uint32, rowWeights uint32, n int)",
		append(blendDoc, nearDoc)...)
	near := e.nearWindow()
	e.blendRow(near.offsets, func(upper, lower gp) [2][]vec { return near.neighbours(upper, lower) })
}

var blendDoc = []string{
	"n pixels from two pairs of neighbours each, every byte c of four:", "",
	"	p, w = src[4*offsets[i]:], weights[i] | rowWeights",
	"	upper = w&255*p[c] + w>>8&255*p[4+c]",
	"	lower = w&255*p[stride+c] + w>>8&255*p[stride+4+c]",
	"	dst[4*i+c] = (w>>16&255*upper + w>>24*lower + 512) >> 10", "",
	"Offsets are there for whole vectors."}

const nearDoc = "Those of a vector v lie from bases[v] to bases[v]+30, and 32 pixels from there can be read."

// blendRow writes a row from what pairs loads of two addresses for a vector
// of pixels; it moves offsets on.
func (e *emitter) blendRow(offsets gp, pairs func(upper, lower gp) [2][]vec) {
	dst, upper, lower, n := e.param("dst"), e.param("src"), e.param("stride"), e.param("n")
	weights := e.param("weights")
	e.ADDQ(upper, lower)
	b := blender{emitter: e, half: e.vec(), interleave: e.sixteen(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15)}
	e.VPBROADCASTD(e.data.bits(512), b.half)
	for i := range 2 {
		x := uint8(8 * i)
		b.columns[i] = e.sixteen(x, x+1, x, x+1, x, x+1, x, x+1, x+4, x+5, x+4, x+5, x+4, x+5, x+4, x+5)
	}
	for i := range b.rows {
		x := uint8(4*i + 2)
		b.rows[i] = e.sixteen(x, none, x+1, none, x, none, x+1, none, x, none, x+1, none, x, none, x+1, none)
	}
	rowWeights := e.vec()
	e.VBROADCASTSS(e.frame("rowWeights"), rowWeights)
	e.stages(n, []int{1}, func(int) {
		w := e.loaded(e.at(weights, 0))
		e.or(rowWeights, w)
		var groups [2]vec
		for g, rows := range pairs(upper, lower) {
			groups[g] = b.group(g, rows, w)
		}
		e.VPACKUSWB(groups[1], groups[0], groups[0])
		e.store(groups[0], e.at(dst, 0))
		for _, p := range []gp{dst, offsets, weights} {
			e.ADDQ(operand.I32(e.bytes()), p)
		}
	})
	e.finish()
}

// nearWindow takes neighbours out of 32 pixels in two registers.
type nearWindow struct {
	*emitter
	bases, offsets gp
	twice          [2]vec // a group's pixels, each two times
	second         vec    // 0, 1, 0, 1, ...
}

func (e *emitter) nearWindow() *nearWindow {
	w := &nearWindow{emitter: e, bases: e.param("bases"), offsets: e.param("offsets"), second: e.vec()}
	for g := range w.twice {
		var lanes []uint8
		for i := range uint8(16) {
			lanes = append(lanes, i/4*4+2*uint8(g)+i%4/2)
		}
		w.twice[g] = e.vec()
		e.VPMOVZXBD(e.data.bytes(fmt.Sprintf("twice%d", g), lanes), w.twice[g])
	}
	e.VPBROADCASTQ(e.data.bytes("second", []uint8{0, 0, 0, 0, 1, 0, 0, 0}), w.second)
	return w
}

// neighbours is that of emitter for both groups. It moves on to the next
// base.
func (w *nearWindow) neighbours(rows ...gp) (groups [2][]vec) {
	base, places := w.GP64(), w.vec()
	w.MOVL(mem{Base: w.bases}, base.As32())
	w.VMOVDQU32(w.at(w.offsets, 0), places)
	w.VPSUBD_BCST(mem{Base: w.bases}, places, places)
	w.ADDQ(operand.I32(4), w.bases)
	var index [2]vec
	for g := range index {
		index[g] = w.vec()
		w.VPERMD(places, w.twice[g], index[g])
		w.VPADDD(w.second, index[g], index[g])
	}
	for _, row := range rows {
		left, right := w.vec(), w.vec()
		w.VMOVDQU32(mem{Base: row, Index: base, Scale: 4}, left)
		w.VMOVDQU32(mem{Base: row, Index: base, Scale: 4, Disp: 64}, right)
		for g := range groups {
			v := w.vec()
			w.VMOVDQA64(index[g], v)
			w.VPERMI2D(right, left, v)
			groups[g] = append(groups[g], v)
		}
	}
	return groups
}

// blender has the constants of writeBlend.
type blender struct {
	*emitter
	half       vec
	interleave op    // neighbours' bytes side by side
	columns    [2]op // the columns' weights of a group
	rows       [4]op // the rows' weights of each of four pixels, as 16 bits
}

// group blends a group's neighbours in two rows to 16-bit lanes.
func (b *blender) group(g int, rows []vec, w vec) vec {
	weights := b.vec()
	b.VPSHUFB(b.columns[g], w, weights)
	for _, v := range rows {
		b.VPSHUFB(b.interleave, v, v)
		b.VPMADDUBSW(weights, v, v)
	}
	upper, lower := rows[0], rows[1]
	first, second := b.vec(), b.vec()
	b.VPUNPCKLWD(lower, upper, first)
	b.VPUNPCKHWD(lower, upper, second)
	for i, v := range []vec{first, second} {
		weights := b.vec()
		b.VPSHUFB(b.rows[2*g+i], w, weights)
		b.VPMADDWD(weights, v, v)
		b.VPADDD(b.half, v, v)
		b.VPSRLD(operand.U8(10), v, v)
	}
	b.VPACKUSDW(second, first, first)
	return first
}

// neighbours loads a group's pixels at offsets and those next to them, from
// several addresses.
func (e *emitter) neighbours(g int, offsets gp, bases ...gp) []vec {
	parts := make([][]vec, len(bases))
	for lane := range e.bytes() / 16 {
		var at [2]gp
		for i := range at {
			at[i] = e.GP64()
			e.MOVL(mem{Base: offsets, Disp: 4 * (4*lane + 2*g + i)}, at[i].As32())
		}
		for i, base := range bases {
			x := e.XMM()
			e.VMOVQ(mem{Base: base, Index: at[0], Scale: 4}, x)
			e.VMOVHPS(mem{Base: base, Index: at[1], Scale: 4}, x, x)
			parts[i] = append(parts[i], x)
		}
	}
	joined := make([]vec, len(bases))
	for i, p := range parts {
		joined[i] = e.joined(p)
	}
	return joined
}

// joined is a vector of 128-bit parts, lowest first.
func (e *emitter) joined(parts []vec) vec {
	if !e.wide {
		v := e.vec()
		e.VINSERTI128(operand.U8(1), parts[1], parts[0].AsY(), v)
		return v
	}
	var halves [2]vec
	for i := range halves {
		halves[i] = e.YMM()
		e.VINSERTI32X4(operand.U8(1), parts[2*i+1], parts[2*i].AsY(), halves[i])
	}
	v := e.vec()
	e.VINSERTI64X4(operand.U8(1), halves[1], halves[0].AsZ(), v)
	return v
}

// none in a pattern gives a zero.
const none = 0x80

// sixteen returns a pattern of bytes, the same in every 128 bits: a register
// where it is wide.
func (e *emitter) sixteen(pattern ...uint8) op {
	m := e.data.bytes(fmt.Sprintf("bytes%x", pattern), append(pattern, pattern...))
	if !e.wide {
		return m
	}
	v := e.vec()
	e.VBROADCASTI32X4(m, v)
	return v
}
