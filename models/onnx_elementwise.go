package models

import (
	"math"

	"melanoma/internal/onnx"
)

// elementwise makes a node's output by a layer over its first input, whatever
// its layout.
func (im *importer) elementwise(n *onnx.Node, l Layer) error {
	p, err := im.data(n, 0)
	if err != nil {
		return err
	}
	l.Inputs = []string{p.layer}
	im.make(n, p.axes, l)
	return nil
}

func (im *importer) hardSigmoid(n *onnx.Node) error {
	alpha, beta := decimal(n.Float("alpha", 0.2)), decimal(n.Float("beta", 0.5))
	if sixth := float32(1) / 6; math.Abs(alpha-float64(sixth)) < 1e-7 {
		alpha = 1. / 6
	}
	return im.elementwise(n, Layer{Op: OpFunction, Function: "hard-sigmoid", Low: alpha, High: beta})
}

func (im *importer) gelu(n *onnx.Node) error {
	kind := "gelu"
	if n.Text("approximate", "none") == "tanh" {
		kind = "gelu-tanh"
	}
	return im.elementwise(n, Layer{Op: OpFunction, Function: kind})
}

// swish is x*sigmoid(alpha*x).
func (im *importer) swish(n *onnx.Node) error {
	if n.Float("alpha", 1) != 1 {
		return errPlain
	}
	return im.elementwise(n, Layer{Op: OpSwish})
}

// clip takes its bounds from attributes before opset 11 and from inputs since.
func (im *importer) clip(n *onnx.Node) error {
	bounds := [2]float64{float64(n.Float("min", -math.MaxFloat32)), float64(n.Float("max", math.MaxFloat32))}
	for i := range bounds {
		v, err := im.constant(n, i+1)
		if err != nil {
			return err
		}
		if v == nil {
			continue
		}
		var ok bool
		if bounds[i], ok = scalarOf(v); !ok {
			return errPlain
		}
	}
	if bounds[0] == 0 && bounds[1] >= math.MaxFloat32 {
		return im.elementwise(n, Layer{Op: OpReLU})
	}
	return im.elementwise(n, Layer{Op: OpClip, Low: bounds[0], High: bounds[1]})
}

// prelu is max(x,0) + slope*min(x,0).
func (im *importer) prelu(n *onnx.Node) error {
	x, err := im.data(n, 0)
	if err != nil {
		return err
	}
	slope, err := im.floats(n, 1)
	if err != nil {
		return err
	}
	if s, ok := scalarOf(slope); ok {
		return im.elementwise(n, Layer{Op: OpFunction, Function: "leaky", Low: s})
	}
	if len(slope.Shape) > len(x.shape) {
		return errPlain
	}
	out := n.Outputs[0]
	up := im.emit(Layer{Name: im.fresh(out + "/positive"), Op: OpReLU, Inputs: []string{x.layer}})
	low := im.emit(Layer{Name: im.fresh(out + "/negative"), Op: OpBinary, Function: "sub", Inputs: []string{x.layer, up}})
	values, shape := arranged(slope, x.axes)
	times := im.emit(Layer{Name: im.fresh(out + "/sloped"), Op: OpBinary, Function: "mul", Inputs: []string{low},
		Params: []string{im.param(n.Inputs[1], RoleWeight, values, shape...)}})
	im.make(n, x.axes, Layer{Op: OpAdd, Inputs: []string{up, times}})
	return nil
}
