package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"melanoma/internal/rng"
)

// StochasticDepth multiplies each image of x [N,...] by 1/(1-rate) with
// probability 1-rate and else by 0: a residual block without its body (Huang
// et al. 2016, scaled while training as in Tan and Le's code). The draws are a
// function of draws, stream and the image's index; the gradient reuses them.
func StochasticDepth(x *gorgonia.Node, rate float64, stream uint64, draws *Draws) *gorgonia.Node {
	if rate < 0 || rate >= 1 {
		panic(fmt.Sprintf("graph: stochastic depth: rate %g must be in [0,1)", rate))
	}
	return Apply(DepthMask{x.Dims(), rate, stream, draws}, x)
}

// DepthMask is the operator of [StochasticDepth] on inputs of rank R.
type DepthMask struct {
	R      int
	Rate   float64
	Stream uint64
	Draws  *Draws // the Program's, set before each run
}

// String implements Spec.
func (d DepthMask) String() string {
	return fmt.Sprintf("stochastic-depth rank=%d rate=%g stream=%d", d.R, d.Rate, d.Stream)
}

// Ranks implements Spec.
func (d DepthMask) Ranks() ([]int, int) { return []int{d.R}, d.R }

// Shape implements Spec.
func (DepthMask) Shape(in [][]int) ([]int, error) { return in[0], nil }

// DiffWRT implements differentiable.
func (DepthMask) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable: the operator is linear.
func (d DepthMask) Gradients(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{Apply(d, dy)}
}

// Factor returns what an image is multiplied by.
func (d DepthMask) Factor(image int) float64 {
	if rng.Uniform(rng.Key(d.Draws.Key, "stochastic depth", d.Stream), uint64(d.Draws.FirstRow+image)) < d.Rate {
		return 0
	}
	return 1 / (1 - d.Rate)
}

// Eval implements Spec.
func (d DepthMask) Eval(out Array, in []Array) {
	x, n := in[0].Data, in[0].Shape[0]
	per := len(x) / n
	for i := range n {
		f := d.Factor(i)
		for j := i * per; j < (i+1)*per; j++ {
			out.Data[j] = x[j] * f
		}
	}
}
