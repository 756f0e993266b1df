package models

import (
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

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
