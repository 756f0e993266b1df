package models

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	onnxgo "github.com/owulveryck/onnx-go"

	"melanoma/internal/fault"
	"melanoma/internal/onnx"
)

// maxSize bounds an image's side in pixels.
const maxSize = 1 << 14

// defaultSize is the image size where neither the caller nor the file says
// one: that of most networks trained on ImageNet.
const defaultSize = 224

// ReadONNX returns the network and weights of an ONNX file for an image size
// in pixels; 0 means the size that the file declares, or 224 if it is
// symbolic. SAME padding computed in the file is recovered, so the network
// can be instantiated at other sizes too; padding that the file states as
// constants is kept as it is. Mean and Std are the file's own if this package
// wrote it, else 0.5 each. A file that is damaged, or holds something that is
// not supported, is an input error that names operator, attribute, node and
// opset.
func ReadONNX(path string, size int) (*Net, Weights, error) {
	m, err := openONNX(path)
	if err != nil {
		return nil, nil, err
	}
	if found, _ := m.problems(); len(found) > 0 {
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

// network cleans the model, decodes it through onnx-go and completes the net.
func (m file) network(path string, size int) (*Net, Weights, error) {
	size, err := m.imageSize(size)
	if err != nil {
		return nil, nil, err
	}
	facts, err := parseFacts(m.Metadata)
	if err != nil {
		return nil, nil, err
	}
	c := newCleaner(m, facts, size)
	if err := c.run(m.live()); err != nil {
		return nil, nil, err
	}
	net := &Net{
		Name:      strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)),
		InputSize: size, Mean: halves, Std: halves, Output: c.output(), Classes: c.shapes[c.output()][0],
	}
	for _, v := range m.Graph.Required() {
		if len(v.Dims) == 4 {
			net.Input = v.Name
		} else {
			net.Meta, net.MetaIn = v.Name, int(v.Dims[1].Size)
		}
	}
	if net.Layers, err = c.decode(); err != nil {
		return nil, nil, err
	}
	weights := net.adopt(c.loaded)
	net.Pooled = net.findPooled()
	net.restore(facts)
	if err := net.distinct(); err != nil {
		return nil, nil, err
	}
	_, err = net.shapes(size)
	return net, weights, err
}

// imageSize settles the size between the caller's wish and the file.
func (m file) imageSize(size int) (int, error) {
	if size < 0 || size > maxSize {
		return 0, fmt.Errorf("image size %d is outside of 1 to %d", size, maxSize)
	}
	if size > 0 {
		return size, nil
	}
	for _, v := range m.Graph.Required() {
		if len(v.Dims) != 4 {
			continue
		}
		h, w := v.Dims[2].Size, v.Dims[3].Size
		if h != w || h > maxSize {
			return 0, fmt.Errorf("images of %dx%d pixels are not supported, only square ones", h, w)
		}
		if h > 0 {
			return int(h), nil
		}
	}
	return defaultSize, nil
}

// decode hands the cleaned graph, without its weights, to onnx-go.
func (c *cleaner) decode() ([]Layer, error) {
	if len(c.nodes) == 0 {
		return nil, errors.New("it computes nothing")
	}
	graph := &onnx.Graph{Name: "cleaned", Nodes: c.nodes}
	for _, v := range c.model.Graph.Required() {
		graph.Inputs = append(graph.Inputs, onnx.Value{Name: v.Name, Type: onnx.Float, Dims: []onnx.Dim{}})
	}
	graph.Outputs = []onnx.Value{{Name: c.output(), Type: onnx.Float, Dims: []onnx.Dim{}}}
	clean := &onnx.Model{IRVersion: writtenIR, Opset: writtenOpset, Producer: "melanoma", Graph: graph}
	var buf bytes.Buffer
	if err := clean.Encode(&buf); err != nil {
		return nil, err
	}
	params := make(map[string]bool, len(c.loaded))
	for name := range c.loaded {
		params[name] = true
	}
	b := newBackend(params)
	if err := onnxgo.NewModel(b).UnmarshalBinary(buf.Bytes()); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	return b.layers, nil
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
