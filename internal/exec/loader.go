package exec

import (
	"fmt"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// load says how a step gets an array that it reads row by row: as it lies in
// memory, or computed from n values by an operator while it is needed, so that
// it never goes to memory as a whole.
type load struct {
	op operator // nil: the value itself
	n  int
}

// plain reads a value as it lies in memory.
var plain = load{n: 1}

func (l load) String() string {
	if l.op == nil {
		return "memory"
	}
	return l.op.String()
}

// shape returns the shape of the array that is loaded from values of these
// shapes.
func (l load) shape(in [][]int) []int {
	if _, ok := l.op.(convolution); ok {
		return []int{in[0][0], in[0][1], in[0][2], in[1][0]}
	}
	return in[0]
}

// loader yields rows of an array [rows,channels]: positions of all images.
type loader interface {
	// prepare is called once before a run, before any rows are loaded.
	prepare()
	// rows returns the rows [lo,hi), in dst or where they lie in memory.
	rows(dst []float32, lo, hi int) []float32
}

// loader binds a load whose inputs start at a.x[from].
func (c *compiler) loader(l load, a call, from int) loader {
	in := call{x: a.x[from : from+l.n], shapes: a.shapes[from : from+l.n]}
	switch o := l.op.(type) {
	case nil:
		return stored{in.x[0], in.shapes[0][3]}
	case normActivate:
		return &activated{affine: c.newAffine(o.norm, in, 0), x: in.x[0], act: o.act}
	case normActivateExcite:
		e := &excitation{s: in.x[l.n-1], positions: area(in.shapes[0])}
		return &activated{affine: c.newAffine(o.norm, in, 0), x: in.x[0], act: o.act, gate: e}
	case graph.Excite:
		return &gated{in.x[0], in.x[1], area(in.shapes[0]), in.shapes[0][3]}
	case graph.BatchNormGradInput:
		return newLinearGradient(o, in)
	case normActivateGradInput:
		return c.newActivatedGradient(o, in)
	case convolution:
		return c.newExpanded(o, in)
	default:
		panic(fmt.Sprintf("exec: %s cannot be computed on loading", o))
	}
}

// stored is an array in memory.
type stored struct {
	x  []float32
	ch int
}

func (s stored) prepare()                               {}
func (s stored) rows(_ []float32, lo, hi int) []float32 { return s.x[lo*s.ch : hi*s.ch] }

// activated is a(n(x)), or a(n(x))*s with a gate.
type activated struct {
	*affine
	x    []float32
	act  kernel.Activation
	gate *excitation
}

func (l *activated) rows(dst []float32, lo, hi int) []float32 {
	ch := len(l.gamma)
	if l.gate == nil {
		kernel.NormalizeActivate(dst, l.x[lo*ch:hi*ch], l.scale, l.shift, hi-lo, ch, l.act)
		return dst[:(hi-lo)*ch]
	}
	eachImage(lo, hi, l.gate.positions, func(i, from, to int) {
		s := l.gate.s[i*ch : (i+1)*ch]
		kernel.NormalizeActivateScale(dst[(from-lo)*ch:], l.x[from*ch:to*ch], l.scale, l.shift, s, to-from, ch, l.act)
	})
	return dst[:(hi-lo)*ch]
}

// gated is x*s, one s an image and channel.
type gated struct {
	x, s          []float32
	positions, ch int
}

func (l *gated) prepare() {}

func (l *gated) rows(dst []float32, lo, hi int) []float32 {
	eachImage(lo, hi, l.positions, func(i, from, to int) {
		kernel.ScaleChannels(dst[(from-lo)*l.ch:], l.x[from*l.ch:to*l.ch], l.s[i*l.ch:(i+1)*l.ch], to-from, l.ch)
	})
	return dst[:(hi-lo)*l.ch]
}

// eachImage cuts rows [lo,hi) at the borders of images of so many positions.
func eachImage(lo, hi, positions int, f func(image, from, to int)) {
	for lo < hi {
		i := lo / positions
		end := min(hi, (i+1)*positions)
		f(i, lo, end)
		lo = end
	}
}

// linearGradient is the gradient of a normalisation's input without an
// activation.
type linearGradient struct {
	inputGradient
	dy, x, gamma, mean, variance, sums []float32
	eps                                float64
	count                              int
}

// newLinearGradient reads dy, x, stats, gamma and the parameters' gradients.
func newLinearGradient(o graph.BatchNormGradInput, a call) *linearGradient {
	ch := len(a.x[3])
	return &linearGradient{inputGradient: newInputGradient(ch), dy: a.x[0], x: a.x[1],
		mean: a.x[2][:ch], variance: a.x[2][ch:], gamma: a.x[3], sums: a.x[4], eps: o.Eps, count: len(a.x[1]) / ch}
}

func (l *linearGradient) prepare() {
	l.inputGradient.prepare(l.gamma, l.mean, l.variance, l.sums, l.eps, l.count)
}

func (l *linearGradient) rows(dst []float32, lo, hi int) []float32 {
	ch := len(l.gamma)
	kernel.BatchNormBackward(dst, l.dy[lo*ch:hi*ch], l.x[lo*ch:hi*ch], l.a, l.b, l.d, hi-lo, ch)
	return dst[:(hi-lo)*ch]
}

// activatedGradient is the gradient of a normalisation's input with an
// activation, and perhaps an excitation, behind it.
type activatedGradient struct {
	inputGradient
	*affine
	dy, x, sums []float32
	act         kernel.Activation
	gate        *excitation
	positions   int
	count       int
}

// newActivatedGradient reads the inputs of a normActivateGradInput.
func (c *compiler) newActivatedGradient(o normActivateGradInput, a call) *activatedGradient {
	f := c.newAffine(o.norm, a, 1)
	images, positions := imagesOf(a.shapes[1])
	return &activatedGradient{inputGradient: newInputGradient(len(f.gamma)), affine: f, dy: a.x[0], x: a.x[1],
		sums: a.x[1+o.width()], act: o.act, gate: newExcitation(a, o.excited, a.shapes[1]), positions: positions, count: images * positions}
}

func (l *activatedGradient) prepare() {
	l.affine.prepare()
	l.gate.prepare()
	l.inputGradient.prepare(l.gamma, l.mean, l.variance, l.sums, l.eps, l.count)
}

func (l *activatedGradient) rows(dst []float32, lo, hi int) []float32 {
	ch := len(l.gamma)
	if l.gate == nil {
		l.block(dst, lo, hi, nil, nil)
		return dst[:(hi-lo)*ch]
	}
	eachImage(lo, hi, l.positions, func(i, from, to int) {
		s, q := l.gate.of(i, ch)
		l.block(dst[(from-lo)*ch:], from, to, s, q)
	})
	return dst[:(hi-lo)*ch]
}

func (l *activatedGradient) block(dst []float32, lo, hi int, s, q []float32) {
	ch := len(l.gamma)
	kernel.NormalizeActivateBackward(dst, l.dy[lo*ch:hi*ch], l.x[lo*ch:hi*ch], l.scale, l.shift, l.a, l.b, l.d, s, q, hi-lo, ch, l.act)
}

// expanded is a(n(x*w)) of a pointwise convolution.
type expanded struct {
	*affine
	x, packed []float32
	act       kernel.Activation
	in, out   int
}

// newExpanded reads x, w, gamma, beta, mean and variance.
func (c *compiler) newExpanded(o convolution, a call) *expanded {
	w := a.shapes[1]
	e := &expanded{x: a.x[0], in: w[1], out: w[0], act: o.then.act}
	e.packed = c.packInputRows(a.x[1], convCall{in: e.in, out: e.out})
	e.affine = c.newAffine(o.then.norm, call{x: append([][]float32{nil}, a.x[2:]...)}, 0)
	return e
}

// rows multiplies and activates a few tiles' rows at a time, so that the
// products are still in the nearest cache.
func (e *expanded) rows(dst []float32, lo, hi int) []float32 {
	step := max(28, firstCacheFloats/(e.in+e.out))
	for from := lo; from < hi; from += step {
		n := min(step, hi-from)
		y := dst[(from-lo)*e.out : (from-lo+n)*e.out]
		kernel.GemmPacked(y, e.out, e.x[from*e.in:(from+n)*e.in], e.in, e.packed, n, e.out, e.in, false)
		kernel.NormalizeActivate(y, y, e.scale, e.shift, n, e.out, e.act)
	}
	return dst[:(hi-lo)*e.out]
}

// firstCacheFloats is how many numbers stay in the first-level cache: 32 KB.
const firstCacheFloats = 1 << 13
