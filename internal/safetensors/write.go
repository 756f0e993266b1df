package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// alignment is that of the data's start, as the format asks for.
const alignment = 8

// Floats is a tensor to be written. Values has as many elements as Shape says.
type Floats struct {
	Name   string
	Shape  []int
	Values []float32
}

// Write writes the tensors as F32 in the order given, with metadata in the
// order of its keys. A name that is there twice or reserved, or values that do
// not fit their shape, are faults of the program.
func Write(w io.Writer, tensors []Floats, metadata map[string]string) error {
	header, err := writtenHeader(tensors, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	buf := make([]byte, 0, 1<<16)
	for _, t := range tensors {
		for _, v := range t.Values {
			if buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v)); len(buf) == cap(buf) {
				if _, err := w.Write(buf); err != nil {
					return err
				}
				buf = buf[:0]
			}
		}
	}
	_, err = w.Write(buf)
	return err
}

// writtenHeader returns the length and the header, padded with spaces.
func writtenHeader(tensors []Floats, metadata map[string]string) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 8))
	separator := "{"
	member := func(name string, value any) error {
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		text, err := json.Marshal(value) // sorts the keys of a map
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s%s:%s", separator, key, text)
		separator = ","
		return nil
	}
	if len(metadata) > 0 {
		if err := member(metadataName, metadata); err != nil {
			return nil, err
		}
	}
	seen, at := map[string]bool{metadataName: true}, 0
	for _, t := range tensors {
		if seen[t.Name] {
			return nil, fmt.Errorf("safetensors: the name %q is reserved or there twice", t.Name)
		}
		seen[t.Name] = true
		n := 1
		for _, d := range t.Shape {
			n *= d
		}
		if n != len(t.Values) {
			return nil, fmt.Errorf("safetensors: tensor %s has %d values for shape %v", t.Name, len(t.Values), t.Shape)
		}
		value := struct {
			Dtype   Dtype  `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{F32, append([]int{}, t.Shape...), [2]int{at, at + 4*n}}
		if err := member(t.Name, value); err != nil {
			return nil, err
		}
		at += 4 * n
	}
	if separator == "{" {
		out.WriteByte('{')
	}
	out.WriteByte('}')
	for out.Len()%alignment != 0 {
		out.WriteByte(' ')
	}
	binary.LittleEndian.PutUint64(out.Bytes(), uint64(out.Len()-8))
	return out.Bytes(), nil
}
