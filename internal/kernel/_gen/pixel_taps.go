package main

import "github.com/mmcloughlin/avo/operand"

// writeTaps emits the first half of sampling a picture of four bytes a pixel
// at coordinates in 1/32 pixel. The two taps of an axis are always
// neighbours inside the picture: a border's rule moves the coordinate, or
// takes away weight.
func writeTaps(e *emitter) {
	for _, t := range []tapRule{
		{"tapsReflect", reflectAxis, true, "v = min(|v|, |64*(size-1)-|v||)", "returns more than 0 where a |v| was above limitX or limitY."},
		{"tapsReplicate", replicateAxis, true, "v = min(max(v, 0), 32*(size-1))", "returns 0."},
		{"tapsBlack", blackAxis, false, "v = v, but weights outside the picture are 0", "returns 0."},
	} {
		t.write(e)
	}
}

// tapRule is a border. Its axis is a function from coordinates, which are
// lost, to the first tap and the second one's weight where they add to 32,
// else to first | second<<8.
type tapRule struct {
	name     string
	axis     func(e *emitter, v vec, a *tapAxis) (first, weights vec)
	whole    bool // weights add to 32
	doc, far string
}

func (t tapRule) write(e *emitter) {
	e.function(t.name, "(offsets, weights *uint32, x, y *int32, n, width, height, limitX, limitY int) (far uint32)",
		"the upper left tap and the weights of n pixels; an axis has a size and a coordinate v:", "",
		"	"+t.doc,
		"	first = min(max(v>>5, 0), size-2)",
		"	a, b = max(0, 32-|v-32*first|), max(0, 32-|v-32*(first+1)|)",
		"	offsets[i] = width*firstY + firstX",
		"	weights[i] = aX | bX<<8 | aY<<16 | bY<<24", "",
		"It writes whole vectors, those behind the last pixel for (0, 0), and "+t.far)
	offsets, weights, x, y, n := e.param("offsets"), e.param("weights"), e.param("x"), e.param("y"), e.param("n")
	width := e.spreadInt(e.param("width"))
	columns, rows := e.tapAxis("width"), e.tapAxis("height")
	sums := e.vec()
	e.VPBROADCASTD(e.data.bits(32<<16|32), sums)
	e.stages(n, []int{1}, func(int) {
		firstX, weightsX := t.axis(e, e.loaded(e.at(x, 0)), columns)
		firstY, weightsY := t.axis(e, e.loaded(e.at(y, 0)), rows)
		e.VPMULLD(width, firstY, firstY)
		e.VPADDD(firstX, firstY, firstY)
		e.VMOVUPS(firstY, e.at(offsets, 0))
		e.VPSLLD(operand.U8(16), weightsY, weightsY)
		e.or(weightsY, weightsX)
		if t.whole { // 32-b | b<<8 of both
			e.VPSLLD(operand.U8(8), weightsX, weightsY)
			e.VPSUBD(weightsX, weightsY, weightsY)
			e.VPADDD(sums, weightsY, weightsX)
		}
		e.VMOVUPS(weightsX, e.at(weights, 0))
		for _, p := range []gp{offsets, weights, x, y} {
			e.ADDQ(operand.I32(e.bytes()), p)
		}
	})
	far := e.beyond(columns.largest, e.spreadInt(e.param("limitX")))
	e.ORL(e.beyond(rows.largest, e.spreadInt(e.param("limitY"))).As32(), far.As32())
	e.Store(far.As32(), e.ReturnIndex(0))
	e.finish()
}

// tapAxis are numbers of an axis in every lane.
type tapAxis struct {
	end     vec // 32*(size-1)
	mirror  vec // 64*(size-1)
	last    vec // size-2
	largest vec // |v|
	step    vec // 32
}

func (e *emitter) tapAxis(size string) *tapAxis {
	a, n := &tapAxis{largest: e.vec(), step: e.vec()}, e.param(size)
	e.zero(a.largest)
	e.VPBROADCASTD(e.data.bits(32), a.step)
	e.SUBQ(operand.I32(2), n)
	a.last = e.spreadInt(n)
	e.INCQ(n)
	e.SHLQ(operand.U8(5), n)
	a.end = e.spreadInt(n)
	e.SHLQ(operand.U8(1), n)
	a.mirror = e.spreadInt(n)
	return a
}

// reflectAxis folds the coordinate, which leaves the blend as it is: between
// two pixels the picture is the same line in both directions.
func reflectAxis(e *emitter, v vec, a *tapAxis) (first, weights vec) {
	mirrored := e.vec()
	e.VPABSD(v, v)
	e.VPMAXUD(v, a.largest, a.largest)
	e.VPSUBD(v, a.mirror, mirrored)
	e.VPABSD(mirrored, mirrored)
	e.VPMINUD(mirrored, v, v)
	return e.inside(v, a)
}

func replicateAxis(e *emitter, v vec, a *tapAxis) (first, weights vec) {
	zero := e.vec()
	e.zero(zero)
	e.VPMAXSD(zero, v, v)
	e.VPMINSD(a.end, v, v)
	return e.inside(v, a)
}

// inside is the blend at coordinates from 0 to 32*(size-1).
func (e *emitter) inside(v vec, a *tapAxis) (first, weights vec) {
	first, weights = e.vec(), e.vec()
	e.VPSRLD(operand.U8(5), v, first)
	e.VPMINUD(a.last, first, first)
	e.VPSLLD(operand.U8(5), first, weights)
	e.VPSUBD(weights, v, weights)
	return first, weights
}

// blackAxis makes each weight a tent over its tap. The coordinate is cut
// where both are zero, so that differences do not overflow.
func blackAxis(e *emitter, v vec, a *tapAxis) (first, weights vec) {
	first, weights = e.vec(), e.vec()
	zero, edge := e.vec(), e.vec()
	e.zero(zero)
	e.VPADDD(a.step, a.end, edge)
	e.VPMINSD(edge, v, v)
	e.VPSUBD(a.step, zero, edge)
	e.VPMAXSD(edge, v, v)
	e.VPSRAD(operand.U8(5), v, first)
	e.VPMAXSD(zero, first, first)
	e.VPMINSD(a.last, first, first)
	e.VPSLLD(operand.U8(5), first, edge)
	e.VPSUBD(edge, v, v)
	tent := func(v vec) {
		e.VPABSD(v, v)
		e.VPSUBD(v, a.step, v)
		e.VPMAXSD(zero, v, v)
	}
	e.VPSUBD(a.step, v, weights)
	tent(v)
	tent(weights)
	e.VPSLLD(operand.U8(8), weights, weights)
	e.or(v, weights)
	return first, weights
}

// spreadInt returns the lower half of a general register in every lane.
func (e *emitter) spreadInt(r gp) vec {
	x, v := e.XMM(), e.vec()
	e.VMOVD(r.As32(), x)
	e.VPBROADCASTD(x, v)
	return v
}

// beyond returns more than 0 where a lane of v, unsigned, is above limit.
func (e *emitter) beyond(v, limit vec) gp {
	r := e.GP64()
	if e.wide {
		const above = 6 // not less or equal
		k := e.K()
		e.VPCMPUD(operand.U8(above), limit, v, k)
		e.KMOVW(k, r.As32())
		return r
	}
	e.VPMINUD(v, limit, limit)
	e.VPCMPEQD(v, limit, limit)
	e.VMOVMSKPS(limit, r.As32())
	e.XORL(operand.I32(0xff), r.As32())
	return r
}
