package onnx

import (
	"fmt"

	"melanoma/internal/mapped"
)

// Tensor is a named array. Its values are in the file, or in a second one if
// External is set; the accessors check them against the shape.
type Tensor struct {
	Name     string
	Type     DataType
	Dims     []int64
	External *External

	stored storage
	raw    []byte // little-endian, for inRaw, inFloats, inDoubles
	ints   []int64
	texts  []string
	folder *folder // of the file, for External
}

// storage is the message's field that holds the values.
type storage int

const (
	inRaw storage = iota // also where there is no data at all
	inFloats
	inDoubles
	inInts32
	inInts64
	inUints64
	inTexts
)

// typesIn lists the types that may be stored in a field other than raw.
var typesIn = map[storage][]DataType{
	inFloats:  {Float},
	inDoubles: {Double},
	inInts32:  {Int32, Int16, Int8, Uint16, Uint8, Bool, Float16, BFloat16},
	inInts64:  {Int64},
	inUints64: {Uint32, Uint64},
	inTexts:   {Text},
}

// Bounds on a tensor. B7 has 67 million parameters in all.
const (
	maxElements = 1 << 29
	maxRank     = 32
)

// typeOf returns the data type of Go's T.
func typeOf[T mapped.Number]() DataType {
	switch any(*new(T)).(type) {
	case float32:
		return Float
	case float64:
		return Double
	case int8:
		return Int8
	case int16:
		return Int16
	case int32:
		return Int32
	case int64:
		return Int64
	case uint8:
		return Uint8
	case uint16:
		return Uint16
	case uint32:
		return Uint32
	default:
		return Uint64
	}
}

// NewTensor returns a tensor with the given values, which it keeps. No dims
// make a scalar.
func NewTensor[T mapped.Number](name string, values []T, dims ...int) *Tensor {
	t := &Tensor{Name: name, Type: typeOf[T](), raw: mapped.Bytes(values)}
	for _, d := range dims {
		t.Dims = append(t.Dims, int64(d))
	}
	return t
}

// NewRawTensor returns a tensor of any type from its little-endian bytes,
// which it keeps.
func NewRawTensor(name string, dtype DataType, raw []byte, dims ...int) *Tensor {
	t := NewTensor(name, raw, dims...)
	t.Type = dtype
	return t
}

// Shape returns the dimensions after checking that they are possible.
func (t *Tensor) Shape() ([]int, error) {
	if len(t.Dims) > maxRank {
		return nil, fmt.Errorf("tensor %s has %d dimensions, more than %d", t.Name, len(t.Dims), maxRank)
	}
	shape := make([]int, len(t.Dims))
	n := int64(1)
	for i, d := range t.Dims {
		if d < 0 || d > maxElements || n*d > maxElements {
			return nil, fmt.Errorf("tensor %s has the impossible shape %v", t.Name, t.Dims)
		}
		n *= d
		shape[i] = int(d)
	}
	return shape, nil
}

// Len returns the number of elements that the shape states.
func (t *Tensor) Len() (int, error) {
	shape, err := t.Shape()
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n, err
}

// Texts returns the values of a tensor of strings.
func (t *Tensor) Texts() ([]string, error) {
	n, err := t.Len()
	if err != nil {
		return nil, err
	}
	if t.Type != Text || len(t.texts) != n || t.External != nil {
		return nil, fmt.Errorf("tensor %s has %d values of %s, not %d strings", t.Name, len(t.texts), t.Type, n)
	}
	return t.texts, nil
}

// Raw returns the values as little-endian bytes, as many as the shape and type
// need. The bytes are the file's own where it stores them in this form.
func (t *Tensor) Raw() ([]byte, error) {
	n, err := t.Len()
	if err != nil {
		return nil, err
	}
	width := t.Type.Size()
	if width == 0 {
		return nil, fmt.Errorf("tensor %s has elements of %s, which are not supported", t.Name, t.Type)
	}
	if t.External != nil {
		return t.load(n * width)
	}
	if err := t.checkStorage(); err != nil {
		return nil, err
	}
	if t.stored == inInts32 || t.stored == inInts64 || t.stored == inUints64 {
		if len(t.ints) != n {
			return nil, t.wrongLength(len(t.ints), n)
		}
		return t.encodeInts(width), nil
	}
	if len(t.raw) != n*width {
		return nil, t.wrongLength(len(t.raw)/width, n)
	}
	return t.raw, nil
}

func (t *Tensor) wrongLength(have, want int) error {
	return fmt.Errorf("tensor %s has %d values, its shape %v needs %d", t.Name, have, t.Dims, want)
}

func (t *Tensor) checkStorage() error {
	allowed, ok := typesIn[t.stored]
	if !ok {
		return nil
	}
	for _, d := range allowed {
		if d == t.Type {
			return nil
		}
	}
	return fmt.Errorf("tensor %s holds its %s values in a field for other types", t.Name, t.Type)
}

func (t *Tensor) encodeInts(width int) []byte {
	raw := make([]byte, 0, width*len(t.ints))
	for _, v := range t.ints {
		for i := range width {
			raw = append(raw, byte(v>>(8*i)))
		}
	}
	return raw
}
