package exec

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"melanoma/internal/graph"
)

// operator is what computes a value: a graph.Spec, one of Gorgonia's own
// operators (addition), or one of the fused operators of fuse.go.
type operator interface{ String() string }

// addition is Gorgonia's element-wise sum, which residual connections and the
// accumulation of gradients use.
type addition struct{}

func (addition) String() string { return "add" }

// companion is the operator of a value that another value's step computes on
// its way; its inputs are that value and what that value reads.
type companion struct{ what string }

func (c companion) String() string { return c.what }

// accompany makes v a further result of the step that computes primary.
func (v *value) accompany(primary *value, slot int, what string) {
	for len(primary.also) <= slot {
		primary.also = append(primary.also, nil)
	}
	primary.also[slot] = v
	v.op, v.in = companion{what}, []*value{primary}
}

// value is one result of the program: what computes it, from which others,
// where it lies and until when it is needed.
type value struct {
	name    string // of an input or parameter, or of the layer; may be empty
	op      operator
	in      []*value
	also    []*value // further results of the same step, by slot; nil where not wanted
	shape   []int
	size    int
	home    *value    // the value whose memory this one is a part of; itself if its own
	shift   int       // offset within home
	offset  int       // place of a home in the arena
	last    int       // index of the last step that reads it
	fixed   []float32 // its memory, where that is outside the arena
	outside bool      // not computed: input, parameter, constant
	keep    bool      // an output: never reused
	again   bool      // computed a second time for the backward pass
	back    bool      // of the backward pass
	saved   bool      // the backward pass reads it, or what a given normalisation makes of it
}

// valuesOf reads the graph under the roots into values, each node once. It
// walks with a stack of its own: networks are deep.
func valuesOf(p *graph.Program, roots []*gorgonia.Node) (map[int64]*value, error) {
	values := map[int64]*value{}
	stack := append([]*gorgonia.Node{}, roots...)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		if values[n.ID()] == nil {
			v, err := newValue(n)
			if err != nil {
				return nil, err
			}
			values[n.ID()] = v
		}
		v := values[n.ID()]
		if v.outside || v.in != nil {
			stack = stack[:len(stack)-1]
			continue
		}
		children := childrenOf(p, n)
		missing := false
		for _, c := range children {
			if values[c.ID()] == nil {
				stack = append(stack, c)
				missing = true
			}
		}
		if missing {
			continue
		}
		v.in = make([]*value, len(children))
		for i, c := range children {
			v.in[i] = values[c.ID()]
		}
		stack = stack[:len(stack)-1]
	}
	return values, nil
}

// childrenOf returns the nodes that n reads, in order.
func childrenOf(p *graph.Program, n *gorgonia.Node) []*gorgonia.Node {
	var out []*gorgonia.Node
	for it := p.Graph.From(n.ID()); it.Next(); {
		out = append(out, it.Node().(*gorgonia.Node))
	}
	return out
}

func newValue(n *gorgonia.Node) (*value, error) {
	v := &value{name: graph.LabelOf(n), last: -1, size: 1}
	if !n.IsScalar() {
		v.shape = n.Shape()
	}
	for _, d := range v.shape {
		v.size *= d
	}
	v.home = v
	switch op := n.Op().(type) {
	case nil:
		v.outside = true
	case graph.Op:
		v.op = op.Spec
	default:
		switch {
		case op.Arity() == 0 && n.Value() != nil:
			v.outside = true
		case op.String() == graph.AdditionOp:
			v.op = addition{}
		default:
			return nil, fmt.Errorf("exec: plan: no kernel for Gorgonia's operator %v", op)
		}
	}
	if v.outside {
		if c, ok := constant(n); ok {
			v.fixed = c
		}
	}
	return v, nil
}

// constant returns the value that a node has in the graph itself.
func constant(n *gorgonia.Node) ([]float32, bool) {
	if n.Value() == nil {
		return nil, false
	}
	switch d := n.Value().Data().(type) {
	case float32:
		return []float32{d}, true
	case []float32:
		return d, true
	default:
		return nil, false
	}
}
