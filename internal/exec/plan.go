package exec

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"melanoma/internal/graph"
)

// value is one node's result: where it lies and until when it is needed.
type value struct {
	node    *gorgonia.Node
	shape   []int
	size    int
	home    *value    // the value whose memory this one is a part of; itself if its own
	shift   int       // offset within home
	offset  int       // place of a home in the arena
	last    int       // index of the last step that reads it
	fixed   []float32 // its memory, where that is outside the arena
	outside bool      // not computed: input, parameter, constant
	keep    bool      // an output: never reused
}

// planner orders the steps and places their results.
type planner struct {
	program *graph.Program
	values  map[int64]*value
	order   []*value // computed values in execution order
	size    int      // floats in the arena
}

// inputsOf returns the values that a node reads, in order.
func (p *planner) inputsOf(v *value) []*value {
	var in []*value
	for it := p.program.Graph.From(v.node.ID()); it.Next(); {
		in = append(in, p.values[it.Node().ID()])
	}
	return in
}

// visit appends the nodes that n needs and then n itself, each once. It walks
// with a stack of its own: networks are deep.
func (p *planner) visit(n *gorgonia.Node) {
	type frame struct {
		node *gorgonia.Node
		open bool
	}
	stack := []frame{{node: n}}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if f.open {
			p.order = append(p.order, p.values[f.node.ID()])
			continue
		}
		if p.values[f.node.ID()] != nil {
			continue
		}
		v := &value{node: f.node, shape: shapeOf(f.node), last: -1}
		v.size = 1
		for _, d := range v.shape {
			v.size *= d
		}
		v.home = v
		p.values[f.node.ID()] = v
		if f.node.Op() == nil || isConstant(f.node) {
			v.outside = true
			continue
		}
		stack = append(stack, frame{f.node, true})
		var children []*gorgonia.Node
		for it := p.program.Graph.From(f.node.ID()); it.Next(); {
			children = append(children, it.Node().(*gorgonia.Node))
		}
		for i := len(children) - 1; i >= 0; i-- {
			stack = append(stack, frame{node: children[i]})
		}
	}
}

func shapeOf(n *gorgonia.Node) []int {
	if n.IsScalar() {
		return nil
	}
	return n.Shape()
}

func isConstant(n *gorgonia.Node) bool {
	return n.Value() != nil && n.Op() != nil && n.Op().Arity() == 0
}

// arrange orders the work: logits first, then statistics and loss, then the
// gradients of the last parameter first, which is the order in which
// activations become free.
func (p *planner) arrange() error {
	var outputs []*gorgonia.Node
	for _, n := range []*gorgonia.Node{p.program.Logits, p.program.Pooled} {
		if n != nil {
			outputs = append(outputs, n)
		}
	}
	for _, b := range p.program.BatchNorms {
		outputs = append(outputs, b.Stats)
	}
	if p.program.Loss != nil {
		outputs = append(outputs, p.program.Loss)
	}
	for i := len(p.program.Grads) - 1; i >= 0; i-- {
		outputs = append(outputs, p.program.Grads[i])
	}
	for _, n := range outputs {
		p.visit(n)
		p.values[n.ID()].keep = true
	}
	for i, v := range p.order {
		for _, in := range p.inputsOf(v) {
			if in == nil {
				return fmt.Errorf("exec: plan: node %v has an input outside the graph", v.node)
			}
			in.last = i
		}
	}
	return nil
}

// alias lets views share the memory of what they view.
func (p *planner) alias() {
	for _, v := range p.order {
		in := p.inputsOf(v)
		spec, ok := specOf(v.node)
		if !ok || len(in) == 0 || in[0].outside {
			continue
		}
		shift := 0
		switch s := spec.(type) {
		case graph.Reshape:
		case graph.Row:
			shift = s.I * v.size
		default:
			continue
		}
		v.home, v.shift = in[0].home, in[0].shift+shift
	}
	for _, v := range p.order {
		v.home.last = max(v.home.last, v.last)
		v.home.keep = v.home.keep || v.keep
	}
}

// place gives every home an offset: the smallest free gap that holds it, and
// where an operator may work in place, the input that dies with it.
func (p *planner) place() {
	var a arena
	dying := make([][]*value, len(p.order))
	for _, v := range p.order {
		if v.home == v && v.fixed == nil && !v.keep && v.last >= 0 {
			dying[v.last] = append(dying[v.last], v)
		}
	}
	for i, v := range p.order {
		taken := (*value)(nil)
		own := v.home == v && v.fixed == nil
		if own {
			if taken = p.inPlace(v, i); taken != nil {
				v.offset = taken.offset
			} else {
				v.offset = a.take(v.size)
			}
		}
		for _, d := range dying[i] {
			if d != taken {
				a.free(d.offset, d.size)
			}
		}
		if own && !v.keep && v.last < 0 {
			a.free(v.offset, v.size) // nobody reads it
		}
	}
	p.size = a.high
}

// inPlace returns the input whose memory step i may overwrite: it dies here,
// has the same size, is not an output, and is not read through another value.
func (p *planner) inPlace(v *value, i int) *value {
	spec, ok := specOf(v.node)
	index := 0
	if ok {
		if index = overwrites(spec); index < 0 {
			return nil
		}
	}
	inputs := p.inputsOf(v)
	if index >= len(inputs) {
		return nil
	}
	in := inputs[index]
	for j, other := range inputs {
		if j != index && other.home == in.home {
			return nil
		}
	}
	if in.outside || in.fixed != nil || in.home != in || in.keep || in.last != i || in.size != v.size {
		return nil
	}
	return in
}

// overwrites returns the input that an operator's kernel may write its output
// over, or -1.
func overwrites(s graph.Spec) int {
	switch s.(type) {
	case graph.Unary, graph.UnaryGrad, graph.BatchNormGradInput, graph.BatchNormFixed,
		graph.Bias, graph.Product, graph.Excite, graph.DropoutMask:
		return 0
	default:
		return -1
	}
}

func specOf(n *gorgonia.Node) (graph.Spec, bool) {
	op, ok := n.Op().(graph.Op)
	return op.Spec, ok
}
