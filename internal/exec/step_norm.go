package exec

import (
	"math"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// rowsAPart is the number of rows whose channel sums are accumulated in
// float32; the parts are then added in float64.
const rowsAPart = 512

// channelSums adds up partial sums of some channels in a fixed order.
type channelSums struct {
	spans []span
	parts [][]float32
	total []float64
}

// newChannelSums borrows room for sums over the rows of an array.
func (c *compiler) newChannelSums(rows, width int) *channelSums {
	spans := spansOf(1, rows, rowsAPart, false)
	s := &channelSums{spans: spans, parts: make([][]float32, len(spans)), total: make([]float64, width)}
	for i := range spans {
		c.borrow(&s.parts[i], width)
	}
	return s
}

// bind returns the function that fills the parts by f, adds them up and
// returns the totals.
func (s *channelSums) bind(p *Pool, f func(sum []float32, lo, hi int)) func() []float64 {
	each := func(part, _ int) {
		clear(s.parts[part])
		f(s.parts[part], s.spans[part].lo, s.spans[part].hi)
	}
	return func() []float64 {
		p.Run(len(s.parts), each)
		addParts(s.total, s.parts)
		return s.total
	}
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

// batchNormStats binds mean and biased variance of an array in memory.
func (c *compiler) batchNormStats(a call) func() {
	x, ch := a.x[0], a.yShape[1]
	spans := spansOf(1, len(x)/ch, rowsAPart, false)
	m := c.newMoments(a.y, spans)
	each := func(part, _ int) { m.rows(x[spans[part].lo*ch:spans[part].hi*ch], part) }
	return func() {
		c.pool.Run(len(spans), each)
		m.sum()
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

func (c *compiler) batchNormGradParams(s graph.BatchNormGradParams, a call) func() {
	stats, ch := a.x[2], a.yShape[1]
	return c.gradParams(a.y, a.x[0], a.x[1], stats[:ch], stats[ch:], s.Eps)
}

func (c *compiler) batchNormFixedGradParams(s graph.BatchNormFixedGradParams, a call) func() {
	return c.gradParams(a.y, a.x[0], a.x[1], a.x[2], a.x[3], s.Eps)
}

// gradParams binds dgamma and dbeta, the halves of y.
func (c *compiler) gradParams(y, dy, x, mean, variance []float32, eps float64) func() {
	ch := len(mean)
	rows := len(x) / ch
	rstd := make([]float32, ch)
	total := c.newChannelSums(rows, 2*ch).bind(c.pool, func(sum []float32, lo, hi int) {
		kernel.ChannelDot2(sum[ch:], sum[:ch], dy[lo*ch:hi*ch], x[lo*ch:hi*ch], mean, rstd, hi-lo, ch)
	})
	return func() {
		for k := range rstd {
			rstd[k] = float32(1 / math.Sqrt(float64(variance[k])+eps))
		}
		for k, v := range total() {
			y[k] = float32(v)
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
// gradients of gamma and beta. Given statistics are constants: nothing flows
// through them, and there are no sums.
func (g inputGradient) prepare(gamma, mean, variance, sums []float32, eps float64, rows int) {
	ch := len(gamma)
	for k := range g.a {
		r := 1 / math.Sqrt(float64(variance[k])+eps)
		factor := float64(gamma[k]) * r
		if g.a[k] = float32(factor); sums == nil {
			continue
		}
		slope := -factor * r * float64(sums[k]) / float64(rows)
		g.b[k] = float32(slope)
		g.d[k] = float32(-factor*float64(sums[ch+k])/float64(rows) - slope*float64(mean[k]))
	}
}
