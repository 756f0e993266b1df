package exec

import "melanoma/internal/kernel"

// A dense convolution is a sum of matrix products, one for each row of its
// filters: with the channels of an image innermost, the kW*I numbers that an
// output reads of one input row lie side by side, and the next output's begin
// a stride further on. So the input's rows serve as a matrix whose rows
// overlap, and no patches are copied. Only rows with padding at their sides
// are copied first, once for all filters.

// denseCall is a dense convolution's products: k = kW*I.
type denseCall struct {
	convCall
	k      int
	step   int // elements from one output's numbers to the next one's
	row    int // elements of a padded row
	strips []span
}

func newDenseCall(cc convCall) denseCall {
	g := cc.g
	width := max(g.PadLeft+g.InW, (g.OutW-1)*g.StrideW+g.KW)
	rows := max(1, cacheFloats/(g.StrideH*width*cc.in+g.OutW*cc.out))
	return denseCall{cc, g.KW * cc.in, g.StrideW * cc.in, width * cc.in, spansOf(1, g.OutH, rows, false)}
}

// padded borrows room for the input rows of a strip, for each worker.
func (c *compiler) padded(d denseCall) [][]float32 {
	return c.scratch(((longest(d.strips)-1)*d.g.StrideH + d.g.KH) * d.row)
}

// pad copies the input rows of a strip with zeros at their sides and returns
// the first of them; those above and below the image are left out.
func (d denseCall) pad(dst, image []float32, s span) (first int) {
	inLo, inHi, _ := sources(d.g, s.lo, s.hi)
	left, width := d.g.PadLeft*d.in, d.g.InW*d.in
	for r := inLo; r < inHi; r++ {
		to := dst[(r-inLo)*d.row : (r-inLo+1)*d.row]
		clear(to[:left])
		clear(to[left+copy(to[left:], image[r*width:(r+1)*width]):])
	}
	return inLo
}

// filterRows returns the filter rows [lo,hi) whose input rows are in the image
// for output row oy, and the element of the padded rows at which the first of
// them starts.
func (d denseCall) filterRows(oy, first int) (lo, hi, from int) {
	top := oy*d.g.StrideH - d.g.PadTop
	lo = max(0, -top)
	return lo, min(d.g.KH, d.g.InH-top), (top + lo - first) * d.row
}

// packFilterRows packs w [O,I,kH,kW] as kH matrices [kW*I,O].
func (c *compiler) packFilterRows(w []float32, d denseCall) []float32 {
	ordered := make([]float32, len(w))
	size := kernel.PackedLen(d.k, d.out)
	return c.store.pack(w, filterRows, d.g.KH*size, func(dst []float32) {
		reorderWeights(ordered, w, d.out, d.in, d.g.KH*d.g.KW)
		for kh := range d.g.KH {
			kernel.PackBT(dst[kh*size:(kh+1)*size], ordered[kh*d.k:], d.k, d.out, d.patch)
		}
	})
}

// convDense binds the products of some rows at a time.
func (c *compiler) convDense(o convolution, a call, w []float32, cc convCall) func() {
	d := newDenseCall(cc)
	packed, size := c.packFilterRows(w, d), kernel.PackedLen(d.k, d.out)
	end := c.finish(o, a, cc, stripSpans(d.strips, cc))
	scratch := c.padded(d)
	each := func(part, worker int) {
		i, s := part/len(d.strips), d.strips[part%len(d.strips)]
		rows := scratch[worker]
		y := a.y[i*d.yImage : (i+1)*d.yImage]
		first := d.pad(rows, a.x[0][i*d.xImage:(i+1)*d.xImage], s)
		for oy := s.lo; oy < s.hi; oy++ {
			to := y[oy*d.g.OutW*d.out : (oy+1)*d.g.OutW*d.out]
			lo, hi, from := d.filterRows(oy, first)
			if lo >= hi {
				clear(to)
			}
			for kh := lo; kh < hi; kh++ {
				kernel.GemmPacked(to, d.out, rows[from+(kh-lo)*d.row:], d.step, packed[kh*size:(kh+1)*size], d.g.OutW, d.out, d.k, kh > lo)
			}
		}
		end.rows(y[s.lo*d.g.OutW*d.out:s.hi*d.g.OutW*d.out], part)
	}
	return func() {
		end.prepare()
		c.pool.Run(cc.n*len(d.strips), each)
		end.sum()
	}
}

// denseGradWeights sums rows^T dy, [kH*kW*I, O], image by image.
func (c *compiler) denseGradWeights(dw, x, dy []float32, cc convCall) func() {
	d := newDenseCall(cc)
	var ordered []float32
	c.borrow(&ordered, len(dw))
	sums := c.newReduction(nil, len(dw), d.n)
	scratch := c.padded(d)
	each := func(i, worker int) {
		rows, sum := scratch[worker], sums.parts[i]
		clear(sum)
		for _, s := range d.strips {
			first := d.pad(rows, x[i*d.xImage:(i+1)*d.xImage], s)
			for oy := s.lo; oy < s.hi; oy++ {
				g := dy[i*d.yImage+oy*d.g.OutW*d.out : i*d.yImage+(oy+1)*d.g.OutW*d.out]
				lo, hi, from := d.filterRows(oy, first)
				for kh := lo; kh < hi; kh++ {
					kernel.GemmTN(sum[kh*d.k*d.out:(kh+1)*d.k*d.out], d.out, rows[from+(kh-lo)*d.row:], d.step, g, d.out, d.g.OutW, d.out, d.k, true)
				}
			}
		}
	}
	return func() {
		c.pool.Run(d.n, each)
		transpose(ordered, sums.sum(), d.patch, d.out)
		restoreWeights(dw, ordered, d.out, d.in, d.g.KH*d.g.KW)
	}
}
