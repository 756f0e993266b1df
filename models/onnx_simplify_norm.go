package models

import "slices"

// toLayerNorm finds (x-mean)/sqrt(mean((x-mean)^2)+eps) over the last axis, as
// exporters write it before opset 17.
func toLayerNorm(s *simplifier, l *Layer) bool {
	if l.Op != OpBinary || l.Function != "div" || len(l.Inputs) != 2 {
		return false
	}
	d, root := s.of(l.Inputs[0]), s.of(l.Inputs[1])
	if d.Op != OpBinary || d.Function != "sub" || len(d.Inputs) != 2 || !root.isFunction("sqrt") {
		return false
	}
	x := d.Inputs[0]
	plus := s.of(root.Inputs[0])
	if !plus.isFunction("affine") || plus.Low != 1 {
		return false
	}
	variance, mean := s.of(plus.Inputs[0]), s.of(d.Inputs[1])
	if !s.lastMean(variance) || !s.lastMean(mean) || mean.Inputs[0] != x || !slices.Equal(variance.Axes, mean.Axes) {
		return false
	}
	square := s.of(variance.Inputs[0])
	of := d.Name
	switch {
	case square.isFunction("power") && square.Low == 2 && square.Inputs[0] == of:
	case square.Op == OpMul && square.Inputs[0] == of && square.Inputs[1] == of:
	default:
		return false
	}
	width := s.im.width(l.Name, mean.Axes[0])
	if width == 0 {
		return false
	}
	ones := slices.Repeat([]float32{1}, width)
	return l.become(Layer{Op: OpLayerNorm, Epsilon: decimal(float32(plus.High)), Params: []string{
		s.im.param(s.im.fresh(l.Name+".weight"), RoleNormScale, ones, width),
		s.im.param(s.im.fresh(l.Name+".bias"), RoleNormShift, make([]float32, width), width),
	}}, x)
}

// lastMean tells whether a layer is a mean along one axis.
func (s *simplifier) lastMean(l *Layer) bool {
	return l.Op == OpReduce && l.Function == "mean" && len(l.Axes) == 1
}

// width returns the length of the last axis of a value that a layer of that
// name makes, 0 unless `axis` is that one.
func (im *importer) width(name string, axis int) int {
	p, ok := im.places[name]
	if !ok || axis != len(p.axes)-1 {
		return 0
	}
	return p.shape[p.axes[axis]]
}

// toNormScale lets a layer normalisation scale and shift by constants behind
// it.
func toNormScale(s *simplifier, l *Layer) bool {
	if l.Op != OpBinary || len(l.Params) != 1 || l.Function != "mul" && l.Function != "add" {
		return false
	}
	n := s.of(l.Inputs[0])
	v := s.im.loaded[l.Params[0]]
	if n.Op != OpLayerNorm || !s.single(n.Name) {
		return false
	}
	scale, shift := s.im.loaded[n.Params[0]], s.im.loaded[n.Params[1]]
	width := len(scale.values)
	if len(v.values) != width || v.shape[len(v.shape)-1] != width || slices.ContainsFunc(shift.values, func(x float32) bool { return x != 0 }) {
		return false
	}
	with := *n
	with.Params = slices.Clone(n.Params)
	v.shape = []int{width}
	if l.Function == "mul" {
		if slices.ContainsFunc(scale.values, func(x float32) bool { return x != 1 }) {
			return false
		}
		v.role, with.Params[0] = RoleNormScale, v.name
	} else {
		v.role, with.Params[1] = RoleNormShift, v.name
	}
	return l.become(with, n.Inputs...)
}
