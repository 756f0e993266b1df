package models

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The structs below keep what we need of ONNX's messages. Byte slices point
// into the file's bytes. Field numbers are those of onnx.proto.

type protoModel struct {
	irVersion int64
	producer  string
	opset     int64 // of the standard domain, 0 if undeclared
	metadata  map[string]string
	graph     protoGraph
	hasGraph  bool
}

type protoGraph struct {
	nodes        []protoNode
	initializers []protoTensor
	inputs       []protoValue
	outputs      []protoValue
}

type protoNode struct {
	name, op, domain string
	inputs, outputs  []string
	attrs            []protoAttr
}

type protoAttr struct {
	name   string
	kind   int64 // AttributeProto.AttributeType, 0 in very old files
	f      float32
	i      int64
	s      string
	t      *protoTensor
	floats []float32
	ints   []int64
}

// AttributeProto.AttributeType.
const (
	attrFloat  = 1
	attrInt    = 2
	attrString = 3
	attrTensor = 4
	attrGraph  = 5
	attrFloats = 6
	attrInts   = 7
)

type protoTensor struct {
	name     string
	dims     []int64
	dtype    int64
	raw      []byte
	hasRaw   bool
	floats   []float32
	ints     []int64 // int32_data and int64_data
	doubles  []float64
	external map[string]string // nil if the data is in the file
}

type protoValue struct {
	name  string
	dtype int64
	dims  []protoDim
}

type protoDim struct {
	value int64 // 0 if symbolic or unknown
	param string
}

// attr returns the attribute of that name, nil if the node has none.
func (n *protoNode) attr(name string) *protoAttr {
	for i := range n.attrs {
		if n.attrs[i].name == name {
			return &n.attrs[i]
		}
	}
	return nil
}

func (n *protoNode) intAttr(name string, missing int64) int64 {
	if a := n.attr(name); a != nil {
		return a.i
	}
	return missing
}

func (n *protoNode) floatAttr(name string, missing float32) float32 {
	if a := n.attr(name); a != nil {
		return a.f
	}
	return missing
}

// label names a node for a message: by its name, else by what it makes.
func (n *protoNode) label() string {
	if n.name != "" || len(n.outputs) == 0 {
		return n.name
	}
	return "that makes " + n.outputs[0]
}

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

func (x field) integer(dst *int64) error {
	if x.kind != protowire.VarintType {
		return errWireType
	}
	*dst = int64(x.value)
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

// floats appends a repeated float, packed or not.
func (x field) floats(dst *[]float32) error {
	if x.kind == protowire.Fixed32Type {
		*dst = append(*dst, math.Float32frombits(uint32(x.value)))
		return nil
	}
	if x.kind != protowire.BytesType || len(x.bytes)%4 != 0 {
		return errWireType
	}
	*dst = append(*dst, float32s(x.bytes)...)
	return nil
}

// doubles appends a repeated double, packed or not.
func (x field) doubles(dst *[]float64) error {
	if x.kind == protowire.Fixed64Type {
		*dst = append(*dst, math.Float64frombits(x.value))
		return nil
	}
	if x.kind != protowire.BytesType || len(x.bytes)%8 != 0 {
		return errWireType
	}
	*dst = append(*dst, float64s(x.bytes)...)
	return nil
}

// message decodes a nested message.
func (x field) message(f func(field) error) error {
	if x.kind != protowire.BytesType {
		return errWireType
	}
	return eachField(x.bytes, f)
}
