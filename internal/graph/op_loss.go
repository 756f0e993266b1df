package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"melanoma/internal/rng"
)

// SoftmaxCrossEntropy is the weighted mean over rows of the cross-entropy of
// softmax(logits) against target distributions, a scalar:
// sum_i w_i CE_i / sum_i w_i. logits and targets are [N,K], rowWeights [N].
// A row of weight 0 has no influence; smoothing and class weights are the
// caller's choice of targets and weights.
func SoftmaxCrossEntropy(logits, targets, rowWeights *gorgonia.Node) *gorgonia.Node {
	return Apply(CrossEntropy{}, logits, targets, rowWeights)
}

// CrossEntropy is the operator of [SoftmaxCrossEntropy].
type CrossEntropy struct{}

// String implements Spec.
func (CrossEntropy) String() string { return "cross-entropy" }

// Ranks implements Spec.
func (CrossEntropy) Ranks() ([]int, int) { return []int{2, 2, 1}, 0 }

// Shape implements Spec.
func (CrossEntropy) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) || in[2][0] != in[0][0] {
		return nil, wrong(in)
	}
	return nil, nil
}

// DiffWRT implements differentiable.
func (CrossEntropy) DiffWRT() []bool { return []bool{true, false, false} }

// Gradients implements differentiable.
func (CrossEntropy) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{Apply(CrossEntropyGrad{}, x[0], x[1], x[2], dy), nil, nil}
}

// Eval implements Spec.
func (CrossEntropy) Eval(out Array, in []Array) {
	k := in[0].Shape[1]
	loss, total := 0.0, 0.0
	for i, w := range in[2].Data {
		row, target := in[0].Data[i*k:(i+1)*k], in[1].Data[i*k:(i+1)*k]
		lse := logSumExp(row)
		for j, t := range target {
			loss += w * t * (lse - row[j])
		}
		total += w
	}
	out.Data[0] = loss / total
}

func logSumExp(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}

// CrossEntropyGrad maps logits, targets, row weights and the gradient of the
// loss (a scalar) to the gradient of the logits.
type CrossEntropyGrad struct{}

// String implements Spec.
func (CrossEntropyGrad) String() string { return "cross-entropy-dlogits" }

// Ranks implements Spec.
func (CrossEntropyGrad) Ranks() ([]int, int) { return []int{2, 2, 1, 0}, 2 }

// Shape implements Spec.
func (CrossEntropyGrad) Shape(in [][]int) ([]int, error) { return in[0], nil }

// Eval implements Spec.
func (CrossEntropyGrad) Eval(out Array, in []Array) {
	k := in[0].Shape[1]
	total := 0.0
	for _, w := range in[2].Data {
		total += w
	}
	for i, w := range in[2].Data {
		row, target := in[0].Data[i*k:(i+1)*k], in[1].Data[i*k:(i+1)*k]
		lse := logSumExp(row)
		mass := 0.0
		for _, t := range target {
			mass += t
		}
		for j := range row {
			out.Data[i*k+j] = in[3].Data[0] * w / total * (mass*math.Exp(row[j]-lse) - target[j])
		}
	}
}

// Dropout multiplies x (of any shape) by the mean of `samples` independent
// masks whose elements are 1/(1-rate) with probability 1-rate and else 0
// (Srivastava et al. 2014). Several samples before one linear head equal the
// mean of the logits of several dropouts. The masks are a function of draws,
// stream and the element's index; the gradient reuses them.
func Dropout(x *gorgonia.Node, rate float64, samples int, stream uint64, draws *Draws) *gorgonia.Node {
	if rate < 0 || rate >= 1 || samples < 1 {
		panic(fmt.Sprintf("graph: dropout: rate %g must be in [0,1), samples %d at least 1", rate, samples))
	}
	return Apply(DropoutMask{x.Dims(), rate, samples, stream, draws}, x)
}

// DropoutMask is the operator of [Dropout].
type DropoutMask struct {
	R       int
	Rate    float64
	Samples int
	Stream  uint64
	Draws   *Draws // the Program's, set before each run
}

// String implements Spec.
func (d DropoutMask) String() string {
	return fmt.Sprintf("dropout rank=%d rate=%g samples=%d stream=%d", d.R, d.Rate, d.Samples, d.Stream)
}

// Ranks implements Spec.
func (d DropoutMask) Ranks() ([]int, int) { return []int{d.R}, d.R }

// Shape implements Spec.
func (DropoutMask) Shape(in [][]int) ([]int, error) { return in[0], nil }

// DiffWRT implements differentiable.
func (DropoutMask) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable: the operator is linear.
func (d DropoutMask) Gradients(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{Apply(d, dy)}
}

// Factors calls f with the mask's value at each of the elements [lo, hi) of
// rows of the given width.
func (d DropoutMask) Factors(lo, hi, width int, f func(i int, factor float64)) {
	key := rng.Key(d.Draws.Key, "dropout", d.Stream)
	first := d.Draws.FirstRow * width * d.Samples
	for i := lo; i < hi; i++ {
		kept := 0
		for s := range d.Samples {
			if rng.Uniform(key, uint64(first+i*d.Samples+s)) >= d.Rate {
				kept++
			}
		}
		f(i, float64(kept)/float64(d.Samples)/(1-d.Rate))
	}
}

// Eval implements Spec.
func (d DropoutMask) Eval(out Array, in []Array) {
	x := in[0].Data
	d.Factors(0, len(x), len(x)/in[0].Shape[0], func(i int, factor float64) { out.Data[i] = x[i] * factor })
}
