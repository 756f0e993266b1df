package models

import (
	"bytes"
	"fmt"
	"hash/fnv"

	"melanoma/internal/graph"
	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// Foreign is an ONNX operator that has no layer of its own. Its inputs and its
// output are float32 arrays in ONNX's layout.
type Foreign struct {
	Operator string
	Output   int    // which of the node's outputs the layer makes
	Model    []byte // an ONNX model of the one node; its inputs are the layer's, its constants are inside
}

// newForeign packs a node; dynamic names the inputs that are not constants,
// which are in constants.
func newForeign(n *onnx.Node, opset int64, dynamic []string, constants []*onnx.Tensor, output int) (*Foreign, error) {
	g := &onnx.Graph{Name: n.Op, Nodes: []*onnx.Node{n}, Initializers: constants, Outputs: []onnx.Value{{Name: n.Outputs[output], Type: onnx.Float, Dims: nil}}}
	for _, name := range dynamic {
		g.Inputs = append(g.Inputs, onnx.Value{Name: name, Type: onnx.Float})
	}
	m := &onnx.Model{IRVersion: writtenIR, Opset: opset, Producer: "melanoma", Graph: g}
	var buf bytes.Buffer
	if err := m.Encode(&buf); err != nil {
		return nil, err
	}
	return &Foreign{Operator: n.Op, Output: output, Model: buf.Bytes()}, nil
}

// spec returns the operator for inputs of the given shapes. Wrong shapes
// panic, as building a graph does.
func (f *Foreign) spec(in [][]int) graph.Spec {
	m, err := onnx.Decode(f.Model)
	if err != nil {
		panic(fmt.Sprintf("onnx operator %s: %v", f.Operator, err))
	}
	out := m.Graph.Outputs[0].Name
	inputs := make(map[string]*eval.Array, len(in))
	for i, v := range m.Graph.Inputs {
		inputs[v.Name] = eval.Unknown(onnx.Float, in[i]...)
	}
	values, err := eval.Fold(m, inputs, eval.Options{})
	if err != nil {
		panic(fmt.Sprintf("onnx operator %s: %v", f.Operator, err))
	}
	h := fnv.New64a()
	_, _ = h.Write(f.Model)
	spec := &graph.Foreign{Name: fmt.Sprintf("onnx %s %x %v", f.Operator, h.Sum64(), in), In: in, Out: values[out].Shape}
	spec.F = func(to graph.Array, from []graph.Array) {
		given := make(map[string]*eval.Array, len(from))
		for i, v := range m.Graph.Inputs {
			x := make([]float32, len(from[i].Data))
			for k, value := range from[i].Data {
				x[k] = float32(value)
			}
			given[v.Name] = eval.Floats(x, from[i].Shape...)
		}
		results, err := eval.Run(m, given, eval.Options{})
		if err != nil {
			panic(fmt.Sprintf("onnx operator %s: %v", f.Operator, err)) // its shapes were checked
		}
		for i, v := range results[out].Float32s() {
			to.Data[i] = float64(v)
		}
	}
	return spec
}
