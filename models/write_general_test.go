package models

import (
	"slices"
	"testing"

	"melanoma/internal/numtest"
)

// general is a network with layers on arrays of any rank in its middle.
func general() (*Net, Weights) {
	net := &Net{Name: "general", Classes: 2, InputSize: 6, Mean: halves, Std: halves, Input: "input"}
	b := &builder{net: net, last: "input"}
	b.convolution("conv", 3, 8, 3, 1, 1)
	add := func(name string, l Layer) string {
		l.Name = name
		if l.Inputs == nil {
			l.Inputs = []string{b.last}
		}
		return b.add(l)
	}
	add("norm", Layer{Op: OpLayerNorm, Epsilon: 1e-6, Params: []string{b.param(RoleNormScale, "norm.weight", 8), b.param(RoleNormShift, "norm.bias", 8)}})
	for _, f := range []Layer{{Function: "gelu"}, {Function: "gelu-tanh"}, {Function: "hard-swish", Low: 1. / 6, High: 0.5}, {Function: "hard-sigmoid", Low: 0.25, High: 0.5},
		{Function: "leaky", Low: 0.125}, {Function: "elu", Low: 1}, {Function: "tanh"}, {Function: "mish"}, {Function: "power", Low: 2}, {Function: "affine", Low: 2, High: 0.5},
		{Function: "over", Low: 1}, {Function: "abs"}, {Function: "sqrt"}, {Function: "log"}, {Function: "exp"}, {Function: "erf"}, {Function: "softplus"}} {
		f.Op = OpFunction
		add(f.Function, f)
	}
	half := add("half", Layer{Op: OpPad, Before: []int{0, 0, 0, -4}, After: []int{0, 0, 0, 0}})
	add("joined_image", Layer{Op: OpConcat, Axis: 3, Inputs: []string{half, "norm", half}})
	add("scaled", Layer{Op: OpBinary, Function: "mul", Params: []string{b.param(RoleWeight, "gamma", 1, 1, 1, 16)}})
	whole := add("tokens", Layer{Op: OpReshape, Sizes: []int{16, 16}})
	attention := add("attention", Layer{Op: OpMatMul, Turned: true, Inputs: []string{whole, whole}})
	soft := add("soft", Layer{Op: OpSoftmax, Inputs: []string{attention}})
	add("mixed", Layer{Op: OpMatMul, Inputs: []string{soft, whole}})
	add("turned", Layer{Op: OpPermute, Axes: []int{0, 2, 1}})
	add("mean", Layer{Op: OpReduce, Function: "mean", Axes: []int{2}})
	net.Pooled = add("pooled", Layer{Op: OpReshape, Sizes: []int{16}})
	net.Output = b.linear("logits", "classifier", 16, 2)
	return net, net.initialize(1)
}

// TestGeneralLayersWriteAndReadBack compares the function, and every layer but
// those that exporters' patterns stand for.
func TestGeneralLayersWriteAndReadBack(t *testing.T) {
	net, weights := general()
	path := writeNet(t, net, weights)
	again, weightsAgain, err := ReadONNX(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := evaluate(t, net, weights, 6)
	if d := numtest.MaxRelative(evaluate(t, again, weightsAgain, 6), want); d > 1e-6 {
		t.Errorf("logits differ by %.2g", d)
	}
	for _, l := range net.Layers {
		read := again.Layer(l.Name)
		if l.Function == "gelu-tanh" || l.Function == "mish" || l.Op == OpPermute { // several nodes; a Transpose moves nothing
			continue
		}
		if read == nil || read.Op != l.Op || read.Function != l.Function || !slices.Equal(read.Params, l.Params) {
			t.Errorf("layer %+v is read as %+v", l, read)
		}
	}
	// It trains: there is a gradient for every parameter.
	p, err := again.Instantiate(Instance{Batch: 2, Size: 6, Train: true, Targets: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Differentiate(); err != nil || len(p.Grads) != len(net.Params) {
		t.Errorf("%d gradients, error %v", len(p.Grads), err)
	}
}
