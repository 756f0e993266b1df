package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
)

func writeCLAHE(e *emitter) {
	writeLimitHistogram(e)
	writeEqualize(e)
	if e.wide {
		writeCLAHEPermutes(e)
		return
	}
	writeCLAHEGather(e)
}

func writeLimitHistogram(e *emitter) {
	e.function("limitHistogram", "(bins, counts *uint32, limit int32) (excess int32)",
		"limitHistogramRef of [8][256]uint32 counts, below 2^31 in all.")
	bins, counts, blocks := e.param("bins"), e.param("counts"), e.GP64()
	limit, excess, zero := e.everywhere("limit"), e.vec(), e.vec()
	e.zero(zero)
	e.zero(excess)
	e.MOVQ(operand.I32(256/e.lanes()), blocks)
	e.loop(blocks, func() {
		n, over := e.loaded(mem{Base: counts}), e.vec()
		for i := 1; i < 8; i++ {
			e.VPADDD(mem{Base: counts, Disp: i * 4 * 256}, n, n)
		}
		e.VPSUBD(limit, n, over)
		e.VPMAXSD(zero, over, over)
		e.VPSUBD(over, n, n)
		e.VPADDD(over, excess, excess)
		e.store(n, mem{Base: bins})
		e.ADDQ(operand.I32(e.bytes()), counts)
		e.ADDQ(operand.I32(e.bytes()), bins)
	})
	total := e.GP32()
	e.VMOVD(e.laneSum(excess), total)
	e.Store(total, e.ReturnIndex(0))
	e.finish()
}

// laneSum returns the sum of integer lanes in the first of a short register.
func (e *emitter) laneSum(v vec) vec {
	sum, part := e.XMM(), e.XMM()
	if e.wide {
		half := e.YMM()
		e.VEXTRACTI64X4(operand.U8(1), v, half)
		e.VPADDD(half, v.AsY(), half)
		v = half
	}
	e.VEXTRACTI128(operand.U8(1), v.AsY(), sum)
	e.VPADDD(v.AsX(), sum, sum)
	for _, swap := range []uint64{0x4e, 0xb1} {
		e.VPSHUFD(operand.U8(swap), sum, part)
		e.VPADDD(part, sum, sum)
	}
	return sum
}

func writeEqualize(e *emitter) {
	e.function("equalize", "(table *uint8, sums *uint32, scale float32)", "equalizeRef of sums below 2^31.")
	table, sums, blocks := e.param("table"), e.param("sums"), e.GP64()
	scale := e.everywhere("scale")
	e.MOVQ(operand.I32(256/e.lanes()), blocks)
	e.loop(blocks, func() {
		v := e.vec()
		e.VCVTDQ2PS(mem{Base: sums}, v)
		e.VMULPS(scale, v, v)
		e.VCVTPS2DQ(v, v)
		e.storeBytes(v, mem{Base: table})
		e.ADDQ(operand.I32(e.bytes()), sums)
		e.ADDQ(operand.I32(e.lanes()), table)
	})
	e.finish()
}

// clahe is what both kernels of a cell's pixels share.
type clahe struct {
	*emitter
	one          vec
	upper, lower vec // the row's weights
}

// rows runs body for each row of the cell, whose address is in l.
func (c *clahe) rows(l gp, body func(l gp)) {
	stride, rows, fy := c.param("stride"), c.param("rows"), c.param("fy")
	c.one, c.upper, c.lower = c.filled(math.Float32bits(1)), c.vec(), c.vec()
	c.loop(rows, func() {
		c.VBROADCASTSS(mem{Base: fy}, c.lower)
		c.VSUBPS(c.lower, c.one, c.upper)
		c.ADDQ(operand.I32(4), fy)
		body(l)
		c.ADDQ(stride, l)
	})
}

// blended returns the rounded blend of the four tables' integers, which are
// lost, for the columns whose fractions are at fx. No step is fused.
func (c *clahe) blended(p [4]vec, fx mem) vec {
	right, left := c.loaded(fx), c.vec()
	c.VSUBPS(right, c.one, left)
	for i, weight := range []vec{left, right, left, right} {
		c.VCVTDQ2PS(p[i], p[i])
		c.VMULPS(weight, p[i], p[i])
	}
	c.VADDPS(p[1], p[0], p[0])
	c.VADDPS(p[3], p[2], p[2])
	c.VMULPS(c.upper, p[0], p[0])
	c.VMULPS(c.lower, p[2], p[2])
	c.VADDPS(p[2], p[0], p[0])
	c.VCVTPS2DQ(p[0], p[0])
	return p[0]
}

// writeCLAHEPermutes looks 64 values up at a time; the tables stay in
// registers as far as there are enough.
func writeCLAHEPermutes(e *emitter) {
	e.function("claheBlend", "(l *uint8, stride, columns, rows int, fx, fy *float32, upperLeft, upperRight, lowerLeft, lowerRight *uint8)",
		"claheBlendRef of one cell, which starts at l. 64 floats may be read from",
		"any of the columns' fractions on.")
	c := &clahe{emitter: e}
	var tables [4]permuted
	for i, name := range []string{"upperLeft", "upperRight", "lowerLeft", "lowerRight"} {
		tables[i] = e.permuted(e.param(name), 0, 4)
	}
	zero, order := e.vec(), e.vec()
	e.zero(zero)
	e.VMOVDQU32(e.data.transposed(), order)
	l, columns := e.param("l"), e.param("columns")
	c.rows(l, func(l gp) {
		at, fx, left := e.GP64(), e.param("fx"), e.GP64()
		e.MOVQ(l, at)
		e.MOVQ(columns, left)
		loop, tail, next := e.label("chunk"), e.label("mask"), e.label("row")
		mask, ones := e.K(), e.GP64()
		e.MOVQ(operand.I32(-1), ones)
		e.KMOVQ(ones, mask)
		e.Label(loop)
		e.CMPQ(left, operand.I32(64))
		e.JGE(operand.LabelRef(tail))
		e.TESTQ(left, left)
		e.JZ(operand.LabelRef(next))
		e.BZHIQ(left, ones, ones)
		e.KMOVQ(ones, mask)
		e.MOVQ(operand.I32(64), left)
		e.Label(tail)
		v := e.vec()
		e.VMOVDQU8_Z(mem{Base: at}, mask, v)
		e.VPERMD(v, order, v)
		out := c.chunk(e.lookups256(v, tables), fx, zero)
		e.VPERMD(out, order, out)
		e.VMOVDQU8(out, mask, mem{Base: at})
		e.ADDQ(operand.I32(64), at)
		e.ADDQ(operand.I32(256), fx)
		e.SUBQ(operand.I32(64), left)
		e.JMP(operand.LabelRef(loop))
		e.Label(next)
	})
	e.finish()
}

// lookups256 returns the bytes that stand in tables of 256 for those of v (wide).
func (e *emitter) lookups256(v vec, tables [4]permuted) (p [4]vec) {
	upper := e.K()
	e.VPMOVB2M(v, upper)
	for i, t := range tables {
		p[i] = e.lookup256(v, t, upper)
	}
	return p
}

// chunk blends 64 bytes of each table. Their groups of four are in the order
// that unpacking undoes, and so are those of the result.
func (c *clahe) chunk(p [4]vec, fx gp, zero vec) vec {
	var half [2]vec
	for i := range half {
		var words, dwords [4]vec
		for k := range words {
			words[k] = c.vec()
			if i == 0 {
				c.VPUNPCKLBW(zero, p[k], words[k])
			} else {
				words[k] = p[k]
				c.VPUNPCKHBW(zero, p[k], words[k])
			}
			dwords[k] = c.vec()
			c.VPUNPCKLWD(zero, words[k], dwords[k])
		}
		half[i] = c.blended(dwords, c.at(fx, 2*i))
		for k := range words {
			c.VPUNPCKHWD(zero, words[k], words[k])
		}
		c.VPACKUSDW(c.blended(words, c.at(fx, 2*i+1)), half[i], half[i])
	}
	c.VPACKUSWB(half[1], half[0], half[0])
	return half[0]
}

// writeCLAHEGather looks 8 values up at a time, each in all tables at once.
func writeCLAHEGather(e *emitter) {
	e.function("claheBlend", "(l *uint8, stride, blocks, rows int, fx, fy *float32, packed *uint32)",
		"claheBlendRef of blocks > 0 blocks of 8 columns of one cell, which starts",
		"at l, with the bytes of the four tables packed together.")
	c := &clahe{emitter: e}
	l, blocks, packed := e.param("l"), e.param("blocks"), e.param("packed")
	low := e.filled(255)
	c.rows(l, func(l gp) {
		at, fx, left := e.GP64(), e.param("fx"), e.GP64()
		e.MOVQ(l, at)
		e.MOVQ(blocks, left)
		e.loop(left, func() {
			index := e.vec()
			e.VPMOVZXBD(mem{Base: at}, index)
			all := e.gather(packed, 0, index)
			var p [4]vec
			for i := range p {
				p[i] = e.vec()
				e.VPSRLD(operand.U8(8*i), all, p[i])
				e.VPAND(low, p[i], p[i])
			}
			e.storeBytes(c.blended(p, mem{Base: fx}), mem{Base: at})
			e.ADDQ(operand.I32(8), at)
			e.ADDQ(operand.I32(32), fx)
		})
	})
	e.finish()
}
