package exec

import (
	"math"

	"melanoma/internal/kernel"
)

// affine is a batch normalisation as z = x*scale + shift per channel.
type affine struct {
	scale, shift []float32
	mean         []float32 // view of the statistics
	variance     []float32
	gamma, beta  []float32
	eps          float64
	packed       bool // scale and shift are packed parameters
}

// newAffine reads the inputs of a normalisation, which start at a.x[from].
// What depends on parameters alone is packed with them.
func (c *compiler) newAffine(n norm, a call, from int) *affine {
	in := a.x[from:]
	f := &affine{eps: n.eps, packed: n.given()}
	switch n.from {
	case givenStatistics:
		f.gamma, f.beta, f.mean, f.variance = in[1], in[2], in[3], in[4]
		f.scale, f.shift = c.packAffine(f.gamma, scaleShift, func(scale, shift []float32) {
			normalisation(scale, shift, f.mean, f.variance, f.gamma, f.beta, f.eps)
		})
	case biasAlone:
		f.scale, f.shift = c.packAffine(in[1], onesShift, func(scale, shift []float32) {
			kernel.Fill(scale, 1)
			copy(shift, in[1])
		})
	default:
		ch := len(in[2])
		f.mean, f.variance, f.gamma, f.beta = in[1][:ch], in[1][ch:], in[2], in[3]
		f.scale, f.shift = make([]float32, ch), make([]float32, ch)
	}
	return f
}

// packAffine packs scale and shift, known by a parameter of their length.
func (c *compiler) packAffine(param []float32, f form, fill func(scale, shift []float32)) (scale, shift []float32) {
	ch := len(param)
	both := c.store.pack(param, f, 2*ch, func(dst []float32) { fill(dst[:ch], dst[ch:]) })
	return both[:ch], both[ch:]
}

// prepare sets scale and shift for this run.
func (f *affine) prepare() {
	if f.packed {
		return
	}
	normalisation(f.scale, f.shift, f.mean, f.variance, f.gamma, f.beta, f.eps)
}

// loaded binds a step that stores what a loader computes.
func (c *compiler) loaded(op operator, a call) func() {
	from := c.loader(load{op, len(a.x)}, a, 0)
	ch := a.yShape[len(a.yShape)-1]
	run := c.rowBlocks(len(a.y)/ch, ch, func(lo, hi int) { from.rows(a.y[lo*ch:hi*ch], lo, hi) })
	return func() {
		from.prepare()
		run()
	}
}

func (c *compiler) normActivateSqueeze(o normActivateSqueeze, a call) func() {
	f := c.newAffine(o.norm, a, 0)
	x, y := a.x[0], a.y
	run := c.perImage(a.shapes[0], func(i, rows, ch, from, to int) {
		sum := y[i*ch : (i+1)*ch]
		clear(sum)
		kernel.NormalizeActivateSum(sum, x[from:to], f.scale, f.shift, rows, ch, o.act)
		kernel.Scale(sum, sum, 1/float32(rows))
	})
	return func() {
		f.prepare()
		run()
	}
}

func (c *compiler) normActivateDot(o normActivateDot, a call) func() {
	f := c.newAffine(o.norm, a, 0)
	x, y, dy := a.x[0], a.y, a.x[o.width()]
	run := c.perImage(a.shapes[0], func(i, rows, ch, from, to int) {
		sum := y[i*ch : (i+1)*ch]
		clear(sum)
		kernel.NormalizeActivateDot(sum, dy[from:to], x[from:to], f.scale, f.shift, rows, ch, o.act)
	})
	return func() {
		f.prepare()
		run()
	}
}

// excitation is what a squeeze and excitation does to the gradient of the
// activation before it: dy*s + q, one s and q an image and channel.
type excitation struct {
	s, dsq, q []float32
	positions int
}

// newExcitation reads s and dsq from the last two inputs; nil without them.
func newExcitation(a call, excited bool, shape []int) *excitation {
	if !excited {
		return nil
	}
	n := len(a.x)
	return &excitation{s: a.x[n-2], dsq: a.x[n-1], q: make([]float32, len(a.x[n-1])), positions: area(shape)}
}

func (e *excitation) prepare() {
	if e != nil {
		kernel.Scale(e.q, e.dsq, 1/float32(e.positions))
	}
}

// of returns s and q of an image, nil without an excitation.
func (e *excitation) of(image, ch int) (s, q []float32) {
	if e == nil {
		return nil, nil
	}
	return e.s[image*ch : (image+1)*ch], e.q[image*ch : (image+1)*ch]
}

// imagesOf returns the number of images and of rows in each: batch
// normalisation of vectors has one row an image.
func imagesOf(shape []int) (images, rows int) {
	if len(shape) == 4 {
		return shape[0], area(shape)
	}
	return 1, shape[0]
}

func (c *compiler) normActivateGradParams(o normActivateGradParams, a call) func() {
	f := c.newAffine(o.norm, a, 0)
	x, dy, ch := a.x[0], a.x[o.width()], len(f.gamma)
	e := newExcitation(a, o.excited, a.shapes[0])
	images, rows := imagesOf(a.shapes[0])
	most := min(rows, rowsAPart)
	per := partsOf(rows, most)
	parts := make([][]float32, images*per)
	for i := range parts {
		c.borrow(&parts[i], 2*ch)
	}
	each := func(part, _ int) {
		i, lo := part/per, part%per*most
		hi := min(lo+most, rows)
		from, to := (i*rows+lo)*ch, (i*rows+hi)*ch
		s, q := e.of(i, ch)
		sum := parts[part]
		clear(sum)
		kernel.NormalizeActivateBackwardSums(sum[ch:], sum[:ch], dy[from:to], x[from:to], f.scale, f.shift, f.mean, s, q, hi-lo, ch, o.act)
	}
	total := make([]float64, 2*ch)
	return func() {
		f.prepare()
		e.prepare()
		c.pool.Run(len(parts), each)
		addParts(total, parts)
		for k := range ch {
			a.y[k] = float32(total[k] / math.Sqrt(float64(f.variance[k])+f.eps))
			a.y[ch+k] = float32(total[ch+k])
		}
	}
}
