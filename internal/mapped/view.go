package mapped

import (
	"encoding/binary"
	"runtime"
	"unsafe"
)

// Number is an element type that has the same bytes in a file and in memory.
type Number interface {
	float32 | float64 | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// loadsAnywhere says that the processor loads numbers from any address. Files
// of other programs rarely align their values, and a copy of B7 takes a second
// where a view takes none. Go's own rule (checkptrAlignment in its runtime)
// asks alignment of types with pointers only.
const loadsAnywhere = runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"

// View returns little-endian bytes as values: the same memory where the
// machine's byte order and the alignment allow it, else a copy.
func View[T Number](raw []byte) []T {
	size := int(unsafe.Sizeof(*new(T)))
	n := len(raw) / size
	if n == 0 {
		return []T{}
	}
	if littleEndian && (loadsAnywhere || uintptr(unsafe.Pointer(&raw[0]))%uintptr(size) == 0) {
		return unsafe.Slice((*T)(unsafe.Pointer(&raw[0])), n)
	}
	v := make([]T, n)
	if littleEndian {
		copy(memoryOf(v), raw)
		return v
	}
	if _, err := binary.Decode(raw[:n*size], binary.LittleEndian, v); err != nil {
		panic("mapped: decode numbers: " + err.Error()) // only wrong types or lengths fail
	}
	return v
}

// Bytes returns values as little-endian bytes, in the same memory where the
// machine's byte order allows it.
func Bytes[T Number](v []T) []byte {
	if littleEndian {
		return memoryOf(v)
	}
	raw, err := binary.Append(nil, binary.LittleEndian, v)
	if err != nil {
		panic("mapped: encode numbers: " + err.Error())
	}
	return raw
}

func memoryOf[T Number](v []T) []byte {
	if len(v) == 0 {
		return []byte{}
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(v)*int(unsafe.Sizeof(v[0])))
}
