package eval

import (
	"fmt"
	"maps"
	"slices"

	"melanoma/internal/onnx"
)

// scope holds the values of a graph under evaluation; those of a graph inside
// a node see the values around it.
type scope struct {
	opset   int64
	options Options
	keep    bool // all values, for Fold
	budget  *budget
	parent  *scope
	values  map[string]*Array
	initial map[string]*onnx.Tensor // initializers that nobody has used yet
}

// enter binds inputs and initializers.
func (s *scope) enter(g *onnx.Graph, inputs map[string]*Array) error {
	s.initial = make(map[string]*onnx.Tensor, len(g.Initializers))
	for _, t := range g.Initializers {
		s.initial[t.Name] = t
	}
	declared := map[string]bool{}
	for i := range g.Inputs {
		v := &g.Inputs[i]
		declared[v.Name] = true
		a, ok := inputs[v.Name]
		if !ok && s.initial[v.Name] == nil {
			return fmt.Errorf("the input %s is not given", v.Name)
		}
		if !ok {
			continue
		}
		if err := fits(v, a); err != nil {
			return err
		}
		s.values[v.Name] = a
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if !declared[name] {
			return fmt.Errorf("the file has no input %s", name)
		}
	}
	return nil
}

// fits compares an input with its declaration.
func fits(v *onnx.Value, a *Array) error {
	if v.Kind != "" {
		return fmt.Errorf("the input %s is a %s, only tensors are supported", v.Name, v.Kind)
	}
	if v.Type != onnx.Undefined && v.Type != a.Type {
		return fmt.Errorf("the input %s has elements of %s, the file asks for %s", v.Name, a.Type, v.Type)
	}
	if v.Dims == nil {
		return nil
	}
	wrong := len(v.Dims) != len(a.Shape)
	for i := 0; i < len(v.Dims) && !wrong; i++ {
		wrong = v.Dims[i].Size != onnx.Unknown && v.Dims[i].Size != int64(a.Shape[i])
	}
	if wrong {
		return fmt.Errorf("the input %s has shape %v, the file asks for %v", v.Name, a.Shape, v.Dims)
	}
	return nil
}

// value returns a value by name, from the graphs around this one too.
func (s *scope) value(name string) (*Array, error) {
	for at := s; at != nil; at = at.parent {
		if a, ok := at.values[name]; ok {
			return a, nil
		}
		if t, ok := at.initial[name]; ok {
			a, err := FromTensor(t)
			if err != nil {
				return nil, err
			}
			at.values[name] = a
			return a, nil
		}
	}
	return nil, fmt.Errorf("it takes %q, which nothing before it makes", name)
}

// run evaluates the nodes that the outputs need.
func (s *scope) run(g *onnx.Graph) error {
	live := g.Live()
	last := lastUses(g, live)
	for i, n := range g.Nodes {
		if !live[i] {
			continue
		}
		if err := s.node(n); err != nil {
			return nodeError(n, s.opset, "", "%w", err)
		}
		if s.keep {
			continue
		}
		for _, name := range uses(n) {
			if last[name] == i {
				s.free(name)
			}
		}
	}
	for _, v := range g.Outputs {
		if _, err := s.value(v.Name); err != nil {
			return fmt.Errorf("the output %s: %w", v.Name, err)
		}
	}
	return nil
}

func (s *scope) node(n *onnx.Node) error {
	op, ok := Lookup(n.Domain, n.Op, s.opset)
	if !ok {
		return errUnsupported
	}
	in := make([]*Array, len(n.Inputs))
	for i, name := range n.Inputs {
		if name == "" {
			continue
		}
		var err error
		if in[i], err = s.value(name); err != nil {
			return err
		}
	}
	out, err := op.evaluate(n, in, s)
	if err != nil {
		return err
	}
	for i, name := range n.Outputs {
		if name == "" {
			continue
		}
		if i >= len(out) || out[i] == nil {
			return fmt.Errorf("its output %d is not supported", i)
		}
		s.values[name] = out[i]
	}
	return nil
}

// free drops a value of this graph.
func (s *scope) free(name string) {
	if a, ok := s.values[name]; ok {
		s.budget.alive -= a.made
	}
	delete(s.values, name)
	delete(s.initial, name)
}

// uses lists what a node takes, graphs in its attributes included.
func uses(n *onnx.Node) []string {
	names := n.Inputs
	for _, a := range n.Attributes {
		if a.Graph == nil {
			continue
		}
		names = slices.Clone(names)
		for _, inner := range a.Graph.Nodes {
			names = append(names, uses(inner)...)
		}
		for _, v := range a.Graph.Outputs {
			names = append(names, v.Name)
		}
	}
	return names
}

// lastUses returns the last node that takes each value; outputs have none.
func lastUses(g *onnx.Graph, live []bool) map[string]int {
	last := map[string]int{}
	for i, n := range g.Nodes {
		if !live[i] {
			continue
		}
		for _, name := range n.Outputs {
			last[name] = i // nobody may take it
		}
		for _, name := range uses(n) {
			last[name] = i
		}
	}
	for _, v := range g.Outputs {
		delete(last, v.Name)
	}
	return last
}
