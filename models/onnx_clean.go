package models

import (
	"errors"
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

// cleaner rewrites a checked model into the few operators that the backend
// knows: shape arithmetic folded, paddings merged into convolutions, swish
// recognised, aliases resolved, every tensor computed from one image size.
type cleaner struct {
	model     file
	facts     netFacts
	initial   map[string]*onnx.Tensor
	constants map[string]*constant
	shapes    map[string][]int // of data without the batch: [C,H,W] or [F]
	alias     map[string]string
	uses      map[string]int // live consumers
	names     map[string]bool
	pads      map[string]padding
	groups    map[string]group
	sigmoids  map[string]string // output to input
	loaded    map[string]*loaded

	nodes []*onnx.Node
	maker map[string]int // index in nodes by output
}

// padding is a Pad node that waits for its convolution.
type padding struct {
	input  string
	amount [4]int // top, left, bottom, right
	shaped bool   // computed from the image's size
}

// problem is an unsupported construct found while cleaning.
type problem struct{ Problem }

func (p problem) Error() string { return p.String() }

// newCleaner prepares a model for images of size x size pixels.
func newCleaner(m file, facts netFacts, size int) *cleaner {
	c := &cleaner{
		model: m, facts: facts,
		initial: map[string]*onnx.Tensor{}, constants: map[string]*constant{}, shapes: map[string][]int{},
		alias: map[string]string{}, uses: map[string]int{}, names: m.givenNames(), pads: map[string]padding{}, groups: map[string]group{},
		sigmoids: map[string]string{}, loaded: map[string]*loaded{}, maker: map[string]int{},
	}
	for _, t := range m.Graph.Initializers {
		c.initial[t.Name] = t
	}
	for _, v := range m.Graph.Required() {
		if len(v.Dims) == 4 {
			c.shapes[v.Name] = []int{3, size, size}
		} else {
			c.shapes[v.Name] = []int{int(v.Dims[1].Size)}
		}
	}
	return c
}

// run cleans the live nodes and drops what only fed rewritten ones.
func (c *cleaner) run(live []bool) error {
	g := c.model.Graph
	for i := range g.Nodes {
		for _, out := range g.Nodes[i].Outputs {
			c.names[out] = true
		}
		if live[i] {
			for _, in := range g.Nodes[i].Inputs {
				c.uses[in]++
			}
		}
	}
	for _, v := range g.Outputs {
		c.uses[v.Name]++
	}
	for i := range g.Nodes {
		if !live[i] {
			continue
		}
		n := g.Nodes[i]
		if err := c.node(n); err != nil {
			return problem{Problem{Op: n.Op, Node: n.Label(), Opset: c.model.Opset, Reason: err.Error()}}
		}
	}
	output := c.output()
	if s, ok := c.shapes[output]; !ok || len(s) != 1 {
		return problem{Problem{Reason: fmt.Sprintf("the output %s has shape %v for one image; logits of one dimension are supported", g.Outputs[0].Name, s)}}
	}
	c.biases()
	c.prune(output)
	return nil
}

// output returns the tensor with the logits.
func (c *cleaner) output() string { return c.resolve(c.model.Graph.Outputs[0].Name) }

func (c *cleaner) resolve(name string) string {
	for {
		to, ok := c.alias[name]
		if !ok {
			return name
		}
		name = to
	}
}

// rename makes out another name of in, whose consumers then count as in's.
func (c *cleaner) rename(out, in string) {
	in = c.resolve(in)
	c.alias[out] = in
	c.uses[in] += c.uses[out] - 1
}

// fresh returns the name, or one like it that no tensor has.
func (c *cleaner) fresh(name string) string {
	for c.names[name] {
		name += "'"
	}
	c.names[name] = true
	return name
}

// node rewrites one node of the file.
func (c *cleaner) node(n *onnx.Node) error {
	data := slices.ContainsFunc(n.Inputs, c.isData)
	switch {
	case n.Op == "Shape":
		return c.shape(n)
	case n.Op == "Identity" && c.facts.Depth[n.Outputs[0]] > 0:
		return c.depth(n)
	case n.Op == "Identity":
		c.rename(n.Outputs[0], n.Inputs[0])
		return nil
	case !data:
		return c.fold(n)
	}
	for _, in := range n.Inputs {
		if _, waiting := c.pads[c.resolve(in)]; waiting && n.Op != "Conv" {
			return errors.New("it takes a padded image, which only a convolution may")
		}
	}
	if err := c.waits(n); err != nil {
		return err
	}
	if done, err := c.grouped(n); done || err != nil {
		return err
	}
	return c.data(n)
}

func (c *cleaner) isData(name string) bool {
	name = c.resolve(name)
	_, padded := c.pads[name]
	return padded || c.shapes[name] != nil
}

// data dispatches the operators on images and features.
func (c *cleaner) data(n *onnx.Node) error {
	switch n.Op {
	case "Conv":
		return c.conv(n)
	case "BatchNormalization":
		return c.batchNorm(n)
	case "Sigmoid", "Relu":
		return c.activation(n)
	case "Clip":
		return c.clip(n)
	case "Mul":
		return c.mul(n)
	case "Add":
		return c.add(n)
	case "Gemm", "MatMul":
		return c.linear(n)
	case "Concat":
		return c.concat(n)
	case "GlobalAveragePool":
		return c.pool(n, true)
	case "ReduceMean":
		return c.reduceMean(n)
	case "Flatten", "Reshape", "Squeeze":
		return c.flatten(n)
	case "Pad":
		return c.pad(n)
	case "Dropout":
		return c.dropout(n)
	case "MaxPool", "AveragePool":
		return c.poolWindows(n)
	case "Split":
		return c.split(n)
	case "Sum":
		return c.sum(n)
	}
	return errors.New("the operator is not supported")
}

// emit adds a node of the cleaned graph with one output of the given shape.
func (c *cleaner) emit(op, output string, shape []int, inputs []string, attrs ...*onnx.Attribute) {
	c.maker[output] = len(c.nodes)
	c.shapes[output] = shape
	c.nodes = append(c.nodes, &onnx.Node{Name: output, Op: op, Inputs: inputs, Outputs: []string{output}, Attributes: attrs})
}

// only returns the data input of a node whose other inputs are constants.
func (c *cleaner) only(n *onnx.Node) (string, []int, error) {
	for _, in := range n.Inputs[1:] {
		if c.isData(in) {
			return "", nil, fmt.Errorf("its input %s is computed from the image", in)
		}
	}
	name := c.resolve(n.Inputs[0])
	shape, ok := c.shapes[name]
	if !ok {
		return "", nil, fmt.Errorf("its input %s is a constant", n.Inputs[0])
	}
	return name, shape, nil
}

// image is only with an image [C,H,W] as the input.
func (c *cleaner) image(n *onnx.Node) (string, []int, error) {
	name, shape, err := c.only(n)
	if err == nil && len(shape) != 3 {
		err = fmt.Errorf("its input has %d dimensions, not 4", len(shape)+1)
	}
	return name, shape, err
}

// biases gives linear layers that have none a bias of zeros.
func (c *cleaner) biases() {
	for i := range c.nodes {
		n := c.nodes[i]
		if n.Op == "Gemm" && len(n.Inputs) == 2 {
			out := c.shapes[n.Outputs[0]][0]
			name := c.fresh(n.Outputs[0] + ".bias")
			c.loaded[name] = &loaded{name: name, shape: []int{out}, values: make([]float32, out), role: RoleBias}
			n.Inputs = append(n.Inputs, name)
		}
	}
}

// prune drops cleaned nodes that the output does not need.
func (c *cleaner) prune(output string) {
	needed := map[string]bool{output: true}
	keep := make([]bool, len(c.nodes))
	for i := len(c.nodes) - 1; i >= 0; i-- {
		if keep[i] = needed[c.nodes[i].Outputs[0]]; keep[i] {
			for _, in := range c.nodes[i].Inputs {
				needed[in] = true
			}
		}
	}
	i := 0
	c.nodes = slices.DeleteFunc(c.nodes, func(*onnx.Node) bool { i++; return !keep[i-1] })
}
