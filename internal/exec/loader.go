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
	case graph.BatchNormFixedGradInput:
		return newScaledGradient(o, in)
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
	ch := len(l.scale)
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

// expanded is a(n(x*w)) of a pointwise convolution.
type expanded struct {
	*affine
	factor
	x     []float32
	act   kernel.Activation
	last  *graph.Unary
	round func()     // rounds x
	low   *[]float32 // x rounded, nil for float32
}

// newExpanded reads x, w and what the normalisation takes.
func (c *compiler) newExpanded(o convolution, a call) *expanded {
	w := a.shapes[1]
	e := &expanded{x: a.x[0], factor: c.factor(o, a.x[1], w[1], w[0]), act: o.then.act, last: o.last}
	if e.short != nil {
		e.low = new([]float32)
		c.borrow(e.low, halved(len(e.x)))
		e.round = c.blocks(len(e.x), func(lo, hi int) { kernel.ToBFloat16(shortened(*e.low)[lo:hi], e.x[lo:hi]) })
	}
	e.affine = c.newAffine(o.then.norm, call{x: append([][]float32{nil}, a.x[2:]...)}, 0)
	return e
}

func (e *expanded) prepare() {
	e.affine.prepare()
	if e.round != nil {
		e.round()
	}
}

// rows multiplies and activates a few tiles' rows at a time, so that the
// products are still in the nearest cache.
func (e *expanded) rows(dst []float32, lo, hi int) []float32 {
	step := max(2*leastRows, firstCacheFloats/(e.in+e.out))
	for from := lo; from < hi; from += step {
		n := min(step, hi-from)
		y := dst[(from-lo)*e.out : (from-lo+n)*e.out]
		if e.low != nil {
			e.multiplyShort(y, shortened(*e.low)[from*e.in:(from+n)*e.in], n)
		} else {
			e.multiply(y, e.x[from*e.in:(from+n)*e.in], n, nil)
		}
		kernel.NormalizeActivate(y, y, e.scale, e.shift, n, e.out, e.act)
		if e.last != nil {
			unary(*e.last, y, y)
		}
	}
	return dst[:(hi-lo)*e.out]
}

// firstCacheFloats is how many numbers stay in the first-level cache: 32 KB.
const firstCacheFloats = 1 << 13
