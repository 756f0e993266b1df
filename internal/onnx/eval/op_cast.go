package eval

import (
	"fmt"

	"melanoma/internal/onnx"
)

// cast converts elements to the type "to".
func cast(c *call) (*Array, error) {
	return c.cast(c.in[0], onnx.DataType(c.node.Int("to", 0)))
}

func (c *call) cast(x *Array, to onnx.DataType) (*Array, error) {
	switch {
	case to.Size() == 0:
		return nil, fmt.Errorf("elements of %s are not supported", to)
	case to == x.Type:
		return x.reshaped(x.Shape), nil
	case to.IsFloat():
		return c.floats(to, x.Shape, func(out []float64) { copy(out, x.Float64s()) })
	}
	return c.ints(to, x.Shape, func(out []int64) {
		if !x.Type.IsFloat() {
			copy(out, x.i64)
			return
		}
		for i, v := range x.Float64s() {
			if to == onnx.Bool {
				out[i] = truth(v != 0)
			} else {
				out[i] = integral(to, v)
			}
		}
	})
}

// castLike converts elements to the type of the second input.
func castLike(c *call) (*Array, error) {
	return (&call{node: c.node, op: c.op, in: c.in[:1], dry: !c.in[0].known, scope: c.scope}).cast(c.in[0], c.in[1].Type)
}
