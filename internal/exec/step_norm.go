package exec

import (
	"math"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// rowsAPart is the number of rows whose channel sums are accumulated in
// float32; the parts are then added in float64.
const rowsAPart = 512

// channelSums holds the partial sums of a reduction over rows, [parts][width].
type channelSums struct {
	parts [][]float32
	total []float64
}

func newChannelSums(rows, width int) *channelSums {
	s := &channelSums{parts: make([][]float32, partsOf(rows, rowsAPart)), total: make([]float64, width)}
	for i := range s.parts {
		s.parts[i] = make([]float32, width)
	}
	return s
}

// run fills the parts and adds them up in order.
func (s *channelSums) run(p *Pool, rows int, f func(sum []float32, lo, hi int)) []float64 {
	p.ranges(rows, rowsAPart, func(lo, hi, part, _ int) {
		clear(s.parts[part])
		f(s.parts[part], lo, hi)
	})
	addParts(s.total, s.parts)
	return s.total
}

// addParts sets total to the sum of the parts, in their order.
func addParts(total []float64, parts [][]float32) {
	clear(total)
	for _, part := range parts {
		for k, v := range part {
			total[k] += float64(v)
		}
	}
}

// guessRows is the number of rows whose mean is the first guess at a
// channel's mean.
const guessRows = 64

// batchNormStats binds mean and biased variance in one pass: sums of x and of
// its square about a guess at the mean, taken from the first rows. The nearer
// the guess, the fewer digits the difference of the two loses (Chan, Golub,
// LeVeque 1983, section 3).
func (c *compiler) batchNormStats(a call) func() {
	x, ch := a.x[0], a.yShape[1]
	rows := len(x) / ch
	mean, variance := a.y[:ch], a.y[ch:]
	sums, guess := newChannelSums(rows, 2*ch), make([]float32, ch)
	return func() {
		n := min(rows, guessRows)
		clear(guess)
		kernel.ChannelSum(guess, x[:n*ch], n, ch)
		kernel.Scale(guess, guess, 1/float32(n))
		total := sums.run(c.pool, rows, func(sum []float32, lo, hi int) {
			kernel.ChannelMoments(sum[:ch], sum[ch:], x[lo*ch:hi*ch], guess, hi-lo, ch)
		})
		for k := range mean {
			first := total[k] / float64(rows)
			mean[k] = float32(float64(guess[k]) + first)
			variance[k] = float32(max(0, total[ch+k]/float64(rows)-first*first))
		}
	}
}

// channelAffine binds y = x*scale + shift per channel; prepare sets the two
// first.
func (c *compiler) channelAffine(y, x []float32, ch int, prepare func(scale, shift []float32)) func() {
	scale, shift := make([]float32, ch), make([]float32, ch)
	apply := c.rowBlocks(len(x)/ch, ch, func(lo, hi int) {
		kernel.ChannelAffine(y[lo*ch:hi*ch], x[lo*ch:hi*ch], scale, shift, hi-lo, ch)
	})
	return func() {
		prepare(scale, shift)
		apply()
	}
}

// normalisation sets scale and shift so that x*scale + shift is normalised.
func normalisation(scale, shift, mean, variance, gamma, beta []float32, eps float64) {
	for k := range scale {
		s := float64(gamma[k]) / math.Sqrt(float64(variance[k])+eps)
		scale[k] = float32(s)
		shift[k] = float32(float64(beta[k]) - float64(mean[k])*s)
	}
}

func (c *compiler) batchNorm(s graph.BatchNorm, a call) func() {
	stats, gamma, beta := a.x[1], a.x[2], a.x[3]
	ch := len(gamma)
	return c.channelAffine(a.y, a.x[0], ch, func(scale, shift []float32) {
		normalisation(scale, shift, stats[:ch], stats[ch:], gamma, beta, s.Eps)
	})
}

func (c *compiler) batchNormFixed(s graph.BatchNormFixed, a call) func() {
	return c.channelAffine(a.y, a.x[0], len(a.x[1]), func(scale, shift []float32) {
		normalisation(scale, shift, a.x[3], a.x[4], a.x[1], a.x[2], s.Eps)
	})
}

// batchNormGradParams binds dgamma and dbeta.
func (c *compiler) batchNormGradParams(s graph.BatchNormGradParams, a call) func() {
	dy, x, stats := a.x[0], a.x[1], a.x[2]
	ch := a.yShape[1]
	rows := len(x) / ch
	rstd := make([]float32, ch)
	sums := newChannelSums(rows, 2*ch)
	return func() {
		for k := range rstd {
			rstd[k] = float32(1 / math.Sqrt(float64(stats[ch+k])+s.Eps))
		}
		total := sums.run(c.pool, rows, func(sum []float32, lo, hi int) {
			kernel.ChannelDot2(sum[ch:], sum[:ch], dy[lo*ch:hi*ch], x[lo*ch:hi*ch], stats[:ch], rstd, hi-lo, ch)
		})
		for k, v := range total {
			a.y[k] = float32(v)
		}
	}
}

// inputGradient holds the factors of dx = gamma/std (dy - dbeta/R - xhat
// dgamma/R), written as a dy + b x + d per channel.
type inputGradient struct{ a, b, d []float32 }

func newInputGradient(ch int) inputGradient {
	return inputGradient{make([]float32, ch), make([]float32, ch), make([]float32, ch)}
}

// prepare sets the factors from the statistics of R rows and sums, the
// gradients of gamma and beta.
func (g inputGradient) prepare(gamma, mean, variance, sums []float32, eps float64, rows int) {
	ch := len(gamma)
	for k := range g.a {
		r := 1 / math.Sqrt(float64(variance[k])+eps)
		factor := float64(gamma[k]) * r
		slope := -factor * r * float64(sums[k]) / float64(rows)
		g.a[k], g.b[k] = float32(factor), float32(slope)
		g.d[k] = float32(-factor*float64(sums[ch+k])/float64(rows) - slope*float64(mean[k]))
	}
}

func (c *compiler) batchNormGradInput(s graph.BatchNormGradInput, a call) func() {
	dy, x, stats, gamma, sums := a.x[0], a.x[1], a.x[2], a.x[3], a.x[4]
	ch := len(gamma)
	rows := len(x) / ch
	g := newInputGradient(ch)
	apply := c.rowBlocks(rows, ch, func(lo, hi int) {
		kernel.BatchNormBackward(a.y[lo*ch:hi*ch], dy[lo*ch:hi*ch], x[lo*ch:hi*ch], g.a, g.b, g.d, hi-lo, ch)
	})
	return func() {
		g.prepare(gamma, stats[:ch], stats[ch:], sums, s.Eps, rows)
		apply()
	}
}
