package exec

import (
	"slices"

	"melanoma/internal/graph"
)

// fuseGradients joins the two gradients of a pointwise or depthwise
// convolution: v is that of the input.
func fuseGradients(v *value, users map[*value][]*value) bool {
	o, ok := v.op.(graph.ConvGradInput)
	if !ok {
		return false
	}
	dy, w := v.in[0], v.in[1]
	dw := weightGradient(o.ConvAttrs, dy, w, users)
	if dw == nil || !w.outside || !worthJoining(kindOf(o.ConvAttrs, v.shape, w.shape), w.size) {
		return false
	}
	x := dw.in[0]
	v.op, v.in = convGradients{o.ConvAttrs, plain, plain}, []*value{dy, x, w}
	dw.accompany(v, weightsSlot, "conv2d-dw")
	return true
}

// worthJoining tells whether partial sums of the weights' gradient stay in
// the second-level cache beside the rows that are summed.
func worthJoining(kind convKind, weights int) bool {
	return kind == depthwise || kind == pointwise && weights <= 2*cacheFloats
}

// weightGradient finds the gradient of weights like w that reads dy.
func weightGradient(attrs graph.ConvAttrs, dy, w *value, users map[*value][]*value) *value {
	for _, u := range users[dy] {
		if g, ok := u.op.(graph.ConvGradWeights); ok && g.ConvAttrs == attrs && u.in[1] == dy && slices.Equal(u.shape, w.shape) {
			return u
		}
	}
	return nil
}

// fuseStatistics sums a batch's statistics where a convolution's result is
// made.
func fuseStatistics(v *value, _ map[*value][]*value) bool {
	if _, ok := v.op.(graph.BatchNormStats); !ok {
		return false
	}
	y := v.in[0]
	if !asConvolution(y) {
		return false
	}
	v.accompany(y, statsSlot, "statistics")
	return true
}

// asConvolution makes the operator of v one that can take up others, if it is
// a convolution with kernels.
func asConvolution(v *value) bool {
	switch o := v.op.(type) {
	case convolution:
		return true
	case graph.Conv:
		if !v.in[1].outside {
			return false
		}
		v.op = convolution{ConvAttrs: o.ConvAttrs, x: plain}
		return true
	}
	return false
}

// fuseLoad computes a(n(x)) and a(n(x))*s where convolutions load them, if
// nobody else reads them.
func fuseLoad(v *value, users map[*value][]*value) bool {
	if v.keep || len(v.shape) != 4 {
		return false
	}
	switch v.op.(type) {
	case normActivate, normActivateExcite, graph.Excite:
	default:
		return false
	}
	readers := users[v]
	for _, r := range readers {
		if !canLoad(r, v) {
			return false
		}
	}
	for _, r := range readers {
		l := load{v.op, len(v.in)}
		switch o := r.op.(type) {
		case convolution:
			o.x = l
			r.op, r.in = o, append(slices.Clone(v.in), r.in[1:]...)
		case convGradients:
			at := o.dy.n
			o.x = l
			r.op, r.in = o, slices.Concat(r.in[:at], v.in, r.in[at+1:])
		}
	}
	return len(readers) > 0
}

// canLoad tells whether r reads v as the input of a convolution, and nowhere
// else.
func canLoad(r, v *value) bool {
	at := 0
	switch o := r.op.(type) {
	case graph.Conv:
		switch kindOf(o.ConvAttrs, r.in[0].shape, r.in[1].shape) {
		case pointwise, depthwise:
		default:
			return false
		}
		if !asConvolution(r) {
			return false
		}
	case convolution:
		if k := kindOf(o.ConvAttrs, r.in[0].shape, r.in[o.weights()].shape); o.x != plain || k != pointwise && k != depthwise {
			return false
		}
	case convGradients:
		if o.x != plain {
			return false
		}
		at = o.dy.n
	default:
		return false
	}
	for i, in := range r.in {
		if (in == v) != (i == at) {
			return false
		}
	}
	return true
}

// fuseLoadGradient computes the gradient of a normalisation's input where the
// gradients of the convolution before it load it.
func fuseLoadGradient(v *value, users map[*value][]*value) bool {
	o, ok := v.op.(convGradients)
	if !ok || o.dy != plain {
		return false
	}
	dy := v.in[0]
	if dy.keep || len(users[dy]) != 1 {
		return false
	}
	switch dy.op.(type) {
	case graph.BatchNormGradInput, graph.BatchNormFixedGradInput, normActivateGradInput:
	default:
		return false
	}
	o.dy = load{dy.op, len(dy.in)}
	v.op, v.in = o, slices.Concat(dy.in, v.in[1:])
	return true
}

// fuseParameters sums the gradients of gamma and beta where the gradient of
// a(n(x)) is made.
func fuseParameters(v *value, _ map[*value][]*value) bool {
	o, ok := v.op.(normActivateGradParams)
	if !ok || o.excited {
		return false
	}
	last := len(v.in) - 1
	dx := v.in[last]
	g, ok := dx.op.(convGradients)
	if !ok || g.x.op != operator(o.normActivate) || !slices.Equal(dx.in[g.dy.n:g.dy.n+g.x.n], v.in[:last]) {
		return false
	}
	v.accompany(dx, paramsSlot, "gamma, beta")
	return true
}
