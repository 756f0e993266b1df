package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// AddBias adds b [C] to every row of x [...,C].
func AddBias(x, b *gorgonia.Node) *gorgonia.Node { return Apply(Bias{x.Dims()}, x, b) }

// Bias is the operator of [AddBias] on inputs of rank R.
type Bias struct{ R int }

// String implements Spec.
func (b Bias) String() string { return fmt.Sprintf("bias rank=%d", b.R) }

// Ranks implements Spec.
func (b Bias) Ranks() ([]int, int) { return []int{b.R, 1}, b.R }

// Shape implements Spec.
func (Bias) Shape(in [][]int) ([]int, error) {
	if in[1][0] != last(in[0]) {
		return nil, wrong(in)
	}
	return in[0], nil
}

// DiffWRT implements differentiable.
func (Bias) DiffWRT() []bool { return []bool{true, true} }

// Gradients implements differentiable.
func (b Bias) Gradients(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{dy, Apply(BiasGrad(b), dy)}
}

// Eval implements Spec.
func (Bias) Eval(out Array, in []Array) {
	b := in[1].Data
	for i, x := range in[0].Data {
		out.Data[i] = x + b[i%len(b)]
	}
}

// BiasGrad sums dy [...,C] over all but the last axis, [C].
type BiasGrad Bias

// String implements Spec.
func (b BiasGrad) String() string { return fmt.Sprintf("bias-db rank=%d", b.R) }

// Ranks implements Spec.
func (b BiasGrad) Ranks() ([]int, int) { return []int{b.R}, 1 }

// Shape implements Spec.
func (BiasGrad) Shape(in [][]int) ([]int, error) { return []int{last(in[0])}, nil }

// Eval implements Spec.
func (BiasGrad) Eval(out Array, in []Array) {
	clear(out.Data)
	for i, d := range in[0].Data {
		out.Data[i%len(out.Data)] += d
	}
}

// ScaleChannels multiplies x [N,H,W,C] by s [N,1,1,C]: the excitation of a
// squeeze-and-excitation block (Hu et al. 2018).
func ScaleChannels(x, s *gorgonia.Node) *gorgonia.Node { return Apply(Excite{}, x, s) }

// Excite is the operator of [ScaleChannels].
type Excite struct{}

// String implements Spec.
func (Excite) String() string { return "excite" }

// Ranks implements Spec.
func (Excite) Ranks() ([]int, int) { return []int{4, 4}, 4 }

// Shape implements Spec.
func (Excite) Shape(in [][]int) ([]int, error) {
	if x := in[0]; !same(in[1], []int{x[0], 1, 1, x[3]}) {
		return nil, wrong(in)
	}
	return in[0], nil
}

// DiffWRT implements differentiable.
func (Excite) DiffWRT() []bool { return []bool{true, true} }

// Gradients implements differentiable.
func (Excite) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{Apply(Excite{}, dy, x[1]), Apply(ExciteGradScale{}, dy, x[0])}
}

// Eval implements Spec.
func (Excite) Eval(out Array, in []Array) {
	perImage(in[0].Shape, func(i, s int) { out.Data[i] = in[0].Data[i] * in[1].Data[s] })
}

// perImage calls f for every element i of an [N,H,W,C] array with the
// element s of an [N,1,1,C] array that belongs to it.
func perImage(shape []int, f func(i, s int)) {
	c := shape[3]
	per := shape[1] * shape[2] * c
	for i := range size(shape) {
		f(i, i/per*c+i%c)
	}
}

// ExciteGradScale maps dy and x to the gradient of the scale, [N,1,1,C].
type ExciteGradScale struct{}

// String implements Spec.
func (ExciteGradScale) String() string { return "excite-ds" }

// Ranks implements Spec.
func (ExciteGradScale) Ranks() ([]int, int) { return []int{4, 4}, 4 }

// Shape implements Spec.
func (ExciteGradScale) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) {
		return nil, wrong(in)
	}
	return []int{in[0][0], 1, 1, in[0][3]}, nil
}

// Eval implements Spec.
func (ExciteGradScale) Eval(out Array, in []Array) {
	clear(out.Data)
	perImage(in[0].Shape, func(i, s int) { out.Data[s] += in[0].Data[i] * in[1].Data[i] })
}

// GlobalMean averages x [N,H,W,C] over each image's positions, [N,1,1,C].
func GlobalMean(x *gorgonia.Node) *gorgonia.Node { return Apply(Squeeze{}, x) }

// Squeeze is the operator of [GlobalMean].
type Squeeze struct{}

// String implements Spec.
func (Squeeze) String() string { return "squeeze" }

// Ranks implements Spec.
func (Squeeze) Ranks() ([]int, int) { return []int{4}, 4 }

// Shape implements Spec.
func (Squeeze) Shape(in [][]int) ([]int, error) { return []int{in[0][0], 1, 1, in[0][3]}, nil }

// DiffWRT implements differentiable.
func (Squeeze) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable.
func (Squeeze) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	s := x[0].Shape()
	return gorgonia.Nodes{Apply(SqueezeGrad{s[1], s[2]}, dy)}
}

// Eval implements Spec.
func (Squeeze) Eval(out Array, in []Array) {
	clear(out.Data)
	s := in[0].Shape
	positions := float64(s[1] * s[2])
	perImage(s, func(i, k int) { out.Data[k] += in[0].Data[i] / positions })
}

// SqueezeGrad spreads dy [N,1,1,C] evenly over H x W positions.
type SqueezeGrad struct{ H, W int }

// String implements Spec.
func (s SqueezeGrad) String() string { return fmt.Sprintf("squeeze-dx %dx%d", s.H, s.W) }

// Ranks implements Spec.
func (SqueezeGrad) Ranks() ([]int, int) { return []int{4}, 4 }

// Shape implements Spec.
func (s SqueezeGrad) Shape(in [][]int) ([]int, error) {
	return []int{in[0][0], s.H, s.W, in[0][3]}, nil
}

// Eval implements Spec.
func (s SqueezeGrad) Eval(out Array, in []Array) {
	positions := float64(s.H * s.W)
	perImage(out.Shape, func(i, k int) { out.Data[i] = in[0].Data[k] / positions })
}
