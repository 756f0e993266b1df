package models

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"melanoma/internal/fault"
	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// maxSize bounds an image's side in pixels.
const maxSize = 1 << 14

// defaultSize is the image size where neither the caller nor the file says
// one: that of most networks trained on ImageNet.
const defaultSize = 224

// ReadONNX returns the network and weights of an ONNX file that classifies
// images, for an image size in pixels; 0 means the size that the file declares,
// or 224 if it is symbolic. SAME padding computed in the file is recovered, so
// the network can be instantiated at other sizes too; padding and shapes that
// the file states as constants are kept as they are. Mean and Std are the
// file's own if this package wrote it, else 0.5 each. The mode is the caller's:
// training flags of the file are not followed. A file that is damaged, or holds
// something that is not supported, is an input error that names operator,
// attribute, node and opset.
func ReadONNX(path string, size int) (*Net, Weights, error) {
	m, err := openONNX(path)
	if err != nil {
		return nil, nil, err
	}
	if found := m.allProblems(); len(found) > 0 {
		more := ""
		if len(found) > 1 {
			more = fmt.Sprintf(" (and %d more)", len(found)-1)
		}
		return nil, nil, unsupported(path, fmt.Errorf("%s%s", found[0], more))
	}
	net, weights, err := m.network(path, size)
	if err != nil {
		return nil, nil, unsupported(path, err)
	}
	return net, weights, nil
}

func unsupported(path string, err error) error {
	return fault.New(fault.Input, fmt.Sprintf("melanoma models check %s lists everything that is in the way", path), "models: read %s: %w", path, err)
}

// file is an ONNX model that is on its way to become a network.
type file struct{ *onnx.Model }

func openONNX(path string) (file, error) {
	m, err := onnx.Open(path)
	if err != nil {
		return file{}, fmt.Errorf("models: %w", err)
	}
	if len(m.Graph.Nodes) == 0 {
		return file{}, fault.New(fault.Input, "was it copied completely?", "models: %s: it computes nothing", path)
	}
	return file{m}, nil
}

// network imports a classifier and completes the net.
func (m file) network(path string, size int) (*Net, Weights, error) {
	facts, err := parseFacts(m.Metadata)
	if err != nil {
		return nil, nil, err
	}
	if size, err = m.imageSize(size); err != nil {
		return nil, nil, err
	}
	im, err := m.importImages(size, facts)
	if err != nil {
		return nil, nil, err
	}
	output, _ := im.place(m.Graph.Outputs[0].Name)
	batch := m.batch()
	if len(output.shape) > 2 && count(output.shape) == batch*output.shape[1] { // [N,K,1,1]
		output = im.reshape(output, output.shape[:2], im.fresh("logits"))
	}
	if len(output.shape) != 2 || output.shape[0] != batch {
		return nil, nil, problem{Problem{Opset: m.Opset, Reason: fmt.Sprintf("the output %s has shape %v for a batch of %d; logits [%d,K] are supported",
			m.Graph.Outputs[0].Name, im.values[m.Graph.Outputs[0].Name].Shape, batch, batch)}}
	}
	output = im.in(output, inOrder(2))
	im.simplify(output.layer)
	net := &Net{
		Name:      strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)),
		InputSize: size, Mean: halves, Std: halves, Output: output.layer, Classes: output.shape[1],
	}
	var inputs []string
	for _, v := range m.Graph.Required() {
		inputs = append(inputs, v.Name)
		if len(v.Dims) == 4 {
			net.Input = v.Name
		} else {
			net.Meta, net.MetaIn = v.Name, int(v.Dims[1].Size)
		}
	}
	if net.Layers, err = im.decode(inputs, []string{net.Output}); err != nil {
		return nil, nil, err
	}
	weights := net.adopt(im.loaded)
	net.Pooled = net.findPooled()
	net.restore(facts)
	if err := net.distinct(); err != nil {
		return nil, nil, err
	}
	return net, weights, net.checkBatch(batch+1, size)
}

// importImages imports the graph for the file's batch of images of the given
// size, and metadata where the file takes some.
func (m file) importImages(size int, facts netFacts) (*importer, error) {
	free := m.free()
	given, places := map[string]*eval.Array{}, map[string]place{}
	for _, v := range m.Graph.Required() {
		p := place{layer: v.Name, shape: []int{m.batch(), 3, size, size}, axes: channelsLast(4)}
		if len(v.Dims) == 2 {
			p.shape, p.axes = []int{m.batch(), int(v.Dims[1].Size)}, inOrder(2)
		}
		given[v.Name], places[v.Name] = eval.Unknown(onnx.Float, p.shape...), p
	}
	values, err := eval.Fold(free, given, eval.Options{Eval: true, Elements: maxFolded})
	if err != nil {
		return nil, err
	}
	im := newImporter(file{free}, values, facts, runRules{batch: m.batch()})
	im.places = places
	if err := im.nodes(); err != nil {
		return nil, err
	}
	if _, ok := im.place(m.Graph.Outputs[0].Name); !ok {
		if im.late1 != nil {
			n := im.late1.node
			return nil, problem{Problem{Op: n.Op, Node: n.Label(), Opset: m.Opset, Reason: "the network cannot compute it: " + im.late1.reason}}
		}
		return nil, problem{Problem{Opset: m.Opset, Reason: fmt.Sprintf("the output %s does not depend on the image", m.Graph.Outputs[0].Name)}}
	}
	return im, nil
}

// free returns the model without the declared sizes of its inputs: an image of
// another size is welcome where the nodes allow it.
func (m file) free() *onnx.Model {
	free := *m.Model
	free.Graph = new(onnx.Graph)
	*free.Graph = *m.Graph
	free.Graph.Inputs = slices.Clone(m.Graph.Inputs)
	for i := range free.Graph.Inputs {
		free.Graph.Inputs[i].Dims = nil
	}
	return &free
}

// maxFolded is how many elements computed constants may have: the first linear
// layer of a VGG has 100 million weights, which some files compute.
const maxFolded = 1 << 28

// checkBatch fails for a network whose shapes do not hold for that batch.
func (n *Net) checkBatch(batch, size int) error {
	shapes, err := n.shapesOf(batch, size)
	if err != nil {
		return problem{Problem{Reason: fmt.Sprintf("its shapes hold for %d images at a time alone: %v", batch-1, err)}}
	}
	if s := shapes[n.Output]; len(s) != 2 || s[0] != batch || s[1] != n.Classes {
		return problem{Problem{Reason: fmt.Sprintf("its shapes hold for %d images at a time alone: %d images have logits of shape %v", batch-1, batch, s)}}
	}
	return nil
}

// adopt declares the parameters in the order of their use and returns their
// values.
func (n *Net) adopt(all map[string]*loaded) Weights {
	w := Weights{}
	for _, l := range n.Layers {
		for _, name := range l.Params {
			p := all[name]
			n.Params = append(n.Params, Param{Name: name, Shape: p.shape, Role: p.role})
			w[name] = p.values
		}
	}
	return w
}

// findPooled returns the flattened features that the classifier works on:
// what lies before the last linear layer, dropouts and joined metadata.
func (n *Net) findPooled() string {
	l := n.Layer(n.Output)
	if l == nil || l.Op != OpLinear {
		return ""
	}
	for l = n.Layer(l.Inputs[0]); l != nil; l = n.Layer(l.Inputs[0]) {
		switch l.Op {
		case OpFlatten:
			return l.Name
		case OpDropout, OpConcat:
		default:
			return ""
		}
	}
	return ""
}

func (n *Net) restore(f netFacts) {
	if f.Std == [3]float32{} {
		return
	}
	n.Name, n.Mean, n.Std = f.Name, f.Mean, f.Std
	for i, l := range n.Layers {
		switch l.Op {
		case OpDropout:
			n.Layers[i].Rate, n.Layers[i].Samples = f.Dropout[l.Name].Rate, f.Dropout[l.Name].Samples
		case OpDepth:
			n.Layers[i].Rate = f.Depth[l.Name]
		}
	}
}
