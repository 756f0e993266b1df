package models

import (
	"cmp"
	"fmt"
	"slices"

	onnxgo "github.com/owulveryck/onnx-go"
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/simple"
)

// backend receives a cleaned graph from onnx-go's decoder: nodes are tensors,
// edges lead from a result to its arguments and weigh the argument's place,
// and every operation arrives with its attributes, in the file's order.
type backend struct {
	*simple.WeightedDirectedGraph
	layers []Layer
	params map[string]bool // tensors that are parameters
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

func newBackend(params map[string]bool) *backend {
	return &backend{WeightedDirectedGraph: simple.NewWeightedDirectedGraph(0, 0), params: params}
}

// NewNode implements graph.NodeAdder with nodes that know their name.
func (b *backend) NewNode() graph.Node {
	return &tensorNode{id: b.WeightedDirectedGraph.NewNode().ID()}
}

// ApplyOperation implements onnx.OperationCarrier: it adds a layer.
func (b *backend) ApplyOperation(op onnxgo.Operation, results ...graph.Node) error {
	if len(results) != 1 {
		return fmt.Errorf("operation %s has %d results", op.Name, len(results))
	}
	result := results[0].(*tensorNode)
	l := Layer{Name: result.name}
	for _, arg := range b.arguments(result) {
		if b.params[arg.name] {
			l.Params = append(l.Params, arg.name)
		} else {
			l.Inputs = append(l.Inputs, arg.name)
		}
	}
	if err := l.setOperation(op.Name, attributes(op.Attributes)); err != nil {
		return fmt.Errorf("operation %s that makes %s: %w", op.Name, l.Name, err)
	}
	b.layers = append(b.layers, l)
	return nil
}

// arguments returns the tensors that a result is computed from, in order.
func (b *backend) arguments(result *tensorNode) []*tensorNode {
	nodes := graph.NodesOf(b.From(result.ID()))
	place := func(n graph.Node) float64 {
		w, _ := b.Weight(result.ID(), n.ID())
		return w
	}
	slices.SortFunc(nodes, func(x, y graph.Node) int { return cmp.Compare(place(x), place(y)) })
	args := make([]*tensorNode, len(nodes))
	for i, n := range nodes {
		args[i] = n.(*tensorNode)
	}
	return args
}

// attributes are an operation's, as onnx-go decodes them.
type attributes map[string]any

func (a attributes) integer(name string) int {
	v, _ := a[name].(int64)
	return int(v)
}

func (a attributes) number(name string) float64 {
	v, _ := a[name].(float32)
	return decimal(v)
}

func (a attributes) text(name string) string {
	v, _ := a[name].(string)
	return v
}

// simpleOps are the operations without attributes.
var simpleOps = map[string]Op{
	"Swish": OpSwish, "Sigmoid": OpSigmoid, "Relu": OpReLU, "Add": OpAdd, "Mul": OpMul, "Scale": OpScale,
	"GlobalAveragePool": OpGlobalMean, "Flatten": OpFlatten, "Gemm": OpLinear, "Concat": OpConcat,
}

// setOperation sets the layer's Op and what belongs to it.
func (l *Layer) setOperation(name string, a attributes) error {
	if op, ok := simpleOps[name]; ok {
		l.Op = op
		return nil
	}
	switch name {
	case "Conv":
		l.Op, l.Groups = OpConv, a.integer("group")
		return l.setWindow(a)
	case "MaxPool", "AveragePool":
		kernel, _ := a["kernel_shape"].([]int64)
		if len(kernel) != 2 {
			return fmt.Errorf("the kernel is %v", kernel)
		}
		l.Op, l.Kernel, l.Ceil, l.CountPad = OpMaxPool, [2]int(convert[int](kernel)), a.integer("ceil_mode") == 1, a.integer("count_include_pad") == 1
		if name == "AveragePool" {
			l.Op = OpAveragePool
		}
		return l.setWindow(a)
	case "GroupSum":
		l.Op, l.Radix = OpGroupSum, a.integer("radix")
	case "GroupSoftmax":
		l.Op, l.Radix, l.Groups = OpGroupSoftmax, a.integer("radix"), a.integer("group")
	case "StochasticDepth":
		l.Op = OpDepth // its rate is among the facts
	case "BatchNormalization":
		l.Op, l.Epsilon, l.Momentum = OpBatchNorm, a.number("epsilon"), complement(a.number("momentum"))
	case "Clip":
		l.Op, l.Low, l.High = OpClip, a.number("min"), a.number("max")
	case "Dropout":
		l.Op, l.Rate, l.Samples = OpDropout, a.number("ratio"), 1
	default:
		return fmt.Errorf("the operation is unknown")
	}
	return nil
}
