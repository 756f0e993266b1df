package models

import (
	"fmt"
	"strings"

	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// Opsets whose definitions of our operators we know.
const (
	oldestOpset = 9
	newestOpset = 26
)

func (p Problem) String() string {
	var parts []string
	if p.Op != "" {
		parts = append(parts, "operator "+p.Op)
	}
	if p.Attribute != "" {
		parts = append(parts, "attribute "+p.Attribute)
	}
	if p.Node != "" {
		parts = append(parts, "node "+p.Node)
	}
	where := strings.Join(parts, ", ")
	if where == "" {
		return p.Reason
	}
	return fmt.Sprintf("%s (opset %d): %s", where, p.Opset, p.Reason)
}

// problem is an unsupported construct found while importing.
type problem struct{ Problem }

func (p problem) Error() string { return p.String() }

// problems lists everything in the model that cannot be computed, by node, with
// attributes.
func (m file) problems() []Problem {
	var found []Problem
	if m.Opset < oldestOpset || m.Opset > newestOpset {
		found = append(found, Problem{Opset: m.Opset, Reason: fmt.Sprintf("opset %d is not supported: opsets %d to %d are", m.Opset, oldestOpset, newestOpset)})
	}
	for _, e := range eval.Check(m.Model) {
		found = append(found, Problem{Op: e.Op, Attribute: e.Attribute, Node: e.Node, Opset: e.Opset, Reason: e.Reason})
	}
	return found
}

// allProblems lists also why the file is no classifier of images.
func (m file) allProblems() []Problem { return append(m.problems(), m.borderProblems()...) }

// borderProblems says why the inputs and outputs are not those of a classifier
// of images.
func (m file) borderProblems() []Problem {
	var found []Problem
	add := func(format string, args ...any) {
		found = append(found, Problem{Opset: m.Opset, Reason: fmt.Sprintf(format, args...)})
	}
	if len(m.Graph.Outputs) != 1 {
		add("it has %d outputs; one, the logits, is supported", len(m.Graph.Outputs))
	}
	images, vectors := 0, 0
	for _, v := range m.Graph.Required() {
		switch {
		case v.Type != onnx.Float:
			add("input %s has elements of %s, not float", v.Name, v.Type)
		case len(v.Dims) == 4 && (v.Dims[1].Size == 3 || v.Dims[1].Size <= 0):
			images++
		case len(v.Dims) == 2 && v.Dims[1].Size > 0:
			vectors++
		default:
			add("input %s has shape %v; images [N,3,H,W] and metadata [N,M] are supported", v.Name, shapeTexts(v.Dims))
		}
	}
	if images != 1 || vectors > 1 {
		add("it has %d inputs for images and %d for metadata; one image, with or without one vector, is supported", images, vectors)
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
