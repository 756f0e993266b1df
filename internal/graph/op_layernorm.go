package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// NormalizeLayers is layer normalisation along the last axis (Ba, Kiros and
// Hinton 2016): (x-mean)/sqrt(variance+eps)*gamma + beta, gamma and beta [C].
func NormalizeLayers(x, gamma, beta *gorgonia.Node, eps float64) *gorgonia.Node {
	return Apply(LayerNorm{x.Dims(), eps}, x, gamma, beta)
}

// LayerNorm is the operator of [NormalizeLayers] on inputs of rank R.
type LayerNorm struct {
	R   int
	Eps float64
}

// String implements Spec.
func (l LayerNorm) String() string { return fmt.Sprintf("layernorm rank=%d eps=%g", l.R, l.Eps) }

// Ranks implements Spec.
func (l LayerNorm) Ranks() ([]int, int) { return []int{l.R, 1, 1}, l.R }

// Shape implements Spec.
func (LayerNorm) Shape(in [][]int) ([]int, error) {
	if c := last(in[0]); in[1][0] != c || in[2][0] != c {
		return nil, wrong(in)
	}
	return in[0], nil
}

// DiffWRT implements differentiable.
func (LayerNorm) DiffWRT() []bool { return []bool{true, true, true} }

// Gradients implements differentiable.
func (l LayerNorm) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	sums := Apply(LayerNormGradParams(l), dy, x[0])
	return gorgonia.Nodes{Apply(LayerNormGradInput(l), dy, x[0], x[1]), Apply(Row{0}, sums), Apply(Row{1}, sums)}
}

// Moments returns the mean of a row and one over the square root of its biased
// variance plus Eps.
func (l LayerNorm) Moments(x []float64) (mean, scale float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	squares := 0.0
	for _, v := range x {
		squares += (v - mean) * (v - mean)
	}
	return mean, 1 / math.Sqrt(squares/float64(len(x))+l.Eps)
}

// Eval implements Spec.
func (l LayerNorm) Eval(out Array, in []Array) {
	gamma, beta := in[1].Data, in[2].Data
	c := len(gamma)
	for i := 0; i < len(out.Data); i += c {
		mean, scale := l.Moments(in[0].Data[i : i+c])
		for k, v := range in[0].Data[i : i+c] {
			out.Data[i+k] = (v-mean)*scale*gamma[k] + beta[k]
		}
	}
}

// LayerNormGradParams maps dy and x to the gradients of gamma and beta, [2,C].
type LayerNormGradParams LayerNorm

// String implements Spec.
func (l LayerNormGradParams) String() string { return LayerNorm(l).String() + " dparams" }

// Ranks implements Spec.
func (l LayerNormGradParams) Ranks() ([]int, int) { return []int{l.R, l.R}, 2 }

// Shape implements Spec.
func (LayerNormGradParams) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) {
		return nil, wrong(in)
	}
	return []int{2, last(in[0])}, nil
}

// Eval implements Spec.
func (l LayerNormGradParams) Eval(out Array, in []Array) {
	clear(out.Data)
	c := out.Shape[1]
	for i := 0; i < len(in[0].Data); i += c {
		mean, scale := LayerNorm(l).Moments(in[1].Data[i : i+c])
		for k, d := range in[0].Data[i : i+c] {
			out.Data[k] += d * (in[1].Data[i+k] - mean) * scale
			out.Data[c+k] += d
		}
	}
}

// LayerNormGradInput maps dy, x and gamma to the gradient of x.
type LayerNormGradInput LayerNorm

// String implements Spec.
func (l LayerNormGradInput) String() string { return LayerNorm(l).String() + " dx" }

// Ranks implements Spec.
func (l LayerNormGradInput) Ranks() ([]int, int) { return []int{l.R, l.R, 1}, l.R }

// Shape implements Spec.
func (LayerNormGradInput) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) || in[2][0] != last(in[0]) {
		return nil, wrong(in)
	}
	return in[0], nil
}

// Eval implements Spec.
func (l LayerNormGradInput) Eval(out Array, in []Array) {
	gamma := in[2].Data
	c := len(gamma)
	for i := 0; i < len(out.Data); i += c {
		dy, x := in[0].Data[i:i+c], in[1].Data[i:i+c]
		mean, scale := LayerNorm(l).Moments(x)
		sum, along := 0.0, 0.0
		for k, d := range dy {
			sum += d * gamma[k] / float64(c)
			along += d * gamma[k] * (x[k] - mean) * scale / float64(c)
		}
		for k, d := range dy {
			out.Data[i+k] = scale * (d*gamma[k] - sum - (x[k]-mean)*scale*along)
		}
	}
}
