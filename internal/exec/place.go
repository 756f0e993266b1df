package exec

import "melanoma/internal/graph"

// alias lets views share the memory of what they view.
func (p *planner) alias() {
	for _, v := range p.order {
		if len(v.in) == 0 || v.in[0].outside {
			continue
		}
		shift := 0
		switch s := v.op.(type) {
		case graph.Reshape:
		case graph.Row:
			shift = s.I * v.size
		default:
			continue
		}
		v.home, v.shift = v.in[0].home, v.in[0].shift+shift
	}
	for _, v := range p.order {
		v.home.last = max(v.home.last, v.last)
		v.home.keep = v.home.keep || v.keep
	}
}

// place gives every home an offset: the smallest free gap that holds it, or,
// where an operator may work in place, that of the input that dies with it.
func (p *planner) place() {
	var a arena
	dying := make([][]*value, len(p.order))
	for _, v := range p.order {
		if v.home == v && v.fixed == nil && !v.keep && v.last >= 0 {
			dying[v.last] = append(dying[v.last], v)
		}
	}
	for i, v := range p.order {
		taken := (*value)(nil)
		own := v.home == v && v.fixed == nil
		if own {
			if taken = inPlace(v, i); taken != nil {
				v.offset = taken.offset
			} else {
				v.offset = a.take(v.size)
			}
		}
		for _, d := range dying[i] {
			if d != taken {
				a.free(d.offset, d.size)
			}
		}
		if own && !v.keep && v.last < 0 {
			a.free(v.offset, v.size) // nobody reads it
		}
	}
	p.size = a.high
}

// inPlace returns the input whose memory step i may overwrite: it dies here,
// has the same size, is not an output, and is not read through another value.
func inPlace(v *value, i int) *value {
	index := overwrites(v.op)
	if index < 0 || index >= len(v.in) {
		return nil
	}
	in := v.in[index]
	for j, other := range v.in {
		if j != index && other.home == in.home {
			return nil
		}
	}
	if in.outside || in.fixed != nil || in.home != in || in.keep || in.last != i || in.size != v.size {
		return nil
	}
	return in
}

// overwrites returns the input that an operator's kernel may write its output
// over, or -1.
func overwrites(op operator) int {
	switch op.(type) {
	case addition, limitedSum, graph.Unary, graph.UnaryGrad, graph.BatchNorm, graph.BatchNormGradInput, graph.BatchNormFixed, graph.BatchNormFixedGradInput,
		graph.Bias, graph.Product, graph.Excite, graph.DropoutMask, normActivate, normActivateGradInput:
		return 0
	default:
		return -1
	}
}
