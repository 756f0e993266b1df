package models

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"melanoma/internal/numtest"
)

// miniature is a network with one of every layer that files have.
func miniature(t testing.TB) (*Net, Weights) {
	t.Helper()
	e := efficientNet{
		stages: []stage{{1, 3, 1, 1, 8}, {2, 3, 2, 2, 8}}, width: 1, depth: 1, stem: 8, features: 12,
		excite: true, same: true, size: 13, mean: halves, std: halves,
	}
	net := e.build("miniature", 3)
	weights := Weights{}
	for _, p := range net.Params {
		weights[p.Name] = numtest.FormulaWeights(p.Name, p.Shape)
	}
	return net, weights
}

// decoded returns the miniature's own file as decoded messages.
func decoded(t *testing.T) *protoModel {
	t.Helper()
	net, weights := miniature(t)
	var buf bytes.Buffer
	if err := WriteONNX(&buf, net, weights, 0); err != nil {
		t.Fatal(err)
	}
	m, err := decodeModel(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// find returns the place of the node that makes a tensor.
func (m *protoModel) find(t *testing.T, output string) int {
	t.Helper()
	for i := range m.graph.nodes {
		if m.graph.nodes[i].outputs[0] == output {
			return i
		}
	}
	t.Fatalf("no node makes %s", output)
	return -1
}

// replace puts nodes in the place of the one that makes a tensor.
func (m *protoModel) replace(t *testing.T, output string, nodes ...protoNode) {
	t.Helper()
	i := m.find(t, output)
	rest := append([]protoNode{}, m.graph.nodes[i+1:]...)
	m.graph.nodes = append(append(m.graph.nodes[:i], nodes...), rest...)
}

// constants adds an initializer of integers.
func (m *protoModel) integers(name string, v ...int64) {
	m.graph.initializers = append(m.graph.initializers, protoTensor{name: name, dims: []int64{int64(len(v))}, dtype: typeInt64, ints: v})
}

func (m *protoModel) initializer(t *testing.T, name string) *protoTensor {
	t.Helper()
	for i := range m.graph.initializers {
		if m.graph.initializers[i].name == name {
			return &m.graph.initializers[i]
		}
	}
	t.Fatalf("no initializer %s", name)
	return nil
}

func node(op, output string, inputs ...string) protoNode {
	return protoNode{op: op, name: "test/" + op, outputs: []string{output}, inputs: inputs}
}

func with(n protoNode, attrs ...protoAttr) protoNode {
	n.attrs = attrs
	return n
}

func evaluate(t *testing.T, net *Net, weights Weights, size int) []float64 {
	t.Helper()
	p, err := net.Instantiate(Instance{Batch: 2, Size: size, Double: true})
	if err != nil {
		t.Fatal(err)
	}
	in := map[string][]float64{"images": double(numtest.FormulaImages(2, size))}
	return runProgram(t, p, doubles(weights), in, p.Logits)[0]
}

func TestExportersVariantsMeanTheSame(t *testing.T) {
	net, weights := miniature(t)
	want := evaluate(t, net, weights, 13)
	variants := map[string]func(*protoModel){
		"a product and an addition for the classifier": func(m *protoModel) {
			w := m.initializer(t, "classifier.weight")
			l := loaded{shape: []int{3, 12}, values: float32s(w.raw)}
			l.transpose()
			w.dims, w.raw, w.hasRaw, w.floats = []int64{12, 3}, nil, false, l.values
			m.replace(t, "logits", node("MatMul", "product", "pooled", "classifier.weight"), node("Add", "logits", "classifier.bias", "product"))
		},
		"means over axes 2 and 3, as inputs": func(m *protoModel) {
			m.opset = 18
			m.integers("axes", -1, 2)
			m.replace(t, "global_pool", node("ReduceMean", "global_pool", "bn2.act", "axes"))
		},
		"means that drop the axes, as attributes": func(m *protoModel) {
			m.replace(t, "global_pool")
			m.replace(t, "pooled", with(node("ReduceMean", "pooled", "bn2.act"), intsAttr("axes", 2, 3), intAttr("keepdims", 0)))
		},
		"a reshape to the batch's own size": func(m *protoModel) {
			m.integers("two", 2)
			m.integers("first", 0)
			m.integers("rest", -1)
			m.replace(t, "pooled",
				node("Shape", "shape", "global_pool"), node("Gather", "batch", "shape", "first"),
				with(node("Concat", "target", "batch", "rest"), intAttr("axis", 0)), node("Reshape", "pooled", "global_pool", "target"))
		},
		"a reshape to a batch of one": func(m *protoModel) {
			m.integers("target", 1, 12)
			m.replace(t, "pooled", node("Reshape", "pooled", "global_pool", "target"))
		},
		"a squeeze": func(m *protoModel) {
			m.integers("axes", 2, 3)
			m.replace(t, "pooled", node("Squeeze", "pooled", "global_pool", "axes"))
		},
		"a dropout in training mode, and an identity": func(m *protoModel) {
			m.graph.initializers = append(m.graph.initializers,
				protoTensor{name: "ratio", dtype: typeFloat, floats: []float32{0.4}}, protoTensor{name: "mode", dtype: typeBool, raw: []byte{1}, hasRaw: true})
			m.replace(t, "pooled", with(node("Flatten", "flat", "global_pool"), intAttr("axis", 1)),
				node("Dropout", "dropped", "flat", "ratio", "mode"), node("Identity", "pooled", "dropped"))
		},
		"weights as a constant, shared through an identity": func(m *protoModel) {
			w := *m.initializer(t, "bn2.running_mean")
			m.initializer(t, "bn2.running_mean").name = "unused"
			constant := with(protoNode{op: "Constant", outputs: []string{"shared"}}, protoAttr{name: "value", kind: attrTensor, t: &w})
			at := m.graph.nodes[m.find(t, "bn2")]
			m.replace(t, "bn2", constant, node("Identity", "bn2.running_mean", "shared"), at)
		},
		"a bias of zeros before a BatchNorm": func(m *protoModel) {
			m.graph.initializers = append(m.graph.initializers, protoTensor{name: "zeros", dims: []int64{12}, dtype: typeFloat, floats: make([]float32, 12)})
			n := &m.graph.nodes[m.find(t, "conv_head")]
			n.inputs = append(n.inputs, "zeros")
		},
		"weights in double precision": func(m *protoModel) {
			w := m.initializer(t, "classifier.weight")
			w.dtype, w.doubles, w.raw, w.hasRaw = typeDouble, double(float32s(w.raw)), nil, false
		},
		"a node that nothing needs": func(m *protoModel) {
			m.graph.nodes = append(m.graph.nodes, node("Resize", "larger", "conv_stem"))
		},
	}
	for name, change := range variants {
		t.Run(name, func(t *testing.T) {
			m := decoded(t)
			change(m)
			if found, _ := m.problems(); len(found) > 0 {
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
		change func(*protoModel)
		want   string
	}{
		"unknown operator": {
			func(m *protoModel) { m.replace(t, "bn2.act", node("Selu", "bn2.act", "bn2")) },
			"operator Selu, node test/Selu (opset 17): the operator is not supported on images or features",
		},
		"dilation": {
			func(m *protoModel) {
				n := &m.graph.nodes[m.find(t, "conv_head")]
				n.attrs = append(n.attrs, intsAttr("dilations", 2, 2))
			},
			"operator Conv, attribute dilations, node conv_head (opset 17)",
		},
		"other domain": {
			func(m *protoModel) { m.graph.nodes[m.find(t, "conv_head")].domain = "com.microsoft" },
			`operators of the domain "com.microsoft" are not supported`,
		},
		"reflecting pad": {
			func(m *protoModel) {
				n := m.graph.nodes[m.find(t, "conv_stem")]
				m.integers("pads", 0, 0, 1, 1, 0, 0, 1, 1)
				n.inputs = append([]string{"padded"}, n.inputs[1:]...)
				m.replace(t, "conv_stem", with(node("Pad", "padded", "input", "pads"), textAttr("mode", "reflect")), n)
			},
			"operator Pad, attribute mode, node test/Pad (opset 17)",
		},
		"old opset":     {func(m *protoModel) { m.opset = 8 }, "opset 8 is not supported"},
		"second output": {func(m *protoModel) { m.graph.outputs = append(m.graph.outputs, border("pooled", 12)) }, "it has 2 outputs"},
		"missing tensor": {
			func(m *protoModel) { m.graph.nodes[m.find(t, "conv_head")].inputs[1] = "nowhere" },
			`node conv_head (opset 17): it takes "nowhere", which nothing before it makes`,
		},
		"a node that takes its own result": {
			func(m *protoModel) { m.replace(t, "pooled", node("Identity", "pooled", "pooled")) },
			`it takes "pooled", which nothing before it makes`,
		},
		"a tensor made twice": {
			func(m *protoModel) { m.graph.nodes = append(m.graph.nodes, node("Relu", "bn2", "input")) },
			"bn2 is made twice",
		},
		"weights of the wrong length": {
			func(m *protoModel) { m.initializer(t, "conv_head.weight").dims[0] = 5 },
			"tensor conv_head.weight has",
		},
		"an image flattened before it is pooled": {
			func(m *protoModel) { m.graph.nodes[m.find(t, "pooled")].inputs[0] = "bn2.act" },
			"an image of 4x4 is flattened",
		},
		"grouped convolution": {
			func(m *protoModel) {
				n := &m.graph.nodes[m.find(t, "conv_head")]
				n.attrs[1] = intAttr("group", 2)
			},
			"2 groups over 8 channels are not supported",
		},
		"a batch in shape arithmetic": {
			func(m *protoModel) {
				m.replace(t, "pooled", node("Shape", "shape", "global_pool"), node("ConstantOfShape", "ones", "shape"), node("Add", "pooled", "global_pool", "ones"))
			},
			"operator ConstantOfShape, node test/ConstantOfShape (opset 17): it depends on the batch size",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := decoded(t)
			c.change(m)
			var text string
			if found, _ := m.problems(); len(found) > 0 {
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

// fold returns a net whose BatchNorms are folded into the convolutions before
// them, as most exporters write it.
func foldNorms(net *Net, weights Weights) (*Net, Weights) {
	folded, out := net.Clone(), weights.Clone()
	folded.Layers, folded.Params = nil, nil
	renamed := map[string]string{}
	for _, l := range net.Clone().Layers {
		for i, in := range l.Inputs {
			if to, ok := renamed[in]; ok {
				l.Inputs[i] = to
			}
		}
		if l.Op != OpBatchNorm {
			folded.Layers = append(folded.Layers, l)
			continue
		}
		conv := &folded.Layers[len(folded.Layers)-1]
		renamed[l.Name] = conv.Name
		out[conv.Name+".bias"] = foldNorm(out, conv.Params[0], l)
		conv.Params = append(conv.Params, conv.Name+".bias")
	}
	for _, l := range folded.Layers {
		for i, name := range l.Params {
			p, ok := net.Param(name)
			if !ok {
				p = Param{Name: name, Shape: []int{len(out[name])}, Role: []Role{RoleWeight, RoleBias}[i]}
			}
			folded.Params = append(folded.Params, p)
		}
	}
	for name := range out {
		if _, ok := folded.Param(name); !ok {
			delete(out, name)
		}
	}
	return folded, out
}

func foldNorm(w Weights, conv string, l Layer) (bias []float32) {
	gamma, beta, mean, variance := w[l.Params[0]], w[l.Params[1]], w[l.Params[2]], w[l.Params[3]]
	bias = make([]float32, len(gamma))
	inner := len(w[conv]) / len(gamma)
	for o := range gamma {
		scale := float64(gamma[o]) / math.Sqrt(float64(variance[o])+l.Epsilon)
		for i := range inner {
			w[conv][o*inner+i] = float32(float64(w[conv][o*inner+i]) * scale)
		}
		bias[o] = float32(float64(beta[o]) - float64(mean[o])*scale)
	}
	return bias
}

func TestFoldedBatchNormFileLoadsAndInfers(t *testing.T) {
	net, weights := miniature(t)
	want := evaluate(t, net, weights, 13)
	folded, foldedWeights := foldNorms(net, weights)
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
