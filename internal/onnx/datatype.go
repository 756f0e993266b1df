package onnx

import "fmt"

// DataType is the type of a tensor's elements; the numbers are the file's.
type DataType int64

// The types whose values can be read.
const (
	Undefined DataType = 0
	Float     DataType = 1
	Uint8     DataType = 2
	Int8      DataType = 3
	Uint16    DataType = 4
	Int16     DataType = 5
	Int32     DataType = 6
	Int64     DataType = 7
	Text      DataType = 8
	Bool      DataType = 9
	Float16   DataType = 10
	Double    DataType = 11
	Uint32    DataType = 12
	Uint64    DataType = 13
	BFloat16  DataType = 16
)

var typeNames = [...]string{
	"undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double",
	"uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2",
	"float8e5m2fnuz", "uint4", "int4", "float4e2m1", "float8e8m0", "uint2", "int2", "float6e2m3", "float6e3m2",
}

// String returns the standard's name of the type in lower case.
func (d DataType) String() string {
	if d >= 0 && int(d) < len(typeNames) {
		return typeNames[d]
	}
	return fmt.Sprintf("type %d", int64(d))
}

// Size returns the bytes of one element, 0 for text and for types whose
// values cannot be read.
func (d DataType) Size() int {
	switch d {
	case Uint8, Int8, Bool:
		return 1
	case Uint16, Int16, Float16, BFloat16:
		return 2
	case Float, Int32, Uint32:
		return 4
	case Double, Int64, Uint64:
		return 8
	}
	return 0
}

// IsFloat reports whether the type is one of real numbers.
func (d DataType) IsFloat() bool {
	return d == Float || d == Double || d == Float16 || d == BFloat16
}

// IsInteger reports whether the type is one of integers, bool not among them.
func (d DataType) IsInteger() bool {
	return d.Size() > 0 && !d.IsFloat() && d != Bool
}
