package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// Softmax maps x of rank R to exp(x)/sum(exp(x)) along the last axis, or with
// Log to the logarithm of that.
type Softmax struct {
	R   int
	Log bool
}

// String implements Spec.
func (s Softmax) String() string { return fmt.Sprintf("softmax log=%t rank=%d", s.Log, s.R) }

// Ranks implements Spec.
func (s Softmax) Ranks() ([]int, int) { return []int{s.R}, s.R }

// Shape implements Spec.
func (Softmax) Shape(in [][]int) ([]int, error) { return in[0], nil }

// DiffWRT implements differentiable.
func (Softmax) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable.
func (s Softmax) Gradients(_ gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{Apply(SoftmaxGrad(s), dy, y)}
}

// Eval implements Spec.
func (s Softmax) Eval(out Array, in []Array) {
	c := last(out.Shape)
	for i := 0; i < len(out.Data); i += c {
		x, y := in[0].Data[i:i+c], out.Data[i:i+c]
		top, sum := math.Inf(-1), 0.0
		for _, v := range x {
			top = max(top, v)
		}
		for _, v := range x {
			sum += math.Exp(v - top)
		}
		for k, v := range x {
			if y[k] = v - top - math.Log(sum); !s.Log {
				y[k] = math.Exp(v-top) / sum
			}
		}
	}
}

// SoftmaxGrad maps dy and y of a [Softmax] to the gradient of its input.
type SoftmaxGrad Softmax

// String implements Spec.
func (s SoftmaxGrad) String() string { return Softmax(s).String() + " dx" }

// Ranks implements Spec.
func (s SoftmaxGrad) Ranks() ([]int, int) { return []int{s.R, s.R}, s.R }

// Shape implements Spec.
func (SoftmaxGrad) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) {
		return nil, wrong(in)
	}
	return in[0], nil
}

// Eval implements Spec: y*(dy - sum of y*dy), or dy - exp(y)*(sum of dy).
func (s SoftmaxGrad) Eval(out Array, in []Array) {
	c := last(out.Shape)
	for i := 0; i < len(out.Data); i += c {
		dx, dy, y := out.Data[i:i+c], in[0].Data[i:i+c], in[1].Data[i:i+c]
		sum := 0.0
		for k, d := range dy {
			if s.Log {
				sum += d
			} else {
				sum += d * y[k]
			}
		}
		for k, d := range dy {
			if s.Log {
				dx[k] = d - math.Exp(y[k])*sum
			} else {
				dx[k] = y[k] * (d - sum)
			}
		}
	}
}
