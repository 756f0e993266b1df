package models

import (
	"errors"
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

// window reads the stride, dilation and padding of a convolution or pooling.
func window(n *onnx.Node) Layer {
	pairOf := func(name string) [2]int {
		if a := n.Attribute(name); a != nil {
			return [2]int(convert[int](a.Ints))
		}
		return [2]int{1, 1}
	}
	l := Layer{Stride: pairOf("strides"), Dilation: pairOf("dilations")}
	if l.Dilation == [2]int{1, 1} {
		l.Dilation = [2]int{}
	}
	auto := n.Attribute("auto_pad")
	l.Same = auto != nil && auto.Text == "SAME_UPPER"
	if a := n.Attribute("pads"); a != nil && (auto == nil || auto.Text == "NOTSET") {
		l.Pad = [4]int(convert[int](a.Ints))
	}
	return l
}

// cleanWindow is what [Layer.setWindow] reads back.
func (l *Layer) cleanWindow() []*onnx.Attribute {
	return append(l.writtenWindow(), intsAttr("dilations", l.Dilation[:]...))
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
	kernel := weight.shape[2:]
	if a := n.Attribute("kernel_shape"); a != nil && !slices.Equal(convert[int](a.Ints), kernel) {
		return fmt.Errorf("its kernel_shape is %v, its weights are %v", a.Ints, kernel)
	}
	l := window(n)
	l.Groups = int(n.Int("group", 1))
	if padded {
		if err := l.merge(waiting, x, kernel); err != nil {
			return err
		}
	}
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
	c.emit("Conv", n.Outputs[0], []int{out[3], out[1], out[2]}, inputs, append(l.cleanWindow(), onnx.IntAttribute("group", int64(l.Groups)))...)
	return nil
}

// merge adds the padding of a Pad node. What was computed from the image size
// and equals SAME padding stays SAME, so that it holds for other sizes too.
func (l *Layer) merge(p padding, x, kernel []int) error {
	if l.Same {
		return errors.New("it pads an image that is padded already")
	}
	same := Layer{Same: true, Stride: l.Stride, Dilation: l.Dilation}
	if p.shaped && l.Pad == [4]int{} && p.amount == same.padding(x[1], x[2], kernel[0], kernel[1]) {
		l.Same = true
		return nil
	}
	for i := range l.Pad {
		l.Pad[i] += p.amount[i]
	}
	return nil
}

// poolWindows is a MaxPool or an AveragePool.
func (c *cleaner) poolWindows(n *onnx.Node) error {
	name, shape, err := c.image(n)
	if err != nil {
		return err
	}
	if len(n.Outputs) > 1 && n.Outputs[1] != "" && c.uses[n.Outputs[1]] > 0 {
		return fmt.Errorf("its indices %s are used by another node", n.Outputs[1])
	}
	kernel := n.Attribute("kernel_shape")
	if kernel == nil {
		return errors.New("it has no kernel_shape")
	}
	l := window(n)
	l.Op, l.Kernel, l.Ceil, l.CountPad = OpMaxPool, [2]int(convert[int](kernel.Ints)), n.Int("ceil_mode", 0) == 1, n.Int("count_include_pad", 0) == 1
	out, err := l.imageShape([]int{1, shape[1], shape[2], shape[0]})
	if err != nil {
		return err
	}
	c.emit(n.Op, n.Outputs[0], []int{out[3], out[1], out[2]}, []string{name},
		append(l.cleanWindow(), intsAttr("kernel_shape", l.Kernel[:]...), flagAttr("ceil_mode", l.Ceil), flagAttr("count_include_pad", l.CountPad))...)
	return nil
}

// setWindow reads what cleanWindow wrote.
func (l *Layer) setWindow(a attributes) error {
	for name, to := range map[string]*[2]int{"strides": &l.Stride, "dilations": &l.Dilation} {
		v, _ := a[name].([]int64)
		if len(v) != 2 {
			return fmt.Errorf("%s are %v", name, v)
		}
		*to = [2]int(convert[int](v))
	}
	pads, _ := a["pads"].([]int64)
	if l.Same = a.text("auto_pad") == "SAME_UPPER"; !l.Same {
		if len(pads) != 4 {
			return fmt.Errorf("pads are %v", pads)
		}
		l.Pad = [4]int(convert[int](pads))
	}
	return nil
}
