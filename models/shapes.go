package models

import (
	"fmt"
	"slices"

	"melanoma/internal/fault"
	"melanoma/internal/graph"
)

// shapes returns every tensor's shape for one image of the given size, in the
// graph's layout.
func (n *Net) shapes(size int) (map[string][]int, error) { return n.shapesOf(1, size) }

// shapesOf returns the shapes for a batch of images.
func (n *Net) shapesOf(batch, size int) (map[string][]int, error) {
	if size < 1 {
		return nil, fault.New(fault.Usage, "give the image size in pixels", "models: %s: image size %d", n.Name, size)
	}
	s := map[string][]int{n.Input: {batch, size, size, 3}}
	for _, in := range n.Inputs {
		s[in.Name] = in.Shape
	}
	if n.Meta != "" {
		s[n.Meta] = []int{batch, n.MetaIn}
	}
	for i := range n.Layers {
		l := &n.Layers[i]
		out, err := n.shapeOf(l, s)
		if err != nil {
			return nil, fault.New(fault.Input, "the network may need larger images, or its layers do not fit together",
				"models: %s: layer %s at %d pixels: %w", n.Name, l.Name, size, err)
		}
		s[l.Name] = out
	}
	return s, nil
}

func (n *Net) shapeOf(l *Layer, shapes map[string][]int) ([]int, error) {
	if _, general := generals[l.Op]; general {
		return n.generalShape(l, shapes, shapes[n.Input])
	}
	if a, ok := arities[l.Op]; !ok || len(l.Inputs) != a.inputs || len(l.Params) < a.least || len(l.Params) > a.most {
		return nil, fmt.Errorf("%s has %d inputs and %d parameters", l.Op, len(l.Inputs), len(l.Params))
	}
	in := make([][]int, len(l.Inputs))
	for i, name := range l.Inputs {
		s, ok := shapes[name]
		if !ok {
			return nil, fmt.Errorf("no layer before it makes %s", name)
		}
		in[i] = s
	}
	var params []Param
	for _, name := range l.Params {
		p, ok := n.Param(name)
		if !ok {
			return nil, fmt.Errorf("no parameter is called %s", name)
		}
		params = append(params, p)
	}
	return l.shape(in, params)
}

// arities says how many inputs and parameters a layer has.
var arities = map[Op]struct{ inputs, least, most int }{
	OpConv: {1, 1, 2}, OpBatchNorm: {1, 4, 4}, OpLinear: {1, 2, 2},
	OpSwish: {1, 0, 0}, OpSigmoid: {1, 0, 0}, OpReLU: {1, 0, 0}, OpClip: {1, 0, 0}, OpDropout: {1, 0, 0},
	OpGlobalMean: {1, 0, 0}, OpFlatten: {1, 0, 0}, OpMaxPool: {1, 0, 0}, OpAveragePool: {1, 0, 0},
	OpGroupSum: {1, 0, 0}, OpGroupSoftmax: {1, 0, 0}, OpDepth: {1, 0, 0},
	OpAdd: {2, 0, 0}, OpMul: {2, 0, 0}, OpScale: {2, 0, 0},
}

// shape infers the output's shape from those of the inputs and parameters.
func (l *Layer) shape(in [][]int, params []Param) ([]int, error) {
	x := in[0]
	misfit := fmt.Errorf("%s does not fit inputs of shape %v", l.Op, in)
	switch l.Op {
	case OpConv:
		return l.convShape(x, params[0].Shape)
	case OpBatchNorm:
		if x[len(x)-1] != params[0].Shape[0] {
			return nil, misfit
		}
	case OpAdd, OpMul:
		if !slices.Equal(x, in[1]) {
			return nil, misfit
		}
	case OpScale:
		if len(x) != 4 || !slices.Equal(in[1], []int{x[0], 1, 1, x[3]}) {
			return nil, misfit
		}
	case OpMaxPool, OpAveragePool, OpGroupSum, OpGroupSoftmax:
		if len(x) != 4 {
			return nil, misfit
		}
		return l.imageShape(x)
	case OpGlobalMean:
		if len(x) != 4 {
			return nil, misfit
		}
		return []int{x[0], 1, 1, x[3]}, nil
	case OpFlatten:
		if len(x) != 4 || x[1] != 1 || x[2] != 1 {
			return nil, misfit
		}
		return []int{x[0], x[3]}, nil
	case OpLinear:
		if w := params[0].Shape; len(x) != 2 || x[1] != w[1] {
			return nil, misfit
		}
		return []int{x[0], params[0].Shape[0]}, nil
	}
	return slices.Clone(x), nil
}

func (l *Layer) convShape(x, w []int) ([]int, error) {
	if len(x) != 4 || l.Groups < 1 || l.Stride[0] < 1 || l.Stride[1] < 1 || w[1]*l.Groups != x[3] || w[0]%l.Groups != 0 {
		return nil, fmt.Errorf("convolution with weights %v in %d groups does not fit an input of shape %v", w, l.Groups, x)
	}
	pad := l.padding(x[1], x[2], w[2], w[3])
	return graph.Conv{ConvAttrs: graph.ConvAttrs{Stride: l.Stride, Pad: pad, Groups: l.Groups, Dilation: l.Dilation}}.Shape([][]int{x, w})
}

// imageShape infers the shape of poolings and of operators on groups.
func (l *Layer) imageShape(x []int) ([]int, error) {
	var spec graph.Spec
	switch l.Op {
	case OpGroupSum:
		spec = graph.GroupSum{Radix: l.Radix}
	case OpGroupSoftmax:
		spec = graph.GroupSoftmax{Radix: l.Radix, Cardinality: l.Groups}
	default:
		if l.Stride[0] < 1 || l.Stride[1] < 1 {
			return nil, fmt.Errorf("stride %v", l.Stride)
		}
		spec = graph.MaxPool{PoolAttrs: l.pooling(x[1], x[2])}
	}
	return spec.Shape([][]int{x})
}
