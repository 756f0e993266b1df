package eval

import (
	"errors"
	"fmt"
	"slices"
)

// concat joins arrays along an axis.
func concat(c *call) (*Array, error) {
	first := c.in[0]
	if err := c.sameType(0, len(c.in)); err != nil {
		return nil, err
	}
	axis, err := c.axis("axis", 1, len(first.Shape))
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(first.Shape)
	for _, x := range c.in[1:] {
		if len(x.Shape) != len(shape) {
			return nil, fmt.Errorf("%v and %v cannot be joined", first.Shape, x.Shape)
		}
		for i, d := range x.Shape {
			if i != axis && d != shape[i] {
				return nil, fmt.Errorf("%v and %v cannot be joined along axis %d", first.Shape, x.Shape, axis)
			}
		}
		shape[axis] += x.Shape[axis]
	}
	all := &Array{Type: first.Type, known: true}
	var begins []int
	total := 0
	for _, x := range c.in {
		begins = append(begins, total)
		total += x.Len()
		if !c.dry {
			all.f32, all.f64, all.i64 = append(all.f32, x.f32...), append(all.f64, x.f64...), append(all.i64, x.i64...)
		}
	}
	return c.take(all, shape, nil, func(index []int) {
		inner, at := size(shape[axis+1:]), 0
		for o := range size(shape[:axis]) {
			for k, x := range c.in {
				width := x.Shape[axis] * inner
				for i := range width {
					index[at] = begins[k] + o*width + i
					at++
				}
			}
		}
	})
}

// split cuts an array along an axis: into given lengths, or into equal parts.
func split(c *call) ([]*Array, error) {
	x := c.in[0]
	axis, err := c.axis("axis", 0, len(x.Shape))
	if err != nil {
		return nil, err
	}
	lengths := c.attributeInts("split")
	if lengths == nil {
		if lengths, err = c.numbers(1); err != nil {
			return nil, err
		}
	}
	if lengths == nil {
		if lengths, err = c.equalParts(x.Shape[axis]); err != nil {
			return nil, err
		}
	}
	total := 0
	for _, n := range lengths {
		if n < 0 || n > x.Shape[axis] {
			return nil, fmt.Errorf("parts %v do not fit axis %d of %v", lengths, axis, x.Shape)
		}
		total += n
	}
	if total != x.Shape[axis] || len(lengths) != len(c.node.Outputs) {
		return nil, fmt.Errorf("parts %v do not fit axis %d of %v and %d outputs", lengths, axis, x.Shape, len(c.node.Outputs))
	}
	strides, begin := stridesOf(x.Shape), 0
	parts := make([]*Array, len(lengths))
	for i, n := range lengths {
		shape := slices.Clone(x.Shape)
		shape[axis] = n
		from := begin * strides[axis]
		if parts[i], err = c.take(x, shape, nil, func(index []int) { offsets(index, shape, strides, from) }); err != nil {
			return nil, err
		}
		begin += n
	}
	return parts, nil
}

// equalParts returns the lengths of parts that are equal but for the last.
func (c *call) equalParts(n int) ([]int, error) {
	outputs := len(c.node.Outputs)
	if a := c.node.Attribute("num_outputs"); a != nil && a.Int != int64(outputs) {
		return nil, fmt.Errorf("it has %d outputs, num_outputs is %d", outputs, a.Int)
	}
	each := (n + outputs - 1) / outputs
	if c.op.Since < 18 && n%outputs != 0 {
		return nil, fmt.Errorf("%d does not divide into %d equal parts", n, outputs)
	}
	lengths := make([]int, outputs)
	for i := range lengths {
		lengths[i] = max(0, min(each, n-i*each))
	}
	return lengths, nil
}

// slice cuts ranges out of axes; the bounds are inputs, or attributes before
// opset 10.
func slice(c *call) (*Array, error) {
	x := c.in[0]
	starts, ends, axes, err := c.sliceBounds()
	if err != nil {
		return nil, err
	}
	steps, err := c.numbers(4)
	if err != nil {
		return nil, err
	}
	if axes == nil {
		axes = every(len(starts))
	}
	if steps == nil {
		steps = slices.Repeat([]int{1}, len(starts))
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || len(steps) != len(starts) {
		return nil, fmt.Errorf("%d starts, %d ends, %d axes and %d steps do not agree", len(starts), len(ends), len(axes), len(steps))
	}
	if _, err := checkAxes(axes, len(x.Shape)); err != nil {
		return nil, err
	}
	shape, strides, base := slices.Clone(x.Shape), stridesOf(x.Shape), 0
	for i, axis := range axes {
		if axis < 0 {
			axis += len(x.Shape)
		}
		if steps[i] == 0 {
			return nil, errors.New("its step is zero")
		}
		from, n := cut(starts[i], ends[i], steps[i], x.Shape[axis])
		shape[axis] = n
		base += from * strides[axis]
		strides[axis] *= steps[i]
	}
	return c.take(x, shape, nil, func(index []int) { offsets(index, shape, strides, base) })
}

func (c *call) sliceBounds() (starts, ends, axes []int, err error) {
	if c.op.Since < 10 {
		return c.attributeInts("starts"), c.attributeInts("ends"), c.attributeInts("axes"), nil
	}
	if starts, err = c.numbers(1); err != nil {
		return nil, nil, nil, err
	}
	if ends, err = c.numbers(2); err != nil {
		return nil, nil, nil, err
	}
	axes, err = c.numbers(3)
	return starts, ends, axes, err
}

// cut returns the first place and the number of places of a slice of an axis
// of length n. Negative bounds count from the end.
func cut(start, end, step, n int) (from, count int) {
	if start < 0 {
		start += n
	}
	if end < 0 {
		end += n
	}
	if step > 0 {
		start, end = max(0, min(n, start)), max(0, min(n, end))
		return start, max(0, (end-start+step-1)/step)
	}
	start, end = max(-1, min(n-1, start)), max(-1, min(n-1, end))
	return max(start, 0), max(0, (start-end-step-1)/-step)
}

// tile repeats an array along each axis.
func tile(c *call) (*Array, error) {
	x := c.in[0]
	repeats, err := c.numbers(1)
	if err != nil {
		return nil, err
	}
	if len(repeats) != len(x.Shape) || slices.Min(append(repeats, 0)) < 0 {
		return nil, fmt.Errorf("repeats %v do not fit %v", repeats, x.Shape)
	}
	// Seen as [repeat, length] per axis, the repeats have a stride of zero.
	var pairShape, pairStrides, shape []int
	strides := stridesOf(x.Shape)
	for i, d := range x.Shape {
		pairShape, pairStrides = append(pairShape, repeats[i], d), append(pairStrides, 0, strides[i])
		if repeats[i] > maxElements {
			return nil, fmt.Errorf("repeats %v are too many", repeats)
		}
		shape = append(shape, d*repeats[i])
	}
	return c.take(x, shape, nil, func(index []int) { offsets(index, pairShape, pairStrides, 0) })
}
