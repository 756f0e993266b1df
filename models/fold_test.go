package models

import (
	"reflect"
	"testing"

	"melanoma/internal/numtest"
)

// norms counts the BatchNorms of a net.
func norms(n *Net) int {
	count := 0
	for _, l := range n.Layers {
		if l.Op == OpBatchNorm {
			count++
		}
	}
	return count
}

// formulaValues gives every parameter its formula value.
func formulaValues(n *Net) Weights {
	w := Weights{}
	for _, p := range n.Params {
		w[p.Name] = numtest.FormulaWeights(p.Name, p.Shape)
	}
	return w
}

func TestFoldingKeepsTheFunction(t *testing.T) {
	build := func(arch string, meta *MetaConfig) *Net {
		net, _, err := Build(Config{Arch: arch, Size: 32, Classes: 3, Meta: meta, Dropout: 0.5})
		if err != nil {
			t.Fatal(err)
		}
		return net
	}
	chain := func(add func(b *builder)) *Net {
		net := &Net{Name: "chain", Classes: 4, InputSize: 8, Mean: halves, Std: halves, Input: "input"}
		b := &builder{net: net, last: "input"}
		conv := func(name, input, weight string, in int) {
			if _, ok := net.Param(weight); !ok {
				b.param(RoleWeight, weight, 4, in, 1, 1)
			}
			b.add(Layer{Name: name, Op: OpConv, Inputs: []string{input}, Stride: [2]int{1, 1}, Groups: 1, Params: []string{weight}})
		}
		conv("a", "input", "a.weight", 3)
		b.batchNorm("a.bn", 4, 1e-5, 0.1)
		add(b)
		conv("b", b.last, "shared", 4)
		b.batchNorm("b.bn", 4, 1e-5, 0.1)
		conv("c", "b.bn", "shared", 4)
		b.batchNorm("c.bn", 4, 1e-5, 0.1)
		b.unary(OpGlobalMean, "mean")
		net.Pooled = b.unary(OpFlatten, "pooled")
		net.Output = b.linear("logits", "classifier", 4, 4)
		return net
	}
	for name, c := range map[string]struct {
		net  *Net
		left int
	}{
		"squeeze and excitation": {build("tiny", nil), 0},
		"metadata":               {build("tiny", &MetaConfig{Inputs: 2, Hidden: []int{6, 5}}), 0},
		"shared weights":         {chain(func(b *builder) {}), 2},
		"a convolution read twice": {chain(func(b *builder) {
			b.add(Layer{Name: "sum", Op: OpAdd, Inputs: []string{"a", "a.bn"}})
		}), 3},
		"a normalised activation": {chain(func(b *builder) {
			b.unary(OpSwish, "act")
			b.batchNorm("late.bn", 4, 1e-5, 0.1)
		}), 3},
		"a second normalisation": {chain(func(b *builder) { b.batchNorm("again.bn", 4, 1e-5, 0.1) }), 2},
	} {
		t.Run(name, func(t *testing.T) {
			weights := formulaValues(c.net)
			netBefore, weightsBefore := c.net.Clone(), weights.Clone()
			folded, foldedWeights := c.net.FoldBatchNorm(weights)
			if !reflect.DeepEqual(c.net, netBefore) || !reflect.DeepEqual(weights, weightsBefore) {
				t.Error("the network that was folded is another one now")
			}
			if err := folded.CheckWeights(foldedWeights); err != nil {
				t.Fatal(err)
			}
			if norms(folded) != c.left {
				t.Errorf("%d BatchNorms are left, want %d", norms(folded), c.left)
			}
			size := c.net.InputSize
			if d := numtest.MaxRelative(evaluate(t, folded, foldedWeights, size), evaluate(t, c.net, weights, size)); d > 1e-6 {
				t.Errorf("logits differ by %.2g", d)
			}
		})
	}
}

func TestUnfoldedBatchNormIsTheIdentity(t *testing.T) {
	net, weights := miniature(t)
	folded, foldedWeights := net.FoldBatchNorm(weights)
	unfolded, w, names, err := folded.UnfoldBatchNorm(foldedWeights)
	if err != nil {
		t.Fatal(err)
	}
	if err := unfolded.CheckWeights(w); err != nil {
		t.Fatal(err)
	}
	if len(names) != norms(net) || norms(unfolded) != norms(net) {
		t.Errorf("%d BatchNorms were put back, want %d and none at the gates", len(names), norms(net))
	}
	want := evaluate(t, folded, foldedWeights, 13)
	if d := numtest.MaxRelative(evaluate(t, unfolded, w, 13), want); d > 1e-6 {
		t.Errorf("logits differ by %.2g", d)
	}
	for _, name := range names {
		channels := len(w[unfolded.Layer(name).Params[0]])
		mean, variance := make([]float64, channels), make([]float64, channels)
		for c := range channels {
			mean[c], variance[c] = numtest.FormulaUnit(name, c), 1.5+numtest.FormulaUnit("variance", c)
		}
		unfolded.SetStatistics(w, name, mean, variance)
	}
	if d := numtest.MaxRelative(evaluate(t, unfolded, w, 13), want); d > 1e-6 {
		t.Errorf("with statistics the logits differ by %.2g", d)
	}
}
