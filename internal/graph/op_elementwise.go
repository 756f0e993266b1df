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

func unary(u Unary, x *gorgonia.Node) *gorgonia.Node {
	u.R = x.Dims()
	return apply(u, x)
}

// Unary is an element-wise function of one input: "swish", "sigmoid" or
// "clip" (with limits Lo and Hi), on inputs of rank R.
type Unary struct {
	Kind   string
	Lo, Hi float64
	R      int
}

// String implements Spec.
func (u Unary) String() string { return fmt.Sprintf("%s %g %g rank=%d", u.Kind, u.Lo, u.Hi, u.R) }

// Ranks implements Spec.
func (u Unary) Ranks() ([]int, int) { return []int{u.R}, u.R }

// Shape implements Spec.
func (Unary) Shape(in [][]int) ([]int, error) { return in[0], nil }

// DiffWRT implements differentiable.
func (Unary) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable. Sigmoid's gradient is computed from
// its output, the others' from their input.
func (u Unary) Gradients(x gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
	from := x[0]
	if u.Kind == "sigmoid" {
		from = y
	}
	return gorgonia.Nodes{apply(UnaryGrad(u), dy, from)}
}

// Eval implements Spec.
func (u Unary) Eval(out Array, in []Array) {
	for i, x := range in[0].Data {
		switch u.Kind {
		case "swish":
			out.Data[i] = x * logistic(x)
		case "sigmoid":
			out.Data[i] = logistic(x)
		case "clip":
			out.Data[i] = min(max(x, u.Lo), u.Hi)
		default:
			panic("graph: unary: unknown kind " + u.Kind)
		}
	}
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// UnaryGrad maps dy and the input (for sigmoid the output) of a [Unary] to
// the gradient of its input.
type UnaryGrad Unary

// String implements Spec.
func (u UnaryGrad) String() string {
	return fmt.Sprintf("%s-dx %g %g rank=%d", u.Kind, u.Lo, u.Hi, u.R)
}

// Ranks implements Spec.
func (u UnaryGrad) Ranks() ([]int, int) { return []int{u.R, u.R}, u.R }

// Shape implements Spec.
func (UnaryGrad) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) {
		return nil, wrong(in)
	}
	return in[0], nil
}

// Eval implements Spec.
func (u UnaryGrad) Eval(out Array, in []Array) {
	for i, dy := range in[0].Data {
		v := in[1].Data[i]
		switch u.Kind {
		case "swish":
			s := logistic(v)
			out.Data[i] = dy * (s + v*s*(1-s))
		case "sigmoid":
			out.Data[i] = dy * v * (1 - v)
		default: // clip
			out.Data[i] = 0
			if u.Lo < v && v < u.Hi {
				out.Data[i] = dy
			}
		}
	}
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
func Mul(x, y *gorgonia.Node) *gorgonia.Node { return apply(Product{x.Dims()}, x, y) }

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
	return gorgonia.Nodes{apply(p, dy, x[1]), apply(p, dy, x[0])}
}

// Eval implements Spec.
func (Product) Eval(out Array, in []Array) {
	for i, x := range in[0].Data {
		out.Data[i] = x * in[1].Data[i]
	}
}
