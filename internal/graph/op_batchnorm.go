package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// BatchNormTrain normalises x [...,C] by the statistics of this batch:
// y = (x - mean)/sqrt(variance + eps) * gamma + beta per channel, with the
// biased variance. It returns y and the node of the statistics [2,C] (mean,
// biased variance). The gradient of y flows through the statistics (Ioffe and
// Szegedy 2015, section 3).
func BatchNormTrain(x, gamma, beta *gorgonia.Node, eps float64) (y, stats *gorgonia.Node) {
	stats = Statistics(x)
	return Apply(BatchNorm{x.Dims(), eps}, x, stats, gamma, beta), stats
}

// Statistics returns the mean and the biased variance of each channel of x
// [...,C], as [2,C].
func Statistics(x *gorgonia.Node) *gorgonia.Node { return Apply(BatchNormStats{x.Dims()}, x) }

// BatchNormStats maps x [...,C] of rank R to the mean and the biased variance
// of each channel, [2,C].
type BatchNormStats struct{ R int }

// String implements Spec.
func (s BatchNormStats) String() string { return fmt.Sprintf("batchnorm-stats rank=%d", s.R) }

// Ranks implements Spec.
func (s BatchNormStats) Ranks() ([]int, int) { return []int{s.R}, 2 }

// Shape implements Spec.
func (BatchNormStats) Shape(in [][]int) ([]int, error) { return []int{2, last(in[0])}, nil }

// Eval implements Spec.
func (BatchNormStats) Eval(out Array, in []Array) {
	x, c := in[0].Data, out.Shape[1]
	rows := float64(len(x) / c)
	clear(out.Data)
	mean, variance := out.Data[:c], out.Data[c:]
	for i, v := range x {
		mean[i%c] += v / rows
	}
	for i, v := range x {
		d := v - mean[i%c]
		variance[i%c] += d * d / rows
	}
}

// BatchNorm maps x, stats [2,C], gamma [C], beta [C] to the normalised x.
type BatchNorm struct {
	R   int
	Eps float64
}

// String implements Spec.
func (b BatchNorm) String() string { return fmt.Sprintf("batchnorm rank=%d eps=%g", b.R, b.Eps) }

// Ranks implements Spec.
func (b BatchNorm) Ranks() ([]int, int) { return []int{b.R, 2, 1, 1}, b.R }

// Shape implements Spec.
func (BatchNorm) Shape(in [][]int) ([]int, error) {
	c := last(in[0])
	if in[1][1] != c || in[2][0] != c || in[3][0] != c {
		return nil, wrong(in)
	}
	return in[0], nil
}

// DiffWRT implements differentiable. The gradient of x is total: it includes
// the way through the statistics, which therefore get none of their own.
func (BatchNorm) DiffWRT() []bool { return []bool{true, false, true, true} }

// Gradients implements differentiable.
func (b BatchNorm) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	sums := Apply(BatchNormGradParams(b), dy, x[0], x[1])
	dx := Apply(BatchNormGradInput(b), dy, x[0], x[1], x[2], sums)
	return gorgonia.Nodes{dx, nil, Apply(Row{0}, sums), Apply(Row{1}, sums)}
}

// Eval implements Spec.
func (b BatchNorm) Eval(out Array, in []Array) {
	stats, gamma, beta := in[1].Data, in[2].Data, in[3].Data
	c := len(gamma)
	normalise(out.Data, in[0].Data, stats[:c], stats[c:], gamma, beta, b.Eps)
}

func normalise(y, x, mean, variance, gamma, beta []float64, eps float64) {
	c := len(gamma)
	for i, v := range x {
		k := i % c
		y[i] = (v-mean[k])/math.Sqrt(variance[k]+eps)*gamma[k] + beta[k]
	}
}

// BatchNormGradParams maps dy, x, stats to the gradients of gamma and beta,
// [2,C].
type BatchNormGradParams BatchNorm

// String implements Spec.
func (b BatchNormGradParams) String() string {
	return fmt.Sprintf("batchnorm-dparams rank=%d eps=%g", b.R, b.Eps)
}

// Ranks implements Spec.
func (b BatchNormGradParams) Ranks() ([]int, int) { return []int{b.R, b.R, 2}, 2 }

// Shape implements Spec.
func (BatchNormGradParams) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) {
		return nil, wrong(in)
	}
	return in[2], nil
}

// Eval implements Spec.
func (b BatchNormGradParams) Eval(out Array, in []Array) {
	dy, x, stats := in[0].Data, in[1].Data, in[2].Data
	c := out.Shape[1]
	clear(out.Data)
	for i, d := range dy {
		k := i % c
		out.Data[k] += d * (x[i] - stats[k]) / math.Sqrt(stats[c+k]+b.Eps)
		out.Data[c+k] += d
	}
}

// BatchNormGradInput maps dy, x, stats, gamma and the sums of
// [BatchNormGradParams] to the gradient of x.
type BatchNormGradInput BatchNorm

// String implements Spec.
func (b BatchNormGradInput) String() string {
	return fmt.Sprintf("batchnorm-dx rank=%d eps=%g", b.R, b.Eps)
}

// Ranks implements Spec.
func (b BatchNormGradInput) Ranks() ([]int, int) { return []int{b.R, b.R, 2, 1, 2}, b.R }

// Shape implements Spec.
func (BatchNormGradInput) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) || !same(in[2], in[4]) {
		return nil, wrong(in)
	}
	return in[0], nil
}

// Eval implements Spec.
func (b BatchNormGradInput) Eval(out Array, in []Array) {
	dy, x, stats, gamma, sums := in[0].Data, in[1].Data, in[2].Data, in[3].Data, in[4].Data
	c := len(gamma)
	rows := float64(len(x) / c)
	for i, d := range dy {
		k := i % c
		r := 1 / math.Sqrt(stats[c+k]+b.Eps)
		xhat := (x[i] - stats[k]) * r
		out.Data[i] = gamma[k] * r * (d - sums[c+k]/rows - xhat*sums[k]/rows)
	}
}

// Row maps [R,C] to its row I, [C].
type Row struct{ I int }

// String implements Spec.
func (r Row) String() string { return fmt.Sprintf("row %d", r.I) }

// Ranks implements Spec.
func (Row) Ranks() ([]int, int) { return []int{2}, 1 }

// Shape implements Spec.
func (r Row) Shape(in [][]int) ([]int, error) {
	if r.I >= in[0][0] {
		return nil, wrong(in)
	}
	return in[0][1:], nil
}

// Eval implements Spec.
func (r Row) Eval(out Array, in []Array) {
	c := in[0].Shape[1]
	copy(out.Data, in[0].Data[r.I*c:(r.I+1)*c])
}

func last(shape []int) int { return shape[len(shape)-1] }
