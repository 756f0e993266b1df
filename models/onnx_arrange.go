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
		values, dims := arranged(v, axes)
		l.Inputs = append(l.Inputs, im.emit(Layer{Name: im.fresh(n.Outputs[0] + "/constant"), Op: OpParameter,
			Params: []string{im.param(in, RoleWeight, values, dims...)}}))
	}
	l.Axis = slices.Index(axes, axis)
	im.make(n, axes, l)
	return nil
}

// cut makes output i of a node from the elements [from,to) of the file's axes.
func (im *importer) cut(n *onnx.Node, output int, p place, from, to map[int]int) error {
	l := Layer{Op: OpPad, Inputs: []string{p.layer}, Before: make([]int, len(p.axes)), After: make([]int, len(p.axes))}
	whole := true
	for a, lo := range from {
		k, hi := p.at(a), to[a]
		if lo < 0 || lo >= hi || hi > p.shape[a] {
			return errPlain
		}
		whole = whole && lo == 0 && hi == p.shape[a]
		l.Before[k], l.After[k] = -lo, hi-p.shape[a]
	}
	if whole {
		im.places[n.Outputs[output]] = p
		return nil
	}
	im.makeOutput(n, output, p.axes, l)
	return nil
}

func (im *importer) slice(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	var parts [4][]int
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		if parts[i], _, err = im.ints(n, name, i+1); err != nil {
			return err
		}
	}
	starts, ends, axes, steps := parts[0], parts[1], parts[2], parts[3]
	if axes == nil {
		axes = inOrder(len(starts))
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || slices.ContainsFunc(steps, func(s int) bool { return s != 1 }) {
		return errPlain
	}
	from, to := map[int]int{}, map[int]int{}
	for i, a := range axes {
		if a < 0 {
			a += len(p.shape)
		}
		bound := func(v int) int {
			if v < 0 {
				v += p.shape[a]
			}
			return min(max(v, 0), p.shape[a])
		}
		from[a], to[a] = bound(starts[i]), bound(ends[i])
	}
	return im.cut(n, 0, p, from, to)
}

func (im *importer) split(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	axis := int(n.Int("axis", 0))
	if axis < 0 {
		axis += len(p.shape)
	}
	from := 0
	for i, out := range n.Outputs {
		to := from
		if v := im.values[out]; out != "" && v != nil {
			to += v.Shape[axis]
		} else {
			return errPlain
		}
		if im.used(out) {
			if err := im.cut(n, i, p, map[int]int{axis: from}, map[int]int{axis: to}); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

func (im *importer) pad(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	pads, _, err := im.ints(n, "pads", 1)
	if err != nil {
		return err
	}
	value, err := im.constant(n, 2)
	if err != nil {
		return err
	}
	fill := float64(n.Float("value", 0))
	if v, ok := scalarOf(value); ok {
		fill = v
	}
	axes, given, err := im.ints(n, "", 3)
	if err != nil {
		return err
	}
	if !given {
		axes = inOrder(len(p.shape))
	}
	if n.Text("mode", "constant") != "constant" || len(pads) != 2*len(axes) {
		return errPlain
	}
	l := Layer{Op: OpPad, Inputs: []string{p.layer}, Before: make([]int, len(p.axes)), After: make([]int, len(p.axes)), Low: fill}
	for i, a := range axes {
		if a < 0 {
			a += len(p.shape)
		}
		l.Before[p.at(a)], l.After[p.at(a)] = pads[i], pads[len(axes)+i]
	}
	shaped := len(n.Inputs) > 1 && im.shaped[n.Inputs[1]]
	if slices.Max(pads) == 0 && slices.Min(pads) == 0 && !shaped {
		im.same(n, p)
		return nil
	}
	im.padded[n.Outputs[0]] = shaped
	im.make(n, p.axes, l)
	return nil
}

// gather takes one element of an axis; other indices are left to the plain
// evaluation.
func (im *importer) gather(n *onnx.Node) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	index, err := im.constant(n, 1)
	if err != nil {
		return err
	}
	k, ok := scalarOf(index)
	if !ok {
		return errPlain
	}
	axis := int(n.Int("axis", 0))
	if axis < 0 {
		axis += len(p.shape)
	}
	if k < 0 {
		k += float64(p.shape[axis])
	}
	if k < 0 || int(k) >= p.shape[axis] {
		return fmt.Errorf("its index %g is outside of %d elements", k, p.shape[axis])
	}
	l := Layer{Name: im.fresh(n.Outputs[0] + "/element"), Op: OpPad, Inputs: []string{p.layer}, Before: make([]int, len(p.axes)), After: make([]int, len(p.axes))}
	l.Before[p.at(axis)], l.After[p.at(axis)] = -int(k), int(k)+1-p.shape[axis]
	q := place{layer: im.emit(l), shape: slices.Clone(p.shape), axes: p.axes}
	q.shape[axis] = 1
	im.same(n, im.reshape(q, im.values[n.Outputs[0]].Shape, n.Outputs[0]))
	return nil
}
