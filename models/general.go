package models

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"melanoma/internal/fault"
	"melanoma/internal/graph"
)

// generals makes the graph's operator of each layer on arrays of any rank,
// from the shapes of its inputs and, behind them, its parameters. nil stands
// for layers with a function of their own.
var generals = map[Op]func(l *Layer, in [][]int) graph.Spec{
	OpFunction: func(l *Layer, in [][]int) graph.Spec {
		return graph.Unary{Kind: l.Function, Lo: l.Low, Hi: l.High, R: len(in[0])}
	},
	OpBinary: func(l *Layer, in [][]int) graph.Spec { return graph.Binary{Kind: l.Function, R: len(in[0])} },
	OpReduce: func(l *Layer, in [][]int) graph.Spec {
		return graph.Reduce{Kind: l.Function, R: len(in[0]), Axes: bits(l.Axes)}
	},
	OpReshape: reshapeSpec,
	OpPermute: func(l *Layer, in [][]int) graph.Spec {
		p := graph.Permute{R: len(in[0])}
		copy(p.Perm[:], l.Axes)
		return p
	},
	OpPad: func(l *Layer, in [][]int) graph.Spec {
		p := graph.Pad{R: len(in[0]), Value: l.Low}
		copy(p.Before[:], l.Before)
		copy(p.After[:], l.After)
		return p
	},
	OpConcat:    func(l *Layer, in [][]int) graph.Spec { return graph.Join{R: len(in[0]), Axis: l.Axis, N: len(in)} },
	OpSoftmax:   func(l *Layer, in [][]int) graph.Spec { return graph.Softmax{R: len(in[0]), Log: l.Function == "log"} },
	OpLayerNorm: func(l *Layer, in [][]int) graph.Spec { return graph.LayerNorm{R: len(in[0]), Eps: l.Epsilon} },
	OpMatMul: func(l *Layer, in [][]int) graph.Spec {
		return graph.BatchMatMul{MatMul: graph.MatMul{TransposeB: l.Turned}, R: len(in[0])}
	},
	OpLocalNorm: func(l *Layer, _ [][]int) graph.Spec {
		return graph.LocalNorm{Size: l.Local.Size, Alpha: l.Local.Alpha, Beta: l.Local.Beta, Bias: l.Local.Bias}
	},
	OpForeign:   func(l *Layer, in [][]int) graph.Spec { return l.Foreign.spec(in) },
	OpParameter: nil,
}

func bits(axes []int) uint {
	b := uint(0)
	for _, a := range axes {
		b |= 1 << a
	}
	return b
}

func reshapeSpec(l *Layer, in [][]int) graph.Spec {
	r := graph.Reshape{From: len(in[0]), Rank: len(l.Sizes) + 1}
	rest := count(l.Sizes)
	if rest > 0 {
		r.To[0] = count(in[0]) / rest
	}
	copy(r.To[1:], l.Sizes)
	return r
}

// general adds a layer on arrays of any rank to the graph.
func (a *assembly) general(l *Layer, x []*gorgonia.Node) *gorgonia.Node {
	operator, ok := generals[l.Op]
	if !ok {
		panic(fmt.Sprintf("unknown operator %q", l.Op))
	}
	for _, p := range l.Params {
		x = append(x, a.params[p])
	}
	if l.Op == OpParameter {
		s := slices.Clone([]int(x[0].Shape()))
		if s[0] == 1 {
			s[0] = a.in.Batch
		}
		return graph.Expanded(x[0], s)
	}
	in := [][]int{}
	for _, n := range x {
		in = append(in, n.Shape())
	}
	if l.Op == OpReshape && slices.Equal(in[0], append([]int{count(in[0]) / count(l.Sizes)}, l.Sizes...)) {
		return x[0]
	}
	return graph.Apply(operator(l, in), x...)
}

// generalShape infers the shape of such a layer.
func (n *Net) generalShape(l *Layer, shapes map[string][]int, image []int) ([]int, error) {
	var in [][]int
	for _, name := range l.Inputs {
		s, ok := shapes[name]
		if !ok {
			return nil, fmt.Errorf("no layer before it makes %s", name)
		}
		in = append(in, s)
	}
	for _, name := range l.Params {
		p, ok := n.Param(name)
		if !ok {
			return nil, fmt.Errorf("no parameter is called %s", name)
		}
		in = append(in, p.Shape)
	}
	if len(in) == 0 || slices.ContainsFunc(in, func(s []int) bool { return len(s) == 0 || len(s) > graph.MaxRank || slices.Min(s) < 1 }) {
		return nil, fmt.Errorf("%s does not fit inputs of shape %v", l.Op, in)
	}
	if l.Op == OpParameter {
		s := slices.Clone(in[0])
		if s[0] == 1 && image != nil {
			s[0] = image[0] // one for each image
		}
		return s, nil
	}
	spec := generals[l.Op](l, in)
	ranks, _ := spec.Ranks()
	if len(ranks) != len(in) {
		return nil, fmt.Errorf("%s has %d inputs and parameters, not %d", l.Op, len(in), len(ranks))
	}
	for i, r := range ranks {
		if len(in[i]) != r {
			return nil, fmt.Errorf("%s does not fit inputs of shape %v", l.Op, in)
		}
	}
	return spec.Shape(in)
}

// checkGradients refuses to train a network through an operator without a
// gradient.
func (n *Net) checkGradients(frozen map[string]bool) error {
	trained := map[string]bool{} // layers that depend on trained parameters
	for i := range n.Layers {
		l := &n.Layers[i]
		before := slices.ContainsFunc(l.Inputs, func(in string) bool { return trained[in] })
		if before && !l.hasGradient() {
			what := string(l.Op)
			if l.Foreign != nil {
				what = "the ONNX operator " + l.Foreign.Operator
			}
			return fault.New(fault.Input, "the network can be run, but not trained; export it without that operator",
				"models: %s: layer %s is %s, which has no gradient", n.Name, l.Name, what)
		}
		trained[l.Name] = before || slices.ContainsFunc(l.Params, func(p string) bool { return !frozen[p] })
	}
	return nil
}

func (l *Layer) hasGradient() bool {
	switch l.Op {
	case OpForeign, OpLocalNorm:
		return false
	case OpReduce:
		return l.Function == "sum" || l.Function == "mean"
	case OpBinary:
		return l.Function != "max" && l.Function != "min" && l.Function != "power"
	}
	return true
}
