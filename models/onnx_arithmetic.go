package models

import (
	"math"
	"slices"

	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// binary imports an operator of two inputs of which one may be a constant.
func (im *importer) binary(n *onnx.Node, kind string) error {
	for i := range 2 {
		v := im.values[n.Inputs[i]]
		if !v.Known() {
			continue
		}
		if _, ok := im.place(n.Inputs[1-i]); !ok {
			return errPlain
		}
		return im.withConstant(n, kind, v, i)
	}
	x, err := im.data(n, 0)
	if err != nil {
		return err
	}
	y, err := im.data(n, 1)
	if err != nil {
		return err
	}
	l, axes := im.combine(x, y, kind, im.values[n.Outputs[0]].Shape, n.Outputs[0])
	im.make(n, axes, l)
	return nil
}

// combine returns the layer that combines two values into one of the given
// shape, and its axes: those of the larger value.
func (im *importer) combine(x, y place, kind string, shape []int, name string) (Layer, []int) {
	x, y = im.ranked(x, len(shape), name+"/first"), im.ranked(y, len(shape), name+"/second")
	axes := x.axes
	if count(y.shape) > count(x.shape) {
		axes = y.axes
	}
	x, y = im.in(x, axes), im.in(y, axes)
	l := Layer{Op: OpBinary, Function: kind, Inputs: []string{x.layer, y.layer}}
	switch equal := slices.Equal(x.shape, y.shape); {
	case equal && kind == "add":
		l.Op, l.Function = OpAdd, ""
	case equal && kind == "mul":
		l.Op, l.Function = OpMul, ""
	case kind == "mul" && isGate(y, x):
		l.Op, l.Function = OpScale, ""
	case kind == "mul" && isGate(x, y):
		l.Op, l.Function, l.Inputs = OpScale, "", []string{y.layer, x.layer}
	}
	return l, axes
}

// isGate tells whether s has one number for each image and channel of x.
func isGate(s, x place) bool {
	a, b := s.stored(), x.stored()
	return len(a) == 4 && slices.Equal(a, []int{b[0], 1, 1, b[3]})
}

// ranked gives a value leading axes of length 1.
func (im *importer) ranked(p place, rank int, name string) place {
	if len(p.shape) == rank {
		return p
	}
	shape := append(slices.Repeat([]int{1}, rank-len(p.shape)), p.shape...)
	return im.reshape(p, shape, im.fresh(name))
}

// withConstant imports a binary operator with a constant as input i.
func (im *importer) withConstant(n *onnx.Node, kind string, v *eval.Array, i int) error {
	shape := im.values[n.Outputs[0]].Shape
	x, err := im.data(n, 1-i)
	if err != nil {
		return err
	}
	if s, ok := scalarOf(v); ok && len(shape) == len(x.shape) {
		if l, ok := scalarLayer(kind, s, i == 0); ok {
			return im.overInput(n, 1-i, l)
		}
	}
	if v.Type != onnx.Float || len(v.Shape) > len(shape) {
		return errPlain
	}
	x = im.ranked(x, len(shape), n.Outputs[0]+"/first")
	l := Layer{Op: OpBinary, Function: kind, Inputs: []string{x.layer}}
	if i == 0 && (kind == "sub" || kind == "div") { // c-x is -x+c, c/x is 1/x*c
		turn := Layer{Name: im.fresh(n.Outputs[0] + "/turned"), Op: OpFunction, Function: "affine", Low: -1, Inputs: l.Inputs}
		l.Function = "add"
		if kind == "div" {
			turn.Function, turn.Low, l.Function = "over", 1, "mul"
		}
		l.Inputs = []string{im.emit(turn)}
	} else if i == 0 && kind == "power" {
		return errPlain
	}
	values, dims := arranged(v, x.axes)
	role := RoleWeight
	if l.Function == "add" || l.Function == "sub" {
		role = RoleBias
	}
	l.Params = []string{im.param(n.Inputs[i], role, values, dims...)}
	im.make(n, x.axes, l)
	return nil
}

func (im *importer) overInput(n *onnx.Node, i int, l Layer) error {
	p, err := im.data(n, i)
	if err != nil {
		return err
	}
	l.Inputs = []string{p.layer}
	im.make(n, p.axes, l)
	return nil
}

// scalarLayer is a binary operator with one number as an element-wise
// function; first if the number is the operator's first input.
func scalarLayer(kind string, s float64, first bool) (Layer, bool) {
	l := Layer{Op: OpFunction, Function: "affine", Low: 1}
	switch {
	case kind == "add":
		l.High = s
	case kind == "mul":
		l.Low = s
	case kind == "sub" && first:
		l.Low, l.High = -1, s
	case kind == "sub":
		l.High = -s
	case kind == "div" && first:
		l.Function, l.Low = "over", s
	case kind == "div":
		l.Low = 1 / s
	case kind == "power" && !first:
		l.Function, l.Low = "power", s
	case kind == "max":
		l = Layer{Op: OpClip, Low: s, High: math.MaxFloat32}
		if s == 0 {
			l = Layer{Op: OpReLU}
		}
	case kind == "min":
		l = Layer{Op: OpClip, Low: -math.MaxFloat32, High: s}
	default:
		return l, false
	}
	return l, !math.IsInf(l.Low, 0) && !math.IsNaN(l.Low) && !math.IsInf(l.High, 0) && !math.IsNaN(l.High)
}

// series combines any number of inputs from the left.
func (im *importer) series(n *onnx.Node, kind string) error {
	shape := im.values[n.Outputs[0]].Shape
	sum, err := im.data(n, 0)
	if err != nil {
		return err
	}
	for i := range n.Inputs {
		if _, err := im.data(n, i); err != nil {
			return err
		}
	}
	last := Layer{Op: OpFunction, Function: "affine", Low: 1}
	if n.Op == "Mean" {
		last.Low = 1 / float64(len(n.Inputs))
	}
	for i := 1; i < len(n.Inputs); i++ {
		p, _ := im.data(n, i)
		l, axes := im.combine(sum, p, kind, widest(sum.shape, p.shape), n.Outputs[0])
		if i == len(n.Inputs)-1 && n.Op != "Mean" {
			im.make(n, axes, l)
			return nil
		}
		l.Name = im.fresh(n.Outputs[0] + "/part")
		sum = place{layer: im.emit(l), shape: widest(sum.shape, p.shape), axes: axes}
	}
	if !slices.Equal(sum.shape, shape) {
		return errPlain
	}
	last.Inputs = []string{sum.layer}
	im.make(n, sum.axes, last)
	return nil
}

// widest is the shape of two arrays together.
func widest(a, b []int) []int {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i, d := range b {
		k := len(a) - len(b) + i
		out[k] = max(out[k], d)
	}
	return out
}
