package models

import (
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

// identity makes a node's output another name of its input, but for the
// stochastic depth that this package wrote as one.
func (im *importer) identity(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	if rate := im.facts.Depth[n.Outputs[0]]; rate > 0 {
		return im.elementwise(n, Layer{Op: OpDepth, Rate: rate})
	}
	im.same(n, p)
	im.alias[n.Outputs[0]] = im.resolve(n.Inputs[0])
	return nil
}

// dropout keeps a dropout that this package wrote, and one that the standard
// lets drop. Another's is left out: how much to drop in training is the
// caller's choice of a head.
func (im *importer) dropout(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	if len(n.Outputs) > 1 && im.used(n.Outputs[1]) {
		return errPlain
	}
	if own, ok := im.facts.Dropout[n.Outputs[0]]; ok {
		return im.elementwise(n, Layer{Op: OpDropout, Rate: own.Rate, Samples: own.Samples})
	}
	training, err := im.constant(n, 2)
	if err != nil {
		return err
	}
	if flag, ok := scalarOf(training); im.run.standard && ok && flag != 0 {
		ratio, err := im.constant(n, 1)
		if err != nil {
			return err
		}
		rate := 0.5
		if r, ok := scalarOf(ratio); ok {
			rate = r
		}
		if !(rate >= 0 && rate < 1) {
			return fmt.Errorf("its ratio is %g", rate)
		}
		if rate > 0 {
			return im.elementwise(n, Layer{Op: OpDropout, Rate: rate, Samples: 1, Always: true})
		}
	}
	im.same(n, p)
	im.alias[n.Outputs[0]] = im.resolve(n.Inputs[0])
	return nil
}

// transpose renames axes; nothing moves.
func (im *importer) transpose(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	perm := inOrder(len(p.shape))
	slices.Reverse(perm)
	if a := n.Attribute("perm"); a != nil {
		perm = convert[int](a.Ints)
	}
	if i, ok := im.maker[p.layer]; ok && p.layer == n.Outputs[0]+storedSuffix { // as this package writes it
		im.layers[i].Name = n.Outputs[0]
		im.maker[n.Outputs[0]] = i
		p.layer = n.Outputs[0]
		im.places[n.Inputs[0]] = p
	}
	q := place{layer: p.layer, shape: im.values[n.Outputs[0]].Shape}
	for _, a := range p.axes {
		q.axes = append(q.axes, slices.Index(perm, a))
	}
	im.same(n, q)
	return nil
}

// reshaped covers all operators that change the shape alone; the new one is
// known.
func (im *importer) reshaped(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	im.same(n, im.reshape(p, im.values[n.Outputs[0]].Shape, n.Outputs[0]))
	return nil
}

func (im *importer) concat(n *onnx.Node) error {
	if len(n.Inputs) == 1 {
		return im.identity(n)
	}
	shape := im.values[n.Outputs[0]].Shape
	axis := int(n.Int("axis", 0))
	if axis < 0 {
		axis += len(shape)
	}
	l := Layer{Op: OpConcat}
	var axes []int
	for _, in := range n.Inputs {
		if p, ok := im.place(in); ok && axes == nil {
			axes = p.axes
		}
	}
	for _, in := range n.Inputs {
		if p, ok := im.place(in); ok {
			l.Inputs = append(l.Inputs, im.in(p, axes).layer)
			continue
		}
		v := im.values[in]
		if !v.Known() || v.Len() == 0 || v.Type != onnx.Float {
			return errPlain
		}
		values, dims := im.oneOfBatch(arranged(v, axes))
		l.Inputs = append(l.Inputs, im.emit(Layer{Name: im.fresh(n.Outputs[0] + "/constant"), Op: OpParameter,
			Params: []string{im.param(in, RoleWeight, values, dims...)}}))
	}
	l.Axis = slices.Index(axes, axis)
	im.make(n, axes, l)
	return nil
}

// oneOfBatch returns the first of as many equal rows as there are images: a
// constant that an exporter repeated for a batch.
func (im *importer) oneOfBatch(values []float32, shape []int) ([]float32, []int) {
	if shape[0] != im.run.batch {
		return values, shape
	}
	row := len(values) / shape[0]
	for i := row; i < len(values); i++ {
		if values[i] != values[i-row] {
			return values, shape
		}
	}
	return values[:row], append([]int{1}, shape[1:]...)
}
