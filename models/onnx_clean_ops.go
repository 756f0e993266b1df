package models

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"melanoma/internal/onnx"
)

// window is a convolution's attributes.
type window struct {
	stride, groups int
	pad            [4]int
	same           bool
}

func (c *cleaner) window(n *onnx.Node, kernel []int) (window, error) {
	w := window{stride: 1, groups: int(n.Int("group", 1))}
	if a := n.Attribute("strides"); a != nil {
		w.stride = int(a.Ints[0])
	}
	if a := n.Attribute("kernel_shape"); a != nil && !slices.Equal(convert[int](a.Ints), kernel) {
		return w, fmt.Errorf("its kernel_shape is %v, its weights are %v", a.Ints, kernel)
	}
	auto := n.Attribute("auto_pad")
	w.same = auto != nil && auto.Text == "SAME_UPPER"
	if a := n.Attribute("pads"); a != nil && (auto == nil || auto.Text == "NOTSET") {
		w.pad = [4]int(convert[int](a.Ints))
	}
	return w, nil
}

func (c *cleaner) conv(n *onnx.Node) error {
	name := c.resolve(n.Inputs[0])
	waiting, padded := c.pads[name]
	if padded {
		name = waiting.input
	}
	x := c.shapes[name]
	if len(x) != 3 {
		return errors.New("its first input is not an image")
	}
	weight, err := c.weight(n.Inputs[1], RoleWeight, 4, false)
	if err != nil {
		return err
	}
	win, err := c.window(n, weight.shape[2:])
	if err != nil {
		return err
	}
	if padded {
		if err := win.merge(waiting, x, weight.shape); err != nil {
			return err
		}
	}
	if depthwise := win.groups == x[0] && weight.shape[1] == 1; win.groups != 1 && !depthwise {
		return fmt.Errorf("%d groups over %d channels are not supported: one group or one a channel is", win.groups, x[0])
	}
	l := Layer{Stride: [2]int{win.stride, win.stride}, Groups: win.groups, Pad: win.pad, Same: win.same}
	out, err := l.convShape([]int{1, x[1], x[2], x[0]}, weight.shape)
	if err != nil {
		return err
	}
	inputs := []string{name, weight.name}
	if len(n.Inputs) > 2 && n.Inputs[2] != "" {
		bias, err := c.vectors(n.Inputs[2:3], []Role{RoleBias}, weight.shape[0])
		if err != nil {
			return err
		}
		inputs = append(inputs, bias...)
	}
	attrs := []*onnx.Attribute{intsAttr("strides", win.stride, win.stride), onnx.IntAttribute("group", int64(win.groups))}
	if win.same {
		attrs = append(attrs, onnx.TextAttribute("auto_pad", "SAME_UPPER"))
	} else {
		attrs = append(attrs, intsAttr("pads", win.pad[:]...))
	}
	c.emit("Conv", n.Outputs[0], []int{out[3], out[1], out[2]}, inputs, attrs...)
	return nil
}

// merge adds the padding of a Pad node. What was computed from the image size
// and equals SAME padding stays SAME, so that it holds for other sizes too.
func (w *window) merge(p padding, x, weight []int) error {
	if w.same {
		return errors.New("it pads an image that is padded already")
	}
	top, bottom := samePad(x[1], weight[2], w.stride)
	left, right := samePad(x[2], weight[3], w.stride)
	if p.shaped && w.pad == [4]int{} && p.amount == [4]int{top, left, bottom, right} {
		w.same = true
		return nil
	}
	for i := range w.pad {
		w.pad[i] += p.amount[i]
	}
	return nil
}

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
// which cancels it. Exporters add such biases, one shared by many layers.
func (c *cleaner) dropZeroBias(name string) {
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
