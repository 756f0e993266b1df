package exec

import (
	"math"
	"slices"

	"melanoma/internal/graph"
)

// checkpoint makes the backward pass compute again what it needs of the
// forward pass (Chen et al. 2016, "Training Deep Nets with Sublinear Memory
// Cost"): only values at which the network is as narrow as one array are kept
// from one pass to the other, and what lies between two of them is computed
// again from the first when the gradients arrive there. Statistics and other
// small arrays are kept, so the results are the same bytes.
func (p *planner) checkpoint() {
	var order []*value
	for _, v := range p.order {
		if !v.back {
			order = append(order, v)
		}
	}
	kept := cuts(order)
	again := map[*value]*value{}
	for _, v := range p.order {
		if !v.back {
			continue
		}
		for i, in := range v.in {
			v.in[i] = p.again(in, kept, again)
		}
	}
	p.arrange()
}

// ancestors returns the values that some values are computed from, and
// themselves.
func (p *planner) ancestors(of []*value) map[*value]bool {
	set := map[*value]bool{}
	stack := slices.Clone(of)
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !set[v] {
			set[v] = true
			stack = append(stack, v.in...)
		}
	}
	return set
}

// cuts returns the values of a forward pass that are kept: all that is small,
// and of the large ones that nothing else lies beside, those much smaller than
// what was computed since the last one, or where that has become much: with
// every n-th of n*n values kept, as many are computed again at a time.
func cuts(order []*value) map[*value]bool {
	last := map[*value]int{}
	total, count := 0, 0
	for i, v := range order {
		for _, in := range v.in {
			last[in] = i
		}
		if large(v) {
			total += v.size
			count++
		}
	}
	share := int(float64(total) / math.Sqrt(float64(max(count, 1))))
	kept := map[*value]bool{}
	var open []*value // large values that are still to be read
	peak, sum := 0, 0 // of those computed since the last cut
	for i, v := range order {
		open = slices.DeleteFunc(open, func(o *value) bool { return last[o] <= i })
		if !large(v) || v.keep {
			kept[v] = true
			continue
		}
		if last[v] > i {
			open = append(open, v)
		}
		peak, sum = max(peak, v.size), sum+v.size
		if len(open) == 1 && open[0] == v && dear(v) && (2*v.size <= peak || sum >= share) {
			kept[v] = true
			peak, sum = 0, 0
		}
	}
	return kept
}

// dear tells whether a value is made by more than a pass over its inputs. The
// others are cheap to make again, and the fusion rules make them on the way.
func dear(v *value) bool {
	switch v.op.(type) {
	case graph.Conv, addition:
		return true
	}
	return false
}

// large tells whether a value is worth computing twice to save its memory: an
// array over positions.
func large(v *value) bool { return len(v.shape) == 4 && area(v.shape) > 1 }

// again returns what a value of the backward pass reads in place of v.
func (p *planner) again(v *value, kept map[*value]bool, made map[*value]*value) *value {
	if v.outside || v.back || kept[v] {
		return v
	}
	if made[v] == nil {
		c := *v
		c.home, c.again = &c, true
		c.in = make([]*value, len(v.in))
		for i, in := range v.in {
			c.in[i] = p.again(in, kept, made)
		}
		made[v] = &c
	}
	return made[v]
}
