package models

import (
	"melanoma/internal/graph"
	"melanoma/internal/onnx"
)

// pool imports poolings whose windows all reach the image.
func (im *importer) pool(n *onnx.Node) error {
	x, err := im.data(n, 0)
	if err != nil {
		return err
	}
	if len(n.Outputs) > 1 && im.used(n.Outputs[1]) {
		return errPlain
	}
	a := n.Attribute("kernel_shape")
	if a == nil || len(a.Ints) != len(x.shape)-2 {
		return errPlain
	}
	if x, err = im.image(x, n.Outputs[0]); err != nil {
		return err
	}
	kernel := convert[int](a.Ints)
	l := Layer{Op: OpMaxPool, Inputs: []string{x.layer}, Ceil: n.Int("ceil_mode", 0) == 1}
	if n.Op == "AveragePool" {
		l.Op, l.CountPad = OpAveragePool, n.Int("count_include_pad", 0) == 1
	}
	if err := im.window(n, &l, kernel, x); err != nil {
		return err
	}
	l.Kernel = [2]int{1, kernel[0]}
	if len(kernel) == 2 {
		l.Kernel[0], l.Kernel[1] = kernel[0], kernel[1]
	}
	if l.Dilation != [2]int{} || l.Kernel[0] > maxWindow || l.Kernel[1] > maxWindow {
		return errPlain
	}
	spec := graph.MaxPool{PoolAttrs: l.pooling(x.shape[2], x.shape[3])}
	got, err := spec.Shape([][]int{x.stored()})
	want := im.values[n.Outputs[0]].Shape
	if err != nil || got[2] != want[len(want)-1] || len(want) == 4 && got[1] != want[2] {
		return errPlain
	}
	im.makeImage(n, l)
	return nil
}

func (im *importer) globalPool(n *onnx.Node) error {
	x, err := im.data(n, 0)
	if err != nil {
		return err
	}
	if len(x.shape) < 3 {
		return errPlain
	}
	x = im.in(x, channelsLast(len(x.shape)))
	kind := "mean"
	if n.Op == "GlobalMaxPool" {
		kind = "max"
	}
	l, axes := im.reduction(x, kind, inOrder(len(x.shape))[2:])
	im.make(n, axes, l)
	return nil
}

// localNorm imports local response normalisation.
func (im *importer) localNorm(n *onnx.Node) error {
	x, err := im.data(n, 0)
	if err != nil {
		return err
	}
	size := n.Int("size", 1)
	if len(x.shape) != 4 || size < 1 || size > maxWindow {
		return errPlain
	}
	x = im.in(x, channelsLast(4))
	im.make(n, x.axes, Layer{Op: OpLocalNorm, Inputs: []string{x.layer}, Local: &Local{
		Size: int(size), Alpha: decimal(n.Float("alpha", 1e-4)), Beta: decimal(n.Float("beta", 0.75)), Bias: decimal(n.Float("bias", 1)),
	}})
	return nil
}
