package exec

import (
	"math"
	"slices"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// activationOf returns the kernel's activation of an element-wise function
// that can follow a normalisation.
func activationOf(u graph.Unary) (kernel.Activation, bool) {
	switch u.Kind {
	case "swish":
		return kernel.Activation{Kind: kernel.SwishActivation}, true
	case "clip":
		return kernel.Activation{Kind: kernel.ClipActivation, Lo: float32(u.Lo), Hi: float32(u.Hi)}, !math.IsNaN(u.Lo + u.Hi)
	default:
		return kernel.Activation{}, false
	}
}

// normOf returns the normalisation that v is, if it is one.
func normOf(v *value) (norm, bool) {
	switch b := v.op.(type) {
	case graph.BatchNorm:
		return norm{eps: b.Eps}, true
	case graph.BatchNormFixed:
		return norm{eps: b.Eps, from: givenStatistics}, true
	case graph.Bias:
		return norm{from: biasAlone}, v.in[1].outside
	default:
		return norm{}, false
	}
}

func fuseActivate(v *value, users map[*value][]*value) bool {
	u, ok := v.op.(graph.Unary)
	if !ok {
		return false
	}
	act, ok := activationOf(u)
	if !ok {
		return false
	}
	n, ok := normOf(v.in[0])
	if !ok || n.from == biasAlone && (v.in[0].keep || len(users[v.in[0]]) > 1) { // a gradient needs x+b
		return false
	}
	v.op, v.in = normActivate{n, act}, v.in[0].in
	return true
}

// activationGradient returns the gradient dy and the normalisation b that v,
// the gradient of a(b) with respect to b, is made of.
func activationGradient(v *value) (dy, b *value, act normActivate, ok bool) {
	u, isGrad := v.op.(graph.UnaryGrad)
	if !isGrad {
		return nil, nil, act, false
	}
	if act.act, ok = activationOf(graph.Unary(u)); !ok {
		return nil, nil, act, false
	}
	act.norm, ok = normOf(v.in[1])
	return v.in[0], v.in[1], act, ok && act.from != biasAlone
}

func fuseActivateGradient(v *value, _ map[*value][]*value) bool {
	if len(v.in) == 0 {
		return false
	}
	dy, b, act, ok := activationGradient(v.in[0])
	if !ok || !ofNormalisation(v, b) {
		return false
	}
	switch v.op.(type) {
	case graph.BatchNormGradParams, graph.BatchNormFixedGradParams:
		v.op = normActivateGradParams{act, false}
		v.in = append(slices.Clone(b.in), dy)
	case graph.BatchNormGradInput:
		v.op = normActivateGradInput{act, false}
		v.in = append(append([]*value{dy}, b.in...), v.in[4])
	case graph.BatchNormFixedGradInput:
		v.op = normActivateGradInput{act, false}
		v.in = append([]*value{dy}, b.in...)
	}
	return true
}

// ofNormalisation tells whether v is a gradient of the normalisation b: it
// reads what b reads.
func ofNormalisation(v, b *value) bool {
	in := b.in
	switch v.op.(type) {
	case graph.BatchNormGradParams, graph.BatchNormGradInput: // dy, x, stats
		return slices.Equal(v.in[1:3], in[:2])
	case graph.BatchNormFixedGradParams: // dy, x, mean, variance
		return slices.Equal(v.in[1:], []*value{in[0], in[3], in[4]})
	case graph.BatchNormFixedGradInput: // dy, gamma, variance
		return slices.Equal(v.in[1:], []*value{in[1], in[4]})
	}
	return false
}

// fuseSum limits a sum where it is made. What lies strictly within the limits
// does so before and after, so a gradient may read either.
func fuseSum(v *value, users map[*value][]*value) bool {
	u, ok := v.op.(graph.Unary)
	if !ok || u.Kind != "clip" || v.in[0].keep {
		return false
	}
	if _, ok := v.in[0].op.(addition); !ok {
		return false
	}
	for _, r := range users[v.in[0]] {
		if g, grad := r.op.(graph.UnaryGrad); r != v && (!grad || graph.Unary(g) != u || r.in[0] == v.in[0]) {
			return false
		}
	}
	for _, r := range users[v.in[0]] {
		if r != v {
			r.in[1] = v
		}
	}
	v.op, v.in = limitedSum{float32(u.Lo), float32(u.Hi)}, v.in[0].in
	return true
}

// recomputed returns the fused activation u if all that reads it can work from
// its inputs: then it need not be stored.
func recomputed(u *value, users map[*value][]*value) (normActivate, bool) {
	a, ok := u.op.(normActivate)
	if !ok || u.keep || len(u.shape) != 4 {
		return a, false
	}
	for _, reader := range users[u] {
		switch reader.op.(type) {
		case graph.Squeeze, normActivateSqueeze, normActivateExcite, normActivateDot:
		case graph.Excite:
			if reader.in[0] != u {
				return a, false
			}
		case graph.ExciteGradScale:
			if reader.in[1] != u {
				return a, false
			}
		default:
			return a, false
		}
	}
	return a, true
}

func fuseSqueeze(v *value, users map[*value][]*value) bool {
	if _, ok := v.op.(graph.Squeeze); !ok {
		return false
	}
	a, ok := recomputed(v.in[0], users)
	if !ok {
		return false
	}
	v.op, v.in = normActivateSqueeze(a), v.in[0].in
	return true
}

func fuseExcite(v *value, users map[*value][]*value) bool {
	if _, ok := v.op.(graph.Excite); !ok {
		return false
	}
	a, ok := recomputed(v.in[0], users)
	if !ok {
		return false
	}
	v.op, v.in = normActivateExcite(a), append(slices.Clone(v.in[0].in), v.in[1])
	return true
}

func fuseExciteScaleGradient(v *value, users map[*value][]*value) bool {
	if _, ok := v.op.(graph.ExciteGradScale); !ok {
		return false
	}
	a, ok := recomputed(v.in[1], users)
	if !ok {
		return false
	}
	v.op, v.in = normActivateDot(a), append(slices.Clone(v.in[1].in), v.in[0])
	return true
}

// excitedGradient takes dy*s + spread(dsq) apart.
func excitedGradient(v *value) (dy, s, dsq *value, ok bool) {
	if _, isSum := v.op.(addition); !isSum {
		return nil, nil, nil, false
	}
	for i := range 2 {
		_, scaled := v.in[i].op.(graph.Excite)
		_, spread := v.in[1-i].op.(graph.SqueezeGrad)
		if scaled && spread {
			return v.in[i].in[0], v.in[i].in[1], v.in[1-i].in[0], true
		}
	}
	return nil, nil, nil, false
}

func fuseExciteGradient(v *value, _ map[*value][]*value) bool {
	switch o := v.op.(type) {
	case normActivateGradParams:
		at := len(v.in) - 1
		dy, s, dsq, ok := excitedGradient(v.in[at])
		if !ok {
			return false
		}
		o.excited = true
		v.op, v.in = o, append(slices.Clone(v.in[:at]), dy, s, dsq)
		return true
	case normActivateGradInput:
		dy, s, dsq, ok := excitedGradient(v.in[0])
		if !ok {
			return false
		}
		o.excited = true
		v.op, v.in = o, append(append([]*value{dy}, v.in[1:]...), s, dsq)
		return true
	}
	return false
}
