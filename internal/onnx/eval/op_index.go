package eval

import (
	"fmt"
	"slices"
)

// places returns the values of an index input as places on an axis of length
// n; nil in a dry call.
func (c *call) places(i, n int) ([]int, error) {
	a := c.in[i]
	if !a.Type.IsInteger() {
		return nil, fmt.Errorf("its input %d has elements of %s, not integers", i, a.Type)
	}
	if c.dry {
		return nil, nil
	}
	out := clamped(a.i64)
	for k, v := range out {
		if v < 0 {
			out[k] += n
		}
		if out[k] < 0 || out[k] >= n {
			return nil, fmt.Errorf("index %d is outside of a length of %d", v, n)
		}
	}
	return out, nil
}

// gatherAxis picks slices along an axis.
func gatherAxis(c *call) (*Array, error) {
	x := c.in[0]
	axis, err := c.axis("axis", 0, len(x.Shape))
	if err != nil {
		return nil, err
	}
	at, err := c.places(1, x.Shape[axis])
	if err != nil {
		return nil, err
	}
	shape := slices.Concat(x.Shape[:axis], c.in[1].Shape, x.Shape[axis+1:])
	return c.take(x, shape, nil, func(index []int) {
		inner, n := size(x.Shape[axis+1:]), 0
		for o := range size(x.Shape[:axis]) {
			for _, k := range at {
				for i := range inner {
					index[n] = (o*x.Shape[axis]+k)*inner + i
					n++
				}
			}
		}
	})
}

// elementPlaces returns for each element of indices its place in an array of
// the given shape: its own, with the coordinate along the axis replaced.
func (c *call) elementPlaces(shape []int) ([]int, error) {
	axis, err := c.axis("axis", 0, len(shape))
	if err != nil {
		return nil, err
	}
	indices := c.in[1].Shape
	fits := len(indices) == len(shape)
	for i := 0; fits && i < len(shape); i++ {
		fits = i == axis || indices[i] <= shape[i]
	}
	if !fits {
		return nil, fmt.Errorf("indices of shape %v do not fit %v", indices, shape)
	}
	at, err := c.places(1, shape[axis])
	if err != nil || c.dry {
		return nil, err
	}
	strides := stridesOf(shape)
	step := strides[axis]
	strides[axis] = 0
	for i, base := range offsetsOf(indices, strides) {
		at[i] = base + at[i]*step
	}
	return at, nil
}

func gatherElements(c *call) (*Array, error) {
	at, err := c.elementPlaces(c.in[0].Shape)
	if err != nil {
		return nil, err
	}
	return c.take(c.in[0], c.in[1].Shape, nil, func(index []int) { copy(index, at) })
}

// blockPlaces returns the begin of the block that each index tuple names. A
// tuple covers axes from batch on.
func (c *call) blockPlaces(shape []int, batch int) (begins []int, block int, err error) {
	indices := c.in[1].Shape
	if len(indices) <= batch || len(shape) <= batch || !slices.Equal(indices[:batch], shape[:batch]) {
		return nil, 0, fmt.Errorf("indices of shape %v do not fit %v", indices, shape)
	}
	depth := indices[len(indices)-1]
	if depth < 1 || depth > len(shape)-batch {
		return nil, 0, fmt.Errorf("indices of shape %v do not fit %v", indices, shape)
	}
	block = size(shape[batch+depth:])
	if !c.in[1].Type.IsInteger() {
		return nil, 0, fmt.Errorf("its indices have elements of %s, not integers", c.in[1].Type)
	}
	if c.dry {
		return nil, block, nil
	}
	values := clamped(c.in[1].i64)
	strides := stridesOf(shape)
	begins = make([]int, len(values)/depth)
	each := max(1, size(indices[batch:len(indices)-1])) // tuples of one batch
	for t := range begins {
		if batch > 0 {
			begins[t] = t / each * strides[batch-1]
		}
		for k := range depth {
			v, n := values[t*depth+k], shape[batch+k]
			if v < 0 {
				v += n
			}
			if v < 0 || v >= n {
				return nil, 0, fmt.Errorf("index %d is outside of a length of %d", values[t*depth+k], n)
			}
			begins[t] += v * strides[batch+k]
		}
	}
	return begins, block, nil
}

func gatherND(c *call) (*Array, error) {
	x := c.in[0]
	batch := int(min(max(c.node.Int("batch_dims", 0), -1), maxRank))
	if batch < 0 {
		return nil, fmt.Errorf("batch_dims is %d", c.node.Int("batch_dims", 0))
	}
	begins, block, err := c.blockPlaces(x.Shape, batch)
	if err != nil {
		return nil, err
	}
	indices := c.in[1].Shape
	shape := slices.Concat(indices[:len(indices)-1], x.Shape[batch+indices[len(indices)-1]:])
	return c.take(x, shape, nil, func(index []int) {
		for i := range index {
			index[i] = begins[i/block] + i%block
		}
	})
}
