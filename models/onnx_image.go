package models

import (
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

// maxWindow bounds kernels, strides, dilations and paddings.
const maxWindow = 4096

// image returns a value as an image [N,C,H,W] with its channels last; one of
// three axes becomes an image of height 1.
func (im *importer) image(p place, name string) (place, error) {
	switch len(p.shape) {
	case 3:
		p = im.reshape(im.in(p, channelsLast(3)), []int{p.shape[0], p.shape[1], 1, p.shape[2]}, im.fresh(name+"/image"))
	case 4:
	default:
		return p, errPlain
	}
	return im.in(p, channelsLast(4)), nil
}

// makeImage makes a node's output from an image; one of height 1 loses that
// axis where the file's has three.
func (im *importer) makeImage(n *onnx.Node, l Layer) {
	shape := im.values[n.Outputs[0]].Shape
	if len(shape) == 4 {
		im.make(n, channelsLast(4), l)
		return
	}
	l.Name = im.fresh(n.Outputs[0] + "/image")
	p := place{layer: im.emit(l), shape: []int{shape[0], shape[1], 1, shape[2]}, axes: channelsLast(4)}
	im.same(n, im.reshape(p, shape, n.Outputs[0]))
}

// window reads the attributes of a convolution or pooling over positions of
// the given sizes.
func (im *importer) window(n *onnx.Node, l *Layer, kernel []int, x place) error {
	one := len(kernel) == 1
	pair := func(name string, missing int) ([2]int, error) {
		v := []int{missing, missing}
		if a := n.Attribute(name); a != nil {
			v = convert[int](a.Ints)
		}
		if one {
			v = []int{1, v[0]}
		}
		if len(v) != 2 || slices.Min(v) < 1 || slices.Max(v) > maxWindow {
			return [2]int{}, fmt.Errorf("its %s are %v", name, v)
		}
		return [2]int(v), nil
	}
	var err error
	if l.Stride, err = pair("strides", 1); err != nil {
		return err
	}
	if l.Dilation, err = pair("dilations", 1); err != nil {
		return err
	}
	if l.Dilation == [2]int{1, 1} {
		l.Dilation = [2]int{}
	}
	if one {
		kernel = []int{1, kernel[0]}
	}
	switch auto := n.Text("auto_pad", "NOTSET"); auto {
	case "SAME_UPPER":
		l.Same = true
	case "SAME_LOWER":
		for d := range 2 {
			before, after := samePad(x.shape[d+2], l.extent(kernel[d], d), l.Stride[d])
			l.Pad[d], l.Pad[d+2] = after, before
		}
	case "NOTSET":
		if a := n.Attribute("pads"); a != nil {
			v := convert[int](a.Ints)
			if one && len(v) == 2 {
				v = []int{0, v[0], 0, v[1]}
			}
			if len(v) != 4 || slices.Min(v) < 0 || slices.Max(v) > maxWindow {
				return fmt.Errorf("its pads are %v", v)
			}
			l.Pad = [4]int(v)
		}
	}
	return nil
}

func (im *importer) conv(n *onnx.Node) error {
	x, err := im.data(n, 0)
	if err != nil {
		return err
	}
	w, err := im.floats(n, 1)
	if err != nil {
		return err
	}
	if len(w.Shape) != len(x.shape) || slices.Contains(w.Shape, 0) {
		return errPlain
	}
	if x, err = im.image(x, n.Outputs[0]); err != nil {
		return err
	}
	l := Layer{Op: OpConv, Groups: int(n.Int("group", 1))}
	if err := im.window(n, &l, w.Shape[2:], x); err != nil {
		return err
	}
	shape := w.Shape
	if len(shape) == 3 {
		shape = []int{shape[0], shape[1], 1, shape[2]}
	}
	x = im.mergePad(&l, x, shape)
	l.Inputs = []string{x.layer}
	l.Params = []string{im.param(n.Inputs[1], RoleWeight, w.Float32s(), shape...)}
	bias, err := im.floats(n, 2)
	if err != nil {
		return err
	}
	if bias != nil {
		l.Params = append(l.Params, im.param(n.Inputs[2], RoleBias, bias.Float32s(), shape[0]))
	}
	im.makeImage(n, l)
	return nil
}

// mergePad lets a convolution pad its input itself. What was computed from the
// image's size and equals SAME padding stays SAME, so that it holds for other
// sizes too.
func (im *importer) mergePad(l *Layer, x place, w []int) place {
	i, ok := im.maker[x.layer]
	if !ok || l.Same {
		return x
	}
	p := im.layers[i]
	if p.Op != OpPad || len(p.Before) != 4 || p.Low != 0 || slices.Min(p.Before) < 0 || slices.Min(p.After) < 0 ||
		p.Before[0]+p.After[0]+p.Before[3]+p.After[3] != 0 {
		return x
	}
	pad := [4]int{p.Before[1], p.Before[2], p.After[1], p.After[2]}
	inner := place{layer: p.Inputs[0], axes: x.axes, shape: slices.Clone(x.shape)}
	inner.shape[2] -= pad[0] + pad[2]
	inner.shape[3] -= pad[1] + pad[3]
	top, bottom := samePad(inner.shape[2], l.extent(w[2], 0), l.Stride[0])
	left, right := samePad(inner.shape[3], l.extent(w[3], 1), l.Stride[1])
	if im.padded[x.layer] && l.Pad == [4]int{} && pad == [4]int{top, left, bottom, right} {
		l.Same = true
		return inner
	}
	for i := range pad {
		l.Pad[i] += pad[i]
	}
	return inner
}

func (im *importer) batchNorm(n *onnx.Node) error {
	x, err := im.data(n, 0)
	if err != nil {
		return err
	}
	if len(x.shape) < 2 || n.Int("spatial", 1) != 1 || len(n.Inputs) != 5 {
		return errPlain
	}
	epsilon, momentum := decimal(n.Float("epsilon", 1e-5)), decimal(n.Float("momentum", 0.9))
	if !(epsilon >= 0 && epsilon < 1) || !(momentum >= 0 && momentum <= 1) {
		return fmt.Errorf("its epsilon %g or momentum %g is outside of [0, 1]", epsilon, momentum)
	}
	training := n.Int("training_mode", 0) == 1
	for _, out := range n.Outputs[1:] {
		if out != "" && im.used(out) {
			return errPlain
		}
		training = training || out != "" && im.model.Opset < 14 // which has no attribute for it
	}
	x = im.in(x, channelsLast(len(x.shape)))
	params, err := im.vectors(n, 1, x.shape[1], RoleBNScale, RoleBNShift, RoleRunningMean, RoleRunningVar)
	if err != nil {
		return err
	}
	im.dropZeroBias(x.layer)
	im.make(n, x.axes, Layer{Op: OpBatchNorm, Inputs: []string{x.layer}, Params: params, Epsilon: epsilon, Momentum: complement(momentum),
		Always: training && im.run.standard})
	return nil
}

// dropZeroBias takes a bias of zeros from the convolution before a BatchNorm,
// which cancels it. Exporters add such biases, one shared by many layers; a
// file of our own is read as it is.
func (im *importer) dropZeroBias(name string) {
	if im.facts.Std != [3]float32{} {
		return
	}
	i, ok := im.maker[name]
	if !ok || im.layers[i].Op != OpConv || len(im.layers[i].Params) < 2 {
		return
	}
	bias := im.layers[i].Params[1]
	if slices.ContainsFunc(im.loaded[bias].values, func(v float32) bool { return v != 0 }) {
		return
	}
	im.layers[i].Params = im.layers[i].Params[:1]
	delete(im.loaded, bias)
}
