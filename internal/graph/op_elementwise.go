package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// Swish is x * sigmoid(x), of any shape.
func Swish(x *gorgonia.Node) *gorgonia.Node { return unary(Unary{Kind: "swish"}, x) }

// Sigmoid is 1/(1+exp(-x)), of any shape.
func Sigmoid(x *gorgonia.Node) *gorgonia.Node { return unary(Unary{Kind: "sigmoid"}, x) }

// ReLU is max(x, 0), of any shape.
func ReLU(x *gorgonia.Node) *gorgonia.Node { return Clip(x, 0, math.Inf(1)) }

// Clip limits x to [lo, hi]; its gradient is 1 strictly inside and 0 elsewhere.
func Clip(x *gorgonia.Node, lo, hi float64) *gorgonia.Node {
	return unary(Unary{Kind: "clip", Lo: lo, Hi: hi}, x)
}

// Add is the element-wise sum of two nodes of one shape: Gorgonia's own
// operator, which its gradient accumulation uses too.
func Add(x, y *gorgonia.Node) *gorgonia.Node {
	if !same(x.Shape(), y.Shape()) {
		panic(fmt.Sprintf("graph: add: %v", wrong([][]int{x.Shape(), y.Shape()})))
	}
	return gorgonia.Must(gorgonia.Add(x, y))
}

// AdditionOp is how Gorgonia prints the operator of [Add].
const AdditionOp = "+ false"

// Mul is the element-wise product of two nodes of one shape.
func Mul(x, y *gorgonia.Node) *gorgonia.Node { return Apply(Product{x.Dims()}, x, y) }

// Product is the operator of [Mul] on inputs of rank R.
type Product struct{ R int }

// String implements Spec.
func (p Product) String() string { return fmt.Sprintf("product rank=%d", p.R) }

// Ranks implements Spec.
func (p Product) Ranks() ([]int, int) { return []int{p.R, p.R}, p.R }

// Shape implements Spec.
func (Product) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) {
		return nil, wrong(in)
	}
	return in[0], nil
}

// DiffWRT implements differentiable.
func (Product) DiffWRT() []bool { return []bool{true, true} }

// Gradients implements differentiable.
func (p Product) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{Apply(p, dy, x[1]), Apply(p, dy, x[0])}
}

// Eval implements Spec.
func (Product) Eval(out Array, in []Array) {
	for i, x := range in[0].Data {
		out.Data[i] = x * in[1].Data[i]
	}
}
