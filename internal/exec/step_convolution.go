package exec

import (
	"fmt"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// convolution is y = x * w with what fusion rules moved into its step. Inputs
// are those of x, then w, then those of a following normalisation but for its
// x, then an array to add.
type convolution struct {
	graph.ConvAttrs
	x    load
	then *normActivate // with given statistics, or a bias
	plus bool
	last *graph.Unary // what is applied to the sum
}

// Slots of what accompanies a convolution.
const (
	statsSlot = iota // [2,C], mean and variance of y
	meanSlot         // [N,1,1,C], mean over positions of the final y
)

func (o convolution) String() string {
	s := "conv" + attrsOf(o.ConvAttrs)
	if o.x.op != nil {
		s = fmt.Sprintf("%s of (%s)", s, o.x.op)
	}
	if o.then != nil {
		s = fmt.Sprintf("%s, then %s", s, o.then)
	}
	if o.plus {
		s += ", plus"
	}
	if o.last != nil {
		s += ", " + o.last.Kind
	}
	return s
}

// attrsOf names what is not the usual of a convolution.
func attrsOf(a graph.ConvAttrs) string {
	s := ""
	if a.Stride != [2]int{1, 1} {
		s += fmt.Sprintf(" stride %dx%d", a.Stride[0], a.Stride[1])
	}
	if a.Pad != [4]int{} {
		s += fmt.Sprintf(" pad %v", a.Pad)
	}
	if a.Groups > 1 {
		s += fmt.Sprintf(" groups %d", a.Groups)
	}
	return s
}

// weights is the index of w among the inputs.
func (o convolution) weights() int { return o.x.n }

// convolve binds a convolution.
func (c *compiler) convolve(o convolution, a call) func() {
	xShape, w := o.x.shape(a.shapes), a.x[o.weights()]
	cc := newConvCall(o.ConvAttrs, xShape, a.shapes[o.weights()], a.yShape)
	switch kindOf(o.ConvAttrs, xShape, a.shapes[o.weights()]) {
	case pointwise:
		if o.then != nil && a.beside(statsSlot) == nil && cc.n == 1 && cc.in*cc.out > cc.positions*(cc.in+cc.out) && cc.out >= 2*groupChannels {
			return c.convColumns(o, a, cc)
		}
		return c.convPointwise(o, a, cc)
	case depthwise:
		if _, ok := o.x.op.(convolution); ok && a.beside(statsSlot) == nil {
			return c.convExpanded(o, a, cc)
		}
		return c.convDepthwise(o, a, cc)
	default:
		return c.convDense(o, a, w, cc)
	}
}

// convPointwise multiplies span by span, each loaded, multiplied and finished
// while it is in cache.
func (c *compiler) convPointwise(o convolution, a call, cc convCall) func() {
	w := c.factor(o, a.x[o.weights()], cc.in, cc.out)
	from := c.loader(o.x, a, 0)
	most := min(cacheFloats/(cc.in+cc.out), max(leastRows, partsOf(cc.n*cc.positions, partsAtLeast)))
	spans := spansOf(cc.n, cc.positions, most, a.beside(meanSlot) == nil)
	end := c.finish(o, a, cc, spans)
	scratch, room := c.loadScratch(from, spans, cc.in), c.scratch(w.room(longest(spans)))
	each := func(part, worker int) {
		s := spans[part]
		y := a.y[s.lo*cc.out : s.hi*cc.out]
		w.multiply(y, from.rows(scratch[worker], s.lo, s.hi), s.size(), room[worker])
		end.rows(y, part)
	}
	return func() {
		from.prepare()
		end.prepare()
		c.pool.Run(len(spans), each)
		end.sum()
	}
}

// loadScratch borrows room for the longest span of a loaded array, none if it
// is read from memory.
func (c *compiler) loadScratch(l loader, spans []span, channels int) [][]float32 {
	if _, ok := l.(stored); ok {
		return make([][]float32, c.pool.Workers())
	}
	return c.scratch(longest(spans) * channels)
}

func longest(spans []span) int {
	most := 0
	for _, s := range spans {
		most = max(most, s.size())
	}
	return most
}

// convDepthwise slides down the images: parts are whole images where there
// are enough, so that each loaded row is computed once.
func (c *compiler) convDepthwise(o convolution, a call, cc convCall) func() {
	packed := c.packDepthwise(a.x[o.weights()], cc)
	from := c.loader(o.x, a, 0)
	rows := max(1, cacheFloats/(cc.g.InW*cc.in*cc.g.StrideH))
	strips := spansOf(1, cc.g.OutH, rows, false)
	sections := min(len(strips), max(1, partsAtLeast/cc.n))
	if o.x.op == nil {
		sections = len(strips) // nothing to compute again
	}
	end := c.finish(o, a, cc, stripSpans(strips, cc))
	windows := c.windows(from, rows*cc.g.StrideH+cc.g.KH, cc.g.InW, cc.in)
	each := func(part, worker int) {
		i, section := part/sections, part%sections
		w := windows[worker]
		w.start(i, cc.g.InH)
		for s := len(strips) * section / sections; s < len(strips)*(section+1)/sections; s++ {
			inLo, inHi, piece := sources(cc.g, strips[s].lo, strips[s].hi)
			y := a.y[(i*cc.positions+strips[s].lo*cc.g.OutW)*cc.out : (i*cc.positions+strips[s].hi*cc.g.OutW)*cc.out]
			kernel.DepthwiseForward(y, w.rows(inLo, inHi), packed, piece, cc.in, 0, piece.OutH)
			end.rows(y, i*len(strips)+s)
		}
	}
	return func() {
		from.prepare()
		end.prepare()
		c.pool.Run(cc.n*sections, each)
		end.sum()
	}
}

// partsAtLeast is into how many parts a step with few images is cut, at the
// price of computing the rows at their borders twice.
const partsAtLeast = 4

// leastRows is how many rows a part of a product has at least: one tile of
// the widest kernel.
const leastRows = 14

// stripSpans returns the positions of each image's strips of rows.
func stripSpans(strips []span, cc convCall) []span {
	var spans []span
	for i := range cc.n {
		for _, s := range strips {
			spans = append(spans, span{i*cc.positions + s.lo*cc.g.OutW, i*cc.positions + s.hi*cc.g.OutW})
		}
	}
	return spans
}
