package exec

import (
	"math"

	"melanoma/internal/kernel"
)

// convExpanded binds a depthwise convolution whose input a pointwise one
// makes on loading. Both treat channels apart, so a part is some rows of some
// channels of one image: what lies between the two convolutions stays in the
// nearest cache, and one image is enough for several workers.
func (c *compiler) convExpanded(o convolution, a call, cc convCall) func() {
	e := c.loader(o.x, a, 0).(*expanded)
	w := a.x[o.weights()]
	groups := channelGroups(cc.in)
	taps := c.packGroups(w, cc, groups)
	rows := max(1, (2*firstCacheFloats/(cc.g.InW*groups[0].size())-cc.g.KH)/cc.g.StrideH)
	strips := spansOf(1, cc.g.OutH, rows, false)
	sections := sectionsOf(cc, len(strips), cc.n*len(groups), c.pool.Workers())
	end := c.finish(o, a, cc, stripSpans(strips, cc))
	inputs := make([][]*window, c.pool.Workers())
	for i := range inputs {
		inputs[i] = c.groupWindows(e, groups, rows*cc.g.StrideH+cc.g.KH, cc.g.InW)
	}
	outputs := c.scratch(rows * cc.g.OutW * groups[0].size())
	each := func(part, worker int) {
		i, section, g := part/len(groups)/sections, part/len(groups)%sections, groups[part%len(groups)]
		w := inputs[worker][part%len(groups)]
		w.start(i, cc.g.InH)
		for s := len(strips) * section / sections; s < len(strips)*(section+1)/sections; s++ {
			inLo, inHi, piece := sources(cc.g, strips[s].lo, strips[s].hi)
			y := outputs[worker][:piece.OutH*piece.OutW*g.size()]
			kernel.DepthwiseForward(y, w.rows(inLo, inHi), taps[g.lo*cc.patch:g.hi*cc.patch], piece, g.size(), 0, piece.OutH)
			end.channels(y, i*len(strips)+s, g)
		}
	}
	return func() {
		e.prepare()
		end.prepare()
		c.pool.Run(cc.n*sections*len(groups), each)
		end.sum()
	}
}

// sectionsOf returns into how many sections the strips of an image are cut, so
// that the workers end together: each section computes the rows that overlap
// the one before it again. No result depends on it.
func sectionsOf(cc convCall, strips, parts, workers int) int {
	again := float64(max(0, cc.g.KH-cc.g.StrideH)) / float64(cc.g.InH)
	best, least := 1, math.Inf(1)
	for s := 1; s <= min(strips, 2*workers); s++ {
		longest := float64(partsOf(parts*s, workers)) / float64(s) * (1 + again*float64(s-1))
		if longest < least {
			best, least = s, longest
		}
	}
	return best
}

// groupWindows returns a window over each group of channels, which share their
// memory.
func (c *compiler) groupWindows(e *expanded, groups []span, rows, width int) []*window {
	ws := make([]*window, len(groups))
	used := c.workUsed
	for i, g := range groups {
		c.workUsed = used
		ws[i] = &window{l: e.channels(g), width: width, row: width * g.size()}
		c.borrow(&ws[i].buf, rows*width*groups[0].size())
	}
	return ws
}

func (s span) size() int { return s.hi - s.lo }

// groupChannels is how many channels a part works on: two panels.
const groupChannels = 2 * kernel.PanelWidth

// channelGroups cuts channels into groups, the first the largest.
func channelGroups(channels int) []span {
	var groups []span
	for lo := 0; lo < channels; lo += groupChannels {
		groups = append(groups, span{lo, min(lo+groupChannels, channels)})
	}
	return groups
}

// packGroups packs depthwise weights group by group.
func (c *compiler) packGroups(w []float32, cc convCall, groups []span) []float32 {
	return c.store.pack(w, tapGroups, len(w), func(dst []float32) {
		for _, g := range groups {
			kernel.PackDepthwise(dst[g.lo*cc.patch:g.hi*cc.patch], w[g.lo*cc.patch:g.hi*cc.patch], cc.g.KH, cc.g.KW, g.size())
		}
	})
}

// channels is the loader of some of the channels, whole panels but for the
// last.
func (e *expanded) channels(g span) *expanded {
	f := *e.affine
	f.scale, f.shift = f.scale[g.lo:g.hi], f.shift[g.lo:g.hi]
	return &expanded{affine: &f, factor: e.columns(g), x: e.x, low: e.low, act: e.act, last: e.last}
}

// channels finishes some channels of a span's rows, y [rows,channels of g],
// and puts them where they belong in the whole result.
func (e *ending) channels(y []float32, part int, g span) {
	s := e.spans[part]
	n, ch := s.size(), g.size()
	scale, shift := e.norm.scale[g.lo:g.hi], e.norm.shift[g.lo:g.hi]
	to := e.y[s.lo*e.ch+g.lo : (s.hi-1)*e.ch+g.hi]
	if e.means == nil && e.plus == nil && e.last == nil {
		kernel.NormalizeActivateInto(to, e.ch, y, scale, shift, n, ch, e.act)
		return
	}
	kernel.NormalizeActivate(y, y, scale, shift, n, ch, e.act)
	if e.plus != nil {
		for i := range n {
			from := (s.lo+i)*e.ch + g.lo
			kernel.Add(y[i*ch:(i+1)*ch], y[i*ch:(i+1)*ch], e.plus[from:from+ch])
		}
	}
	if e.last != nil {
		unary(*e.last, y, y)
	}
	if e.means != nil {
		sum := e.means.parts[part][g.lo:g.hi]
		clear(sum)
		kernel.ChannelSum(sum, y, n, ch)
	}
	kernel.NormalizeActivateInto(to, e.ch, y, e.ones[:ch], e.zeros[:ch], n, ch, kernel.Activation{}) // a copy
}
