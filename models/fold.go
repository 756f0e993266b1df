package models

import (
	"math"
	"slices"
)

// FoldBatchNorm returns the net and its weights for serving: every BatchNorm
// that alone reads a convolution or linear layer is multiplied into it, with
// its running statistics, and gone. The function in evaluation mode stays, up
// to rounding; training would start without normalisation. A BatchNorm that
// stands elsewhere, or behind weights that two layers share, is kept.
//
// With scale s = gamma/sqrt(variance+epsilon) of an output channel, its weights
// become s*w and its bias s*(bias-mean)+beta.
func (n *Net) FoldBatchNorm(w Weights) (*Net, Weights) {
	c, out := n.Clone(), make(Weights, len(w))
	for name, v := range w {
		out[name] = v
	}
	readers, uses := n.readers(), n.paramUses()
	gone := map[string]bool{}
	for i := range c.Layers {
		bn := c.Layers[i]
		if bn.Op != OpBatchNorm {
			continue
		}
		l := c.Layer(bn.Inputs[0])
		if l == nil || l.Op != OpConv && l.Op != OpLinear || readers[bn.Inputs[0]] > 1 || uses[l.Params[0]] > 1 || uses[bn.Params[0]] > 1 {
			continue
		}
		l.Params = []string{l.Params[0], l.foldedBias(out, bn, uses)}
		c.rename(bn.Name, l.Name)
		gone[bn.Name] = true
	}
	c.Layers = slices.DeleteFunc(c.Layers, func(l Layer) bool { return gone[l.Name] })
	c.declareUsed(out)
	return c, out
}

// foldedBias puts the folded weight and bias into w and returns the bias's
// name. Neither array of the original is changed.
func (l *Layer) foldedBias(w Weights, bn Layer, uses map[string]int) string {
	gamma, beta, mean, variance := w[bn.Params[0]], w[bn.Params[1]], w[bn.Params[2]], w[bn.Params[3]]
	name := l.Name + ".bias"
	for uses[name] > 0 {
		name += ".folded"
	}
	var before []float32
	if len(l.Params) > 1 {
		before = w[l.Params[1]]
		if uses[l.Params[1]] == 1 {
			name = l.Params[1]
		}
	}
	weight, bias := slices.Clone(w[l.Params[0]]), make([]float32, len(gamma))
	inner := len(weight) / len(gamma)
	for o := range gamma {
		scale := float64(gamma[o]) / math.Sqrt(float64(variance[o])+bn.Epsilon)
		for i := range inner {
			weight[o*inner+i] = float32(float64(weight[o*inner+i]) * scale)
		}
		b := -float64(mean[o])
		if before != nil {
			b += float64(before[o])
		}
		bias[o] = float32(b*scale + float64(beta[o]))
	}
	w[l.Params[0]], w[name] = weight, bias
	return name
}

// readers counts how often each tensor is read; the output is read once more.
func (n *Net) readers() map[string]int {
	count := map[string]int{n.Output: 1}
	for _, l := range n.Layers {
		for _, in := range l.Inputs {
			count[in]++
		}
	}
	return count
}

// paramUses counts the layers that use each parameter.
func (n *Net) paramUses() map[string]int {
	count := map[string]int{}
	for _, l := range n.Layers {
		for _, p := range l.Params {
			count[p]++
		}
	}
	return count
}

// rename lets every reader of a tensor read another one.
func (n *Net) rename(from, to string) {
	for i := range n.Layers {
		for j, in := range n.Layers[i].Inputs {
			if in == from {
				n.Layers[i].Inputs[j] = to
			}
		}
	}
	for _, tensor := range []*string{&n.Output, &n.Pooled} {
		if *tensor == from {
			*tensor = to
		}
	}
}

// declareUsed declares the parameters that the layers use, in that order, and
// drops the values of all others. New ones are biases.
func (n *Net) declareUsed(w Weights) {
	known := make(map[string]Param, len(n.Params))
	for _, p := range n.Params {
		known[p.Name] = p
	}
	n.Params = nil
	used := map[string]bool{}
	for _, l := range n.Layers {
		for _, name := range l.Params {
			if used[name] {
				continue
			}
			used[name] = true
			p, ok := known[name]
			if !ok {
				p = Param{Name: name, Shape: []int{len(w[name])}, Role: RoleBias}
			}
			n.Params = append(n.Params, p)
		}
	}
	for name := range w {
		if !used[name] {
			delete(w, name)
		}
	}
}
