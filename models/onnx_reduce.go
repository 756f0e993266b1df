package models

import (
	"slices"

	"melanoma/internal/onnx"
)

// reduction returns the layer that reduces a value along the file's axes,
// which keep length 1, and its axes.
func (im *importer) reduction(p place, kind string, axes []int) (Layer, []int) {
	l := Layer{Op: OpReduce, Function: kind, Inputs: []string{p.layer}}
	for _, a := range axes {
		l.Axes = append(l.Axes, p.at(a))
	}
	slices.Sort(l.Axes)
	if kind == "mean" && len(p.axes) == 4 && slices.Equal(l.Axes, []int{1, 2}) {
		l.Op, l.Function, l.Axes = OpGlobalMean, "", nil
	}
	return l, p.axes
}

// reduce imports a reduction; its axes are an attribute or, later, an input.
func (im *importer) reduce(n *onnx.Node, kind string) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	axes, given, err := im.ints(n, "axes", 1)
	if err != nil {
		return err
	}
	if !given || len(axes) == 0 {
		if n.Int("noop_with_empty_axes", 0) == 1 {
			im.same(n, p)
			return nil
		}
		axes = inOrder(len(p.shape))
	}
	for i, a := range axes {
		if a < 0 {
			axes[i] += len(p.shape)
		}
	}
	l, order := im.reduction(p, kind, axes)
	if n.Int("keepdims", 1) == 1 {
		im.make(n, order, l)
		return nil
	}
	l.Name = im.fresh(n.Outputs[0] + "/kept")
	kept := slices.Clone(p.shape)
	for _, a := range axes {
		kept[a] = 1
	}
	q := place{layer: im.emit(l), shape: kept, axes: order}
	im.same(n, im.reshape(q, im.values[n.Outputs[0]].Shape, n.Outputs[0]))
	return nil
}

// sumSquare imports the sum of squares, and its root.
func (im *importer) sumSquare(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	out := n.Outputs[0]
	square := im.emit(Layer{Name: im.fresh(out + "/square"), Op: OpMul, Inputs: []string{p.layer, p.layer}})
	inner := *n
	inner.Inputs, inner.Outputs = slices.Clone(n.Inputs), slices.Clone(n.Outputs)
	inner.Inputs[0] = im.fresh(out + "/squared")
	im.places[inner.Inputs[0]] = place{layer: square, shape: p.shape, axes: p.axes}
	im.values[inner.Inputs[0]] = im.values[n.Inputs[0]]
	if n.Op != "ReduceL2" {
		return im.reduce(&inner, "sum")
	}
	inner.Outputs[0] = im.fresh(out + "/sum")
	im.values[inner.Outputs[0]] = im.values[out]
	if err := im.reduce(&inner, "sum"); err != nil {
		return err
	}
	sum := im.places[inner.Outputs[0]]
	im.make(n, sum.axes, Layer{Op: OpFunction, Function: "sqrt", Inputs: []string{sum.layer}})
	return nil
}

// softmax imports Softmax and LogSoftmax. Before opset 13 they join all axes
// from the given one on.
func (im *importer) softmax(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	rank := len(p.shape)
	l := Layer{Op: OpSoftmax}
	if n.Op == "LogSoftmax" {
		l.Function = "log"
	}
	if im.model.Opset >= 13 {
		axis := int(n.Int("axis", -1))
		if axis < 0 {
			axis += rank
		}
		if p.axes[rank-1] != axis {
			p = im.in(p, axisLast(p.axes, axis))
		}
		l.Inputs = []string{p.layer}
		im.make(n, p.axes, l)
		return nil
	}
	axis := int(n.Int("axis", 1))
	if axis < 0 {
		axis += rank
	}
	q := im.reshape(p, []int{count(p.shape[:axis]), count(p.shape[axis:])}, im.fresh(n.Outputs[0]+"/rows"))
	q = im.in(q, inOrder(2))
	l.Inputs = []string{q.layer}
	if slices.Equal(q.shape, p.shape) {
		im.make(n, q.axes, l)
		return nil
	}
	l.Name = im.fresh(n.Outputs[0] + "/softmax")
	q.layer = im.emit(l)
	im.same(n, im.reshape(q, p.shape, n.Outputs[0]))
	return nil
}

// layerNorm imports a normalisation over the last axes, joined into one.
func (im *importer) layerNorm(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	for _, out := range n.Outputs[1:] {
		if out != "" && im.used(out) {
			return errPlain
		}
	}
	axis := int(n.Int("axis", -1))
	if axis < 0 {
		axis += len(p.shape)
	}
	if n.Int("stash_type", 1) != 1 {
		return errPlain
	}
	width := count(p.shape[axis:])
	scale, err := im.floats(n, 1)
	if err != nil {
		return err
	}
	shift, err := im.floats(n, 2)
	if err != nil {
		return err
	}
	if scale.Len() != width || shift != nil && shift.Len() != width {
		return errPlain
	}
	l := Layer{Op: OpLayerNorm, Epsilon: decimal(n.Float("epsilon", 1e-5))}
	l.Params = []string{im.param(n.Inputs[1], RoleNormScale, scale.Float32s(), width)}
	if shift != nil {
		l.Params = append(l.Params, im.param(n.Inputs[2], RoleNormShift, shift.Float32s(), width))
	} else {
		l.Params = append(l.Params, im.param(im.fresh(n.Outputs[0]+".bias"), RoleNormShift, make([]float32, width), width))
	}
	if axis == len(p.shape)-1 {
		p = im.in(p, axisLast(p.axes, axis))
		l.Inputs = []string{p.layer}
		im.make(n, p.axes, l)
		return nil
	}
	q := im.in(p, inOrder(len(p.shape)))
	q = im.reshape(q, []int{count(p.shape[:axis]), width}, im.fresh(n.Outputs[0]+"/rows"))
	l.Inputs, l.Name = []string{im.in(q, inOrder(2)).layer}, im.fresh(n.Outputs[0]+"/norm")
	q = place{layer: im.emit(l), shape: q.shape, axes: inOrder(2)}
	im.same(n, im.reshape(q, p.shape, n.Outputs[0]))
	return nil
}
