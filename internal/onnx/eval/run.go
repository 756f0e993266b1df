package eval

import (
	"fmt"

	"melanoma/internal/fault"
	"melanoma/internal/onnx"
)

// Options say how to evaluate. The zero value follows the file.
type Options struct {
	// Eval evaluates BatchNormalization and Dropout as in inference, whatever
	// the file says.
	Eval bool
	// Seed of what Dropout in training mode draws.
	Seed uint64
	// Elements is the most array elements that may be alive at once; 0 means
	// 2^28 in Run and 2^25 in Fold.
	Elements int
	// Work is the most elements that may be computed, products in sums
	// counted one by one; 0 means 2^42 in Run and 2^30 in Fold.
	Work int
}

func (o Options) orElse(elements, work int) Options {
	if o.Elements == 0 {
		o.Elements = elements
	}
	if o.Work == 0 {
		o.Work = work
	}
	return o
}

const hint = "melanoma models check lists everything in an ONNX file that is in the way"

// Run evaluates a model, node by node in the file's order, and returns its
// outputs by name. inputs must hold every input that the file has no value
// for; a declared dimension that is not symbolic must agree. Values are freed
// after their last use.
func Run(m *onnx.Model, inputs map[string]*Array, o Options) (map[string]*Array, error) {
	s, err := evaluate(m, inputs, o.orElse(1<<28, 1<<42), false)
	if err != nil {
		return nil, err
	}
	outputs := make(map[string]*Array, len(m.Graph.Outputs))
	for _, v := range m.Graph.Outputs {
		outputs[v.Name] = s.values[v.Name]
	}
	return outputs, nil
}

// Fold returns every value that the outputs need, by name: those that depend
// on constants, known inputs and shapes alone with their elements, the others
// with type and shape. inputs are as for [Run], usually [Unknown] ones.
// A shape that depends on values that are not known is an error.
func Fold(m *onnx.Model, inputs map[string]*Array, o Options) (map[string]*Array, error) {
	s, err := evaluate(m, inputs, o.orElse(1<<25, 1<<30), true)
	if err != nil {
		return nil, err
	}
	return s.values, nil
}

func evaluate(m *onnx.Model, inputs map[string]*Array, o Options, keep bool) (*scope, error) {
	if found := Check(m); len(found) > 0 {
		more := ""
		if len(found) > 1 {
			more = fmt.Sprintf(" (and %d more)", len(found)-1)
		}
		return nil, fault.New(fault.Input, hint, "onnx: %w%s", found[0], more)
	}
	s := &scope{
		opset: m.Opset, options: o, keep: keep, values: map[string]*Array{},
		budget: &budget{most: o.Elements, left: o.Work},
	}
	if err := s.enter(m.Graph, inputs); err != nil {
		return nil, fault.New(fault.Usage, "melanoma models check shows the file's inputs", "onnx: %w", err)
	}
	if err := s.run(m.Graph); err != nil {
		return nil, fault.New(fault.Input, hint, "onnx: %w", err)
	}
	return s, nil
}

func (o *Operator) evaluate(n *onnx.Node, in []*Array, s *scope) ([]*Array, error) {
	c := &call{node: n, op: o, in: in, scope: s}
	for _, a := range in {
		if a != nil && !a.known {
			c.dry = true
		}
	}
	return o.run(c)
}

// Run evaluates one node on its inputs (nil where absent) and returns its
// outputs. If an input is unknown, so are the outputs; their types and shapes
// are right. opset is the model's.
func (o *Operator) Run(n *onnx.Node, opset int64, in []*Array, options Options) ([]*Array, error) {
	options = options.orElse(1<<28, 1<<42)
	if found := o.Check(n, opset); len(found) > 0 {
		return nil, found[0]
	}
	if len(in) != len(n.Inputs) {
		return nil, nodeError(n, opset, "", "%d values are given for its %d inputs", len(in), len(n.Inputs))
	}
	s := &scope{opset: opset, options: options, values: map[string]*Array{}, budget: &budget{most: options.Elements, left: options.Work}}
	out, err := o.evaluate(n, in, s)
	if err != nil {
		return nil, nodeError(n, opset, "", "%w", err)
	}
	return out, nil
}
