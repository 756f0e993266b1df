package onnx

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"melanoma/internal/mapped"
)

var errWireType = errors.New("a field has the wrong type")

// field is one field of a message. Only value or bytes is set, by the type.
type field struct {
	number protowire.Number
	kind   protowire.Type
	value  uint64
	bytes  []byte
}

// eachField calls f for every field of a message and stops at an error.
func eachField(message []byte, f func(field) error) error {
	for b := message; len(b) > 0; {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("at byte %d of a message: %w", len(message)-len(b), protowire.ParseError(n))
		}
		b = b[n:]
		x := field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			x.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			x.value = uint64(v)
		case protowire.Fixed64Type:
			x.value, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			x.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return fmt.Errorf("field %d at byte %d of a message: %w", number, len(message)-len(b), protowire.ParseError(n))
		}
		b = b[n:]
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

func (x field) text(dst *string) error {
	if x.kind != protowire.BytesType {
		return errWireType
	}
	*dst = string(x.bytes)
	return nil
}

func (x field) texts(dst *[]string) error {
	var s string
	err := x.text(&s)
	*dst = append(*dst, s)
	return err
}

// integer reads any integer type of the file.
func integer[T ~int64](x field, dst *T) error {
	if x.kind != protowire.VarintType {
		return errWireType
	}
	*dst = T(x.value)
	return nil
}

// integers appends a repeated integer, packed or not.
func (x field) integers(dst *[]int64) error {
	if x.kind == protowire.VarintType {
		*dst = append(*dst, int64(x.value))
		return nil
	}
	if x.kind != protowire.BytesType {
		return errWireType
	}
	for b := x.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		*dst = append(*dst, int64(v))
		b = b[n:]
	}
	return nil
}

func (x field) float(dst *float32) error {
	if x.kind != protowire.Fixed32Type {
		return errWireType
	}
	*dst = math.Float32frombits(uint32(x.value))
	return nil
}

// floats appends a repeated float, packed or not.
func (x field) floats(dst *[]float32) error {
	if x.kind == protowire.Fixed32Type {
		*dst = append(*dst, math.Float32frombits(uint32(x.value)))
		return nil
	}
	if x.kind != protowire.BytesType || len(x.bytes)%4 != 0 {
		return errWireType
	}
	*dst = append(*dst, mapped.View[float32](x.bytes)...)
	return nil
}

// fixed appends the bytes of a repeated float or double. A single packed
// field, the usual form, is not copied.
func (x field) fixed(dst *[]byte) error {
	switch {
	case x.kind == protowire.Fixed32Type:
		*dst = protowire.AppendFixed32(*dst, uint32(x.value))
	case x.kind == protowire.Fixed64Type:
		*dst = protowire.AppendFixed64(*dst, x.value)
	case x.kind != protowire.BytesType:
		return errWireType
	case len(*dst) == 0:
		*dst = x.bytes[:len(x.bytes):len(x.bytes)]
	default:
		*dst = append(*dst, x.bytes...)
	}
	return nil
}

// message decodes a nested message.
func (x field) message(f func(field) error) error {
	if x.kind != protowire.BytesType {
		return errWireType
	}
	return eachField(x.bytes, f)
}
