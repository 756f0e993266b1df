package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// BatchNormEval normalises x [...,C] by given statistics, each [C]. They are
// constants to the gradient: it is that of a network whose running statistics
// are frozen.
func BatchNormEval(x, gamma, beta, mean, variance *gorgonia.Node, eps float64) *gorgonia.Node {
	return Apply(BatchNormFixed{x.Dims(), eps}, x, gamma, beta, mean, variance)
}

// BatchNormFixed maps x, gamma, beta, mean, variance to x normalised by the
// given statistics.
type BatchNormFixed BatchNorm

// String implements Spec.
func (b BatchNormFixed) String() string {
	return fmt.Sprintf("batchnorm-fixed rank=%d eps=%g", b.R, b.Eps)
}

// Ranks implements Spec.
func (b BatchNormFixed) Ranks() ([]int, int) { return []int{b.R, 1, 1, 1, 1}, b.R }

// Shape implements Spec.
func (BatchNormFixed) Shape(in [][]int) ([]int, error) {
	for _, p := range in[1:] {
		if p[0] != last(in[0]) {
			return nil, wrong(in)
		}
	}
	return in[0], nil
}

// DiffWRT implements differentiable.
func (BatchNormFixed) DiffWRT() []bool { return []bool{true, true, true, false, false} }

// Gradients implements differentiable.
func (b BatchNormFixed) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	sums := Apply(BatchNormFixedGradParams(b), dy, x[0], x[3], x[4])
	dx := Apply(BatchNormFixedGradInput(b), dy, x[1], x[4])
	return gorgonia.Nodes{dx, Apply(Row{0}, sums), Apply(Row{1}, sums), nil, nil}
}

// Eval implements Spec.
func (b BatchNormFixed) Eval(out Array, in []Array) {
	normalise(out.Data, in[0].Data, in[3].Data, in[4].Data, in[1].Data, in[2].Data, b.Eps)
}

// BatchNormFixedGradParams maps dy, x, mean, variance to the gradients of
// gamma and beta, [2,C].
type BatchNormFixedGradParams BatchNorm

// String implements Spec.
func (b BatchNormFixedGradParams) String() string {
	return fmt.Sprintf("batchnorm-fixed-dparams rank=%d eps=%g", b.R, b.Eps)
}

// Ranks implements Spec.
func (b BatchNormFixedGradParams) Ranks() ([]int, int) { return []int{b.R, b.R, 1, 1}, 2 }

// Shape implements Spec.
func (BatchNormFixedGradParams) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) {
		return nil, wrong(in)
	}
	return []int{2, last(in[0])}, nil
}

// Eval implements Spec.
func (b BatchNormFixedGradParams) Eval(out Array, in []Array) {
	dy, x, mean, variance := in[0].Data, in[1].Data, in[2].Data, in[3].Data
	c := len(mean)
	clear(out.Data)
	for i, d := range dy {
		k := i % c
		out.Data[k] += d * (x[i] - mean[k]) / math.Sqrt(variance[k]+b.Eps)
		out.Data[c+k] += d
	}
}

// BatchNormFixedGradInput maps dy, gamma, variance to the gradient of x.
type BatchNormFixedGradInput BatchNorm

// String implements Spec.
func (b BatchNormFixedGradInput) String() string {
	return fmt.Sprintf("batchnorm-fixed-dx rank=%d eps=%g", b.R, b.Eps)
}

// Ranks implements Spec.
func (b BatchNormFixedGradInput) Ranks() ([]int, int) { return []int{b.R, 1, 1}, b.R }

// Shape implements Spec.
func (BatchNormFixedGradInput) Shape(in [][]int) ([]int, error) { return in[0], nil }

// Eval implements Spec.
func (b BatchNormFixedGradInput) Eval(out Array, in []Array) {
	gamma, variance := in[1].Data, in[2].Data
	for i, d := range in[0].Data {
		k := i % len(gamma)
		out.Data[i] = d * gamma[k] / math.Sqrt(variance[k]+b.Eps)
	}
}
