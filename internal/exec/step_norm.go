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
	clear(s.total)
	for _, part := range s.parts {
		for k, v := range part {
			s.total[k] += float64(v)
		}
	}
	return s.total
}

// batchNormStats binds mean and biased variance, in two passes: the second
// sums squares about the mean, which loses no digits to a large mean.
func (c *compiler) batchNormStats(a call) func() {
	x, ch := a.x[0], a.yShape[1]
	rows := len(x) / ch
	mean, variance := a.y[:ch], a.y[ch:]
	sums := newChannelSums(rows, ch)
	return func() {
		for k, s := range sums.run(c.pool, rows, func(sum []float32, lo, hi int) {
			kernel.ChannelSum(sum, x[lo*ch:hi*ch], hi-lo, ch)
		}) {
			mean[k] = float32(s / float64(rows))
		}
		for k, s := range sums.run(c.pool, rows, func(sum []float32, lo, hi int) {
			kernel.ChannelCenteredSquares(sum, x[lo*ch:hi*ch], mean, hi-lo, ch)
		}) {
			variance[k] = float32(s / float64(rows))
		}
	}
}

// affine binds y = x*scale + shift per channel; prepare sets the two first.
func (c *compiler) affine(y, x []float32, ch int, prepare func(scale, shift []float32)) func() {
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
	return c.affine(a.y, a.x[0], ch, func(scale, shift []float32) {
		normalisation(scale, shift, stats[:ch], stats[ch:], gamma, beta, s.Eps)
	})
}

func (c *compiler) batchNormFixed(s graph.BatchNormFixed, a call) func() {
	return c.affine(a.y, a.x[0], len(a.x[1]), func(scale, shift []float32) {
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

// batchNormGradInput binds dx = gamma/std (dy - dbeta/R - xhat dgamma/R),
// written as a dy + b x + d per channel.
func (c *compiler) batchNormGradInput(s graph.BatchNormGradInput, a call) func() {
	dy, x, stats, gamma, sums := a.x[0], a.x[1], a.x[2], a.x[3], a.x[4]
	ch := len(gamma)
	rows := len(x) / ch
	ca, cb, cd := make([]float32, ch), make([]float32, ch), make([]float32, ch)
	apply := c.rowBlocks(rows, ch, func(lo, hi int) {
		kernel.BatchNormBackward(a.y[lo*ch:hi*ch], dy[lo*ch:hi*ch], x[lo*ch:hi*ch], ca, cb, cd, hi-lo, ch)
	})
	return func() {
		for k := range ca {
			r := 1 / math.Sqrt(float64(stats[ch+k])+s.Eps)
			g := float64(gamma[k]) * r
			slope := -g * r * float64(sums[k]) / float64(rows)
			ca[k], cb[k] = float32(g), float32(slope)
			cd[k] = float32(-g*float64(sums[ch+k])/float64(rows) - slope*float64(stats[k]))
		}
		apply()
	}
}
