package models

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	onnxgo "github.com/owulveryck/onnx-go"
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/simple"

	"melanoma/internal/onnx"
)

// decode hands the cleaned graph, without its weights, to onnx-go. A node of
// it stands for one layer: it names the operator and carries the layer's
// index, since onnx-go cannot carry all that a layer says.
func (im *importer) decode(inputs, outputs []string) ([]Layer, error) {
	if len(im.layers) == 0 {
		return nil, errors.New("it computes nothing")
	}
	g := &onnx.Graph{Name: "cleaned"}
	for i, l := range im.layers {
		g.Nodes = append(g.Nodes, &onnx.Node{
			Name: l.Name, Op: string(l.Op), Inputs: l.arguments(), Outputs: []string{l.Name},
			Attributes: []*onnx.Attribute{onnx.IntAttribute(layerAttribute, int64(i))},
		})
	}
	for _, name := range inputs {
		g.Inputs = append(g.Inputs, onnx.Value{Name: name, Type: onnx.Float, Dims: []onnx.Dim{}})
	}
	for _, name := range outputs {
		g.Outputs = append(g.Outputs, onnx.Value{Name: name, Type: onnx.Float, Dims: []onnx.Dim{}})
	}
	clean := &onnx.Model{IRVersion: writtenIR, Opset: writtenOpset, Producer: "melanoma", Graph: g}
	var buf bytes.Buffer
	if err := clean.Encode(&buf); err != nil {
		return nil, err
	}
	b := newBackend(im.layers)
	if err := onnxgo.NewModel(b).UnmarshalBinary(buf.Bytes()); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	return b.layers, nil
}

// layerAttribute is the index of the layer that a node stands for.
const layerAttribute = "layer"

// arguments lists what a layer takes, each once: an edge of onnx-go's graph
// joins two tensors, however often one takes the other.
func (l *Layer) arguments() []string {
	var names []string
	for _, name := range slices.Concat(l.Inputs, l.Params) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// backend receives a cleaned graph from onnx-go's decoder: nodes are tensors,
// edges lead from a result to its arguments and weigh the argument's place,
// and every operation arrives with its attributes, in the file's order.
type backend struct {
	*simple.WeightedDirectedGraph
	prepared []Layer
	layers   []Layer
}

var _ onnxgo.Backend = (*backend)(nil)

// tensorNode is a tensor of the graph.
type tensorNode struct {
	id   int64
	name string
}

// ID implements graph.Node.
func (n *tensorNode) ID() int64 { return n.id }

// SetName implements onnx.Namer.
func (n *tensorNode) SetName(s string) { n.name = s }

// GetName implements onnx.Namer.
func (n *tensorNode) GetName() string { return n.name }

func newBackend(prepared []Layer) *backend {
	return &backend{WeightedDirectedGraph: simple.NewWeightedDirectedGraph(0, 0), prepared: prepared}
}

// NewNode implements graph.NodeAdder with nodes that know their name.
func (b *backend) NewNode() graph.Node {
	return &tensorNode{id: b.WeightedDirectedGraph.NewNode().ID()}
}

// ApplyOperation implements onnx.OperationCarrier: it adds a layer after
// comparing what the decoder understood with what was meant.
func (b *backend) ApplyOperation(op onnxgo.Operation, results ...graph.Node) error {
	i, ok := op.Attributes[layerAttribute].(int64)
	if !ok || i < 0 || int(i) >= len(b.prepared) || len(results) != 1 {
		return fmt.Errorf("operation %s has %d results and the layer %v", op.Name, len(results), op.Attributes[layerAttribute])
	}
	l := b.prepared[i]
	result := results[0].(*tensorNode)
	if l.Name != result.name || string(l.Op) != op.Name || len(l.arguments()) > 0 && !slices.Equal(l.arguments(), b.arguments(result)) {
		return fmt.Errorf("operation %s makes %s from %v, not layer %s", op.Name, result.name, b.arguments(result), l.Name)
	}
	b.layers = append(b.layers, l)
	return nil
}

// arguments returns the tensors that a result is computed from, in order.
func (b *backend) arguments(result *tensorNode) []string {
	nodes := graph.NodesOf(b.From(result.ID()))
	place := func(n graph.Node) float64 {
		w, _ := b.Weight(result.ID(), n.ID())
		return w
	}
	slices.SortFunc(nodes, func(x, y graph.Node) int { return cmp.Compare(place(x), place(y)) })
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i] = n.(*tensorNode).name
	}
	return names
}
