package models

import (
	"math"
	"slices"

	"melanoma/internal/fault"
)

// restoredEpsilon is the epsilon of BatchNorms that are put back: torch's.
const restoredEpsilon = 1e-5

// UnfoldBatchNorm returns the net and its weights with a BatchNorm behind each
// convolution that has a bias and works on images: the places from which
// exporters fold it away. Convolutions on pooled features (the gates of
// squeeze-and-excitation) never had one. The new layers are the identity plus the bias, with
// mean 0 and variance 1, until [Net.SetStatistics]; the function does not change. Names of
// the new layers are returned in the net's order. A net without such a
// convolution is an input error.
func (n *Net) UnfoldBatchNorm(w Weights) (*Net, Weights, []string, error) {
	c, out := n.Clone(), make(Weights, len(w))
	for name, v := range w {
		out[name] = v
	}
	c.Layers = nil
	b := &builder{net: c}
	vector := n.pooledTensors()
	var added []string
	for _, l := range n.Clone().Layers {
		for i, in := range l.Inputs {
			if slices.Contains(added, in+unfoldedSuffix) {
				l.Inputs[i] = in + unfoldedSuffix
			}
		}
		if l.Op != OpConv || len(l.Params) < 2 || vector[l.Name] {
			b.add(l)
			continue
		}
		bias := out[l.Params[1]]
		l.Params = l.Params[:1]
		b.add(l)
		name := b.batchNorm(l.Name+unfoldedSuffix, len(bias), restoredEpsilon, batchNormMomentum)
		bn := c.Layer(name)
		for i, v := range []float32{float32(math.Sqrt(1 + restoredEpsilon)), 0, 0, 1} {
			out[bn.Params[i]] = slices.Repeat([]float32{v}, len(bias))
		}
		out[bn.Params[1]] = slices.Clone(bias)
		added = append(added, name)
	}
	if len(added) == 0 {
		return nil, nil, nil, fault.New(fault.Input, "a file whose BatchNorm was folded away has convolutions with a bias; this one can be trained as it is",
			"models: %s: there is no convolution with a bias to put a BatchNorm behind", n.Name)
	}
	if slices.Contains(added, c.Output+unfoldedSuffix) {
		c.Output += unfoldedSuffix
	}
	c.declareUsed(out)
	return c, out, added, c.distinct()
}

// unfoldedSuffix names a BatchNorm after its convolution.
const unfoldedSuffix = ".bn"

// pooledTensors are those without an image: behind a global mean.
func (n *Net) pooledTensors() map[string]bool {
	vector := map[string]bool{}
	for _, l := range n.Layers {
		vector[l.Name] = l.Op == OpGlobalMean || vector[l.Inputs[0]]
	}
	return vector
}

// SetStatistics gives a BatchNorm with identity statistics the mean and the
// variance [C] of what it reads, and weight and bias such that the function
// in evaluation mode stays: weight sqrt(variance+epsilon), bias the present
// one plus the mean.
func (n *Net) SetStatistics(w Weights, layer string, mean, variance []float64) {
	l := n.Layer(layer)
	gamma, beta, runningMean, runningVar := w[l.Params[0]], w[l.Params[1]], w[l.Params[2]], w[l.Params[3]]
	for c := range gamma {
		m, v := float32(mean[c]), float32(variance[c])
		runningMean[c], runningVar[c] = m, v
		gamma[c] = float32(math.Sqrt(float64(v) + l.Epsilon))
		beta[c] += m
	}
}
