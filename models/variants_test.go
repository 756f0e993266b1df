package models

import (
	"bytes"
	"strings"
	"testing"

	"melanoma/internal/numtest"
	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// miniature is a network with one of every layer that files have.
func miniature(t testing.TB) (*Net, Weights) {
	t.Helper()
	e := efficientNet{
		stages: []stage{{1, 3, 1, 1, 8}, {2, 3, 2, 2, 8}}, width: 1, depth: 1, stem: 8, features: 12,
		excite: true, same: true, size: 13, mean: halves, std: halves,
	}
	net := e.build("miniature", 3, 0)
	weights := Weights{}
	for _, p := range net.Params {
		weights[p.Name] = numtest.FormulaWeights(p.Name, p.Shape)
	}
	return net, weights
}

// decoded returns the miniature's own file as decoded messages.
func decoded(t *testing.T) file {
	t.Helper()
	net, weights := miniature(t)
	var buf bytes.Buffer
	if err := WriteONNX(&buf, net, weights, 0); err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Decode(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return file{m}
}

// find returns the place of the node that makes a tensor.
func (m file) find(t *testing.T, output string) int {
	t.Helper()
	for i := range m.Graph.Nodes {
		if m.Graph.Nodes[i].Outputs[0] == output {
			return i
		}
	}
	t.Fatalf("no node makes %s", output)
	return -1
}

// replace puts nodes in the place of the one that makes a tensor.
func (m file) replace(t *testing.T, output string, nodes ...*onnx.Node) {
	t.Helper()
	i := m.find(t, output)
	rest := append([]*onnx.Node{}, m.Graph.Nodes[i+1:]...)
	m.Graph.Nodes = append(append(m.Graph.Nodes[:i], nodes...), rest...)
}

// constants adds an initializer of integers.
func (m file) integers(name string, v ...int64) {
	m.Graph.Initializers = append(m.Graph.Initializers, onnx.NewTensor(name, v, len(v)))
}

func (m file) initializer(t *testing.T, name string) *onnx.Tensor {
	t.Helper()
	w := m.Graph.Initializer(name)
	if w == nil {
		t.Fatalf("no initializer %s", name)
	}
	return w
}

func node(op, output string, inputs ...string) *onnx.Node {
	return &onnx.Node{Op: op, Name: "test/" + op, Outputs: []string{output}, Inputs: inputs}
}

func with(n *onnx.Node, attrs ...*onnx.Attribute) *onnx.Node {
	n.Attributes = attrs
	return n
}

func values(t *testing.T, w *onnx.Tensor) []float32 {
	t.Helper()
	v, err := w.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func evaluate(t *testing.T, net *Net, weights Weights, size int) []float64 {
	t.Helper()
	return evaluateOn(t, net, weights, size, double(numtest.FormulaImages(2, size)))
}

// evaluateOn returns the logits of two images [2,S,S,3].
func evaluateOn(t *testing.T, net *Net, weights Weights, size int, images []float64) []float64 {
	t.Helper()
	p, err := net.Instantiate(Instance{Batch: 2, Size: size, Double: true})
	if err != nil {
		t.Fatal(err)
	}
	return runProgram(t, p, doubles(weights), map[string][]float64{"images": images}, p.Logits)[0]
}

func TestExportersVariantsMeanTheSame(t *testing.T) {
	net, weights := miniature(t)
	want := evaluate(t, net, weights, 13)
	variants := map[string]func(file){
		"a product and an addition for the classifier": func(m file) {
			w := m.initializer(t, "classifier.weight")
			turned, _ := arranged(eval.Floats(values(t, w), 3, 12), []int{1, 0})
			*w = *onnx.NewTensor(w.Name, turned, 12, 3)
			m.replace(t, "logits", node("MatMul", "product", "pooled", "classifier.weight"), node("Add", "logits", "classifier.bias", "product"))
		},
		"means over axes 2 and 3, as inputs": func(m file) {
			m.Opset = 18
			m.integers("axes", -1, 2)
			m.replace(t, "global_pool", node("ReduceMean", "global_pool", "bn2.act", "axes"))
		},
		"means that drop the axes, as attributes": func(m file) {
			m.replace(t, "global_pool")
			m.replace(t, "pooled", with(node("ReduceMean", "pooled", "bn2.act"), intsAttr("axes", 2, 3), onnx.IntAttribute("keepdims", 0)))
		},
		"a reshape to the batch's own size": func(m file) {
			m.integers("two", 2)
			m.integers("first", 0)
			m.integers("rest", -1)
			m.replace(t, "pooled",
				node("Shape", "shape", "global_pool"), node("Gather", "batch", "shape", "first"),
				with(node("Concat", "target", "batch", "rest"), onnx.IntAttribute("axis", 0)), node("Reshape", "pooled", "global_pool", "target"))
		},
		"a reshape to a batch of one": func(m file) {
			m.integers("target", 1, 12)
			m.replace(t, "pooled", node("Reshape", "pooled", "global_pool", "target"))
		},
		"a squeeze": func(m file) {
			m.integers("axes", 2, 3)
			m.replace(t, "pooled", node("Squeeze", "pooled", "global_pool", "axes"))
		},
		"a dropout in training mode, and an identity": func(m file) {
			m.Graph.Initializers = append(m.Graph.Initializers,
				onnx.NewTensor("ratio", []float32{0.4}), onnx.NewRawTensor("mode", onnx.Bool, []byte{1}))
			m.replace(t, "pooled", with(node("Flatten", "flat", "global_pool"), onnx.IntAttribute("axis", 1)),
				node("Dropout", "dropped", "flat", "ratio", "mode"), node("Identity", "pooled", "dropped"))
		},
		"weights as a constant, shared through an identity": func(m file) {
			w := *m.initializer(t, "bn2.running_mean")
			m.initializer(t, "bn2.running_mean").Name = "unused"
			constant := with(node("Constant", "shared"), onnx.TensorAttribute("value", &w))
			at := m.Graph.Nodes[m.find(t, "bn2")]
			m.replace(t, "bn2", constant, node("Identity", "bn2.running_mean", "shared"), at)
		},
		"a bias of zeros before a BatchNorm": func(m file) {
			m.Graph.Initializers = append(m.Graph.Initializers, onnx.NewTensor("zeros", make([]float32, 12), 12))
			n := m.Graph.Nodes[m.find(t, "conv_head")]
			n.Inputs = append(n.Inputs, "zeros")
		},
		"a node that nothing needs": func(m file) {
			m.Graph.Nodes = append(m.Graph.Nodes, node("Resize", "larger", "conv_stem"))
		},
	}
	for name, change := range variants {
		t.Run(name, func(t *testing.T) {
			m := decoded(t)
			change(m)
			if found := m.allProblems(); len(found) > 0 {
				t.Fatal(found)
			}
			net, weights, err := m.network("net.onnx", 13)
			if err != nil {
				t.Fatal(err)
			}
			if net.Pooled == "" {
				t.Error("the pooled features were not found")
			}
			if d := numtest.MaxRelative(evaluate(t, net, weights, 13), want); d > 1e-12 {
				t.Errorf("logits differ by %.2g", d)
			}
		})
	}
}

func TestUnsupportedConstructsAreNamed(t *testing.T) {
	cases := map[string]struct {
		change func(file)
		want   string
	}{
		"unknown operator": {
			func(m file) { m.replace(t, "bn2.act", node("Resample", "bn2.act", "bn2")) },
			"operator Resample, node test/Resample (opset 17): the operator is not supported",
		},
		"other domain": {
			func(m file) { m.Graph.Nodes[m.find(t, "conv_head")].Domain = "com.microsoft" },
			`operators of the domain "com.microsoft" are not supported`,
		},
		"old opset":     {func(m file) { m.Opset = 8 }, "opset 8 is not supported"},
		"second output": {func(m file) { m.Graph.Outputs = append(m.Graph.Outputs, export{}.border("pooled", 12)) }, "it has 2 outputs"},
		"missing tensor": {
			func(m file) { m.Graph.Nodes[m.find(t, "conv_head")].Inputs[1] = "nowhere" },
			`node conv_head (opset 17): it takes "nowhere", which nothing before it makes`,
		},
		"a node that takes its own result": {
			func(m file) { m.replace(t, "pooled", node("Identity", "pooled", "pooled")) },
			`it takes "pooled", which nothing before it makes`,
		},
		"a tensor made twice": {
			func(m file) { m.Graph.Nodes = append(m.Graph.Nodes, node("Relu", "bn2", "input")) },
			"bn2 is made twice",
		},
		"weights of the wrong length": {
			func(m file) { m.initializer(t, "conv_head.weight").Dims[0] = 5 },
			"tensor conv_head.weight has",
		},
		"an image flattened before it is pooled": {
			func(m file) { m.Graph.Nodes[m.find(t, "pooled")].Inputs[0] = "bn2.act" },
			"operator Gemm, node logits (opset 17): shapes [1 192] and [3 12]",
		},
		"grouped convolution": {
			func(m file) {
				n := m.Graph.Nodes[m.find(t, "conv_head")]
				n.Attribute("group").Int = 2
			},
			"operator Conv, node conv_head (opset 17): weights [12 8 1 1] do not fit",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := decoded(t)
			c.change(m)
			var text string
			if found := m.allProblems(); len(found) > 0 {
				text = found[0].String()
			} else if _, _, err := m.network("net.onnx", 13); err != nil {
				text = err.Error()
			}
			if !strings.Contains(text, c.want) {
				t.Errorf("%q does not say %q", text, c.want)
			}
		})
	}
}

func TestFoldedBatchNormFileLoadsAndInfers(t *testing.T) {
	net, weights := miniature(t)
	want := evaluate(t, net, weights, 13)
	folded, foldedWeights := net.FoldBatchNorm(weights)
	path := writeNet(t, folded, foldedWeights)
	again, weightsAgain, err := ReadONNX(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if d := numtest.MaxRelative(evaluate(t, again, weightsAgain, 13), want); d > 1e-5 {
		t.Errorf("logits differ by %.2g", d)
	}
	r, err := Check(path)
	if err != nil || !r.Supported() || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "no BatchNormalization") {
		t.Errorf("report %+v, error %v", r, err)
	}
	// It can be fine-tuned: there are gradients for every parameter.
	p, err := again.Instantiate(Instance{Batch: 2, Size: 13, Train: true, Targets: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Differentiate(); err != nil || len(p.Grads) != len(folded.Params) {
		t.Errorf("%d gradients, error %v", len(p.Grads), err)
	}
}
