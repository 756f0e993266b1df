package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// Reduce is the "sum", "mean", "max" or "min" of an input of rank R along some
// axes, which keep length 1.
type Reduce struct {
	Kind string
	R    int
	Axes uint // bit i for axis i
}

// String implements Spec.
func (r Reduce) String() string { return fmt.Sprintf("%s along %b rank=%d", r.Kind, r.Axes, r.R) }

// Ranks implements Spec.
func (r Reduce) Ranks() ([]int, int) { return []int{r.R}, r.R }

// Shape implements Spec.
func (r Reduce) Shape(in [][]int) ([]int, error) {
	switch r.Kind {
	case "sum", "mean", "max", "min":
	default:
		return nil, fmt.Errorf("there is no reduction %q", r.Kind)
	}
	if len(in[0]) != r.R || r.Axes>>r.R != 0 {
		return nil, wrong(in)
	}
	out := append([]int{}, in[0]...)
	for i := range out {
		if r.Axes>>i&1 == 1 {
			if out[i] == 0 {
				return nil, wrong(in)
			}
			out[i] = 1
		}
	}
	return out, nil
}

// Count returns how many elements become one.
func (r Reduce) Count(shape []int) int {
	n := 1
	for i, d := range shape {
		if r.Axes>>i&1 == 1 {
			n *= d
		}
	}
	return n
}

// DiffWRT implements differentiable.
func (r Reduce) DiffWRT() []bool { return []bool{r.Kind == "sum" || r.Kind == "mean"} }

// Gradients implements differentiable.
func (r Reduce) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	s := x[0].Shape()
	if r.Kind == "mean" {
		dy = Map(dy, "affine", 1/float64(r.Count(s)), 0)
	}
	return gorgonia.Nodes{Expanded(dy, s)}
}

// Eval implements Spec.
func (r Reduce) Eval(out Array, in []Array) {
	first, add := 0.0, func(x, y float64) float64 { return x + y }
	switch r.Kind {
	case "max":
		first, add = math.Inf(-1), binaries["max"]
	case "min":
		first, add = math.Inf(1), binaries["min"]
	}
	for i := range out.Data {
		out.Data[i] = first
	}
	to := strides(out.Shape, in[0].Shape)
	each(in[0].Shape, func(i int, at []int) {
		k := dot(at, to)
		out.Data[k] = add(out.Data[k], in[0].Data[i])
	})
	if r.Kind == "mean" {
		n := float64(r.Count(in[0].Shape))
		for i := range out.Data {
			out.Data[i] /= n
		}
	}
}

// Expanded repeats x along the axes where it has length 1 and shape has not.
func Expanded(x *gorgonia.Node, shape []int) *gorgonia.Node {
	if same(x.Shape(), shape) {
		return x
	}
	e := Expand{R: x.Dims()}
	copy(e.To[:], shape)
	return Apply(e, x)
}

// Expand is the operator of [Expanded] on inputs of rank R.
type Expand struct {
	R  int
	To [MaxRank]int
}

// String implements Spec.
func (e Expand) String() string { return fmt.Sprintf("expand to %v", e.To[:e.R]) }

// Ranks implements Spec.
func (e Expand) Ranks() ([]int, int) { return []int{e.R}, e.R }

// Shape implements Spec.
func (e Expand) Shape(in [][]int) ([]int, error) {
	for i, d := range in[0] {
		if d != 1 && d != e.To[i] {
			return nil, wrong(in)
		}
	}
	return append([]int{}, e.To[:e.R]...), nil
}

// DiffWRT implements differentiable.
func (Expand) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable.
func (Expand) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{sumTo(dy, x[0].Shape())}
}

// Eval implements Spec.
func (Expand) Eval(out Array, in []Array) {
	from := strides(in[0].Shape, out.Shape)
	each(out.Shape, func(i int, at []int) { out.Data[i] = in[0].Data[dot(at, from)] })
}
