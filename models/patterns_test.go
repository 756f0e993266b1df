package models

import (
	"math"
	"slices"
	"testing"

	"melanoma/internal/numtest"
	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// layersOf imports a graph of nodes over one image [1,4,5,5] and returns what
// they became, beside a comparison with the plain evaluation in the test.
func layersOf(t *testing.T, opset int64, constants map[string]*onnx.Tensor, nodes ...*onnx.Node) []Op {
	t.Helper()
	g := &onnx.Graph{Name: "pattern", Nodes: nodes, Inputs: []onnx.Value{{Name: "x", Type: onnx.Float}},
		Outputs: []onnx.Value{{Name: "y", Type: onnx.Float}}}
	for name, c := range constants {
		c.Name = name
		g.Initializers = append(g.Initializers, c)
	}
	m := &onnx.Model{IRVersion: 8, Opset: opset, Graph: g}
	x := eval.Floats(numtest.FormulaWeights("x", []int{1, 4, 5, 5}), 1, 4, 5, 5)
	c, err := Prepare("pattern.onnx", m, map[string]*eval.Array{"x": x}, eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Net.Instantiate(Instance{Batch: 1, Size: 1, Double: true})
	if err != nil {
		t.Fatal(err)
	}
	stored := make([]float32, x.Len())
	c.feeds["x"].load(stored, x.Float32s())
	got := runProgram(t, p, doubles(c.Weights), map[string][]float64{"x": double(stored)}, p.Outputs[0])[0]
	plain, err := eval.Run(m, map[string]*eval.Array{"x": x}, eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	narrow := make([]float32, len(got))
	for i, v := range got {
		narrow[i] = float32(v)
	}
	if d := numtest.MaxRelative(c.results[0].unload(narrow), plain["y"].Float64s()); d > 2e-6 {
		t.Errorf("differs by %.2g from the plain evaluation", d)
	}
	var ops []Op
	for _, l := range c.Net.Layers {
		op := l.Op
		if l.Op == OpFunction {
			op = Op(l.Function)
		}
		ops = append(ops, op)
	}
	return ops
}

func scalarTensor(v float64) *onnx.Tensor { return onnx.NewTensor("", []float32{float32(v)}) }

// TestPatternsOfExporters imports what exporters take apart.
func TestPatternsOfExporters(t *testing.T) {
	three, six, half := scalarTensor(3), scalarTensor(6), scalarTensor(0.5)
	vector := func(name string, shape ...int) *onnx.Tensor {
		return onnx.NewTensor("", numtest.FormulaWeights(name+".weight", shape), shape...)
	}
	zero := scalarTensor(0)
	cases := map[string]struct {
		opset     int64
		constants map[string]*onnx.Tensor
		nodes     []*onnx.Node
		want      []Op
	}{
		"hard swish, divided last": {11, map[string]*onnx.Tensor{"three": three, "six": six, "zero": zero}, []*onnx.Node{
			node("Add", "a", "x", "three"), node("Clip", "c", "a", "zero", "six"), node("Mul", "m", "x", "c"), node("Div", "y", "m", "six"),
		}, []Op{"hard-swish"}},
		"hard swish, divided first": {9, map[string]*onnx.Tensor{"three": three, "six": six}, []*onnx.Node{
			node("Add", "a", "three", "x"), with(node("Clip", "c", "a"), onnx.FloatAttribute("min", 0), onnx.FloatAttribute("max", 6)),
			node("Div", "d", "c", "six"), node("Mul", "y", "x", "d"),
		}, []Op{"hard-swish"}},
		"gelu": {13, map[string]*onnx.Tensor{"root": scalarTensor(math.Sqrt2), "one": scalarTensor(1), "half": half}, []*onnx.Node{
			node("Div", "d", "x", "root"), node("Erf", "e", "d"), node("Add", "a", "e", "one"), node("Mul", "m", "x", "a"), node("Mul", "y", "m", "half"),
		}, []Op{"gelu"}},
		"gelu, halved first": {13, map[string]*onnx.Tensor{"root": scalarTensor(math.Sqrt2), "one": scalarTensor(1), "half": half}, []*onnx.Node{
			node("Mul", "h", "x", "half"), node("Div", "d", "x", "root"), node("Erf", "e", "d"), node("Add", "a", "e", "one"), node("Mul", "y", "h", "a"),
		}, []Op{"gelu"}},
		"layer normalisation over the channels of an image": {14, map[string]*onnx.Tensor{"two": scalarTensor(2), "eps": scalarTensor(1e-5), "g": vector("g", 4), "b": vector("b", 4)}, []*onnx.Node{
			with(node("MaxPool", "i", "x"), intsAttr("kernel_shape", 1, 1)), with(node("Transpose", "t", "i"), intsAttr("perm", 0, 2, 3, 1)),
			with(node("ReduceMean", "mean", "t"), intsAttr("axes", -1)), node("Sub", "d", "t", "mean"), node("Pow", "p", "d", "two"),
			with(node("ReduceMean", "v", "p"), intsAttr("axes", -1)), node("Add", "ve", "v", "eps"), node("Sqrt", "s", "ve"), node("Div", "n", "d", "s"),
			node("Mul", "ng", "n", "g"), node("Add", "nb", "ng", "b"), with(node("Transpose", "y", "nb"), intsAttr("perm", 0, 3, 1, 2)),
		}, []Op{OpMaxPool, OpLayerNorm}},
		"a product over the last axis with its bias": {13, map[string]*onnx.Tensor{"w": vector("w", 4, 6), "b": vector("b", 6)}, []*onnx.Node{
			with(node("MaxPool", "i", "x"), intsAttr("kernel_shape", 1, 1)), with(node("Transpose", "t", "i"), intsAttr("perm", 0, 2, 3, 1)), node("MatMul", "m", "t", "w"), node("Add", "a", "b", "m"),
			with(node("Transpose", "y", "a"), intsAttr("perm", 0, 3, 1, 2)),
		}, []Op{OpMaxPool, OpConv}},
		"a shuffle of channels": {13, map[string]*onnx.Tensor{"split": onnx.NewTensor("", []int64{1, 2, 2, 5, 5}, 5), "join": onnx.NewTensor("", []int64{1, 4, 5, 5}, 4)}, []*onnx.Node{
			with(node("MaxPool", "i", "x"), intsAttr("kernel_shape", 1, 1)), node("Reshape", "r", "i", "split"), with(node("Transpose", "t", "r"), intsAttr("perm", 0, 2, 1, 3, 4)), node("Reshape", "y", "t", "join"),
		}, []Op{OpMaxPool, OpReshape, OpPermute, OpReshape}},
		"tokens of an image": {13, map[string]*onnx.Tensor{"flat": onnx.NewTensor("", []int64{1, 4, 25}, 3)}, []*onnx.Node{
			with(node("MaxPool", "i", "x"), intsAttr("kernel_shape", 1, 1)), node("Reshape", "r", "i", "flat"), with(node("Transpose", "y", "r"), intsAttr("perm", 0, 2, 1)),
		}, []Op{OpMaxPool, OpReshape}},
		"an operator without a layer": {13, map[string]*onnx.Tensor{"at": onnx.NewTensor("", []int64{2, 0, 2}, 3)}, []*onnx.Node{
			with(node("MaxPool", "i", "x"), intsAttr("kernel_shape", 1, 1)), node("Relu", "r", "i"), with(node("Gather", "g", "r", "at"), onnx.IntAttribute("axis", 1)), node("Sigmoid", "y", "g"),
		}, []Op{OpMaxPool, OpReLU, OpPermute, OpForeign, OpSigmoid}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := layersOf(t, c.opset, c.constants, c.nodes...)
			if !slices.Equal(got, c.want) {
				t.Errorf("layers %v, want %v", got, c.want)
			}
		})
	}
}
