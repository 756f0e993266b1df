package models

import (
	"fmt"

	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// resolve follows other names of a value.
func (im *importer) resolve(name string) string {
	for {
		to, ok := im.alias[name]
		if !ok {
			return name
		}
		name = to
	}
}

// place returns where the network has a value.
func (im *importer) place(name string) (place, bool) {
	p, ok := im.places[im.resolve(name)]
	return p, ok
}

// data returns the place of a node's input i, which must not be a constant.
func (im *importer) data(n *onnx.Node, i int) (place, error) {
	if i >= len(n.Inputs) || n.Inputs[i] == "" {
		return place{}, fmt.Errorf("its input %d is absent", i)
	}
	p, ok := im.place(n.Inputs[i])
	if !ok {
		return place{}, errPlain
	}
	return p, nil
}

// constant returns a node's input i if it is a known array, nil if it is
// absent; errPlain if it is neither.
func (im *importer) constant(n *onnx.Node, i int) (*eval.Array, error) {
	if i >= len(n.Inputs) || n.Inputs[i] == "" {
		return nil, nil
	}
	v := im.values[n.Inputs[i]]
	if v == nil || !v.Known() {
		return nil, errPlain
	}
	return v, nil
}

// ints returns integers of an attribute, or of a constant input.
func (im *importer) ints(n *onnx.Node, attribute string, input int) ([]int, bool, error) {
	if a := n.Attribute(attribute); a != nil {
		return convert[int](a.Ints), true, nil
	}
	v, err := im.constant(n, input)
	if err != nil || v == nil {
		return nil, false, err
	}
	if v.Type.IsFloat() {
		return nil, false, errPlain
	}
	return convert[int](v.Int64s()), true, nil
}
