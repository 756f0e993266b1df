package eval

import (
	"fmt"

	"melanoma/internal/onnx"
)

// rangeOf counts from a start by a step up to a limit, which is not reached.
func rangeOf(c *call) (*Array, error) {
	for i, a := range c.in {
		if !a.known {
			return nil, errNeedsValues
		}
		if a.Len() != 1 {
			return nil, fmt.Errorf("its input %d has shape %v, not one value", i, a.Shape)
		}
	}
	if err := c.sameType(0, 3); err != nil {
		return nil, err
	}
	start, limit, step := c.in[0].Float64s()[0], c.in[1].Float64s()[0], c.in[2].Float64s()[0]
	count := (limit - start) / step
	if step == 0 || !(count < maxElements) {
		return nil, fmt.Errorf("%g to %g by %g does not end", start, limit, step)
	}
	n := int(max(0, count))
	if count > float64(n) {
		n++
	}
	if c.in[0].Type.IsFloat() {
		return c.floats(c.in[0].Type, []int{n}, func(out []float64) {
			for i := range out {
				out[i] = start + float64(i)*step
			}
		})
	}
	return c.ints(c.in[0].Type, []int{n}, func(out []int64) {
		for i := range out {
			out[i] = c.in[0].i64[0] + int64(i)*c.in[2].i64[0]
		}
	})
}

// eyeLike makes a matrix with ones on a diagonal.
func eyeLike(c *call) (*Array, error) {
	if err := c.rank(0, 2, 2); err != nil {
		return nil, err
	}
	shape, k := c.in[0].Shape, c.node.Int("k", 0)
	dtype := onnx.DataType(c.node.Int("dtype", int64(c.in[0].Type)))
	c = &call{node: c.node, op: c.op, scope: c.scope} // the input's values do not matter
	ones, err := c.ints(onnx.Int64, shape, func(out []int64) {
		for i := range out {
			out[i] = truth(int64(i%shape[1])-int64(i/shape[1]) == k)
		}
	})
	if err != nil {
		return nil, err
	}
	return c.cast(ones, dtype)
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
