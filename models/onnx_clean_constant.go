package models

import (
	"fmt"
	"math"

	"melanoma/internal/onnx"
)

// constant returns a constant by name, nil for an absent optional input.
func (c *cleaner) constant(name string) (*constant, error) {
	if name == "" {
		return nil, nil
	}
	name = c.resolve(name)
	if v, ok := c.constants[name]; ok {
		return v, nil
	}
	t, ok := c.initial[name]
	if !ok {
		return nil, fmt.Errorf("its input %s is not a constant", name)
	}
	if n, err := t.Len(); err != nil || n > maxFolded {
		return nil, fmt.Errorf("its input %s is too large for a constant: %v", name, t.Dims)
	}
	return constantOf(t)
}

// input returns constant input i, nil where the node has none.
func (c *cleaner) input(n *onnx.Node, i int) (*constant, error) {
	if i >= len(n.Inputs) {
		return nil, nil
	}
	return c.constant(n.Inputs[i])
}

// shape makes a Shape node a constant. The batch is unknown, height and width
// depend on the image size.
func (c *cleaner) shape(n *onnx.Node) error {
	name := c.resolve(n.Inputs[0])
	v := &constant{dtype: onnx.Int64}
	if s, ok := c.shapes[name]; ok {
		v.v = append([]float64{math.NaN()}, convert[float64](s)...)
		v.shaped = true
	} else {
		x, err := c.constant(name)
		if err != nil {
			return err
		}
		v.v = convert[float64](x.dims)
	}
	from, to := sliceBounds(int(n.Int("start", 0)), int(n.Int("end", int64(len(v.v)))), 1, len(v.v))
	v.v = v.v[from:max(from, to)]
	v.dims = []int{len(v.v)}
	c.constants[n.Outputs[0]] = v
	return nil
}

func (c *cleaner) fold(n *onnx.Node) error {
	if a := n.Attribute("value"); n.Op == "Constant" && a != nil && a.Tensor != nil {
		a.Tensor.Name = n.Outputs[0]
		c.initial[n.Outputs[0]] = a.Tensor // may be large: a weight
		return nil
	}
	in := make([]*constant, len(n.Inputs))
	for i := range in {
		var err error
		if in[i], err = c.input(n, i); err != nil {
			return err
		}
	}
	v, err := fold(n, in)
	if err != nil {
		return err
	}
	c.constants[n.Outputs[0]] = v
	return nil
}
