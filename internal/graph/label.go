package graph

import (
	"strings"

	"gorgonia.org/gorgonia"
)

// Label names the layer of y and of every operator before it that belongs to
// no layer yet: the nodes that a layer is made of, where those before it have
// theirs. The gradients of a labelled node get its label.
func Label(y *gorgonia.Node, layer string) {
	stack := []*gorgonia.Node{y}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n.Op() == nil || n.Op().Arity() == 0 || LabelOf(n) != "" {
			continue
		}
		gorgonia.WithName(layer)(n)
		for it := n.Graph().From(n.ID()); it.Next(); {
			stack = append(stack, it.Node().(*gorgonia.Node))
		}
	}
}

// LabelOf returns the layer of a node, or the name of an input or parameter;
// "" for an operator that was not labelled.
func LabelOf(n *gorgonia.Node) string {
	name := n.Name()
	// What gorgonia calls a node without a name.
	if n.Op() != nil && strings.HasPrefix(name, n.Op().String()+"(") {
		return ""
	}
	return name
}
