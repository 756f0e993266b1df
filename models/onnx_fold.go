package models

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"melanoma/internal/onnx"
)

// constant is a tensor known before the network runs: a small initializer, or
// the result of arithmetic on shapes. Integers are held as float64, exact up
// to 2^53; the unknown batch size is NaN and stays so through arithmetic.
type constant struct {
	dims   []int
	dtype  onnx.DataType
	v      []float64
	shaped bool // depends on the image's size
}

// maxFolded bounds what folding may compute; shape arithmetic needs dozens.
const maxFolded = 1 << 16

// maxIndex bounds sizes and indices, which may be written as infinite.
const maxIndex = 1 << 29

func vector(dtype onnx.DataType, v ...float64) *constant {
	return &constant{dims: []int{len(v)}, dtype: dtype, v: v}
}

func (c *constant) integer() bool { return c.dtype != onnx.Float && c.dtype != onnx.Double }

// ints returns the values as integers; an unknown one is an error.
func (c *constant) ints() ([]int, error) {
	out := make([]int, len(c.v))
	for i, x := range c.v {
		if math.IsNaN(x) {
			return nil, errors.New("it depends on the batch size")
		}
		out[i] = int(max(-maxIndex, min(maxIndex, x)))
	}
	return out, nil
}

// like returns a constant of c's type with another shape and values.
func (c *constant) like(dims []int, v []float64) *constant {
	return &constant{dims: dims, dtype: c.dtype, v: v, shaped: c.shaped}
}

// round brings values to the precision of the type.
func (c *constant) round() *constant {
	for i, x := range c.v {
		switch c.dtype {
		case onnx.Float:
			c.v[i] = float64(float32(x))
		case onnx.Int32, onnx.Int64:
			c.v[i] = math.Trunc(x)
		case onnx.Bool:
			if x != 0 {
				c.v[i] = 1
			}
		}
	}
	return c
}

// fold computes a node of constants. in has nil for an absent input.
func fold(n *onnx.Node, in []*constant) (*constant, error) {
	out, err := foldOp(n, in)
	if err != nil {
		return nil, err
	}
	for _, c := range in {
		if c != nil && c.shaped {
			out.shaped = true
		}
	}
	return out, nil
}

func foldOp(n *onnx.Node, in []*constant) (*constant, error) {
	if len(in) > 0 && in[0] == nil {
		return nil, errors.New("its first input is absent")
	}
	switch n.Op {
	case "Constant":
		return foldConstant(n)
	case "ConstantOfShape":
		return foldFilled(n, in[0])
	case "Cast":
		c := in[0].like(in[0].dims, slices.Clone(in[0].v))
		c.dtype = onnx.DataType(n.Int("to", 0))
		return c.round(), nil
	case "Ceil", "Floor", "Neg":
		return foldUnary(n.Op, in[0]), nil
	case "Add", "Sub", "Mul", "Div", "Max", "Min":
		return foldBinary(n.Op, in)
	case "Clip":
		return foldClip(n, in)
	case "Gather":
		return foldGather(in[0], in[1])
	case "Concat":
		return foldConcat(in)
	case "Slice":
		return foldSlice(n, in)
	case "Reshape":
		return foldReshape(n, in[0], in[1])
	case "Transpose":
		return foldTranspose(n, in[0])
	case "Unsqueeze", "Squeeze":
		return foldAxes(n, in)
	}
	return nil, errors.New("the operator cannot be computed on constants")
}

func foldConstant(n *onnx.Node) (*constant, error) {
	for i := range n.Attributes {
		a := n.Attributes[i]
		switch a.Name {
		case "value":
			if a.Tensor == nil {
				return nil, errors.New("its value is absent")
			}
			return constantOf(a.Tensor)
		case "value_int":
			return &constant{dtype: onnx.Int64, v: []float64{float64(a.Int)}}, nil
		case "value_float":
			return &constant{dtype: onnx.Float, v: []float64{float64(a.Float)}}, nil
		case "value_ints":
			return vector(onnx.Int64, convert[float64](a.Ints)...), nil
		case "value_floats":
			return vector(onnx.Float, convert[float64](a.Floats)...), nil
		}
	}
	return nil, errors.New("its value is absent")
}

func convert[B, A int | int64 | float32 | float64](v []A) []B {
	out := make([]B, len(v))
	for i, x := range v {
		out[i] = B(x)
	}
	return out
}

// constantOf returns the tensor as a constant.
func constantOf(t *onnx.Tensor) (*constant, error) {
	shape, err := t.Shape()
	if err != nil {
		return nil, err
	}
	v, err := t.Float64s()
	if err != nil {
		return nil, err
	}
	return &constant{dims: shape, dtype: t.Type, v: v}, nil
}

func count(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func foldFilled(n *onnx.Node, shape *constant) (*constant, error) {
	dims, err := shape.ints()
	if err != nil {
		return nil, err
	}
	total := 1
	for _, d := range dims {
		if d < 0 || d > maxFolded || total*d > maxFolded {
			return nil, fmt.Errorf("the shape %v is too large", dims)
		}
		total *= d
	}
	c := &constant{dims: dims, dtype: onnx.Float, v: make([]float64, total)}
	if a := n.Attribute("value"); a != nil && a.Tensor != nil {
		value, err := constantOf(a.Tensor)
		if err != nil {
			return nil, err
		}
		if len(value.v) != 1 {
			return nil, errors.New("its value is not one number")
		}
		c.dtype = value.dtype
		for i := range c.v {
			c.v[i] = value.v[0]
		}
	}
	return c, nil
}

func foldUnary(op string, x *constant) *constant {
	c := x.like(x.dims, slices.Clone(x.v))
	for i, v := range c.v {
		switch op {
		case "Ceil":
			c.v[i] = math.Ceil(v)
		case "Floor":
			c.v[i] = math.Floor(v)
		default:
			c.v[i] = -v
		}
	}
	return c
}

// foldBinary combines inputs from the left; shapes must be equal, or one of
// the two a single number.
func foldBinary(op string, in []*constant) (*constant, error) {
	c := in[0].like(in[0].dims, slices.Clone(in[0].v))
	for _, y := range in[1:] {
		if y == nil {
			return nil, errors.New("an input is absent")
		}
		if len(c.v) == 1 && len(y.v) != 1 {
			c.dims, c.v = y.dims, slices.Repeat(c.v, len(y.v))
		}
		if len(y.v) != len(c.v) && len(y.v) != 1 || len(y.v) == 0 {
			return nil, fmt.Errorf("shapes %v and %v are not supported on constants", c.dims, y.dims)
		}
		for i, a := range c.v {
			c.v[i] = arithmetic(op, a, y.v[i%len(y.v)], c.integer())
		}
	}
	return c.round(), nil
}

func arithmetic(op string, a, b float64, integer bool) float64 {
	switch op {
	case "Add":
		return a + b
	case "Sub":
		return a - b
	case "Mul":
		return a * b
	case "Div":
		if integer {
			return math.Trunc(a / b)
		}
		return a / b
	case "Max":
		return max(a, b)
	default:
		return min(a, b)
	}
}

func foldClip(n *onnx.Node, in []*constant) (*constant, error) {
	low, high, err := clipBounds(n, in[1:])
	if err != nil {
		return nil, err
	}
	c := in[0].like(in[0].dims, slices.Clone(in[0].v))
	for i, v := range c.v {
		c.v[i] = min(max(v, low), high)
	}
	return c, nil
}

// clipBounds takes the bounds from the inputs, or from the attributes that
// opsets before 11 use.
func clipBounds(n *onnx.Node, in []*constant) (low, high float64, err error) {
	low = float64(n.Float("min", float32(math.Inf(-1))))
	high = float64(n.Float("max", float32(math.Inf(1))))
	for i, bound := range []*float64{&low, &high} {
		if i < len(in) && in[i] != nil {
			if len(in[i].v) != 1 {
				return 0, 0, errors.New("its bounds are not single numbers")
			}
			*bound = in[i].v[0]
		}
	}
	return low, high, nil
}
