package onnx

import (
	"errors"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protowire"

	"melanoma/internal/fault"
	"melanoma/internal/mapped"
)

const decodeHint = "is it an ONNX file, and was it copied completely?"

// Open maps a file and decodes it. Tensors in further files of the same folder
// are read when their values are asked for. A file that cannot be read or is
// not ONNX is an input error.
func Open(path string) (*Model, error) {
	data, err := mapped.Open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "check the path of the ONNX file", "onnx: read %s: %w", path, err)
	}
	m, err := new(decoder).model(data.Bytes)
	if err != nil {
		_ = data.Close() // nothing refers to it
		return nil, fault.New(fault.Input, decodeHint, "onnx: %s: not a valid ONNX model: %w", path, err)
	}
	m.files = &folder{path: filepath.Dir(path), mapped: map[string]*mapped.File{}}
	m.data = data
	m.Graph.eachTensor(func(t *Tensor) { t.folder = m.files })
	return m, nil
}

// Decode reads a model from its bytes, which it keeps. Tensors in other files
// cannot be read.
func Decode(data []byte) (*Model, error) {
	m, err := new(decoder).model(data)
	if err != nil {
		return nil, fault.New(fault.Input, decodeHint, "onnx: not a valid ONNX model: %w", err)
	}
	return m, nil
}

// Close ends the mapping of an opened file. No values of its tensors may be
// used afterwards. A model that is never closed keeps its mapping.
func (m *Model) Close() error {
	if m.data == nil {
		return nil
	}
	err := m.data.Close()
	for _, f := range m.files.mapped {
		err = errors.Join(err, f.Close())
	}
	return err
}

// eachTensor calls f for the initializers and the tensors of attributes.
func (g *Graph) eachTensor(f func(*Tensor)) {
	for _, t := range g.Initializers {
		f(t)
	}
	for _, n := range g.Nodes {
		for _, a := range n.Attributes {
			if a.Tensor != nil {
				f(a.Tensor)
			}
			if a.Graph != nil {
				a.Graph.eachTensor(f)
			}
		}
	}
}

// OpenTensor reads a file that holds one tensor, as ONNX's own test data does.
func OpenTensor(path string) (*Tensor, error) {
	file, err := mapped.Open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "check the path of the tensor's file", "onnx: read %s: %w", path, err)
	}
	t, err := new(decoder).tensor(field{kind: protowire.BytesType, bytes: file.Bytes})
	if err != nil {
		return nil, fault.New(fault.Input, decodeHint, "onnx: %s: not a valid tensor: %w", path, err)
	}
	return t, nil
}
