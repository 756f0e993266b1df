package onnx

import (
	"fmt"

	"melanoma/internal/mapped"
)

// Values returns the values of a tensor whose type is T's; another type is an
// error. float16 and bfloat16 are read as uint16, bool as uint8. Where the file
// stores the values aligned they are a view of it, so treat them as shared.
func Values[T mapped.Number](t *Tensor) ([]T, error) {
	want := typeOf[T]()
	same := t.Type == want || want == Uint16 && (t.Type == Float16 || t.Type == BFloat16) || want == Uint8 && t.Type == Bool
	if !same {
		return nil, fmt.Errorf("tensor %s has elements of %s, not %s", t.Name, t.Type, want)
	}
	raw, err := t.Raw()
	if err != nil {
		return nil, err
	}
	return mapped.View[T](raw), nil
}

// Float32s returns the values of any numeric tensor, rounded to float32. A
// tensor of float is not copied where it is aligned, see [Values].
func (t *Tensor) Float32s() ([]float32, error) {
	if t.Type == Float {
		return Values[float32](t)
	}
	return convert[float32](t)
}

// Float64s returns the values of any numeric tensor as float64; integers
// beyond 2^53 are rounded.
func (t *Tensor) Float64s() ([]float64, error) {
	if t.Type == Double {
		return Values[float64](t)
	}
	return convert[float64](t)
}

func convert[To float32 | float64](t *Tensor) ([]To, error) {
	raw, err := t.Raw()
	if err != nil {
		return nil, err
	}
	switch t.Type {
	case Float:
		return converted[To](mapped.View[float32](raw)), nil
	case Double:
		return converted[To](mapped.View[float64](raw)), nil
	case Int8:
		return converted[To](mapped.View[int8](raw)), nil
	case Int16:
		return converted[To](mapped.View[int16](raw)), nil
	case Int32:
		return converted[To](mapped.View[int32](raw)), nil
	case Int64:
		return converted[To](mapped.View[int64](raw)), nil
	case Uint16:
		return converted[To](mapped.View[uint16](raw)), nil
	case Uint32:
		return converted[To](mapped.View[uint32](raw)), nil
	case Uint64:
		return converted[To](mapped.View[uint64](raw)), nil
	case Float16, BFloat16:
		widen := mapped.Half
		if t.Type == BFloat16 {
			widen = mapped.Brain
		}
		halves := mapped.View[uint16](raw)
		v := make([]To, len(halves))
		for i, h := range halves {
			v[i] = To(widen(h))
		}
		return v, nil
	default: // uint8 and bool
		return converted[To](raw), nil
	}
}

func converted[To float32 | float64, From mapped.Number](from []From) []To {
	v := make([]To, len(from))
	for i, x := range from {
		v[i] = To(x)
	}
	return v
}
