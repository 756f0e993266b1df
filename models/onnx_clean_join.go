package models

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"melanoma/internal/onnx"
)

// two returns the names and shapes of two data inputs.
func (c *cleaner) two(n *onnx.Node) (names [2]string, shapes [2][]int, err error) {
	for i := range names {
		names[i] = c.resolve(n.Inputs[i])
		if shapes[i] = c.shapes[names[i]]; shapes[i] == nil {
			return names, shapes, fmt.Errorf("its input %s is a constant", n.Inputs[i])
		}
	}
	if names[0] == names[1] {
		return names, shapes, fmt.Errorf("it takes %s twice", names[0])
	}
	return names, shapes, nil
}

// mul is a swish, a channel-wise scale or a plain product.
func (c *cleaner) mul(n *onnx.Node) error {
	names, shapes, err := c.two(n)
	if err != nil {
		return err
	}
	for i, name := range names {
		if c.sigmoids[name] == names[1-i] {
			c.emit("Swish", n.Outputs[0], shapes[1-i], []string{names[1-i]})
			return nil
		}
	}
	if slices.Equal(shapes[0], shapes[1]) {
		c.emit("Mul", n.Outputs[0], shapes[0], names[:])
		return nil
	}
	for i, s := range shapes {
		x := shapes[1-i]
		if len(s) == 3 && len(x) == 3 && s[0] == x[0] && s[1] == 1 && s[2] == 1 {
			c.emit("Scale", n.Outputs[0], x, []string{names[1-i], names[i]})
			return nil
		}
	}
	return fmt.Errorf("shapes %v and %v of one image cannot be multiplied", shapes[0], shapes[1])
}

// add is a residual connection, or a bias that its exporter kept apart.
func (c *cleaner) add(n *onnx.Node) error {
	for i, in := range n.Inputs {
		if !c.isData(in) {
			return c.bias(n, c.resolve(n.Inputs[1-i]), in)
		}
	}
	names, shapes, err := c.two(n)
	if err != nil {
		return err
	}
	if !slices.Equal(shapes[0], shapes[1]) {
		return fmt.Errorf("shapes %v and %v of one image cannot be added", shapes[0], shapes[1])
	}
	c.emit("Add", n.Outputs[0], shapes[0], names[:])
	return nil
}

// bias gives the layer that makes name a bias and the node's output.
func (c *cleaner) bias(n *onnx.Node, name, bias string) error {
	i, ok := c.maker[name]
	if !ok || c.uses[name] != 1 || len(c.nodes[i].Inputs) != 2 || c.nodes[i].Op != "Gemm" && c.nodes[i].Op != "Conv" {
		return fmt.Errorf("the constant %s can only be added to a convolution or product without a bias", bias)
	}
	shape := c.shapes[name]
	dims, err := c.dims(bias)
	if err != nil {
		return err
	}
	last := 1
	if len(dims) > 0 {
		last = dims[len(dims)-1]
	}
	if c.nodes[i].Op == "Conv" && (len(dims) < 3 || last != 1) || c.nodes[i].Op == "Gemm" && last != shape[0] {
		return fmt.Errorf("the constant %s of shape %v is no bias of %d channels", bias, dims, shape[0])
	}
	names, err := c.vectors([]string{bias}, []Role{RoleBias}, shape[0])
	if err != nil {
		return err
	}
	out := n.Outputs[0]
	c.nodes[i].Inputs = append(c.nodes[i].Inputs, names...)
	c.nodes[i].Outputs, c.nodes[i].Name = []string{out}, out
	c.maker[out], c.shapes[out] = i, shape
	return nil
}

// dims returns the shape of an initializer or constant.
func (c *cleaner) dims(name string) ([]int, error) {
	name = c.resolve(name)
	if t, ok := c.initial[name]; ok {
		return t.Shape()
	}
	v, err := c.constant(name)
	if err != nil {
		return nil, err
	}
	return v.dims, nil
}

func (c *cleaner) linear(n *onnx.Node) error {
	name, shape, err := c.only(n)
	if err != nil {
		return err
	}
	if len(shape) != 1 {
		return errors.New("its input is an image; pool and flatten it first")
	}
	transpose := n.Op == "MatMul" || n.Int("transB", 0) == 0
	weight, err := c.weight(n.Inputs[1], RoleWeight, 2, transpose)
	if err != nil {
		return err
	}
	if weight.shape[1] != shape[0] {
		return fmt.Errorf("its weights are for %d features, there are %d", weight.shape[1], shape[0])
	}
	inputs := []string{name, weight.name}
	if len(n.Inputs) > 2 && n.Inputs[2] != "" {
		bias, err := c.vectors(n.Inputs[2:3], []Role{RoleBias}, weight.shape[0])
		if err != nil {
			return err
		}
		inputs = append(inputs, bias...)
	}
	c.emit("Gemm", n.Outputs[0], []int{weight.shape[0]}, inputs, onnx.IntAttribute("transB", 1))
	return nil
}

func (c *cleaner) concat(n *onnx.Node) error {
	names, shapes, err := c.two(n)
	if err != nil {
		return err
	}
	if len(shapes[0]) != 1 || len(shapes[1]) != 1 {
		return errors.New("only two vectors of features can be joined")
	}
	c.emit("Concat", n.Outputs[0], []int{shapes[0][0] + shapes[1][0]}, names[:], onnx.IntAttribute("axis", 1))
	return nil
}

// pool emits the mean over height and width, flattened unless keep.
func (c *cleaner) pool(n *onnx.Node, keep bool) error {
	name, shape, err := c.image(n)
	if err != nil {
		return err
	}
	out := n.Outputs[0]
	if keep {
		c.emit("GlobalAveragePool", out, []int{shape[0], 1, 1}, []string{name})
		return nil
	}
	mean := c.fresh(out + "/mean")
	c.emit("GlobalAveragePool", mean, []int{shape[0], 1, 1}, []string{name})
	c.emit("Flatten", out, shape[:1], []string{mean}, onnx.IntAttribute("axis", 1))
	return nil
}

func (c *cleaner) reduceMean(n *onnx.Node) error {
	in := make([]*constant, 2)
	var err error
	if in[1], err = c.input(n, 1); err != nil {
		return err
	}
	axes, err := axesOf(n, in)
	if err != nil {
		return err
	}
	for i, a := range axes {
		if a < 0 {
			axes[i] += 4
		}
	}
	slices.Sort(axes)
	if !slices.Equal(axes, []int{2, 3}) {
		return fmt.Errorf("means over axes %v are not supported, only over height and width", axes)
	}
	return c.pool(n, n.Int("keepdims", 1) == 1)
}

// flatten covers the ways to drop height and width of a pooled image.
func (c *cleaner) flatten(n *onnx.Node) error {
	name, shape, err := c.only(n)
	if err != nil {
		return err
	}
	target, err := c.input(n, 1)
	if err != nil {
		return err
	}
	if n.Op == "Squeeze" {
		if err := squeezesImage(n, target); err != nil {
			return err
		}
	}
	if n.Op == "Reshape" && !flattens(target, shape) {
		return fmt.Errorf("reshaping %v of one image to %v is not supported, only flattening it", shape, target.v)
	}
	if len(shape) == 1 {
		c.rename(n.Outputs[0], name)
		return nil
	}
	if shape[1] != 1 || shape[2] != 1 {
		return fmt.Errorf("an image of %dx%d is flattened; only one pooled to 1x1 can be", shape[1], shape[2])
	}
	c.emit("Flatten", n.Outputs[0], shape[:1], []string{name}, onnx.IntAttribute("axis", 1))
	return nil
}

func squeezesImage(n *onnx.Node, axes *constant) error {
	at, err := axesOf(n, []*constant{nil, axes})
	if err != nil {
		return err
	}
	for i, a := range at {
		if a < 0 {
			at[i] += 4
		}
	}
	slices.Sort(at)
	if len(at) > 0 && !slices.Equal(at, []int{2, 3}) {
		return fmt.Errorf("axes %v are not supported, only height and width", at)
	}
	return nil
}

// flattens reports whether a Reshape target is [batch, features]. A batch of
// 1 that an exporter wrote down is taken as any batch.
func flattens(target *constant, shape []int) bool {
	if target == nil || len(target.v) != 2 {
		return false
	}
	batch, features := target.v[0], target.v[1]
	return (math.IsNaN(batch) || batch == 0 || batch == 1 || batch == -1 && features != -1) &&
		(features == -1 || features == float64(count(shape)) || features == 0 && batch != -1)
}

// dropout keeps a dropout that this package wrote. Another's is dropped: how
// much to drop in training is the caller's choice of a head.
func (c *cleaner) dropout(n *onnx.Node) error {
	name, shape, err := c.only(n)
	if err != nil {
		return err
	}
	if len(n.Outputs) > 1 && n.Outputs[1] != "" && c.uses[n.Outputs[1]] > 0 {
		return errors.New("its mask is used by another node")
	}
	own, ok := c.facts.Dropout[n.Outputs[0]]
	if !ok {
		c.rename(n.Outputs[0], name)
		return nil
	}
	c.emit("Dropout", n.Outputs[0], shape, []string{name}, onnx.FloatAttribute("ratio", float32(own.Rate)))
	return nil
}

// depth keeps the stochastic depth that this package wrote.
func (c *cleaner) depth(n *onnx.Node) error {
	name, shape, err := c.only(n)
	if err != nil {
		return err
	}
	c.emit("StochasticDepth", n.Outputs[0], shape, []string{name})
	return nil
}
