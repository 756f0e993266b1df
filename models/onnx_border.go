package models

import (
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

// givenNames returns the tensors that exist before the first node.
func (m file) givenNames() map[string]bool {
	known := map[string]bool{}
	for _, t := range m.Graph.Initializers {
		known[t.Name] = true
	}
	for _, v := range m.Graph.Inputs {
		known[v.Name] = true
	}
	return known
}

// live marks the nodes that the graph's outputs need.
func (m file) live() []bool {
	needed := map[string]bool{}
	for _, v := range m.Graph.Outputs {
		needed[v.Name] = true
	}
	live := make([]bool, len(m.Graph.Nodes))
	for i := len(live) - 1; i >= 0; i-- {
		n := m.Graph.Nodes[i]
		live[i] = slices.ContainsFunc(n.Outputs, func(s string) bool { return s != "" && needed[s] })
		if live[i] {
			for _, in := range n.Inputs {
				needed[in] = true
			}
		}
	}
	return live
}

// borderProblems says what is wrong with the graph's inputs and outputs.
func (m file) borderProblems() []string {
	var found []string
	if len(m.Graph.Outputs) != 1 {
		found = append(found, fmt.Sprintf("it has %d outputs; one, the logits, is supported", len(m.Graph.Outputs)))
	}
	images, vectors := 0, 0
	for _, v := range m.Graph.Required() {
		switch {
		case v.Type != onnx.Float:
			found = append(found, fmt.Sprintf("input %s has elements of %s, not float", v.Name, v.Type))
		case len(v.Dims) == 4 && (v.Dims[1].Size == 3 || v.Dims[1].Size <= 0):
			images++
		case len(v.Dims) == 2 && v.Dims[1].Size > 0:
			vectors++
		default:
			found = append(found, fmt.Sprintf("input %s has shape %v; images [N,3,H,W] and metadata [N,M] are supported", v.Name, shapeTexts(v.Dims)))
		}
	}
	if images != 1 || vectors > 1 {
		found = append(found, fmt.Sprintf("it has %d inputs for images and %d for metadata; one image, with or without one vector, is supported", images, vectors))
	}
	for _, t := range m.Graph.Initializers {
		if t.Name == "" {
			found = append(found, "an initializer has no name")
		}
	}
	return found
}

func shapeTexts(dims []onnx.Dim) []string {
	s := make([]string, len(dims))
	for i, d := range dims {
		switch {
		case d.Size > 0:
			s[i] = fmt.Sprint(d.Size)
		case d.Param != "":
			s[i] = d.Param
		default:
			s[i] = "?"
		}
	}
	return s
}
