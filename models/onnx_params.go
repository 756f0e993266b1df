package models

import (
	"fmt"
	"slices"

	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// loaded is a parameter's values in our layout.
type loaded struct {
	name   string
	shape  []int
	values []float32
	role   Role
}

// param declares a parameter under a value's name. A second use of one value
// becomes a parameter of its own: exporters merge tensors of equal values,
// such as fresh running means, that train apart.
func (im *importer) param(name string, role Role, values []float32, shape ...int) string {
	if im.loaded[name] != nil {
		name, values = im.fresh(name), slices.Clone(values)
	}
	im.loaded[name] = &loaded{name: name, shape: shape, values: values, role: role}
	return name
}

// floats returns a node's input i if it is a constant of float32.
func (im *importer) floats(n *onnx.Node, i int) (*eval.Array, error) {
	v, err := im.constant(n, i)
	if err != nil || v == nil {
		return nil, err
	}
	if v.Type != onnx.Float {
		return nil, fmt.Errorf("its input %s has elements of %s", n.Inputs[i], v.Type)
	}
	return v, nil
}

// vectors declares constant inputs of the given length, one for each role,
// from input `from` on. errPlain if one is no constant.
func (im *importer) vectors(n *onnx.Node, from, length int, roles ...Role) ([]string, error) {
	values := make([]*eval.Array, len(roles))
	for i := range roles {
		v, err := im.floats(n, from+i)
		if err != nil {
			return nil, err
		}
		if v == nil || v.Len() != length {
			return nil, errPlain
		}
		values[i] = v
	}
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = im.param(n.Inputs[from+i], role, values[i].Float32s(), length)
	}
	return names, nil
}

// scalar returns the number of a constant with one element.
func scalarOf(v *eval.Array) (float64, bool) {
	if v == nil || !v.Known() || v.Len() != 1 {
		return 0, false
	}
	return v.Float64s()[0], true
}

// arranged returns the values of a constant as an array of the rank of axes,
// whose axis i is the file's axis axes[i]; axes that it lacks come first.
func arranged(v *eval.Array, axes []int) ([]float32, []int) {
	lead := len(axes) - len(v.Shape)
	p := place{shape: append(slices.Repeat([]int{1}, max(0, lead)), v.Shape...), axes: axes}
	from, shape := v.Float32s(), p.stored()
	if slices.IsSorted(p.long()) {
		return from, shape
	}
	to := make([]float32, len(from))
	p.load(to, from)
	return to, shape
}

// foreign makes a node an operator that is evaluated plainly, one layer for
// each output that somebody takes.
func (im *importer) foreign(n *onnx.Node) error {
	copied := *n
	copied.Name = ""
	var inputs, dynamic []string
	var constants []*onnx.Tensor
	seen := map[string]bool{}
	for _, in := range n.Inputs {
		if in == "" || seen[in] {
			continue
		}
		seen[in] = true
		if v := im.values[in]; v.Known() {
			constants = append(constants, v.Tensor(in))
			continue
		}
		p, ok := im.place(in)
		if !ok {
			return fmt.Errorf("its input %s is not computed", in)
		}
		inputs, dynamic = append(inputs, im.in(p, inOrder(len(p.shape))).layer), append(dynamic, in)
	}
	for i, out := range n.Outputs {
		if out == "" || !im.used(out) {
			continue
		}
		f, err := newForeign(&copied, im.model.Opset, dynamic, constants, i)
		if err != nil {
			return err
		}
		im.makeOutput(n, i, inOrder(len(im.values[out].Shape)), Layer{Op: OpForeign, Inputs: inputs, Foreign: f})
	}
	return nil
}
