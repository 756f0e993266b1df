package eval

import (
	"fmt"
	"slices"
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
