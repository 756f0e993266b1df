package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// The operators of split attention (Zhang et al., "ResNeSt", 2020): channels
// are `radix` groups of equal size that lie one after the other.

// SumGroups adds the groups of x [N,H,W,radix*C], [N,H,W,C].
func SumGroups(x *gorgonia.Node, radix int) *gorgonia.Node { return Apply(GroupSum{radix}, x) }

// GroupSum is the operator of [SumGroups].
type GroupSum struct{ Radix int }

// String implements Spec.
func (g GroupSum) String() string { return fmt.Sprintf("group-sum radix=%d", g.Radix) }

// Ranks implements Spec.
func (GroupSum) Ranks() ([]int, int) { return []int{4}, 4 }

// Shape implements Spec.
func (g GroupSum) Shape(in [][]int) ([]int, error) {
	x := in[0]
	if g.Radix < 1 || x[3]%g.Radix != 0 {
		return nil, wrong(in)
	}
	return []int{x[0], x[1], x[2], x[3] / g.Radix}, nil
}

// DiffWRT implements differentiable.
func (GroupSum) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable.
func (g GroupSum) Gradients(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{Apply(GroupSumGrad(g), dy)}
}

// Eval implements Spec.
func (g GroupSum) Eval(out Array, in []Array) {
	clear(out.Data)
	c := last(out.Shape)
	for i, x := range in[0].Data {
		out.Data[i/(g.Radix*c)*c+i%c] += x
	}
}

// GroupSumGrad repeats the channels of dy [N,H,W,C] for every group,
// [N,H,W,Radix*C].
type GroupSumGrad GroupSum

// String implements Spec.
func (g GroupSumGrad) String() string { return fmt.Sprintf("group-sum-dx radix=%d", g.Radix) }

// Ranks implements Spec.
func (GroupSumGrad) Ranks() ([]int, int) { return []int{4}, 4 }

// Shape implements Spec.
func (g GroupSumGrad) Shape(in [][]int) ([]int, error) {
	s := in[0]
	return []int{s[0], s[1], s[2], s[3] * g.Radix}, nil
}

// Eval implements Spec.
func (g GroupSumGrad) Eval(out Array, in []Array) {
	c := last(in[0].Shape)
	for i := range out.Data {
		out.Data[i] = in[0].Data[i/(g.Radix*c)*c+i%c]
	}
}

// SoftmaxGroups maps x [N,1,1,cardinality*radix*C] to the softmax over the
// radix, [N,1,1,radix*cardinality*C]: the input's channels lie by cardinality
// first, the output's by radix first, as [ScaleChannels] before [SumGroups]
// wants them.
func SoftmaxGroups(x *gorgonia.Node, radix, cardinality int) *gorgonia.Node {
	return Apply(GroupSoftmax{radix, cardinality}, x)
}

// GroupSoftmax is the operator of [SoftmaxGroups].
type GroupSoftmax struct{ Radix, Cardinality int }

// String implements Spec.
func (g GroupSoftmax) String() string {
	return fmt.Sprintf("group-softmax radix=%d cardinality=%d", g.Radix, g.Cardinality)
}

// Ranks implements Spec.
func (GroupSoftmax) Ranks() ([]int, int) { return []int{4}, 4 }

// Shape implements Spec.
func (g GroupSoftmax) Shape(in [][]int) ([]int, error) {
	x := in[0]
	if g.Radix < 1 || g.Cardinality < 1 || x[1] != 1 || x[2] != 1 || x[3]%(g.Radix*g.Cardinality) != 0 {
		return nil, wrong(in)
	}
	return x, nil
}

// DiffWRT implements differentiable.
func (GroupSoftmax) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable.
func (g GroupSoftmax) Gradients(_ gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{Apply(GroupSoftmaxGrad(g), dy, y)}
}

// Each calls f once for every softmax over n images of the given number of
// channels: input element r is at x+r*xStep, output element r at y+r*yStep.
func (g GroupSoftmax) Each(n, channels int, f func(x, xStep, y, yStep int)) {
	c := channels / (g.Radix * g.Cardinality)
	for i := range n {
		for k := range g.Cardinality {
			for j := range c {
				f(i*channels+k*g.Radix*c+j, c, i*channels+k*c+j, g.Cardinality*c)
			}
		}
	}
}

// Eval implements Spec.
func (g GroupSoftmax) Eval(out Array, in []Array) {
	s := in[0].Shape
	g.Each(s[0], s[3], func(x, xStep, y, yStep int) {
		g.softmax(out.Data[y:], yStep, in[0].Data[x:], xStep)
	})
}

func (g GroupSoftmax) softmax(y []float64, yStep int, x []float64, xStep int) {
	top, sum := math.Inf(-1), 0.0
	for r := range g.Radix {
		top = max(top, x[r*xStep])
	}
	for r := range g.Radix {
		y[r*yStep] = math.Exp(x[r*xStep] - top)
		sum += y[r*yStep]
	}
	for r := range g.Radix {
		y[r*yStep] /= sum
	}
}

// GroupSoftmaxGrad maps dy and y of a [GroupSoftmax] to the gradient of its
// input: y*(dy - sum over the radix of y*dy).
type GroupSoftmaxGrad GroupSoftmax

// String implements Spec.
func (g GroupSoftmaxGrad) String() string { return GroupSoftmax(g).String() + " dx" }

// Ranks implements Spec.
func (GroupSoftmaxGrad) Ranks() ([]int, int) { return []int{4, 4}, 4 }

// Shape implements Spec.
func (g GroupSoftmaxGrad) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) {
		return nil, wrong(in)
	}
	return GroupSoftmax(g).Shape(in)
}

// Eval implements Spec.
func (g GroupSoftmaxGrad) Eval(out Array, in []Array) {
	dy, y, s := in[0].Data, in[1].Data, in[0].Shape
	GroupSoftmax(g).Each(s[0], s[3], func(x, xStep, o, step int) {
		dot := 0.0
		for r := range g.Radix {
			dot += dy[o+r*step] * y[o+r*step]
		}
		for r := range g.Radix {
			out.Data[x+r*xStep] = y[o+r*step] * (dy[o+r*step] - dot)
		}
	})
}
