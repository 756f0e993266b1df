package models

import (
	"slices"

	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// gemm imports a product with a constant matrix, and its bias.
func (im *importer) gemm(n *onnx.Node) error {
	x, err := im.data(n, 0)
	if err != nil {
		return err
	}
	w, err := im.floats(n, 1)
	if err != nil {
		return err
	}
	c, err := im.floats(n, 2)
	if err != nil {
		return err
	}
	if n.Int("transA", 0) == 1 {
		x.shape, x.axes = []int{x.shape[1], x.shape[0]}, []int{1 - x.axes[0], 1 - x.axes[1]}
	}
	x = im.in(x, inOrder(2))
	values, out := matrix(w, n.Int("transB", 0) == 0)
	values = scaled(values, n.Float("alpha", 1))
	in := x.shape[1]
	if out*in != len(values) || out == 0 || in == 0 {
		return errPlain
	}
	l := Layer{Op: OpLinear, Inputs: []string{x.layer}, Params: []string{im.param(n.Inputs[1], RoleWeight, values, out, in)}}
	rest := false // c has rows of its own
	if c != nil {
		rest = c.Len() != 1 && (c.Len() != out || c.Shape[len(c.Shape)-1] != out)
	}
	switch {
	case c == nil || rest:
		l.Params = append(l.Params, im.noBias(n.Outputs[0], out))
	default:
		bias := c.Float32s()
		if len(bias) != out {
			bias = slices.Repeat(bias, out)
		}
		l.Params = append(l.Params, im.param(n.Inputs[2], RoleBias, scaled(bias, n.Float("beta", 1)), out))
	}
	if !rest {
		im.make(n, inOrder(2), l)
		return nil
	}
	l.Name = im.fresh(n.Outputs[0] + "/product")
	rows, dims := arranged(c, inOrder(2))
	im.make(n, inOrder(2), Layer{Op: OpBinary, Function: "add", Inputs: []string{im.emit(l)},
		Params: []string{im.param(n.Inputs[2], RoleBias, scaled(rows, n.Float("beta", 1)), dims...)}})
	return nil
}

func (im *importer) noBias(output string, width int) string {
	return im.param(im.fresh(output+".bias"), RoleBias, make([]float32, width), width)
}

// matrix returns the values of a matrix as [out,in], and out.
func matrix(w *eval.Array, turn bool) ([]float32, int) {
	if !turn {
		return w.Float32s(), w.Shape[0]
	}
	values, _ := arranged(w, []int{1, 0})
	return values, w.Shape[1]
}

func scaled(v []float32, s float32) []float32 {
	if s == 1 {
		return v
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = s * x
	}
	return out
}

// matMul imports a product with a constant matrix as a linear layer or a
// pointwise convolution over the last axis, and one of two values.
func (im *importer) matMul(n *onnx.Node) error {
	x, err := im.data(n, 0)
	if err != nil {
		return err
	}
	if y, ok := im.place(n.Inputs[1]); ok {
		return im.product(n, x, y)
	}
	w, err := im.floats(n, 1)
	if err != nil {
		return err
	}
	rank := len(x.shape)
	if len(w.Shape) != 2 || rank < 2 || w.Len() == 0 {
		return errPlain
	}
	values, out := matrix(w, true)
	in := x.shape[rank-1]
	x = im.in(x, axisLast(x.axes, rank-1))
	if rank == 2 {
		l := Layer{Op: OpLinear, Inputs: []string{x.layer}, Params: []string{im.param(n.Inputs[1], RoleWeight, values, out, in)}}
		l.Params = append(l.Params, im.noBias(n.Outputs[0], out))
		im.make(n, x.axes, l)
		return nil
	}
	l := Layer{Op: OpConv, Groups: 1, Stride: [2]int{1, 1}, Inputs: []string{x.layer}, Params: []string{im.param(n.Inputs[1], RoleWeight, values, out, in, 1, 1)}}
	if rank == 4 {
		im.make(n, x.axes, l)
		return nil
	}
	s := x.stored()
	l.Inputs = []string{im.emit(Layer{Name: im.fresh(n.Outputs[0] + "/positions"), Op: OpReshape, Inputs: l.Inputs, Sizes: []int{count(s[1 : rank-1]), 1, in}})}
	l.Name = im.fresh(n.Outputs[0] + "/product")
	im.make(n, x.axes, Layer{Op: OpReshape, Inputs: []string{im.emit(l)}, Sizes: append(slices.Clone(s[1:rank-1]), out)})
	return nil
}

// product imports a product of two values whose leading axes are equal.
func (im *importer) product(n *onnx.Node, x, y place) error {
	rank := len(x.shape)
	if rank < 3 || len(y.shape) != rank || !slices.Equal(x.shape[:rank-2], y.shape[:rank-2]) {
		return errPlain
	}
	lead := slices.DeleteFunc(slices.Clone(x.axes), func(a int) bool { return a >= rank-2 })
	x = im.in(x, append(slices.Clone(lead), rank-2, rank-1))
	l := Layer{Op: OpMatMul, Inputs: []string{x.layer}}
	turned := append(slices.Clone(lead), rank-1, rank-2)
	if l.Turned = slices.Equal(y.axes, turned); !l.Turned {
		y = im.in(y, append(slices.Clone(lead), rank-2, rank-1))
	}
	l.Inputs = append(l.Inputs, y.layer)
	im.make(n, x.axes, l)
	return nil
}
