package eval

import (
	"errors"
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

// known returns a small array whose values are known even in a dry call.
func known(values []int64, shape ...int) *Array { return Ints(values, shape...) }

// shapeOf returns a shape, or the part that start and end cut out.
func shapeOf(c *call) (*Array, error) {
	shape := c.in[0].Shape
	rank := int64(len(shape))
	bound := func(name string, missing int64) int64 {
		v := c.node.Int(name, missing)
		if v < 0 {
			v += rank
		}
		return max(0, min(rank, v))
	}
	from, to := bound("start", 0), bound("end", rank)
	var v []int64
	for _, d := range shape[from:max(from, to)] {
		v = append(v, int64(d))
	}
	return known(v, len(v)), nil
}

func sizeOf(c *call) (*Array, error) { return known([]int64{int64(c.in[0].Len())}), nil }

// identity returns its first input.
func identity(c *call) (*Array, error) { return c.in[0].reshaped(c.in[0].Shape), nil }

// reshape copies 0 from the input's shape, unless allowzero is set, and finds
// one -1.
func reshape(c *call) (*Array, error) {
	x := c.in[0]
	want, err := c.numbers(1)
	if err != nil {
		return nil, err
	}
	shape, rest, n := slices.Clone(want), -1, 1
	for i, d := range want {
		switch {
		case d == 0 && c.node.Int("allowzero", 0) == 0:
			if i >= len(x.Shape) {
				return nil, fmt.Errorf("the shape %v copies dimension %d of %v", want, i, x.Shape)
			}
			shape[i] = x.Shape[i]
		case d == -1 && rest < 0:
			rest = i
			continue
		case d < 0:
			return nil, fmt.Errorf("the shape %v is impossible", want)
		}
		if n *= shape[i]; n > maxElements {
			return nil, fmt.Errorf("the shape %v does not fit %v", want, x.Shape)
		}
	}
	if rest >= 0 {
		if n == 0 || x.Len()%n != 0 {
			return nil, fmt.Errorf("the shape %v does not fit %v", want, x.Shape)
		}
		shape[rest] = x.Len() / n
		n *= shape[rest]
	}
	if n != x.Len() || len(shape) > maxRank {
		return nil, fmt.Errorf("the shape %v does not fit %v", want, x.Shape)
	}
	return x.reshaped(shape), nil
}

// flatten makes a matrix of what lies before and from an axis on.
func flatten(c *call) (*Array, error) {
	x := c.in[0]
	rank := int64(len(x.Shape))
	axis := c.node.Int("axis", 1)
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis > rank {
		return nil, fmt.Errorf("axis %d is outside of %d dimensions", axis, rank)
	}
	return x.reshaped([]int{size(x.Shape[:axis]), size(x.Shape[axis:])}), nil
}

// squeeze drops axes of length 1: those that are named, or all.
func squeeze(c *call) (*Array, error) {
	x := c.in[0]
	axes, err := c.axes(1)
	if err != nil {
		return nil, err
	}
	if axes == nil {
		shape := slices.DeleteFunc(slices.Clone(x.Shape), func(d int) bool { return d == 1 })
		return x.reshaped(shape), nil
	}
	if axes, err = checkAxes(axes, len(x.Shape)); err != nil {
		return nil, err
	}
	for _, a := range axes {
		if x.Shape[a] != 1 {
			return nil, fmt.Errorf("axis %d of %v has not length 1", a, x.Shape)
		}
	}
	return x.reshaped(reducedShape(x.Shape, axes, false)), nil
}

// unsqueeze adds axes of length 1 at their places in the result.
func unsqueeze(c *call) (*Array, error) {
	x := c.in[0]
	axes, err := c.axes(1)
	if err != nil {
		return nil, err
	}
	rank := len(x.Shape) + len(axes)
	if rank > maxRank {
		return nil, fmt.Errorf("its result would have %d dimensions", rank)
	}
	if axes, err = checkAxes(axes, rank); err != nil {
		return nil, err
	}
	shape := slices.Clone(x.Shape)
	for _, a := range axes {
		shape = slices.Insert(shape, a, 1)
	}
	return x.reshaped(shape), nil
}

// expand stretches an array; its shape and the wanted one broadcast.
func expand(c *call) (*Array, error) {
	x := c.in[0]
	want, err := c.numbers(1)
	if err != nil {
		return nil, err
	}
	shape, err := broadcast(x.Shape, want)
	if err != nil {
		return nil, err
	}
	return c.take(x, shape, nil, func(index []int) { copy(index, stretched(x.Shape, shape)) })
}

// transpose reorders axes, or reverses them.
func transpose(c *call) (*Array, error) {
	x := c.in[0]
	perm := c.attributeInts("perm")
	if c.node.Attribute("perm") == nil {
		perm = every(len(x.Shape))
		slices.Reverse(perm)
	}
	if sorted, err := checkAxes(perm, len(x.Shape)); err != nil || len(sorted) != len(x.Shape) || slices.Min(append(perm, 0)) < 0 {
		return nil, fmt.Errorf("%v does not reorder %d dimensions", perm, len(x.Shape))
	}
	own := stridesOf(x.Shape)
	shape, strides := make([]int, len(perm)), make([]int, len(perm))
	for i, p := range perm {
		shape[i], strides[i] = x.Shape[p], own[p]
	}
	return c.take(x, shape, nil, func(index []int) { offsets(index, shape, strides, 0) })
}

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

// constantOfShape fills a shape with a value.
func constantOfShape(c *call) (*Array, error) {
	shape, err := c.numbers(0)
	if err != nil {
		return nil, err
	}
	value := Floats([]float32{0})
	if a := c.node.Attribute("value"); a != nil {
		if value, err = FromTensor(a.Tensor); err != nil {
			return nil, err
		}
		if value.Len() != 1 {
			return nil, fmt.Errorf("its value has shape %v, not one element", value.Shape)
		}
	}
	return c.filled(value, shape)
}

// constant returns the value of an attribute.
func constant(c *call) (*Array, error) {
	if len(c.node.Attributes) != 1 {
		return nil, fmt.Errorf("it has %d values, not one", len(c.node.Attributes))
	}
	switch a := c.node.Attributes[0]; a.Name {
	case "value":
		return FromTensor(a.Tensor)
	case "value_float":
		return Floats([]float32{a.Float}), nil
	case "value_floats":
		return Floats(a.Floats, len(a.Floats)), nil
	case "value_int":
		return known([]int64{a.Int}), nil
	default:
		return known(a.Ints, len(a.Ints)), nil
	}
}

// cast converts elements to the type "to".
func cast(c *call) (*Array, error) {
	return c.cast(c.in[0], onnx.DataType(c.node.Int("to", 0)))
}

// castLike converts elements to the type of the second input.
func castLike(c *call) (*Array, error) {
	return (&call{node: c.node, op: c.op, in: c.in[:1], dry: !c.in[0].known, scope: c.scope}).cast(c.in[0], c.in[1].Type)
}

func (c *call) cast(x *Array, to onnx.DataType) (*Array, error) {
	switch {
	case to.Size() == 0:
		return nil, fmt.Errorf("elements of %s are not supported", to)
	case to == x.Type:
		return x.reshaped(x.Shape), nil
	case to.IsFloat():
		return c.floats(to, x.Shape, func(out []float64) { copy(out, x.Float64s()) })
	}
	return c.ints(to, x.Shape, func(out []int64) {
		if !x.Type.IsFloat() {
			copy(out, x.i64)
			return
		}
		for i, v := range x.Float64s() {
			if to == onnx.Bool {
				out[i] = truth(v != 0)
			} else {
				out[i] = integral(to, v)
			}
		}
	})
}
