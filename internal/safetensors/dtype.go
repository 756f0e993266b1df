package safetensors

import (
	"math"

	"melanoma/internal/fault"
	"melanoma/internal/mapped"
)

// Dtype is the type of a tensor's elements, by the format's name.
type Dtype string

// The types that are read. BF16 is the upper half of an F32.
const (
	F64  Dtype = "F64"
	F32  Dtype = "F32"
	F16  Dtype = "F16"
	BF16 Dtype = "BF16"
	I64  Dtype = "I64"
	I32  Dtype = "I32"
	I16  Dtype = "I16"
	I8   Dtype = "I8"
	U64  Dtype = "U64"
	U32  Dtype = "U32"
	U16  Dtype = "U16"
	U8   Dtype = "U8"
	Bool Dtype = "BOOL"
)

// widths has the bytes of an element.
var widths = map[Dtype]uint64{
	F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, Bool: 1,
}

// Float32s returns the tensor's numbers, row-major: a view of the file for
// F32, else a copy. F16 and BF16 are widened exactly, F64 is rounded.
// Integers, and numbers of F64 beyond the range of float32, are an input
// error.
func (t Tensor) Float32s() ([]float32, error) {
	switch t.Dtype {
	case F32:
		return mapped.View[float32](t.Data), nil
	case F16:
		return widened(t.Data, mapped.Half), nil
	case BF16:
		return widened(t.Data, mapped.Brain), nil
	case F64:
		return t.narrowed()
	}
	return nil, fault.New(fault.Input, "weights are F32, F16, BF16 or F64", "safetensors: tensor %s holds elements of %s, which are no weights", t.Name, t.Dtype)
}

func widened(data []byte, number func(bits uint16) float32) []float32 {
	out := make([]float32, len(data)/2)
	for i, bits := range mapped.View[uint16](data) {
		out[i] = number(bits)
	}
	return out
}

// narrowed rounds F64 to float32.
func (t Tensor) narrowed() ([]float32, error) {
	out := make([]float32, len(t.Data)/8)
	for i, v := range mapped.View[float64](t.Data) {
		out[i] = float32(v)
		if math.IsInf(float64(out[i]), 0) && !math.IsInf(v, 0) {
			return nil, fault.New(fault.Input, "the network computes in float32", "safetensors: element %d of tensor %s, %g, is beyond the range of float32", i, t.Name, v)
		}
	}
	return out, nil
}
