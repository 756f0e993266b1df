package models

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"melanoma/internal/onnx"
)

func (c *cleaner) pad(n *onnx.Node) error {
	name, shape, err := c.image(n)
	if err != nil {
		return err
	}
	amount, err := c.input(n, 1)
	if err != nil {
		return err
	}
	if a := n.Attribute("pads"); a != nil {
		amount = vector(onnx.Int64, convert[float64](a.Ints)...)
	}
	if amount == nil || len(amount.v) != 8 {
		return errors.New("its pads are not eight numbers")
	}
	if value, err := c.input(n, 2); err != nil || value != nil && (len(value.v) != 1 || value.v[0] != 0) {
		return errors.New("only zeros can be padded")
	}
	if len(n.Inputs) > 3 && n.Inputs[3] != "" {
		return errors.New("its axes are not supported")
	}
	v, err := amount.ints()
	if err != nil {
		return err
	}
	if v[0] != 0 || v[1] != 0 || v[4] != 0 || v[5] != 0 || slices.Min(v) < 0 || slices.Max(v) > maxWindow {
		return fmt.Errorf("its pads %v are not supported: height and width can be padded, by 0 to %d", v, maxWindow)
	}
	out := n.Outputs[0]
	if slices.Max(v) == 0 && !amount.shaped {
		c.rename(out, name)
		return nil
	}
	c.pads[out] = padding{input: name, amount: [4]int{v[2], v[3], v[6], v[7]}, shaped: amount.shaped}
	c.shapes[out] = []int{shape[0], shape[1] + v[2] + v[6], shape[2] + v[3] + v[7]}
	return nil
}

func (c *cleaner) batchNorm(n *onnx.Node) error {
	name, shape, err := c.only(n)
	if err != nil {
		return err
	}
	for _, out := range n.Outputs[1:] {
		if out != "" && c.uses[out] > 0 {
			return fmt.Errorf("its statistics %s are used by another node", out)
		}
	}
	roles := []Role{RoleBNScale, RoleBNShift, RoleRunningMean, RoleRunningVar}
	params, err := c.vectors(n.Inputs[1:], roles, shape[0])
	if err != nil {
		return err
	}
	epsilon, momentum := float64(n.Float("epsilon", 1e-5)), float64(n.Float("momentum", 0.9))
	if !(epsilon >= 0 && epsilon < 1) || !(momentum >= 0 && momentum <= 1) {
		return fmt.Errorf("its epsilon %g or momentum %g is outside of [0, 1]", epsilon, momentum)
	}
	c.dropZeroBias(name)
	c.emit("BatchNormalization", n.Outputs[0], shape, append([]string{name}, params...),
		onnx.FloatAttribute("epsilon", float32(epsilon)), onnx.FloatAttribute("momentum", float32(momentum)))
	return nil
}

// dropZeroBias takes a bias of zeros from the convolution before a BatchNorm,
// which cancels it. Exporters add such biases, one shared by many layers; a
// file of our own is read as it is.
func (c *cleaner) dropZeroBias(name string) {
	if c.facts.Std != [3]float32{} {
		return
	}
	i, ok := c.maker[name]
	if !ok || c.uses[name] != 1 || c.nodes[i].Op != "Conv" || len(c.nodes[i].Inputs) < 3 {
		return
	}
	for _, v := range c.loaded[c.nodes[i].Inputs[2]].values {
		if v != 0 {
			return
		}
	}
	c.nodes[i].Inputs = c.nodes[i].Inputs[:2]
}

func (c *cleaner) activation(n *onnx.Node) error {
	name, shape, err := c.only(n)
	if err != nil {
		return err
	}
	if n.Op == "Sigmoid" {
		c.sigmoids[n.Outputs[0]] = name
	}
	c.emit(n.Op, n.Outputs[0], shape, []string{name})
	return nil
}

func (c *cleaner) clip(n *onnx.Node) error {
	name, shape, err := c.only(n)
	if err != nil {
		return err
	}
	var in [2]*constant
	for i := range in {
		if in[i], err = c.input(n, i+1); err != nil {
			return err
		}
	}
	low, high, err := clipBounds(n, in[:])
	if err != nil {
		return err
	}
	if !(low <= high) {
		return fmt.Errorf("its bounds %g and %g are no interval", low, high)
	}
	if low == 0 && math.IsInf(high, 1) {
		c.emit("Relu", n.Outputs[0], shape, []string{name})
		return nil
	}
	c.emit("Clip", n.Outputs[0], shape, []string{name}, onnx.FloatAttribute("min", float32(low)), onnx.FloatAttribute("max", float32(high)))
	return nil
}
