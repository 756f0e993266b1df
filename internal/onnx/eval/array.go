package eval

import (
	"fmt"
	"math"
	"slices"

	"melanoma/internal/mapped"
	"melanoma/internal/onnx"
)

// Array is a dense tensor in row-major order, or the type and shape of one
// whose values are not known. Arrays may share memory; nothing in this package
// writes to an array that it was given or has returned.
type Array struct {
	Type  onnx.DataType
	Shape []int // empty for a scalar

	known bool
	made  int       // elements that the budget counts for it
	f32   []float32 // of Float
	f64   []float64 // of Double, Float16 and BFloat16: values that the type has
	i64   []int64   // of integers and Bool; of Uint64 the bits
}

// Unknown returns an array of which only type and shape are known.
func Unknown(dtype onnx.DataType, shape ...int) *Array {
	return &Array{Type: dtype, Shape: shape}
}

// Floats returns an array of float32 that keeps the values.
func Floats(values []float32, shape ...int) *Array {
	return (&Array{Type: onnx.Float, Shape: shape, known: true, f32: values}).mustFit(len(values))
}

// Doubles returns an array of float64 that keeps the values.
func Doubles(values []float64, shape ...int) *Array {
	return (&Array{Type: onnx.Double, Shape: shape, known: true, f64: values}).mustFit(len(values))
}

// Ints returns an array of int64 that keeps the values.
func Ints(values []int64, shape ...int) *Array {
	return (&Array{Type: onnx.Int64, Shape: shape, known: true, i64: values}).mustFit(len(values))
}

func (a *Array) mustFit(n int) *Array {
	if a.Len() != n {
		panic(fmt.Sprintf("eval: %d values for shape %v", n, a.Shape))
	}
	return a
}

// FromTensor returns a tensor's values. Those of float and double tensors are
// views of the file where it allows that.
func FromTensor(t *onnx.Tensor) (*Array, error) {
	shape, err := t.Shape()
	if err != nil {
		return nil, err
	}
	a := &Array{Type: t.Type, Shape: shape, known: true}
	switch t.Type {
	case onnx.Float:
		a.f32, err = onnx.Values[float32](t)
	case onnx.Double, onnx.Float16, onnx.BFloat16:
		a.f64, err = t.Float64s()
	case onnx.Int64:
		a.i64, err = onnx.Values[int64](t)
	case onnx.Int8:
		a.i64, err = widened[int8](t)
	case onnx.Int16:
		a.i64, err = widened[int16](t)
	case onnx.Int32:
		a.i64, err = widened[int32](t)
	case onnx.Uint8, onnx.Bool:
		a.i64, err = widened[uint8](t)
	case onnx.Uint16:
		a.i64, err = widened[uint16](t)
	case onnx.Uint32:
		a.i64, err = widened[uint32](t)
	case onnx.Uint64:
		a.i64, err = widened[uint64](t)
	default:
		return nil, fmt.Errorf("tensor %s has elements of %s, which are not supported", t.Name, t.Type)
	}
	if t.Type == onnx.Bool {
		for i, v := range a.i64 {
			a.i64[i] = truth(v != 0)
		}
	}
	return a, err
}

func widened[T mapped.Number](t *onnx.Tensor) ([]int64, error) {
	values, err := onnx.Values[T](t)
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(values))
	for i, v := range values {
		out[i] = int64(v)
	}
	return out, nil
}

// Tensor returns the array as a tensor of a file. It panics on an unknown one.
func (a *Array) Tensor(name string) *onnx.Tensor {
	switch a.mustKnow(); a.Type {
	case onnx.Float:
		return onnx.NewTensor(name, a.f32, a.Shape...)
	case onnx.Double:
		return onnx.NewTensor(name, a.f64, a.Shape...)
	case onnx.Int64:
		return onnx.NewTensor(name, a.i64, a.Shape...)
	}
	width := a.Type.Size()
	raw := make([]byte, 0, width*a.Len())
	for i := range a.Len() {
		var bits uint64
		switch a.Type {
		case onnx.Float16:
			bits = uint64(halfBits(a.f64[i]))
		case onnx.BFloat16:
			bits = uint64(math.Float32bits(float32(a.f64[i])) >> 16)
		default:
			bits = uint64(a.i64[i])
		}
		for b := range width {
			raw = append(raw, byte(bits>>(8*b)))
		}
	}
	return onnx.NewRawTensor(name, a.Type, raw, a.Shape...)
}

// Known reports whether the values are known.
func (a *Array) Known() bool { return a.known }

// Len returns the number of elements.
func (a *Array) Len() int { return size(a.Shape) }

// Float32s returns the values of a known array of any float type, rounded to
// float32; treat them as shared. Other types panic.
func (a *Array) Float32s() []float32 {
	a.mustKnow()
	if a.Type == onnx.Float {
		return a.f32
	}
	if !a.Type.IsFloat() {
		panic("eval: Float32s of " + a.Type.String())
	}
	v := make([]float32, len(a.f64))
	for i, x := range a.f64 {
		v[i] = float32(x)
	}
	return v
}

// Float64s returns the values of a known array of any type; treat them as
// shared. Integers beyond 2^53 are rounded.
func (a *Array) Float64s() []float64 {
	a.mustKnow()
	if a.Type.IsFloat() && a.Type != onnx.Float {
		return a.f64
	}
	v := make([]float64, a.Len())
	switch {
	case a.Type == onnx.Float:
		for i, x := range a.f32 {
			v[i] = float64(x)
		}
	case a.Type == onnx.Uint64:
		for i, x := range a.i64 {
			v[i] = float64(uint64(x))
		}
	default:
		for i, x := range a.i64 {
			v[i] = float64(x)
		}
	}
	return v
}

// Int64s returns the values of a known array of integers or bool (0 and 1),
// of uint64 the bits; treat them as shared. Other types panic.
func (a *Array) Int64s() []int64 {
	a.mustKnow()
	if a.Type.IsFloat() {
		panic("eval: Int64s of " + a.Type.String())
	}
	return a.i64
}

func (a *Array) mustKnow() {
	if !a.known {
		panic("eval: the array's values are not known")
	}
}

// String describes the array for messages: type and shape.
func (a *Array) String() string { return fmt.Sprintf("%s%v", a.Type, a.Shape) }

// reshaped returns the same values in another shape of the same size.
func (a *Array) reshaped(shape []int) *Array {
	b := *a
	b.Shape, b.made = shape, 0
	return &b
}

// newFloats returns an array of a float type from values, which it keeps
// after rounding them to the type.
func newFloats(dtype onnx.DataType, shape []int, values []float64) *Array {
	a := &Array{Type: dtype, Shape: shape, known: true, made: len(values)}
	switch dtype {
	case onnx.Float:
		a.f32 = make([]float32, len(values))
		for i, v := range values {
			a.f32[i] = float32(v)
		}
		return a
	case onnx.Float16:
		for i, v := range values {
			values[i] = float64(mapped.Half(halfBits(v)))
		}
	case onnx.BFloat16:
		for i, v := range values {
			values[i] = brain(v)
		}
	}
	a.f64 = values
	return a
}

// newInts returns an array of an integer type or bool from values, which it
// keeps after wrapping them to the type.
func newInts(dtype onnx.DataType, shape []int, values []int64) *Array {
	for i, v := range values {
		values[i] = wrap(dtype, v)
	}
	return &Array{Type: dtype, Shape: shape, known: true, i64: values, made: len(values)}
}

// size returns the number of elements of a shape.
func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// stridesOf returns the distance of neighbours along each axis.
func stridesOf(shape []int) []int {
	strides := make([]int, len(shape))
	n := 1
	for i, d := range slices.Backward(shape) {
		strides[i] = n
		n *= d
	}
	return strides
}
