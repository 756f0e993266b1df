package exec

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"melanoma/internal/graph"
)

// planner orders the steps and places their results.
type planner struct {
	program *graph.Program
	values  map[int64]*value // by node
	outputs []*value         // in the order in which they are wanted
	order   []*value         // computed values in execution order
	size    int              // floats in the arena
}

// newPlanner reads the program, fuses what the rules allow and orders the
// steps.
func newPlanner(p *graph.Program, o options) (*planner, error) {
	pl := &planner{program: p}
	nodes := pl.wanted()
	var err error
	if pl.values, err = valuesOf(p, nodes); err != nil {
		return nil, err
	}
	for _, n := range nodes {
		v := pl.values[n.ID()]
		v.keep = true
		pl.outputs = append(pl.outputs, v)
	}
	pl.arrange()
	pl.split()
	if o.checkpoint {
		pl.checkpoint()
	}
	for _, r := range o.rules {
		if pl.apply(r) {
			pl.arrange()
		}
	}
	return pl, nil
}

// wanted lists the outputs: logits first, then statistics and loss, then the
// gradients of the last parameter first, which is the order in which
// activations become free.
func (p *planner) wanted() []*gorgonia.Node {
	var nodes []*gorgonia.Node
	for _, n := range append([]*gorgonia.Node{p.program.Logits, p.program.Pooled}, p.program.Outputs...) {
		if n != nil {
			nodes = append(nodes, n)
		}
	}
	for _, b := range p.program.BatchNorms {
		nodes = append(nodes, b.Stats)
	}
	if p.program.Loss != nil {
		nodes = append(nodes, p.program.Loss)
	}
	for i := len(p.program.Grads) - 1; i >= 0; i-- {
		nodes = append(nodes, p.program.Grads[i])
	}
	return nodes
}

// split tells the backward pass from the forward pass and what of the latter
// it reads. A normalisation is counted as read through: it is made again from
// its input.
func (p *planner) split() {
	forward := p.ancestors(p.outputs[:len(p.outputs)-len(p.program.Grads)])
	for _, v := range p.order {
		if v.back = !forward[v]; !v.back {
			continue
		}
		for _, in := range v.in {
			in.saved = true
			if n, _ := normOf(in); n.from == givenStatistics {
				in.in[0].saved = true
			}
		}
	}
}

// arrange orders the values that the outputs need, inputs first. Companions
// follow the value that they accompany.
func (p *planner) arrange() {
	p.order = p.order[:0]
	done := map[*value]bool{}
	type frame struct {
		v    *value
		open bool
	}
	for _, out := range p.outputs {
		stack := []frame{{v: out}}
		for len(stack) > 0 {
			f := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if f.open {
				p.emit(f.v)
				continue
			}
			v := f.v
			if _, ok := v.op.(companion); ok {
				v = v.in[0]
			}
			if done[v] || v.outside {
				continue
			}
			done[v] = true
			stack = append(stack, frame{v, true})
			for _, again := range []bool{true, false} { // what comes again waits for all else
				for i := len(v.in) - 1; i >= 0; i-- {
					if v.in[i].again == again {
						stack = append(stack, frame{v: v.in[i]})
					}
				}
			}
		}
	}
	p.live()
}

// emit appends a value and its companions to the order.
func (p *planner) emit(v *value) {
	p.order = append(p.order, v)
	for _, c := range v.also {
		if c != nil {
			c.in = append([]*value{v}, v.in...) // rules may have changed what v reads
			p.order = append(p.order, c)
		}
	}
}

// live finds the last reader of every value. A step's companions read what it
// reads, so nothing that it reads is given up before all its results have a
// place. It panics on an order that reads what is not computed yet: a rule
// would have made a step wait for itself.
func (p *planner) live() {
	for _, v := range p.order {
		v.last = -1
	}
	computed := map[*value]bool{}
	for i, v := range p.order {
		for _, in := range v.in {
			if !in.outside && !computed[in] {
				panic(fmt.Sprintf("exec: plan: %s reads %s before it is computed", v.op, in.op))
			}
			in.last = i
		}
		computed[v] = true
	}
}
