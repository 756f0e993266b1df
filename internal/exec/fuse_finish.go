package exec

import (
	"slices"

	"melanoma/internal/graph"
)

// fuseNormalise lets a convolution normalise its result with given statistics
// or add its bias, and activate it, while it is in cache. Where a given
// normalisation is differentiated the result itself is needed too.
func fuseNormalise(v *value, users map[*value][]*value) bool {
	then, ok := v.op.(normActivate)
	if n, linear := normOf(v); linear {
		then, ok = normActivate{norm: n}, true
	}
	if !ok || !then.given() || len(v.shape) != 4 {
		return false
	}
	y := v.in[0]
	if y.keep || y.saved || len(users[y]) != 1 || !asConvolution(y) {
		return false
	}
	o := y.op.(convolution)
	if o.then != nil {
		return false
	}
	o.then = &then
	v.op, v.in = o, slices.Concat(y.in, v.in[1:])
	return true
}

// fuseAddition lets a convolution that normalises its result add to it.
func fuseAddition(v *value, users map[*value][]*value) bool {
	if _, ok := v.op.(addition); !ok {
		return false
	}
	for i, y := range v.in {
		o, ok := y.op.(convolution)
		if !ok || o.then == nil || o.plus || y.keep || len(users[y]) != 1 || len(y.also) > 0 || v.in[1-i] == y {
			continue
		}
		o.plus = true
		v.op, v.in = o, append(slices.Clone(y.in), v.in[1-i])
		return true
	}
	return false
}

// fuseFollow lets a convolution apply an element-wise function last.
func fuseFollow(v *value, users map[*value][]*value) bool {
	u, ok := v.op.(graph.Unary)
	if !ok {
		return false
	}
	y := v.in[0]
	o, ok := y.op.(convolution)
	if !ok || o.then == nil || o.last != nil || y.keep || len(users[y]) != 1 || len(y.also) > 0 {
		return false
	}
	o.last = &u
	v.op, v.in = o, y.in
	return true
}

// fuseMean sums a result over its positions where a convolution makes it.
func fuseMean(v *value, _ map[*value][]*value) bool {
	if _, ok := v.op.(graph.Squeeze); !ok {
		return false
	}
	o, ok := v.in[0].op.(convolution)
	if !ok || o.then == nil {
		return false
	}
	v.accompany(v.in[0], meanSlot, "squeeze")
	return true
}

// fuseExpand computes the input of a depthwise convolution, if a pointwise one
// makes it, where it is loaded.
func fuseExpand(v *value, users map[*value][]*value) bool {
	o, ok := v.op.(convolution)
	if !ok || o.x != plain || kindOf(o.ConvAttrs, v.in[0].shape, v.in[1].shape) != depthwise {
		return false
	}
	x := v.in[0]
	e, ok := x.op.(convolution)
	if !ok || e.then == nil || e.x != plain || e.plus || x.keep || len(users[x]) != 1 || len(x.also) > 0 ||
		kindOf(e.ConvAttrs, x.in[0].shape, x.in[1].shape) != pointwise {
		return false
	}
	o.x = load{e, len(x.in)}
	v.op, v.in = o, slices.Concat(x.in, v.in[1:])
	return true
}
