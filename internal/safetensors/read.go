package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"unicode/utf8"

	"melanoma/internal/fault"
	"melanoma/internal/mapped"
)

// maxHeader bounds the header, as the format's own readers do.
const maxHeader = 100_000_000

// File is a safetensors file whose header was read and checked.
type File struct {
	Tensors  []Tensor          // in the header's order
	Metadata map[string]string // never nil

	mapping *mapped.File
}

// Tensor is one tensor of a file. Data is a view of the file: row-major,
// little-endian, len(Data) the product of Shape times the type's width.
type Tensor struct {
	Name  string
	Dtype Dtype
	Shape []int
	Data  []byte
}

// Open maps and checks a file. Views of it hold until Close; a file that is
// not closed stays mapped until the process ends.
func Open(path string) (*File, error) {
	m, err := mapped.Open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "check the path of the safetensors file", "safetensors: read %s: %w", path, err)
	}
	f, err := Decode(m.Bytes)
	if err != nil {
		m.Close()
		return nil, fault.New(fault.Input, "is it a safetensors file, and was it copied completely?", "safetensors: read %s: %w", path, err)
	}
	f.mapping = m
	return f, nil
}

// Close ends the views of a file that was opened.
func (f *File) Close() error {
	if f.mapping == nil {
		return nil
	}
	f.Tensors = nil
	return f.mapping.Close()
}

// Decode checks a file's content. Tensors are views of it.
func Decode(content []byte) (*File, error) {
	if len(content) < 8 {
		return nil, fmt.Errorf("%d bytes are too few for the length of a header", len(content))
	}
	length, rest := binary.LittleEndian.Uint64(content), content[8:]
	switch {
	case length > uint64(len(rest)):
		return nil, fmt.Errorf("its header is said to have %d bytes, the file has %d after the length", length, len(rest))
	case length > maxHeader:
		return nil, fmt.Errorf("its header has %d bytes, and %d is the most", length, maxHeader)
	}
	header, data := rest[:length], rest[length:]
	switch {
	case !bytes.HasPrefix(header, []byte("{")):
		return nil, errors.New("its header does not start with {")
	case !utf8.Valid(header):
		return nil, errors.New("its header is not UTF-8")
	}
	entries, metadata, err := parseHeader(header)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	f := &File{Metadata: metadata, Tensors: make([]Tensor, len(entries))}
	for i, e := range entries {
		if err := e.check(uint64(len(data))); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", e.name, err)
		}
		f.Tensors[i] = Tensor{Name: e.name, Dtype: e.dtype, Shape: e.shape, Data: data[e.begin:e.end:e.end]}
	}
	return f, covered(entries, uint64(len(data)))
}

// check compares an entry's range with the data and with its own shape.
func (e *entry) check(size uint64) error {
	width, ok := widths[e.dtype]
	if !ok {
		return fmt.Errorf("the dtype %q is not supported", e.dtype)
	}
	if e.begin > e.end || e.end > size {
		return fmt.Errorf("its bytes are said to lie from %d to %d of %d", e.begin, e.end, size)
	}
	need := width
	for _, d := range e.shape {
		high, low := bits.Mul64(need, uint64(d))
		if high != 0 {
			return fmt.Errorf("shape %v has more elements than can be counted", e.shape)
		}
		need = low
	}
	if need != e.end-e.begin {
		return fmt.Errorf("shape %v of %s takes %d bytes, its range from %d to %d has %d", e.shape, e.dtype, need, e.begin, e.end, e.end-e.begin)
	}
	return nil
}

// covered checks that the ranges follow one another and fill the data.
func covered(entries []entry, size uint64) error {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	at := uint64(0)
	for _, e := range sorted {
		if e.begin != at {
			kind := "overlap those of another tensor"
			if e.begin > at {
				kind = "leave a gap before them"
			}
			return fmt.Errorf("tensor %s: its bytes from %d %s, which ends at %d", e.name, e.begin, kind, at)
		}
		at = e.end
	}
	if at != size {
		return fmt.Errorf("the tensors take %d bytes, the file has %d for them", at, size)
	}
	return nil
}
