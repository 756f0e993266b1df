package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

// maxOutputs is how many neighbouring outputs share each loaded weight.
const maxOutputs = 8

func writeDepthwise(e *emitter) {
	d := depthwise{emitter: e}
	d.correlate()
	w := depthwiseWeights{emitter: e}
	w.write()
}

// depthwise writes the tile that serves the forward pass and the data
// gradient: both correlate an image with taps at fixed steps.
type depthwise struct {
	*emitter
	w, c, xStep, xCol, wCol gp
	odd                     map[int]gp
}

func (d *depthwise) correlate() {
	d.function("depthwiseTiles",
		"(y, x, w *float32, c, outputs, tiles, yStep, xStep, nh, nw, xRow, xCol, wRow, wCol int)",
		"tiles times outputs (1 to 8) neighbouring sums of nh x nw taps, all steps",
		"in bytes (here divided by 4), xRow and wRow from the end of one row of taps",
		"to the start of the next:",
		"", "	for t := range tiles * outputs {",
		"		for i := range c {",
		"			var s float32",
		"			px, pw := t*xStep+i, i",
		"			for range nh {",
		"				for range nw {",
		"					s += x[px] * w[pw]",
		"					px, pw = px+xCol, pw+wCol",
		"				}",
		"				px, pw = px+xRow, pw+wRow",
		"			}",
		"			y[t*yStep+i] = s",
		"		}", "	}")
	d.w, d.c = d.param("w"), d.param("c")
	d.xStep, d.xCol, d.wCol = d.param("xStep"), d.param("xCol"), d.param("wCol")
	d.odd = d.odds(d.xStep, maxOutputs)
	for n := maxOutputs; n > 1; n-- {
		d.CMPQ(d.frame("outputs"), operand.I32(n))
		d.JEQ(operand.LabelRef(fmt.Sprintf("outputs%d", n)))
	}
	for n := 1; n <= maxOutputs; n++ {
		d.Label(fmt.Sprintf("outputs%d", n))
		d.stages(d.c, blockVectors(n), func(vectors int) { d.block(n, vectors) })
		d.finish()
	}
}

// blockVectors lists how many channel vectors are done at once, so that few
// outputs still make enough independent sums to hide the latency of a
// multiply-add.
func blockVectors(outputs int) []int {
	switch {
	case outputs == 1:
		return []int{8, 2, 1}
	case outputs == 2:
		return []int{4, 1}
	case outputs <= 4:
		return []int{2, 1}
	}
	return []int{1}
}

// block does one block of channels of all tiles and moves on to the next;
// where it starts is kept in the arguments, for want of registers.
func (d *depthwise) block(outputs, vectors int) {
	y, x, tiles := d.param("y"), d.param("x"), d.param("tiles")
	d.loop(tiles, func() {
		sums := d.vecs(outputs * vectors)
		d.taps(x, sums, outputs, vectors)
		for t := range outputs {
			for v := range vectors {
				d.store(sums[t*vectors+v], d.at(y, v))
			}
			d.ADDQ(d.frame("yStep"), y)
		}
		step := d.GP64()
		d.IMUL3Q(operand.I32(outputs), d.xStep, step)
		d.ADDQ(step, x)
	})
	step := operand.I32(vectors * d.bytes())
	d.ADDQ(step, d.frame("y"))
	d.ADDQ(step, d.frame("x"))
	d.ADDQ(step, d.w)
}

// taps sums one tile.
func (d *depthwise) taps(from gp, sums []vec, outputs, vectors int) {
	for _, v := range sums {
		d.zero(v)
	}
	x, w, rows, taps := d.GP64(), d.GP64(), d.param("nh"), d.GP64()
	d.MOVQ(from, x)
	d.MOVQ(d.w, w)
	d.loop(rows, func() {
		d.Load(d.Param("nw"), taps)
		d.loop(taps, func() {
			for v := range vectors {
				weight := d.loaded(d.at(w, v))
				for t := range outputs {
					d.fmaMem(d.row(x, d.xStep, d.odd, t, v*d.bytes()), weight, sums[t*vectors+v])
				}
			}
			d.ADDQ(d.xCol, x)
			d.ADDQ(d.wCol, w)
		})
		d.ADDQ(d.frame("xRow"), x)
		d.ADDQ(d.frame("wRow"), w)
	})
}

// depthwiseWeights writes the weight gradient of neighbouring taps of one
// row over a block of outputs.
type depthwiseWeights struct {
	*emitter
	dw, x, dy, c, xStep, step gp
	odd                       map[int]gp
}

// tapVectors lists how many channel vectors are done at once for each number
// of taps: as many as the sums of AVX2's sixteen registers allow.
var tapVectors = map[int][]int{1: {8, 4, 2, 1}, 2: {4, 2, 1}, 3: {4, 2, 1}, 4: {2, 1}, 5: {2, 1}}

func (d *depthwiseWeights) write() {
	d.function("depthwiseWeights",
		"(dw, x, dy *float32, c, stride, taps, rows, outputs, xStep, xRow, dyRow int)",
		"the weight gradient of 1 to 5 neighbouring taps from rows x outputs",
		"outputs, all steps in bytes (here divided by 4): stride is that of a pixel",
		"in x, dy and dw, xStep that of the convolution, xRow and dyRow go from the",
		"end of one row to the start of the next:",
		"", "	for q := range taps {",
		"		for i := range c {",
		"			var s float32",
		"			px, pd := q*stride+i, i",
		"			for range rows {",
		"				for range outputs {",
		"					s += x[px] * dy[pd]",
		"					px, pd = px+xStep, pd+stride",
		"				}",
		"				px, pd = px+xRow, pd+dyRow",
		"			}",
		"			dw[q*stride+i] += s",
		"		}", "	}")
	d.dw, d.x, d.dy, d.c = d.param("dw"), d.param("x"), d.param("dy"), d.param("c")
	d.xStep, d.step = d.param("xStep"), d.param("stride")
	d.odd = d.odds(d.step, 4)
	for taps := len(tapVectors); taps > 1; taps-- {
		d.CMPQ(d.frame("taps"), operand.I32(taps))
		d.JEQ(operand.LabelRef(fmt.Sprintf("taps%d", taps)))
	}
	for taps := 1; taps <= len(tapVectors); taps++ {
		d.Label(fmt.Sprintf("taps%d", taps))
		d.stages(d.c, tapVectors[taps], func(vectors int) { d.block(taps, vectors) })
		d.finish()
	}
}

func (d *depthwiseWeights) block(taps, vectors int) {
	sums := d.vecs(taps * vectors)
	for _, v := range sums {
		d.zero(v)
	}
	x, dy, rows, outputs := d.GP64(), d.GP64(), d.param("rows"), d.GP64()
	d.MOVQ(d.x, x)
	d.MOVQ(d.dy, dy)
	d.loop(rows, func() {
		d.Load(d.Param("outputs"), outputs)
		d.loop(outputs, func() {
			for v := range vectors {
				g := d.loaded(d.at(dy, v))
				for q := range taps {
					d.fmaMem(d.tap(x, q, v), g, sums[q*vectors+v])
				}
			}
			d.ADDQ(d.xStep, x)
			d.ADDQ(d.step, dy)
		})
		d.ADDQ(d.frame("xRow"), x)
		d.ADDQ(d.frame("dyRow"), dy)
	})
	for v := range vectors {
		for q := range taps {
			s, at := sums[q*vectors+v], d.tap(d.dw, q, v)
			d.VADDPS(d.loaded(at), s, s)
			d.store(s, at)
		}
	}
	for _, p := range []gp{d.x, d.dy, d.dw} {
		d.ADDQ(operand.I32(vectors*d.bytes()), p)
	}
}

// tap is vector v of the pixel q beyond an address.
func (d *depthwiseWeights) tap(base gp, q, v int) mem {
	return d.row(base, d.step, d.odd, q, v*d.bytes())
}
