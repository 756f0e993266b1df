package exec

import (
	"fmt"
	"math"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// convGradients computes both gradients of a convolution in one pass over the
// gradient of its result. Inputs are those of dy, those of x, then w; the
// result is dx.
type convGradients struct {
	graph.ConvAttrs
	dy, x load
}

// Slots of what accompanies convGradients.
const (
	weightsSlot = iota // the gradient of w
	paramsSlot         // [2,C], those of gamma and beta where x is a(n(...))
)

func (o convGradients) String() string {
	s := "dx, dw of conv" + attrsOf(o.ConvAttrs)
	if o.x.op != nil {
		s = fmt.Sprintf("%s of (%s)", s, o.x.op)
	}
	if o.dy.op != nil {
		s = fmt.Sprintf("%s from (%s)", s, o.dy.op)
	}
	return s
}

// convGradients binds a pointwise or depthwise convolution's gradients.
func (c *compiler) convGradients(o convGradients, a call) func() {
	w := o.dy.n + o.x.n
	g := &gradients{
		cc:   newConvCall(o.ConvAttrs, a.shapes[o.dy.n], a.shapes[w], a.shapes[0]),
		dy:   c.loader(o.dy, a, 0),
		x:    c.loader(o.x, a, o.dy.n),
		dx:   a.y,
		dw:   a.beside(weightsSlot),
		pool: c.pool,
	}
	if kindOf(o.ConvAttrs, a.yShape, a.shapes[w]) == depthwise {
		return c.depthwiseGradients(g, o, a, a.x[w])
	}
	return c.pointwiseGradients(g, o, a, a.x[w])
}

// gradients is one bound convGradients.
type gradients struct {
	cc     convCall
	dy, x  loader
	dx, dw []float32
	params *paramSums
	pool   *Pool
}

// run computes everything: parts, then their sums.
func (g *gradients) run(parts int, each func(part, worker int)) {
	g.dy.prepare()
	g.x.prepare()
	g.pool.Run(parts, each)
	if g.params != nil {
		g.params.sum()
	}
}

// gradientParts is into how many partial sums a weight gradient is cut.
const gradientParts = 8

func (c *compiler) pointwiseGradients(g *gradients, o convGradients, a call, w []float32) func() {
	cc := g.cc
	packed := c.packOutputRows(w, cc)
	spans := spansOf(cc.n, cc.positions, cacheFloats/(cc.in+cc.out), true)
	parts := min(gradientParts, len(spans))
	flip := worthTurning(cc.n*cc.positions, cc.out, cc.in)
	to := g.dw
	if flip {
		to = nil
	}
	sums := c.newReduction(to, len(g.dw), parts)
	g.params = c.newParamSums(g.x, a, spans)
	dys, xs := c.loadScratch(g.dy, spans, cc.out), c.loadScratch(g.x, spans, cc.in)
	each := func(part, worker int) {
		first := len(spans) * part / parts
		for i := first; i < len(spans)*(part+1)/parts; i++ {
			s := spans[i]
			n := s.hi - s.lo
			dy, x := g.dy.rows(dys[worker], s.lo, s.hi), g.x.rows(xs[worker], s.lo, s.hi)
			dx := g.dx[s.lo*cc.in : s.hi*cc.in]
			kernel.GemmPacked(dx, cc.in, dy, cc.out, packed, n, cc.in, cc.out, false)
			if g.params != nil {
				g.params.rows(dx, s, i)
			}
			if flip {
				kernel.GemmTN(sums.parts[part], cc.out, x, cc.in, dy, cc.out, n, cc.out, cc.in, i > first)
			} else {
				kernel.GemmTN(sums.parts[part], cc.in, dy, cc.out, x, cc.in, n, cc.in, cc.out, i > first)
			}
		}
	}
	return func() {
		g.run(parts, each)
		if sum := sums.sum(); flip {
			transpose(g.dw, sum, cc.in, cc.out)
		}
	}
}

// depthwiseGradients slides down each image: rows of dx are finished as soon
// as the last row of dy that they need is there.
func (c *compiler) depthwiseGradients(g *gradients, o convGradients, a call, w []float32) func() {
	cc := g.cc
	packed := c.packDepthwise(w, cc)
	rows := max(1, cacheFloats/2/(cc.g.InW*cc.in*cc.g.StrideH))
	strips := spansOf(1, cc.g.OutH, rows, false)
	sums := c.newReduction(nil, len(g.dw), cc.n)
	finished, spans := finishedRows(strips, cc)
	g.params = c.newParamSums(g.x, a, spans)
	dys := c.windows(g.dy, rows+cc.g.KH, cc.g.OutW, cc.out)
	xs := c.windows(g.x, rows*cc.g.StrideH+cc.g.KH, cc.g.InW, cc.in)
	each := func(i, worker int) {
		dyw, xw := dys[worker], xs[worker]
		dyw.start(i, cc.g.OutH)
		xw.start(i, cc.g.InH)
		clear(sums.parts[i])
		for k, s := range strips {
			f := finished[k]
			outLo, _, back := readers(cc.g, f.lo, f.hi)
			outLo = min(outLo, s.lo)
			dy := dyw.rows(outLo, s.hi)
			inLo, inHi, piece := sources(cc.g, s.lo, s.hi)
			kernel.DepthwiseBackwardWeights(sums.parts[i], xw.rows(inLo, inHi), dy[(s.lo-outLo)*dyw.row:], piece, cc.in, 0, piece.OutH)
			if f.hi == f.lo {
				g.params.nothing(i*len(strips) + k)
				continue
			}
			dx := g.dx[spans[i*len(strips)+k].lo*cc.in : spans[i*len(strips)+k].hi*cc.in]
			kernel.DepthwiseBackwardData(dx, dy, packed, back, cc.in, 0, f.hi-f.lo)
			if g.params != nil {
				g.params.rows(dx, spans[i*len(strips)+k], i*len(strips)+k)
			}
		}
	}
	return func() {
		g.run(cc.n, each)
		kernel.UnpackDepthwise(g.dw, sums.sum(), cc.g.KH, cc.g.KW, cc.in)
	}
}

// finishedRows returns the rows of dx that each strip of dy finishes, and their
// positions in all images.
func finishedRows(strips []span, cc convCall) (rows, spans []span) {
	rows = make([]span, len(strips))
	for i, s := range strips {
		rows[i].hi = min(cc.g.InH, max(0, s.hi*cc.g.StrideH-cc.g.PadTop))
		if i > 0 {
			rows[i].lo = rows[i-1].hi
		}
	}
	rows[len(strips)-1].hi = cc.g.InH
	for i := range cc.n {
		for _, r := range rows {
			spans = append(spans, span{(i*cc.g.InH + r.lo) * cc.g.InW, (i*cc.g.InH + r.hi) * cc.g.InW})
		}
	}
	return rows, spans
}

// paramSums gathers the gradients of gamma and beta of the normalisation whose
// activation a convolution read, from the gradient of that activation.
type paramSums struct {
	to    []float32 // dgamma, then dbeta
	f     *activated
	parts [][]float32
	total []float64
}

// newParamSums returns nil where nobody wants them.
func (c *compiler) newParamSums(x loader, a call, spans []span) *paramSums {
	to := a.beside(paramsSlot)
	if to == nil {
		return nil
	}
	p := &paramSums{to: to, f: x.(*activated), parts: make([][]float32, len(spans)), total: make([]float64, len(to))}
	for i := range spans {
		c.borrow(&p.parts[i], len(to))
	}
	return p
}

// rows sums over the rows of a span, whose gradient is dx.
func (p *paramSums) rows(dx []float32, s span, part int) {
	ch := len(p.f.gamma)
	sum := p.parts[part]
	clear(sum)
	kernel.NormalizeActivateBackwardSums(sum[ch:], sum[:ch], dx, p.f.x[s.lo*ch:s.hi*ch], p.f.scale, p.f.shift, p.f.mean, nil, nil, s.hi-s.lo, ch, p.f.act)
}

// nothing says that a span has no rows: its part holds what another step left.
func (p *paramSums) nothing(part int) {
	if p != nil {
		clear(p.parts[part])
	}
}

func (p *paramSums) sum() {
	addParts(p.total, p.parts)
	ch := len(p.f.gamma)
	for k := range ch {
		p.to[k] = float32(p.total[k] / math.Sqrt(float64(p.f.variance[k])+p.f.eps))
		p.to[ch+k] = float32(p.total[ch+k])
	}
}
