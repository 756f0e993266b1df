package eval

import (
	"math"

	"melanoma/internal/onnx"
)

// truth is true as a number.
func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// wrap keeps the bits of v that the type has.
func wrap(dtype onnx.DataType, v int64) int64 {
	switch dtype {
	case onnx.Bool:
		return truth(v != 0)
	case onnx.Int8:
		return int64(int8(v))
	case onnx.Int16:
		return int64(int16(v))
	case onnx.Int32:
		return int64(int32(v))
	case onnx.Uint8:
		return int64(uint8(v))
	case onnx.Uint16:
		return int64(uint16(v))
	case onnx.Uint32:
		return int64(uint32(v))
	}
	return v
}

// limits returns the smallest and largest integer of a type, of uint64 the
// bits.
func limits(dtype onnx.DataType) (low, high int64) {
	bits := 8 * dtype.Size()
	switch dtype {
	case onnx.Bool:
		return 0, 1
	case onnx.Uint8, onnx.Uint16, onnx.Uint32, onnx.Uint64:
		return 0, int64(uint64(math.MaxUint64) >> (64 - bits))
	}
	return int64(math.MinInt64) >> (64 - bits), int64(math.MaxInt64) >> (64 - bits)
}

// integral converts a number to an integer, toward zero; what no 64 bits hold
// becomes the nearest that they do, and NaN zero, on every processor.
func integral(dtype onnx.DataType, v float64) int64 {
	switch {
	case math.IsNaN(v):
		return 0
	case dtype == onnx.Uint64 && v >= 1<<63:
		return int64(uint64(min(v, math.Nextafter(1<<64, 0))))
	case v >= 1<<63:
		return math.MaxInt64
	case v <= -1<<63:
		return math.MinInt64
	}
	return int64(v)
}

// less orders integers of a type.
func less(dtype onnx.DataType, a, b int64) bool {
	if dtype == onnx.Uint64 {
		return uint64(a) < uint64(b)
	}
	return a < b
}

// brain rounds to bfloat16, to nearest and ties to even.
func brain(v float64) float64 {
	bits := math.Float32bits(float32(v))
	if v != v {
		return v
	}
	bits += 0x7fff + bits>>16&1
	return float64(math.Float32frombits(bits &^ 0xffff))
}

// halfBits rounds to IEEE half precision, to nearest and ties to even.
func halfBits(v float64) uint16 {
	sign := uint16(math.Float64bits(v)>>48) & 0x8000
	v = math.Abs(v)
	switch {
	case v != v:
		return sign | 0x7e00
	case v >= 65520: // half of the last step above 65504
		return sign | 0x7c00
	case v < 0x1p-14: // subnormal: steps of 2^-24; 1024 of them are the first normal
		return sign | uint16(math.RoundToEven(v*0x1p24))
	}
	fraction, exponent := math.Frexp(v) // v = fraction * 2^exponent, fraction in [0.5, 1)
	steps := math.RoundToEven(fraction * 2048)
	return sign | uint16(int(steps)-1024+(exponent+14)<<10)
}
