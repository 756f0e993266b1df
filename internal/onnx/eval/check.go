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
	k.graph(m.Graph, nil)
	return k.found
}

type checker struct {
	model *onnx.Model
	found []*Error
}

func (k *checker) add(n *onnx.Node, format string, args ...any) {
	k.found = append(k.found, nodeError(n, k.model.Opset, "", format, args...))
}

// names are the values that a graph has so far; it sees those around it.
type names struct {
	own    map[string]bool
	around *names
}

func (n *names) have(name string) bool {
	for ; n != nil; n = n.around {
		if n.own[name] {
			return true
		}
	}
	return false
}

// graph checks a graph inside of another, or of none.
func (k *checker) graph(g *onnx.Graph, around *names) {
	known := &names{map[string]bool{}, around}
	for _, t := range g.Initializers {
		initializer := &onnx.Node{Op: "initializer", Name: t.Name}
		if t.Name == "" {
			k.add(initializer, "it has no name")
		}
		if known.own[t.Name] {
			k.add(initializer, "the file has two of this name")
		}
		known.own[t.Name] = true
	}
	for _, v := range g.Inputs {
		known.own[v.Name] = true
	}
	live := g.Live()
	for i, n := range g.Nodes {
		for _, name := range n.Inputs {
			if name != "" && !known.have(name) {
				k.add(n, "it takes %q, which nothing before it makes", name)
			}
		}
		if live[i] {
			k.node(n, known)
		}
		for _, name := range n.Outputs {
			if name != "" && known.have(name) {
				k.add(n, "%s is made twice", name)
			}
			known.own[name] = name != ""
		}
	}
	for _, v := range g.Outputs {
		if !known.have(v.Name) {
			k.add(&onnx.Node{Op: "output", Name: v.Name}, "nothing makes it")
		}
	}
}

func (k *checker) node(n *onnx.Node, known *names) {
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
