package eval

import (
	"errors"

	"melanoma/internal/onnx"
)

// call is the evaluation of one node. If any input is unknown the call is dry:
// it computes types and shapes alone.
type call struct {
	node  *onnx.Node
	op    *Operator
	in    []*Array // nil where absent
	dry   bool
	scope *scope
}

var errNeedsValues = errors.New("its shape depends on values that are not known before the network runs")

// one adapts an operator of one output.
func one(f func(c *call) (*Array, error)) runner {
	return func(c *call) ([]*Array, error) {
		a, err := f(c)
		if err != nil {
			return nil, err
		}
		return []*Array{a}, nil
	}
}

// has reports whether input i is present.
func (c *call) has(i int) bool { return i < len(c.in) && c.in[i] != nil }

// wants reports whether somebody takes output i.
func (c *call) wants(i int) bool { return i < len(c.node.Outputs) && c.node.Outputs[i] != "" }

// floats makes an array of a float type; fill gets zeros and is not called in
// a dry call, nor for an array without elements: its other lengths may be
// anything.
func (c *call) floats(dtype onnx.DataType, shape []int, fill func(out []float64)) (*Array, error) {
	n, err := c.scope.budget.elements(shape)
	if err != nil {
		return nil, err
	}
	if c.dry {
		return Unknown(dtype, shape...), nil
	}
	if err := c.scope.budget.own(n); err != nil {
		return nil, err
	}
	out := make([]float64, n)
	if n > 0 {
		fill(out)
	}
	return newFloats(dtype, shape, out), nil
}

// ints makes an array of an integer type or bool, as floats does.
func (c *call) ints(dtype onnx.DataType, shape []int, fill func(out []int64)) (*Array, error) {
	n, err := c.scope.budget.elements(shape)
	if err != nil {
		return nil, err
	}
	if c.dry {
		return Unknown(dtype, shape...), nil
	}
	if err := c.scope.budget.own(n); err != nil {
		return nil, err
	}
	out := make([]int64, n)
	if n > 0 {
		fill(out)
	}
	return newInts(dtype, shape, out), nil
}

// take makes an array of elements of x: fill sets, for every element of the
// result, its place in x, or -1 for the fill value (nil: zero).
func (c *call) take(x *Array, shape []int, value *Array, fill func(index []int)) (*Array, error) {
	n, err := c.scope.budget.elements(shape)
	if err != nil {
		return nil, err
	}
	if c.dry {
		return Unknown(x.Type, shape...), nil
	}
	if err := c.scope.budget.own(n); err != nil {
		return nil, err
	}
	index := make([]int, n)
	if n > 0 {
		fill(index)
	}
	return gather(x, shape, value, index), nil
}

// filled makes an array of copies of one element.
func (c *call) filled(value *Array, shape []int) (*Array, error) {
	if value.Type.IsFloat() {
		v := value.Float64s()[0]
		return c.floats(value.Type, shape, func(out []float64) { fill(out, v) })
	}
	return c.ints(value.Type, shape, func(out []int64) { fill(out, value.i64[0]) })
}

func fill[T float64 | int64](out []T, v T) {
	for i := range out {
		out[i] = v
	}
}

// gather returns x[index], and the value where the index is negative.
func gather(x *Array, shape []int, value *Array, index []int) *Array {
	out := &Array{Type: x.Type, Shape: shape, known: true, made: len(index)}
	switch {
	case x.Type == onnx.Float:
		var v []float32
		if value != nil {
			v = value.f32
		}
		out.f32 = pick(x.f32, v, index)
	case x.Type.IsFloat():
		var v []float64
		if value != nil {
			v = value.f64
		}
		out.f64 = pick(x.f64, v, index)
	default:
		var v []int64
		if value != nil {
			v = value.i64
		}
		out.i64 = pick(x.i64, v, index)
	}
	return out
}

func pick[T float32 | float64 | int64](from, value []T, index []int) []T {
	out := make([]T, len(index))
	for i, k := range index {
		switch {
		case k >= 0:
			out[i] = from[k]
		case value != nil:
			out[i] = value[0]
		}
	}
	return out
}
