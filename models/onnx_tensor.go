package models

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

// TensorProto.DataType.
const (
	typeFloat    = 1
	typeInt32    = 6
	typeInt64    = 7
	typeBool     = 9
	typeFloat16  = 10
	typeDouble   = 11
	typeBFloat16 = 16
)

var typeNames = map[int64]string{
	1: "float", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
	10: "float16", 11: "double", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
}

func typeName(dtype int64) string {
	if s, ok := typeNames[dtype]; ok {
		return s
	}
	return fmt.Sprintf("type %d", dtype)
}

// elementBytes has the width of a type in raw data, for those we read.
var elementBytes = map[int64]int{
	typeFloat: 4, typeInt32: 4, typeInt64: 8, typeBool: 1, typeFloat16: 2, typeDouble: 8, typeBFloat16: 2,
}

// maxElements bounds a tensor: B7 has 67 million parameters in all.
const maxElements = 1 << 29

// shape returns the dimensions after checking them.
func (t *protoTensor) shape() ([]int, error) {
	shape := make([]int, len(t.dims))
	n := int64(1)
	for i, d := range t.dims {
		if d < 0 || d > maxElements || n*d > maxElements {
			return nil, fmt.Errorf("tensor %s has the impossible shape %v", t.name, t.dims)
		}
		n *= d
		shape[i] = int(d)
	}
	return shape, nil
}

func count(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// float32s returns the tensor's values as float32, from the file in folder if
// they are stored outside of the model.
func (t *protoTensor) float32s(folder string) ([]float32, error) {
	if t.dtype == typeFloat && t.external == nil {
		n, err := t.checked()
		if err != nil {
			return nil, err
		}
		if t.hasRaw {
			return float32s(t.raw), nil
		}
		return t.floats[:n:n], nil
	}
	v, err := t.numbers(folder)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out, nil
}

// numbers returns the tensor's values as float64; integers beyond 2^53 are
// rounded.
func (t *protoTensor) numbers(folder string) ([]float64, error) {
	if t.external != nil {
		inside, err := t.load(folder)
		if err != nil {
			return nil, err
		}
		t = inside
	}
	n, err := t.checked()
	if err != nil {
		return nil, err
	}
	v := make([]float64, n)
	for i := range v {
		v[i] = t.at(i)
	}
	return v, nil
}

// checked returns the number of elements after comparing it with the data.
func (t *protoTensor) checked() (int, error) {
	shape, err := t.shape()
	if err != nil {
		return 0, err
	}
	n := count(shape)
	width, ok := elementBytes[t.dtype]
	if !ok {
		return 0, fmt.Errorf("tensor %s has elements of %s", t.name, typeName(t.dtype))
	}
	have := len(t.ints)
	switch {
	case t.hasRaw:
		have = len(t.raw) / width
		if len(t.raw)%width != 0 {
			have = -1
		}
	case t.dtype == typeFloat:
		have = len(t.floats)
	case t.dtype == typeDouble:
		have = len(t.doubles)
	}
	if have != n {
		return 0, fmt.Errorf("tensor %s has %d values, its shape %v needs %d", t.name, have, t.dims, n)
	}
	return n, nil
}

func (t *protoTensor) at(i int) float64 {
	if !t.hasRaw {
		switch t.dtype {
		case typeFloat:
			return float64(t.floats[i])
		case typeDouble:
			return t.doubles[i]
		case typeFloat16:
			return float16(uint16(t.ints[i]))
		case typeBFloat16:
			return float64(math.Float32frombits(uint32(uint16(t.ints[i])) << 16))
		default:
			return float64(t.ints[i])
		}
	}
	le := binary.LittleEndian
	switch t.dtype {
	case typeFloat:
		return float64(math.Float32frombits(le.Uint32(t.raw[4*i:])))
	case typeDouble:
		return math.Float64frombits(le.Uint64(t.raw[8*i:]))
	case typeFloat16:
		return float16(le.Uint16(t.raw[2*i:]))
	case typeBFloat16:
		return float64(math.Float32frombits(uint32(le.Uint16(t.raw[2*i:])) << 16))
	case typeInt32:
		return float64(int32(le.Uint32(t.raw[4*i:])))
	case typeInt64:
		return float64(int64(le.Uint64(t.raw[8*i:])))
	default:
		return float64(t.raw[i])
	}
}

// load returns the tensor with its data read from the file that it names,
// which must lie in the model's own folder.
func (t *protoTensor) load(folder string) (*protoTensor, error) {
	location := t.external["location"]
	if !filepath.IsLocal(location) {
		return nil, fmt.Errorf("tensor %s is stored in %q, outside of the model's folder", t.name, location)
	}
	shape, err := t.shape()
	if err != nil {
		return nil, err
	}
	width, ok := elementBytes[t.dtype]
	if !ok {
		return nil, fmt.Errorf("tensor %s has elements of %s", t.name, typeName(t.dtype))
	}
	offset := int64(0)
	if s := t.external["offset"]; s != "" {
		if offset, err = strconv.ParseInt(s, 10, 64); err != nil || offset < 0 {
			return nil, fmt.Errorf("tensor %s starts at %q in %s", t.name, s, location)
		}
	}
	f, err := os.Open(filepath.Join(folder, location))
	if err != nil {
		return nil, fmt.Errorf("tensor %s is stored in a second file, %s, which cannot be read: %w", t.name, location, err)
	}
	defer f.Close()
	size := int64(count(shape) * width)
	if info, err := f.Stat(); err != nil || offset > info.Size() || size > info.Size()-offset {
		return nil, fmt.Errorf("tensor %s reaches beyond the end of %s", t.name, location)
	}
	raw := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(f, offset, size), raw); err != nil {
		return nil, fmt.Errorf("tensor %s in %s: %w", t.name, location, err)
	}
	return &protoTensor{name: t.name, dims: t.dims, dtype: t.dtype, raw: raw, hasRaw: true}, nil
}

// float16 converts IEEE half precision.
func float16(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	v := 0.0
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		v = math.Inf(1)
		if fraction != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if h>>15 == 1 {
		return -v
	}
	return v
}

func float32s(raw []byte) []float32 {
	v := make([]float32, len(raw)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return v
}

func float64s(raw []byte) []float64 {
	v := make([]float64, len(raw)/8)
	for i := range v {
		v[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return v
}
