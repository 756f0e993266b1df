package models

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"melanoma/internal/fault"
	"melanoma/internal/graph"
	"melanoma/internal/rng"
)

// Instance says for which batch, image size and mode a net becomes a graph.
type Instance struct {
	Batch   int  // images, at least 1
	Size    int  // height and width in pixels; 0 means the net's InputSize
	Train   bool // batch statistics and dropout; else running statistics and none
	Double  bool // float64 instead of float32
	Targets bool // inputs "targets" and "row_weights", and the loss

	// Frozen names parameters that training leaves as they are: they stand
	// among the program's Buffers, so that nothing differentiates by them.
	Frozen map[string]bool
	// FrozenNorm normalises by the running statistics in training too; nothing
	// changes them then.
	FrozenNorm bool
	// Gamma is the exponent of the focal loss (Lin et al. 2017), at least 0; 0
	// makes it the cross-entropy.
	Gamma float64

	// Observe adds to BatchNorms the statistics of what every BatchNorm reads,
	// without Train: evaluation still normalises by the running ones.
	Observe bool
}

// Instantiate builds the net as one Gorgonia graph. Inputs are "images"
// [N,S,S,3], "meta" [N,M] if the net takes metadata, and with Targets
// "targets" [N,K] and "row_weights" [N]. Params and Buffers have the net's
// order. In training nothing takes the running statistics as input, unless
// they are frozen; BatchNorms says how to update them.
//
// A wrong shape is an error that names the layer.
func (n *Net) Instantiate(in Instance) (*graph.Program, error) {
	if in.Size == 0 {
		in.Size = n.InputSize
	}
	if in.Batch < 1 || in.Size < 1 {
		return nil, fault.New(fault.Usage, "batch and image size must be at least 1",
			"models: %s: cannot build a graph for batch %d and image size %d", n.Name, in.Batch, in.Size)
	}
	if in.Targets {
		if err := n.checkGradients(in.Frozen); err != nil {
			return nil, err
		}
	}
	a := newAssembly(n, in)
	for i := range n.Layers {
		if err := a.layer(&n.Layers[i]); err != nil {
			return nil, err
		}
	}
	if err := a.finish(); err != nil {
		return nil, err
	}
	return a.prog, nil
}

// assembly is a graph under construction.
type assembly struct {
	net    *Net
	in     Instance
	dtype  tensor.Dtype
	prog   *graph.Program
	values map[string]*gorgonia.Node // by layer or input
	params map[string]*gorgonia.Node // by parameter
}

func newAssembly(n *Net, in Instance) *assembly {
	a := &assembly{
		net: n, in: in, dtype: tensor.Float32,
		prog:   &graph.Program{Graph: gorgonia.NewGraph(), Inputs: map[string]*gorgonia.Node{}, Draws: new(graph.Draws)},
		values: map[string]*gorgonia.Node{},
		params: map[string]*gorgonia.Node{},
	}
	if in.Double {
		a.dtype = tensor.Float64
	}
	for _, i := range n.Inputs {
		a.values[i.Name] = a.input(i.Name, i.Shape...)
	}
	if n.Inputs == nil {
		a.values[n.Input] = a.input("images", in.Batch, in.Size, in.Size, 3)
	}
	if n.Meta != "" {
		a.values[n.Meta] = a.input("meta", in.Batch, n.MetaIn)
	}
	for _, p := range n.Params {
		a.declare(p)
	}
	return a
}

func (a *assembly) input(name string, shape ...int) *gorgonia.Node {
	node := a.node(name, shape)
	a.prog.Inputs[name] = node
	return node
}

func (a *assembly) node(name string, shape []int) *gorgonia.Node {
	return gorgonia.NewTensor(a.prog.Graph, a.dtype, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name))
}

func (a *assembly) declare(p Param) {
	param := graph.Param{Name: p.Name, Shape: p.Shape, Node: a.node(p.Name, p.Shape)}
	a.params[p.Name] = param.Node
	if p.Role.Trained() && !a.in.Frozen[p.Name] {
		a.prog.Params = append(a.prog.Params, param)
	} else {
		a.prog.Buffers = append(a.prog.Buffers, param)
	}
}

// layer adds one layer; the graph's panics become an error naming it.
func (a *assembly) layer(l *Layer) (err error) {
	defer a.recovered(&err, l.Name)
	x := make([]*gorgonia.Node, len(l.Inputs))
	for i, name := range l.Inputs {
		if x[i] = a.values[name]; x[i] == nil {
			return fmt.Errorf("models: %s: layer %s takes %s, which no layer before it makes", a.net.Name, l.Name, name)
		}
	}
	y := a.apply(l, x)
	graph.Label(y, l.Name)
	a.values[l.Name] = y
	return nil
}

func (a *assembly) recovered(err *error, layer string) {
	if r := recover(); r != nil {
		*err = fault.New(fault.Input, fmt.Sprintf("the network may need images larger than %d pixels, or its layers do not fit together", a.in.Size),
			"models: %s: layer %s at %d pixels: %v", a.net.Name, layer, a.in.Size, r)
	}
}

func (a *assembly) apply(l *Layer, x []*gorgonia.Node) *gorgonia.Node {
	switch l.Op {
	case OpConv:
		return a.conv(l, x[0])
	case OpBatchNorm:
		return a.batchNorm(l, x[0])
	case OpSwish:
		return graph.Swish(x[0])
	case OpSigmoid:
		return graph.Sigmoid(x[0])
	case OpReLU:
		return graph.ReLU(x[0])
	case OpClip:
		return graph.Clip(x[0], l.Low, l.High)
	case OpAdd:
		return graph.Add(x[0], x[1])
	case OpMul:
		return graph.Mul(x[0], x[1])
	case OpScale:
		return graph.ScaleChannels(x[0], x[1])
	case OpGlobalMean:
		return graph.GlobalMean(x[0])
	case OpFlatten:
		return graph.Flatten(x[0])
	case OpLinear:
		return graph.Linear(x[0], a.params[l.Params[0]], a.params[l.Params[1]])
	case OpDropout:
		if !a.in.Train && !l.Always || l.Rate == 0 {
			return x[0]
		}
		return graph.Dropout(x[0], l.Rate, l.Samples, rng.Key(0, "dropout", l.Name), a.prog.Draws)
	case OpDepth:
		if !a.in.Train || l.Rate == 0 {
			return x[0]
		}
		return graph.StochasticDepth(x[0], l.Rate, rng.Key(0, "stochastic depth", l.Name), a.prog.Draws)
	case OpMaxPool:
		return graph.MaxPool2D(x[0], l.pooling(x[0].Shape()[1], x[0].Shape()[2]))
	case OpAveragePool:
		return graph.AveragePool2D(x[0], l.pooling(x[0].Shape()[1], x[0].Shape()[2]), l.CountPad)
	case OpGroupSum:
		return graph.SumGroups(x[0], l.Radix)
	case OpGroupSoftmax:
		return graph.SoftmaxGroups(x[0], l.Radix, l.Groups)
	default:
		return a.general(l, x)
	}
}

func (a *assembly) conv(l *Layer, x *gorgonia.Node) *gorgonia.Node {
	w := a.params[l.Params[0]]
	s := x.Shape()
	pad := l.padding(s[1], s[2], w.Shape()[2], w.Shape()[3])
	y := graph.Conv2D(x, w, graph.ConvAttrs{Stride: l.Stride, Pad: pad, Groups: l.Groups, Dilation: l.Dilation})
	if len(l.Params) > 1 {
		y = graph.AddBias(y, a.params[l.Params[1]])
	}
	return y
}

func (a *assembly) finish() (err error) {
	defer a.recovered(&err, a.net.Output)
	p := a.prog
	if a.net.Inputs != nil {
		for _, name := range a.net.Outputs {
			p.Outputs = append(p.Outputs, a.values[name])
		}
		return nil
	}
	p.Logits, p.Pooled = a.values[a.net.Output], a.values[a.net.Pooled]
	if s := p.Logits.Shape(); len(s) != 2 || s[1] != a.net.Classes {
		return fmt.Errorf("models: %s: the output %s has shape %v, want [%d %d]", a.net.Name, a.net.Output, s, a.in.Batch, a.net.Classes)
	}
	if a.in.Targets {
		targets := a.input("targets", a.in.Batch, a.net.Classes)
		rowWeights := a.input("row_weights", a.in.Batch)
		if a.in.Gamma == 0 {
			p.Loss = graph.SoftmaxCrossEntropy(p.Logits, targets, rowWeights)
		} else {
			p.Loss = graph.FocalLoss(p.Logits, targets, rowWeights, a.in.Gamma)
		}
		graph.Label(p.Loss, "loss")
	}
	return nil
}
