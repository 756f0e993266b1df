package models

import (
	"fmt"
	"slices"
)

// dataInputs returns the graph's inputs that no initializer fills.
func (m *protoModel) dataInputs() []protoValue {
	filled := map[string]bool{}
	for i := range m.graph.initializers {
		filled[m.graph.initializers[i].name] = true
	}
	return slices.DeleteFunc(slices.Clone(m.graph.inputs), func(v protoValue) bool { return filled[v.name] })
}

// givenNames returns the tensors that exist before the first node.
func (m *protoModel) givenNames() map[string]bool {
	known := map[string]bool{}
	for i := range m.graph.initializers {
		known[m.graph.initializers[i].name] = true
	}
	for _, v := range m.graph.inputs {
		known[v.name] = true
	}
	return known
}

// live marks the nodes that the graph's outputs need.
func (m *protoModel) live() []bool {
	needed := map[string]bool{}
	for _, v := range m.graph.outputs {
		needed[v.name] = true
	}
	live := make([]bool, len(m.graph.nodes))
	for i := len(live) - 1; i >= 0; i-- {
		n := &m.graph.nodes[i]
		live[i] = slices.ContainsFunc(n.outputs, func(s string) bool { return s != "" && needed[s] })
		if live[i] {
			for _, in := range n.inputs {
				needed[in] = true
			}
		}
	}
	return live
}

// borderProblems says what is wrong with the graph's inputs and outputs.
func (m *protoModel) borderProblems() []string {
	var found []string
	if len(m.graph.outputs) != 1 {
		found = append(found, fmt.Sprintf("it has %d outputs; one, the logits, is supported", len(m.graph.outputs)))
	}
	images, vectors := 0, 0
	for _, v := range m.dataInputs() {
		switch {
		case v.dtype != typeFloat:
			found = append(found, fmt.Sprintf("input %s has elements of %s, not float", v.name, typeName(v.dtype)))
		case len(v.dims) == 4 && (v.dims[1].value == 3 || v.dims[1].value == 0):
			images++
		case len(v.dims) == 2 && v.dims[1].value > 0:
			vectors++
		default:
			found = append(found, fmt.Sprintf("input %s has shape %v; images [N,3,H,W] and metadata [N,M] are supported", v.name, shapeTexts(v.dims)))
		}
	}
	if images != 1 || vectors > 1 {
		found = append(found, fmt.Sprintf("it has %d inputs for images and %d for metadata; one image, with or without one vector, is supported", images, vectors))
	}
	for i := range m.graph.initializers {
		if t := &m.graph.initializers[i]; t.name == "" {
			found = append(found, "an initializer has no name")
		}
	}
	return found
}

func shapeTexts(dims []protoDim) []string {
	s := make([]string, len(dims))
	for i, d := range dims {
		switch {
		case d.value > 0:
			s[i] = fmt.Sprint(d.value)
		case d.param != "":
			s[i] = d.param
		default:
			s[i] = "?"
		}
	}
	return s
}
