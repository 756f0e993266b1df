package models

import (
	"bufio"
	"fmt"
	"io"

	"melanoma/internal/onnx"
)

// What we write. Opset 17 is read by every runtime in use; SAME padding goes
// out as Conv's auto_pad, which holds for any image size.
const (
	writtenIR    = 8
	writtenOpset = 17
)

// WriteONNX writes the network in evaluation mode, opset 17, with a symbolic
// batch dimension unless [FixedBatch] says else, and images
// [batch,3,size,size] (0 means InputSize). Inputs are "input" (or the net's
// own name for it) and, with metadata, "meta"; the output has the logits.
// [ReadONNX] gives an equal net and equal weights.
func WriteONNX(w io.Writer, n *Net, weights Weights, size int, options ...ExportOption) error {
	if size == 0 {
		size = n.InputSize
	}
	shapes, err := n.shapes(size)
	if err != nil {
		return err
	}
	if err := n.checkWritten(); err != nil {
		return err
	}
	if err := n.CheckWeights(weights); err != nil {
		return err
	}
	e := exportOf(options)
	if err := e.origin.check(n); err != nil {
		return err
	}
	g := &onnx.Graph{Name: n.Name, Inputs: []onnx.Value{e.border(n.Input, 3, int64(size), int64(size))}}
	if n.Meta != "" {
		g.Inputs = append(g.Inputs, e.border(n.Meta, int64(n.MetaIn)))
	}
	g.Outputs = []onnx.Value{e.border(n.Output, int64(n.Classes))}
	n.write(g, weights, shapes)
	metadata := e.origin.metadata()
	metadata[metadataKey], metadata[keyPreprocessing] = mustJSON(n.facts()), n.preprocessing(size)
	return writeModel(w, g, metadata)
}

// write adds the net's initializers and nodes; shapes are those of the graph.
func (n *Net) write(g *onnx.Graph, weights Weights, shapes map[string][]int) {
	for _, p := range n.Params {
		g.Initializers = append(g.Initializers, onnx.NewTensor(p.Name, weights[p.Name], p.Shape...))
	}
	for i := range n.Layers {
		l := &n.Layers[i]
		if _, general := generals[l.Op]; general && (l.Op != OpConcat || len(shapes[l.Name]) != 2) {
			l.writeGeneral(g, shapes)
			continue
		}
		l.write(g)
	}
}

func writeModel(w io.Writer, g *onnx.Graph, metadata map[string]string) error {
	m := &onnx.Model{IRVersion: writtenIR, Producer: "melanoma", Opset: writtenOpset, Metadata: metadata, Graph: g}
	out := bufio.NewWriter(w)
	if err := m.Encode(out); err != nil {
		return fmt.Errorf("models: write ONNX of %s: %w", g.Name, err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("models: write ONNX of %s: %w", g.Name, err)
	}
	return nil
}

// border declares an input or output of a batch.
func (e export) border(name string, dims ...int64) onnx.Value {
	batch := onnx.Dim{Size: onnx.Unknown, Param: "batch"}
	if e.batch > 0 {
		batch = onnx.Dim{Size: int64(e.batch)}
	}
	v := onnx.Value{Name: name, Type: onnx.Float, Dims: []onnx.Dim{batch}}
	for _, d := range dims {
		v.Dims = append(v.Dims, onnx.Dim{Size: d})
	}
	return v
}

func (n *Net) facts() netFacts {
	f := netFacts{Name: n.Name, Mean: n.Mean, Std: n.Std, Dropout: map[string]dropoutFacts{}, Depth: map[string]float64{}}
	for _, l := range n.Layers {
		switch l.Op {
		case OpDropout:
			f.Dropout[l.Name] = dropoutFacts{l.Rate, l.Samples}
		case OpDepth:
			f.Depth[l.Name] = l.Rate
		}
	}
	return f
}

// writtenOps are the operators that go out under one name.
var writtenOps = map[Op]string{
	OpConv: "Conv", OpBatchNorm: "BatchNormalization", OpSigmoid: "Sigmoid", OpReLU: "Relu", OpClip: "Clip",
	OpAdd: "Add", OpMul: "Mul", OpScale: "Mul", OpGlobalMean: "GlobalAveragePool", OpFlatten: "Flatten",
	OpLinear: "Gemm", OpConcat: "Concat", OpDropout: "Dropout", OpSwish: "Mul",
	OpMaxPool: "MaxPool", OpAveragePool: "AveragePool", OpGroupSum: "Sum", OpGroupSoftmax: "Reshape", OpDepth: "Identity",
}

// write adds the nodes of one layer; the last one carries its name.
func (l *Layer) write(g *onnx.Graph) {
	node := &onnx.Node{
		Name: l.Name, Op: writtenOps[l.Op], Outputs: []string{l.Name},
		Inputs: append(append([]string{}, l.Inputs...), l.Params...), Attributes: l.writtenAttrs(),
	}
	switch l.Op {
	case OpSwish:
		gate := l.Name + "/sigmoid"
		g.Nodes = append(g.Nodes, &onnx.Node{Name: gate, Op: "Sigmoid", Inputs: l.Inputs, Outputs: []string{gate}})
		node.Inputs = append(node.Inputs, gate)
	case OpClip:
		node.Inputs = append(node.Inputs, number(g, l.Name+"/min", l.Low), number(g, l.Name+"/max", l.High))
	case OpDropout:
		node.Inputs = append(node.Inputs, number(g, l.Name+"/ratio", l.Rate))
	case OpGroupSum:
		node.Inputs = l.writeSplit(g)
	case OpGroupSoftmax:
		node.Inputs = l.writeSoftmax(g)
	}
	g.Nodes = append(g.Nodes, node)
}

// number adds a scalar initializer and returns its name.
func number(g *onnx.Graph, name string, v float64) string {
	g.Initializers = append(g.Initializers, onnx.NewTensor(name, []float32{float32(v)}))
	return name
}

func (l *Layer) writtenAttrs() []*onnx.Attribute {
	switch l.Op {
	case OpConv:
		attrs := append(l.writtenWindow(), onnx.IntAttribute("group", int64(l.Groups)))
		if l.Dilation[0] > 1 || l.Dilation[1] > 1 {
			attrs = append(attrs, intsAttr("dilations", max(l.Dilation[0], 1), max(l.Dilation[1], 1)))
		}
		return attrs
	case OpMaxPool, OpAveragePool:
		attrs := append(l.writtenWindow(), intsAttr("kernel_shape", l.Kernel[:]...), flagAttr("ceil_mode", l.Ceil))
		if l.Op == OpAveragePool {
			attrs = append(attrs, flagAttr("count_include_pad", l.CountPad))
		}
		return attrs
	case OpBatchNorm:
		return []*onnx.Attribute{onnx.FloatAttribute("epsilon", float32(l.Epsilon)), onnx.FloatAttribute("momentum", float32(1-l.Momentum))}
	case OpFlatten, OpConcat:
		return []*onnx.Attribute{onnx.IntAttribute("axis", 1)}
	case OpLinear:
		return []*onnx.Attribute{onnx.IntAttribute("transB", 1)}
	}
	return nil
}

// writtenWindow has the strides and the padding of a convolution or pooling.
func (l *Layer) writtenWindow() []*onnx.Attribute {
	pads := intsAttr("pads", l.Pad[:]...)
	if l.Same {
		pads = onnx.TextAttribute("auto_pad", "SAME_UPPER")
	}
	return []*onnx.Attribute{intsAttr("strides", l.Stride[:]...), pads}
}

// writeSplit adds a node that splits the channels into groups and returns
// those, for a node that adds them. No shape is written down, so it holds for
// any image size.
func (l *Layer) writeSplit(g *onnx.Graph) (groups []string) {
	for r := range l.Radix {
		groups = append(groups, fmt.Sprintf("%s/group%d", l.Name, r))
	}
	g.Nodes = append(g.Nodes, &onnx.Node{
		Name: l.Name + "/split", Op: "Split", Inputs: l.Inputs, Outputs: groups, Attributes: []*onnx.Attribute{onnx.IntAttribute("axis", 1)},
	})
	return groups
}

// writeSoftmax adds the nodes of a softmax over the radix, all but the last
// one, whose inputs it returns: channels become cardinality, radix and rest,
// the first two change places.
func (l *Layer) writeSoftmax(g *onnx.Graph) []string {
	name := func(step string) string { return l.Name + "/" + step }
	add := func(step, op string, inputs []string, attrs ...*onnx.Attribute) {
		g.Nodes = append(g.Nodes, &onnx.Node{Name: name(step), Op: op, Inputs: inputs, Outputs: []string{name(step)}, Attributes: attrs})
	}
	shape := func(step string, v ...int64) string {
		g.Initializers = append(g.Initializers, onnx.NewTensor(name(step), v, len(v)))
		return name(step)
	}
	add("grouped", "Reshape", []string{l.Inputs[0], shape("groups", 0, int64(l.Groups), int64(l.Radix), -1)})
	add("by_radix", "Transpose", []string{name("grouped")}, intsAttr("perm", 0, 2, 1, 3))
	add("softmax", "Softmax", []string{name("by_radix")}, onnx.IntAttribute("axis", 1))
	return []string{name("softmax"), shape("channels", 0, -1, 1, 1)}
}
