package eval

import (
	"fmt"
	"slices"
	"sort"

	"melanoma/internal/onnx"
)

// oneHot writes the second of two values at an index along a new axis.
func oneHot(c *call) (*Array, error) {
	indices, values := c.in[0], c.in[2]
	if !c.in[1].known {
		return nil, errNeedsValues
	}
	wanted, err := c.scalar(1, 0) // of any numeric type
	if err != nil {
		return nil, err
	}
	if !(wanted >= 1 && wanted <= maxElements) || values.Len() != 2 {
		return nil, fmt.Errorf("a depth of %g with %d values", wanted, values.Len())
	}
	depth := int(wanted)
	axis, err := c.axis("axis", -1, len(indices.Shape)+1)
	if err != nil {
		return nil, err
	}
	shape := slices.Insert(slices.Clone(indices.Shape), axis, depth)
	return c.take(values, shape, nil, func(index []int) {
		inner := size(shape[axis+1:])
		for i, v := range indices.Float64s() {
			k := int(integral(onnx.Int64, v))
			if k < 0 {
				k += depth
			}
			if k >= 0 && k < depth {
				index[(i/inner*depth+k)*inner+i%inner] = 1
			}
		}
	})
}

// nonZero lists the coordinates of elements that are not zero; its shape
// depends on them.
func nonZero(c *call) (*Array, error) {
	x := c.in[0]
	if c.dry {
		return nil, errNeedsValues
	}
	var found []int
	for i, v := range x.Float64s() {
		if v != 0 {
			found = append(found, i)
		}
	}
	rank := len(x.Shape)
	strides := stridesOf(x.Shape)
	return c.ints(onnx.Int64, []int{rank, len(found)}, func(out []int64) {
		for k, at := range found {
			for axis := range rank {
				out[axis*len(found)+k] = int64(at / strides[axis] % x.Shape[axis])
			}
		}
	})
}

// topK returns the k largest or smallest elements along an axis and their
// places, in order; of equal ones the first comes first.
func topK(c *call) ([]*Array, error) {
	x := c.in[0]
	axis, err := c.axis("axis", -1, len(x.Shape))
	if err != nil {
		return nil, err
	}
	k, err := c.number(1, int(min(c.node.Int("k", 0), maxNumber)))
	if err != nil {
		return nil, err
	}
	if k < 0 || k > x.Shape[axis] {
		return nil, fmt.Errorf("k is %d, axis %d of %v is shorter", k, axis, x.Shape)
	}
	shape := slices.Clone(x.Shape)
	shape[axis] = k
	var at []int // place on the axis, for each element of the result
	values, err := c.take(x, shape, nil, func(index []int) { at = c.ranked(index, shape, axis) })
	if err != nil {
		return nil, err
	}
	places, err := c.ints(onnx.Int64, shape, func(out []int64) {
		for i, v := range at {
			out[i] = int64(v)
		}
	})
	return []*Array{values, places}, err
}

func (c *call) ranked(index, shape []int, axis int) (at []int) {
	x, smallest := c.in[0], c.node.Int("largest", 1) == 0
	values := x.Float64s()
	outer, inner := lanes(x.Shape, []int{axis})
	outTo, innerTo := lanes(shape, []int{axis})
	at = make([]int, len(index))
	order := make([]int, len(inner))
	for i, base := range outer {
		copy(order, every(len(inner)))
		sort.SliceStable(order, func(a, b int) bool {
			u, v := values[base+inner[order[a]]], values[base+inner[order[b]]]
			return smallest && u < v || !smallest && u > v
		})
		for k, to := range innerTo {
			index[outTo[i]+to], at[outTo[i]+to] = base+inner[order[k]], order[k]
		}
	}
	return at
}
