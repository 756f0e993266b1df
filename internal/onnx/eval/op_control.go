package eval

import (
	"errors"
	"fmt"
	"maps"

	"melanoma/internal/onnx"
	"melanoma/internal/rng"
)

// drop scales what it keeps by 1/(1-ratio) and returns 1 for what it kept.
func (c *call) drop(out, x []float64, ratio float64) (kept []float64) {
	key := rng.Key(c.scope.options.Seed, "onnx dropout", c.node.Outputs[0])
	if a := c.node.Attribute("seed"); a != nil {
		key = rng.Key(uint64(a.Int))
	}
	draws := rng.New(key)
	kept = make([]float64, len(x))
	for i, v := range x {
		if draws.Float64() >= ratio {
			kept[i], out[i] = 1, v/(1-ratio)
		}
	}
	return kept
}

// branch evaluates one of two graphs; which one must be known.
func branch(c *call) ([]*Array, error) {
	condition := c.in[0]
	switch {
	case !condition.known:
		return nil, errors.New("which branch is taken depends on values that are not known before the network runs")
	case condition.Type != onnx.Bool || condition.Len() != 1:
		return nil, fmt.Errorf("its condition is %v, not one bool", condition)
	}
	g := c.node.Attribute("else_branch").Graph
	if condition.i64[0] != 0 {
		g = c.node.Attribute("then_branch").Graph
	}
	if len(g.Outputs) != len(c.node.Outputs) {
		return nil, fmt.Errorf("its branch has %d outputs, it has %d", len(g.Outputs), len(c.node.Outputs))
	}
	s := &scope{opset: c.scope.opset, options: c.scope.options, budget: c.scope.budget, keep: true, parent: c.scope, values: map[string]*Array{}}
	if err := s.enter(g, nil); err != nil {
		return nil, err
	}
	if err := s.run(g); err != nil {
		return nil, err
	}
	out := make([]*Array, len(g.Outputs))
	for i, v := range g.Outputs {
		a, err := s.value(v.Name)
		if err != nil {
			return nil, err
		}
		out[i] = a.reshaped(a.Shape)
	}
	for _, a := range maps.All(s.values) {
		c.scope.budget.alive -= a.made
	}
	return out, nil
}
