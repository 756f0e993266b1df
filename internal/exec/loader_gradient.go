package exec

import (
	"math"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

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
	dy, x, sums []float32 // no sums with given statistics
	act         kernel.Activation
	gate        *excitation
	positions   int
	count       int
}

// newActivatedGradient reads the inputs of a normActivateGradInput.
func (c *compiler) newActivatedGradient(o normActivateGradInput, a call) *activatedGradient {
	f := c.newAffine(o.norm, a, 1)
	images, positions := imagesOf(a.shapes[1])
	l := &activatedGradient{inputGradient: newInputGradient(len(f.gamma)), affine: f, dy: a.x[0], x: a.x[1],
		act: o.act, gate: newExcitation(a, o.excited, a.shapes[1]), positions: positions, count: images * positions}
	if o.from == batchStatistics {
		l.sums = a.x[1+o.width()]
	}
	return l
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

// scaledGradient is the gradient of the input of a normalisation with given
// statistics: dy times gamma/std.
type scaledGradient struct {
	dy, gamma, variance, scale, zero []float32
	eps                              float64
}

// newScaledGradient reads dy, gamma and variance.
func newScaledGradient(o graph.BatchNormFixedGradInput, a call) *scaledGradient {
	ch := len(a.x[1])
	return &scaledGradient{dy: a.x[0], gamma: a.x[1], variance: a.x[2], scale: make([]float32, ch), zero: make([]float32, ch), eps: o.Eps}
}

func (l *scaledGradient) prepare() {
	for k, g := range l.gamma {
		l.scale[k] = float32(float64(g) / math.Sqrt(float64(l.variance[k])+l.eps))
	}
}

func (l *scaledGradient) rows(dst []float32, lo, hi int) []float32 {
	ch := len(l.gamma)
	kernel.ChannelAffine(dst, l.dy[lo*ch:hi*ch], l.scale, l.zero, hi-lo, ch)
	return dst[:(hi-lo)*ch]
}
