package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// expander reads a vector of pixels of 3 or 4 bytes as pixels of four, in the
// order of a vector of byte indices, and sends them through a table (wide).
type expander struct {
	*emitter
	order     vec
	mask      reg.OpmaskVirtual // wide: the bytes to read
	low, high gp                // narrow: where the two halves start
	table     []vec             // wide: 64 entries each; nil: none
}

func newExpander(e *emitter) *expander {
	x := &expander{emitter: e}
	x.order = e.readBytes(mem{Base: e.param("order")})
	if e.wide {
		x.mask = e.K()
		bits := e.param("mask")
		e.KMOVQ(bits, x.mask)
	} else {
		x.low, x.high = e.param("low"), e.param("high")
	}
	return x
}

func (x *expander) read(from gp) vec {
	v := x.vec()
	if !x.wide {
		x.VBROADCASTI128(mem{Base: from, Index: x.low, Scale: 1}, v) // VMOVDQU would leave v's upper half to the allocator
		x.VINSERTI128(operand.U8(1), mem{Base: from, Index: x.high, Scale: 1}, v, v)
		x.VPSHUFB(x.order, v, v)
		return v
	}
	x.VMOVDQU8_Z(mem{Base: from}, x.mask, v)
	x.VPERMB(v, x.order, v)
	if x.table != nil {
		x.lookup(x.table, v)
	}
	return v
}

// readTable loads a table of 256 bytes (wide).
func (e *emitter) readTable(p gp) []vec {
	table := make([]vec, 4)
	for i := range table {
		table[i] = e.readBytes(e.at(p, i))
	}
	return table
}

// lookup replaces bytes by those of a table (wide).
func (e *emitter) lookup(table []vec, v vec) {
	upper, k := e.vec(), e.K()
	e.VPMOVB2M(v, k)
	e.move(v, upper)
	e.VPERMI2B(table[1], table[0], v)
	e.VPERMI2B(table[3], table[2], upper)
	e.VMOVDQU8(upper, k, v)
}

// withTable writes body with and, where a table is given, without lookups.
func (x *expander) withTable(body func()) {
	if !x.wide {
		body()
		return
	}
	table := x.param("table")
	none, done := x.label("none"), x.label("done")
	x.TESTQ(table, table)
	x.JZ(operand.LabelRef(none))
	x.table = x.readTable(table)
	body()
	x.JMP(operand.LabelRef(done))
	x.Label(none)
	x.table = nil
	body()
	x.Label(done)
}

func writeOrient(e *emitter) {
	reading := "low, high int, order *[32]uint8)"
	if e.wide {
		reading = "mask uint64, order *[64]uint8, table *[256]uint8)"
	}
	writeOrientRow(e, reading)
	writeTransposeTiles(e, reading)
}

func writeOrientRow(e *emitter, reading string) {
	e.function("orientRow", "(dst, src *uint8, n, step int, "+reading,
		"n pixels, at least a vector. Each vector is read as the order says from",
		"a place that moves on by step bytes a pixel; src is that of the first.")
	to, from, n, step := e.param("dst"), e.param("src"), e.param("n"), e.param("step")
	x := newExpander(e)
	x.withTable(func() {
		e.overlapped(n, e.lanes(), func(i gp) {
			p := e.GP64()
			e.MOVQ(step, p)
			e.IMULQ(i, p)
			e.ADDQ(from, p)
			e.writeBytes(x.read(p), mem{Base: to, Index: i, Scale: 4})
		})
	})
	e.finish()
}

// writeTransposeTiles turns squares with as many rows as a vector has lanes, in
// a line.
func writeTransposeTiles(e *emitter, reading string) {
	e.function("transposeTiles", "(dst *uint8, dstStride, dstStep int, src *uint8, srcStride, srcStep, n int, "+reading,
		"squares of 16 x 16 pixels (8 x 8 for AVX2) at i = 0, 16, ... and at last",
		"at n - 16: rows at src + i*srcStep, srcStride apart, become columns at",
		"dst + i*dstStep, whose pixels are dstStride apart.")
	to, toStride, toStep := e.param("dst"), e.param("dstStride"), e.param("dstStep")
	from, fromStride, fromStep := e.param("src"), e.param("srcStride"), e.param("srcStep")
	n := e.param("n")
	x := newExpander(e)
	at := func(i, step, start gp) gp {
		p := e.GP64()
		e.MOVQ(step, p)
		e.IMULQ(i, p)
		e.ADDQ(start, p)
		return p
	}
	x.withTable(func() {
		e.overlapped(n, e.lanes(), func(i gp) {
			p := at(i, fromStep, from)
			rows := make([]vec, e.lanes())
			for r := range rows {
				rows[r] = x.read(p)
				e.ADDQ(fromStride, p)
			}
			p = at(i, toStep, to)
			for _, v := range e.transposed(rows) {
				e.writeBytes(v, mem{Base: p})
				e.ADDQ(toStride, p)
			}
		})
	})
	e.finish()
}

// transposed turns a square of 32-bit lanes: first within lanes of 128 bits,
// then these among the vectors.
func (e *emitter) transposed(rows []vec) []vec {
	swap := func(i, j int, low, high func(a, b, to vec)) {
		a, b := e.vec(), e.vec()
		low(rows[i], rows[j], a)
		high(rows[i], rows[j], b)
		rows[i], rows[j] = a, b
	}
	double := func(a, b, to vec) { e.VPUNPCKLDQ(b, a, to) }
	doubleHigh := func(a, b, to vec) { e.VPUNPCKHDQ(b, a, to) }
	quad := func(a, b, to vec) { e.VPUNPCKLQDQ(b, a, to) }
	quadHigh := func(a, b, to vec) { e.VPUNPCKHQDQ(b, a, to) }
	n := len(rows)
	for i := 0; i < n; i += 4 {
		swap(i, i+1, double, doubleHigh)
		swap(i+2, i+3, double, doubleHigh)
		swap(i, i+2, quad, quadHigh)
		swap(i+1, i+3, quad, quadHigh)
		// Columns 0 1 2 3 of each block of four are now in rows 0 2 1 3.
		rows[i+1], rows[i+2] = rows[i+2], rows[i+1]
	}
	if !e.wide {
		for i := range 4 {
			swap(i, i+4, func(a, b, to vec) { e.VPERM2I128(operand.U8(0x20), b, a, to) },
				func(a, b, to vec) { e.VPERM2I128(operand.U8(0x31), b, a, to) })
		}
		return rows
	}
	even := func(a, b, to vec) { e.VSHUFI32X4(operand.U8(0x88), b, a, to) }
	odd := func(a, b, to vec) { e.VSHUFI32X4(operand.U8(0xdd), b, a, to) }
	for i := range 4 {
		swap(i, i+4, even, odd)    // blocks 0 2 and 1 3 of rows 0..7
		swap(i+8, i+12, even, odd) // of rows 8..15
		swap(i, i+8, even, odd)    // columns i and i+8
		swap(i+4, i+12, even, odd) // columns i+4 and i+12
	}
	return rows
}
