package models

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// What we write. Opset 17 is read by every runtime in use; SAME padding goes
// out as Conv's auto_pad, which holds for any image size.
const (
	writtenIR    = 8
	writtenOpset = 17
)

// WriteONNX writes the network in evaluation mode, opset 17, with a symbolic
// batch dimension and images [batch,3,size,size] (0 means InputSize). Inputs
// are "input" (or the net's own name for it) and, with metadata, "meta"; the
// output has the logits. [ReadONNX] gives an equal net and equal weights.
func WriteONNX(w io.Writer, n *Net, weights Weights, size int) error {
	if size == 0 {
		size = n.InputSize
	}
	if _, err := n.shapes(size); err != nil {
		return err
	}
	if err := n.CheckWeights(weights); err != nil {
		return err
	}
	facts, err := n.facts()
	if err != nil {
		return err
	}
	m := &protoModel{irVersion: writtenIR, producer: "melanoma", opset: writtenOpset}
	g := &m.graph
	g.inputs = []protoValue{border(n.Input, 3, int64(size), int64(size))}
	if n.Meta != "" {
		g.inputs = append(g.inputs, border(n.Meta, int64(n.MetaIn)))
	}
	g.outputs = []protoValue{border(n.Output, int64(n.Classes))}
	for _, p := range n.Params {
		g.initializers = append(g.initializers, protoTensor{name: p.Name, dims: convert[int64](p.Shape), floats: weights[p.Name]})
	}
	for i := range n.Layers {
		g.layer(&n.Layers[i])
	}
	out := bufio.NewWriter(w)
	if err := encodeModel(out, m, n.Name, [][2]string{{metadataKey, facts}}); err != nil {
		return fmt.Errorf("models: write ONNX of %s: %w", n.Name, err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("models: write ONNX of %s: %w", n.Name, err)
	}
	return nil
}

// border declares an input or output with a symbolic batch.
func border(name string, dims ...int64) protoValue {
	v := protoValue{name: name, dtype: typeFloat, dims: []protoDim{{param: "batch"}}}
	for _, d := range dims {
		v.dims = append(v.dims, protoDim{value: d})
	}
	return v
}

func (n *Net) facts() (string, error) {
	f := netFacts{Name: n.Name, Mean: n.Mean, Std: n.Std, Dropout: map[string]dropoutFacts{}}
	for _, l := range n.Layers {
		if l.Op == OpDropout {
			f.Dropout[l.Name] = dropoutFacts{l.Rate, l.Samples}
		}
	}
	text, err := json.Marshal(f) // sorts the keys
	return string(text), err
}

// writtenOps are the operators that go out under one name.
var writtenOps = map[Op]string{
	OpConv: "Conv", OpBatchNorm: "BatchNormalization", OpSigmoid: "Sigmoid", OpReLU: "Relu", OpClip: "Clip",
	OpAdd: "Add", OpMul: "Mul", OpScale: "Mul", OpGlobalMean: "GlobalAveragePool", OpFlatten: "Flatten",
	OpLinear: "Gemm", OpConcat: "Concat", OpDropout: "Dropout", OpSwish: "Mul",
}

// layer adds the nodes of one layer; the last one carries its name.
func (g *protoGraph) layer(l *Layer) {
	node := protoNode{
		name: l.Name, op: writtenOps[l.Op], outputs: []string{l.Name},
		inputs: append(append([]string{}, l.Inputs...), l.Params...), attrs: l.writtenAttrs(),
	}
	switch l.Op {
	case OpSwish:
		gate := l.Name + "/sigmoid"
		g.nodes = append(g.nodes, protoNode{name: gate, op: "Sigmoid", inputs: l.Inputs, outputs: []string{gate}})
		node.inputs = append(node.inputs, gate)
	case OpClip:
		node.inputs = append(node.inputs, g.number(l.Name+"/min", l.Low), g.number(l.Name+"/max", l.High))
	case OpDropout:
		node.inputs = append(node.inputs, g.number(l.Name+"/ratio", l.Rate))
	}
	g.nodes = append(g.nodes, node)
}

// number adds a scalar initializer and returns its name.
func (g *protoGraph) number(name string, v float64) string {
	g.initializers = append(g.initializers, protoTensor{name: name, floats: []float32{float32(v)}})
	return name
}

func (l *Layer) writtenAttrs() []protoAttr {
	switch l.Op {
	case OpConv:
		pads := intsAttr("pads", l.Pad[:]...)
		if l.Same {
			pads = textAttr("auto_pad", "SAME_UPPER")
		}
		return []protoAttr{intsAttr("strides", l.Stride, l.Stride), intAttr("group", l.Groups), pads}
	case OpBatchNorm:
		return []protoAttr{floatAttr("epsilon", l.Epsilon), floatAttr("momentum", 1-l.Momentum)}
	case OpFlatten, OpConcat:
		return []protoAttr{intAttr("axis", 1)}
	case OpLinear:
		return []protoAttr{intAttr("transB", 1)}
	}
	return nil
}
