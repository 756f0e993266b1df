package eval

import (
	"errors"
	"fmt"

	"melanoma/internal/onnx"
)

var errUnsupported = errors.New("the operator is not supported")

// Check lists everything in a model that is known to be wrong before anything
// is computed: of the nodes that the outputs need, operators and attributes
// that are not supported; of all nodes, values that nothing before makes (so
// the graph has a cycle or is not sorted), that are made twice, or that have
// no name.
func Check(m *onnx.Model) []*Error {
	k := checker{model: m}
	k.graph(m.Graph, map[string]bool{})
	return k.found
}

type checker struct {
	model *onnx.Model
	found []*Error
}

func (k *checker) add(n *onnx.Node, format string, args ...any) {
	k.found = append(k.found, nodeError(n, k.model.Opset, "", format, args...))
}

// graph checks a graph that sees the known values around it.
func (k *checker) graph(g *onnx.Graph, around map[string]bool) {
	known := make(map[string]bool, len(around)+len(g.Initializers)+len(g.Nodes))
	for name := range around {
		known[name] = true
	}
	for _, t := range g.Initializers {
		if t.Name == "" {
			k.add(&onnx.Node{Op: "initializer"}, "it has no name")
		}
		known[t.Name] = true
	}
	for _, v := range g.Inputs {
		known[v.Name] = true
	}
	live := g.Live()
	for i, n := range g.Nodes {
		for _, name := range n.Inputs {
			if name != "" && !known[name] {
				k.add(n, "it takes %q, which nothing before it makes", name)
			}
		}
		if live[i] {
			k.node(n, known)
		}
		for _, name := range n.Outputs {
			if name != "" && known[name] {
				k.add(n, "%s is made twice", name)
			}
			known[name] = name != ""
		}
	}
	for _, v := range g.Outputs {
		if !known[v.Name] {
			k.add(&onnx.Node{Op: "output", Name: v.Name}, "nothing makes it")
		}
	}
}

func (k *checker) node(n *onnx.Node, known map[string]bool) {
	op, ok := Lookup(n.Domain, n.Op, k.model.Opset)
	if !ok {
		k.add(n, "%s", k.reason(n))
		return
	}
	k.found = append(k.found, op.Check(n, k.model.Opset)...)
	for _, a := range n.Attributes {
		if a.Graph != nil {
			k.graph(a.Graph, known)
		}
	}
}

// reason says why an operator is not known.
func (k *checker) reason(n *onnx.Node) string {
	for _, name := range k.model.Functions {
		if name == n.Domain+"."+n.Op {
			return "it calls a function of the file; functions are not supported, inline them"
		}
	}
	if n.Domain != "" {
		return fmt.Sprintf("operators of the domain %q are not supported", n.Domain)
	}
	if definitions := operators[n.Op]; len(definitions) > 0 {
		return fmt.Sprintf("its definition in opset %d is not supported", k.model.Opset)
	}
	return errUnsupported.Error()
}
