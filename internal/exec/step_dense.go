package exec

import (
	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// weightFloats is how many packed weights stay in the second-level cache
// while the rows of a strip are multiplied by them: 512 KB.
const weightFloats = 1 << 17

// denseWeights is the filters of a dense convolution, packed as a matrix
// [taps*read, write] for each block, filter row and phase.
type denseWeights struct {
	packed []float32
	at     [][]int // start of a matrix by block*KH+kh and phase
	cols   []span  // columns that are multiplied at a time
}

// packDense packs w [O,I/groups,kH,kW].
func (c *compiler) packDense(w []float32, d *denseCall) *denseWeights {
	p := &denseWeights{}
	size := 0
	for range d.blocks * d.g.KH {
		var starts []int
		for _, ph := range d.phases {
			starts = append(starts, size)
			size += kernel.PackedLen(len(ph.taps)*d.read, d.write)
		}
		p.at = append(p.at, starts)
	}
	perColumn := d.g.KH * d.g.KW * d.read
	panels := max(2, weightFloats/perColumn/kernel.PanelWidth)
	for _, s := range spansOf(1, partsOf(d.write, kernel.PanelWidth), panels, false) {
		p.cols = append(p.cols, span{s.lo * kernel.PanelWidth, min(s.hi*kernel.PanelWidth, d.write)})
	}
	f := filterRows
	if d.transposed {
		f = filterRowsTurned
	}
	ordered := make([]float32, d.g.KW*d.read*d.write)
	p.packed = c.store.pack(w, f, size, func(dst []float32) {
		for i, starts := range p.at {
			for j, ph := range d.phases {
				k := len(ph.taps) * d.read
				d.order(ordered, w, i/d.g.KH, i%d.g.KH, ph.taps)
				kernel.PackBT(dst[starts[j]:], ordered, k, d.write, k)
			}
		}
	})
	return p
}

// order writes the weights of a block, filter row and some of its taps as
// [write,taps,read], with zeros between groups.
func (d *denseCall) order(dst, w []float32, block, kh int, taps []int) {
	row := len(taps) * d.read
	clear(dst[:d.write*row])
	area := d.g.KH * d.g.KW
	for o := range d.blockOut {
		group := o / d.groupOut
		for i := range d.groupIn {
			from := ((block*d.blockOut+o)*d.groupIn+i)*area + kh*d.g.KW
			in := group*d.groupIn + i
			for t, kw := range taps {
				if d.transposed {
					dst[in*row+t*d.read+o] = w[from+kw]
				} else {
					dst[o*row+t*d.read+in] = w[from+kw]
				}
			}
		}
	}
}

// multiply computes a strip of the result's rows, y those of the whole image,
// from padded rows of a block.
func (d *denseCall) multiply(y, rows []float32, first int, s span, block int, w *denseWeights) {
	for _, cols := range w.cols {
		for row := s.lo; row < s.hi; row++ {
			for p := range d.phases {
				d.multiplyRow(y, rows, first, row, block, p, cols, w)
			}
		}
	}
}

// multiplyRow computes the outputs of one phase in one row.
func (d *denseCall) multiplyRow(y, rows []float32, first, row, block, p int, cols span, w *denseWeights) {
	ph := &d.phases[p]
	at := (row*d.to[1]+ph.first)*d.toCh + block*d.write + cols.lo
	to, ld := y[at:at+((ph.count-1)*ph.every)*d.toCh+cols.size()], ph.every*d.toCh
	k, more := len(ph.taps)*d.read, ph.adds
	for kh := range d.g.KH {
		src, ok := d.source(row, kh)
		if !ok || k == 0 {
			continue
		}
		a := rows[((src-first)*d.width+d.left+ph.base)*d.read:]
		b := w.packed[w.at[block*d.g.KH+kh][p]+cols.lo*k:]
		kernel.GemmPacked(to, ld, a, d.step*d.read, b, ph.count, cols.size(), k, more)
		more = true
	}
	if more {
		return
	}
	for i := range ph.count { // no filter reaches the image
		clear(to[i*ld : i*ld+cols.size()])
	}
}

// convDense binds the products of some rows at a time.
func (c *compiler) convDense(o convolution, a call, w []float32, cc convCall) func() {
	d := newDenseCall(cc, o.ConvAttrs, false)
	end := c.finish(o, a, cc, stripSpans(d.strips, cc))
	return c.denseStrips(d, a.y, a.x[0], w, end)
}

// denseGradInput binds the gradient of the input.
func (c *compiler) denseGradInput(dx, dy, w []float32, cc convCall, attrs graph.ConvAttrs) func() {
	d := newDenseCall(cc, attrs, true)
	spans := stripSpans(d.strips, convCall{n: cc.n, positions: cc.g.InH * cc.g.InW, g: kernel.Geometry{OutW: cc.g.InW}})
	return c.denseStrips(d, dx, dy, w, &ending{spans: spans, y: dx, ch: cc.in})
}

// denseStrips binds the products of strips of rows and what follows them.
func (c *compiler) denseStrips(d *denseCall, y, x, w []float32, end *ending) func() {
	packed := c.packDense(w, d)
	scratch := c.scratch(d.room())
	xImage, yImage := d.from[0]*d.from[1]*d.fromCh, d.to[0]*d.to[1]*d.toCh
	each := func(part, worker int) {
		i, s := part/len(d.strips), d.strips[part%len(d.strips)]
		out := y[i*yImage : (i+1)*yImage]
		sources := d.sources(s)
		for block := range d.blocks {
			rows := d.pad(scratch[worker], x[i*xImage:(i+1)*xImage], sources, block)
			d.multiply(out, rows, sources.lo, s, block, packed)
		}
		end.rows(out[s.lo*d.to[1]*d.toCh:s.hi*d.to[1]*d.toCh], part)
	}
	return func() {
		end.prepare()
		c.pool.Run(d.n*len(d.strips), each)
		end.sum()
	}
}
