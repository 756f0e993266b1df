package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets in pixel.labVectors.
const (
	labGammaLow  = 0
	labGammaHigh = labGammaLow + 256
	labRoot      = labGammaHigh + 256
	labEncode    = labRoot + 5*128
	labGamma     = 2048
	labRootAll   = labGamma + 4*256
	labEncodeAll = labRootAll + 4*2048
)

// with emits an instruction whose first operand is a constant in memory.
func (e *emitter) with(plain, broadcast func(ops ...op), constant mem, rest ...op) {
	if e.wide {
		plain = broadcast
	}
	plain(append([]op{constant}, rest...)...)
}

// number is a float32 in memory for with.
func (e *emitter) number(v float64) mem { return e.data.float32(v) }

// integer is a 32-bit number in memory for with.
func (e *emitter) integer(v int32) mem { return e.data.bits(uint32(v)) }

// filled returns a register with a 32-bit pattern in all lanes.
func (e *emitter) filled(bits uint32) vec {
	v := e.vec()
	e.VBROADCASTSS(e.data.bits(bits), v)
	return v
}

// Directions of round.
const (
	nearest = 0
	down    = 1
	up      = 2
)

// round makes whole numbers of float32, in place.
func (e *emitter) round(direction uint8, v vec) {
	if e.wide {
		e.VRNDSCALEPS(operand.U8(direction), v, v)
		return
	}
	e.VROUNDPS(operand.U8(8|direction), v, v)
}

// gather returns the 32-bit elements of a table whose numbers are in index (narrow).
func (e *emitter) gather(table gp, offset int, index vec) vec {
	mask, v := e.vec(), e.vec()
	e.VPCMPEQD(mask, mask, mask)
	e.VPGATHERDD(mask, mem{Base: table, Index: index, Scale: 4, Disp: offset}, v)
	return v
}

// permuted is a table of 64-byte vectors in registers or, the second half of
// each pair, in memory, where registers are few.
type permuted []op

func (e *emitter) permuted(table gp, offset, vectors int) (p permuted) {
	for i := range vectors {
		m := mem{Base: table, Disp: offset + 64*i}
		if i%2 == 1 {
			p = append(p, m)
			continue
		}
		v := e.vec()
		e.VMOVUPS(m, v)
		p = append(p, v)
	}
	return p
}

// lookup256 returns the bytes that stand in a table of 256 for those of v; upper
// marks those of 128 and more (wide).
func (e *emitter) lookup256(v vec, t permuted, upper reg.OpmaskVirtual) vec {
	first, second := e.copied(v), e.copied(v)
	e.VPERMI2B(t[1], t[0], first)
	e.VPERMI2B(t[3], t[2], second)
	e.VMOVDQU8(second, upper, first)
	return first
}

// words looks 16 bits up for each byte of v (wide) and returns those of the
// even bytes, then of the odd ones, as words.
func (e *emitter) words(v vec, low, high permuted, lowHalf vec) (even, odd vec) {
	upper := e.K()
	e.VPMOVB2M(v, upper)
	const orAnd, orAndNot = 0xf8, 0xf4
	l, h := e.lookup256(v, low, upper), e.lookup256(v, high, upper)
	even, odd = e.vec(), e.vec()
	e.VPSLLW(operand.U8(8), h, even)
	e.VPTERNLOGD(operand.U8(orAnd), lowHalf, l, even)
	e.VPSRLW(operand.U8(8), l, odd)
	e.VPTERNLOGD(operand.U8(orAndNot), lowHalf, h, odd)
	return even, odd
}

// quarters computes the polynomials of quarter octaves (wide).
type quarters struct {
	*emitter
	powers []permuted
}

func newQuarters(e *emitter, table gp, offset, degree int) quarters {
	q := quarters{emitter: e}
	for power := range degree + 1 {
		q.powers = append(q.powers, e.permuted(table, offset+128*power, 2))
	}
	return q
}

// value returns the polynomial of integers of 16 and above, not rounded; v is
// lost.
func (q quarters) value(v vec) vec {
	index, t := q.vec(), v
	q.VCVTDQ2PS(v, t)
	q.VPSRLD(operand.U8(21), t, index)
	var sum vec
	for power := len(q.powers) - 1; power >= 0; power-- {
		c := index
		if power > 0 {
			c = q.copied(index)
		}
		q.VPERMI2PS(q.powers[power][1], q.powers[power][0], c)
		if sum != nil {
			q.VFMADD213PS(c, t, sum)
			continue
		}
		sum = c
	}
	return sum
}

func writeLab(e *emitter) {
	writeLabFromRGB(e)
	writeRGBFromLab(e)
}

// labRows are CIE's X, Y and Z of 4096ths of red, green and blue.
var labRows = [3][3]int32{{1777, 1541, 778}, {871, 2929, 296}, {73, 448, 3575}}

func writeLabFromRGB(e *emitter) {
	e.function("labFromRGB", "(l, a, b, pix *uint8, blocks int, tables *uint8)",
		fmt.Sprintf("labFromRGBRef of blocks > 0 blocks of %d pixels.", e.lanes()))
	to := [3]gp{e.param("l"), e.param("a"), e.param("b")}
	pix, blocks, table := e.param("pix"), e.param("blocks"), e.param("tables")
	linear, root := labGathers(e, table)
	if e.wide {
		linear, root = labPermutes(e, table)
	}
	e.loop(blocks, func() {
		even, odd := linear(e.loaded(mem{Base: pix}))
		var f [3]vec
		for i := range f {
			f[i] = root(i, even, odd)
			e.round(nearest, f[i])
		}
		e.VSUBPS(f[1], f[0], f[0])
		e.VSUBPS(f[2], f[1], f[2])
		for i, c := range []struct {
			from          vec
			factor, shift float64
		}{{f[1], 296, 16384 - 1336934}, {f[0], 500, 4194304 + 16384}, {f[2], 200, 4194304 + 16384}} {
			v := e.filled(math.Float32bits(float32(c.factor / 32768)))
			e.with(e.VFMADD213PS, e.VFMADD213PS_BCST, e.number(c.shift/32768), c.from, v)
			e.VCVTTPS2DQ(v, v)
			e.storeBytes(v, mem{Base: to[i]})
			e.ADDQ(operand.I32(e.lanes()), to[i])
		}
		e.ADDQ(operand.I32(e.bytes()), pix)
	})
	e.finish()
}

// storeBytes stores the lowest bytes of lanes of at most 255.
func (e *emitter) storeBytes(v vec, m mem) {
	if e.wide {
		e.VPMOVDB(v, m)
		return
	}
	upper := e.XMM()
	e.VEXTRACTI128(operand.U8(1), v, upper)
	e.VPACKUSDW(upper, v.AsX(), upper)
	e.VPACKUSWB(upper, upper, upper)
	e.VMOVQ(upper, m)
}

// labPermutes returns what makes words of linear red and blue, linear green
// of pixels, and CIE's f of a row of them, not rounded (wide).
func labPermutes(e *emitter, table gp) (linear func(v vec) (even, odd vec), root func(row int, even, odd vec) vec) {
	low, high := e.permuted(table, labGammaLow, 4), e.permuted(table, labGammaHigh, 4)
	lowHalf := e.filled(0x00ff00ff)
	q := newQuarters(e, table, labRoot, 4)
	var redBlue, green [3]vec
	for i, row := range labRows {
		redBlue[i], green[i] = e.filled(uint32(row[0]|row[2]<<16)), e.filled(uint32(row[1]))
	}
	linear = func(v vec) (even, odd vec) { return e.words(v, low, high, lowHalf) }
	root = func(row int, even, odd vec) vec {
		s, g := e.vec(), e.vec()
		e.VPMADDWD(redBlue[row], even, s)
		e.VPMADDWD(green[row], odd, g)
		e.VPADDD(g, s, s)
		e.VPADDD_BCST(e.integer(2048+16<<12), s, s)
		e.VPSRLD(operand.U8(12), s, s)
		return q.value(s)
	}
	return linear, root
}

// labGathers is the same by tables in memory (narrow).
func labGathers(e *emitter, table gp) (linear func(v vec) (even, odd vec), root func(row int, even, odd vec) vec) {
	linear = func(v vec) (even, odd vec) {
		channel := func(shift uint64) vec {
			i := e.vec()
			e.VPSRLD(operand.U8(shift), v, i)
			e.VPAND(e.integer(255), i, i)
			return e.gather(table, labGamma, i)
		}
		even, odd = channel(16), channel(8)
		e.VPSLLD(operand.U8(16), even, even)
		e.VPOR(channel(0), even, even)
		return even, odd
	}
	root = func(row int, even, odd vec) vec {
		s, g := e.vec(), e.vec()
		e.VPMADDWD(e.integer(labRows[row][0]|labRows[row][2]<<16), even, s)
		e.VPMADDWD(e.integer(labRows[row][1]), odd, g)
		e.VPADDD(g, s, s)
		e.VPADDD(e.integer(2048), s, s)
		e.VPSRLD(operand.U8(12), s, s)
		return e.gather(table, labRootAll, s)
	}
	return linear, root
}

func writeRGBFromLab(e *emitter) {
	e.function("rgbFromLab", "(pix, l, a, b *uint8, blocks int, tables *uint8)",
		fmt.Sprintf("rgbFromLabRef of blocks > 0 blocks of %d pixels, with 0 for their", e.lanes()),
		"fourth bytes. f(Y), Y and the terms of a and b are rounded lines and a cube that",
		"give the reference's integers for all 256 arguments.")
	pix := e.param("pix")
	from := [3]gp{e.param("l"), e.param("a"), e.param("b")}
	blocks, table := e.param("blocks"), e.param("tables")
	encode := labEncodeGather(e, table)
	if e.wide {
		encode = labEncodePermutes(e, table)
	}
	e.loop(blocks, func() {
		var lab [3]vec
		for i, p := range from {
			lab[i] = e.vec()
			e.VPMOVZXBD(mem{Base: p}, lab[i])
			e.VCVTDQ2PS(lab[i], lab[i])
			e.ADDQ(operand.I32(e.lanes()), p)
		}
		f, y := e.lightness(lab[0])
		x := e.labCube(e.labTerm(lab[1], f, 268435.0/8192, 128.0/8192-4194, down))
		z := e.labCube(e.labTerm(lab[2], f, -41943.0/512, 10484-16.0/512, up))
		out := e.vec()
		for i, row := range [3][3]int32{{217, -836, 4715}, {-3773, 7684, 185}, {12615, -6296, -2223}} {
			v, t := e.vec(), e.vec()
			e.with(e.VPMULLD, e.VPMULLD_BCST, e.integer(row[0]), x, v)
			e.with(e.VPMULLD, e.VPMULLD_BCST, e.integer(row[1]), y, t)
			e.VPADDD(t, v, v)
			e.with(e.VPMULLD, e.VPMULLD_BCST, e.integer(row[2]), z, t)
			e.VPADDD(t, v, v)
			v = encode(v)
			if i == 0 {
				e.VMOVAPS(v, out)
				continue
			}
			e.VPSLLD(operand.U8(8), out, out)
			e.or(v, out)
		}
		e.store(out, mem{Base: pix})
		e.ADDQ(operand.I32(e.bytes()), pix)
	})
	e.finish()
}

// or adds the bits of v to those of to.
func (e *emitter) or(v, to vec) {
	if e.wide {
		e.VPORD(v, to, to)
		return
	}
	e.VPOR(v, to, to)
}

// lightness returns f(Y) as float32 and Y as integers of L, which is lost.
func (e *emitter) lightness(l vec) (f, y vec) {
	const slope, zero = 5.0 / 1479, 16.0 / 116
	side := math.Pow(1<<14, 1.0/3)
	f, y = e.filled(math.Float32bits(1<<14*slope)), e.filled(math.Float32bits(float32(side*slope)))
	e.with(e.VFMADD213PS, e.VFMADD213PS_BCST, e.number(1<<14*zero), l, f)
	e.round(nearest, f)
	e.with(e.VFMADD213PS, e.VFMADD213PS_BCST, e.number(side*zero), l, y)
	cube, line := e.vec(), e.vec()
	e.VMULPS(y, y, cube)
	e.VMULPS(y, cube, cube)
	e.with(e.VMULPS, e.VMULPS_BCST, e.number((1<<14)*180.0/(17*29*29*29)), l, line)
	e.choose(l, e.number(20), line, cube)
	e.VCVTPS2DQ(cube, cube)
	return f, cube
}

// choose replaces lanes of to by those of v where x <= limit.
func (e *emitter) choose(x vec, limit mem, v, to vec) {
	const lessOrEqual = 2
	if e.wide {
		k := e.K()
		e.VCMPPS_BCST(operand.U8(lessOrEqual), limit, x, k)
		e.VMOVAPS(v, k, to)
		return
	}
	mask := e.vec()
	e.VCMPPS(operand.U8(lessOrEqual), limit, x, mask)
	e.VBLENDVPS(mask, v, to, to)
}

// labTerm returns f + factor*v + shift, without what is behind the point of
// the latter two.
func (e *emitter) labTerm(v, f vec, factor, shift float64, direction uint8) vec {
	t := e.filled(math.Float32bits(float32(factor)))
	e.with(e.VFMADD213PS, e.VFMADD213PS_BCST, e.number(shift), v, t)
	e.round(direction, t)
	e.VADDPS(f, t, t)
	return t
}

// labCube is pixel.labCube of whole float32 numbers. The line's factor is
// rounded such that no multiple of 841 is lost.
func (e *emitter) labCube(f vec) vec {
	i, cube, line := e.vec(), e.vec(), e.vec()
	e.VCVTPS2DQ(f, i)
	e.VPMULLD(i, i, cube)
	e.VPSRLD(operand.U8(14), cube, cube)
	e.VPMULLD(i, cube, cube)
	e.VPSRLD(operand.U8(14), cube, cube)
	e.with(e.VMULPS, e.VMULPS_BCST, e.number(108.0/841), f, line)
	e.VCVTTPS2DQ(line, line)
	e.with(e.VPADDD, e.VPADDD_BCST, e.integer(-290), line, line)
	e.choose(f, e.number(3390), line, cube)
	return cube
}

// labEncodePermutes returns what makes sRGB of sums of 14 bits behind the
// point (wide). From 4078 on all is 255, so that 4079 can stand for the rest.
func labEncodePermutes(e *emitter, table gp) func(v vec) vec {
	q := newQuarters(e, table, labEncode, 3)
	return func(v vec) vec {
		e.VPADDD_BCST(e.integer(8192+16<<14), v, v)
		e.VPSRAD(operand.U8(14), v, v)
		e.VPMAXSD_BCST(e.integer(16), v, v)
		e.VPMINSD_BCST(e.integer(4095), v, v)
		s := q.value(v)
		e.VCVTPS2DQ(s, s)
		return s
	}
}

// labEncodeGather is the same by a table in memory (narrow).
func labEncodeGather(e *emitter, table gp) func(v vec) vec {
	return func(v vec) vec {
		zero := e.vec()
		e.zero(zero)
		e.VPADDD(e.integer(8192), v, v)
		e.VPSRAD(operand.U8(14), v, v)
		e.VPMAXSD(zero, v, v)
		e.VPMINSD(e.integer(4095), v, v)
		return e.gather(table, labEncodeAll, v)
	}
}
