package eval

import (
	"fmt"
	"math"
	"slices"

	"melanoma/internal/onnx"
)

// compared evaluates a question about two elements of one type; f gets -1, 0
// or 1 for less, equal or greater, and is not asked about NaN.
func compared(f func(order int) bool) runner {
	return one(func(c *call) (*Array, error) {
		if err := c.sameType(0, 2); err != nil {
			return nil, err
		}
		p, err := c.pairs()
		if err != nil {
			return nil, err
		}
		x, y := c.in[0], c.in[1]
		return c.ints(onnx.Bool, p.shape, func(out []int64) {
			p.locate(c)
			if x.Type.IsFloat() {
				a, b := x.Float64s(), y.Float64s()
				for i := range out {
					u, v := a[p.a[i]], b[p.b[i]]
					out[i] = truth(u == u && v == v && f(int(truth(u > v)-truth(u < v))))
				}
				return
			}
			for i := range out {
				u, v := x.i64[p.a[i]], y.i64[p.b[i]]
				out[i] = truth(f(int(truth(less(x.Type, v, u)) - truth(less(x.Type, u, v)))))
			}
		})
	})
}

// logical evaluates a function of two bools.
func logical(f func(a, b int64) int64) runner {
	return one(func(c *call) (*Array, error) {
		if c.in[0].Type != onnx.Bool || c.in[1].Type != onnx.Bool {
			return nil, fmt.Errorf("its inputs have elements of %s and %s, not bool", c.in[0].Type, c.in[1].Type)
		}
		p, err := c.pairs()
		if err != nil {
			return nil, err
		}
		return c.ints(onnx.Bool, p.shape, func(out []int64) {
			p.locate(c)
			for i := range out {
				out[i] = f(c.in[0].i64[p.a[i]], c.in[1].i64[p.b[i]])
			}
		})
	})
}

// bitwise evaluates a function of the bits of two integers.
func bitwise(f func(a, b int64) int64) runner {
	return one(func(c *call) (*Array, error) {
		if !c.in[0].Type.IsInteger() {
			return nil, fmt.Errorf("elements of %s are not supported", c.in[0].Type)
		}
		if err := c.sameType(0, 2); err != nil {
			return nil, err
		}
		return c.arithmetic(nil, exact(f))
	})
}

// where picks from two arrays by a third.
func where(c *call) (*Array, error) {
	if c.in[0].Type != onnx.Bool {
		return nil, fmt.Errorf("its condition has elements of %s, not bool", c.in[0].Type)
	}
	if err := c.sameType(1, 3); err != nil {
		return nil, err
	}
	x, y := c.in[1], c.in[2]
	shape, err := broadcast(c.in[0].Shape, x.Shape, y.Shape)
	if err != nil {
		return nil, err
	}
	if c.dry {
		return c.take(x, shape, nil, nil)
	}
	both := &Array{Type: x.Type, Shape: []int{x.Len() + y.Len()}, known: true}
	both.f32, both.f64, both.i64 = slices.Concat(x.f32, y.f32), slices.Concat(x.f64, y.f64), slices.Concat(x.i64, y.i64)
	return c.take(both, shape, nil, func(index []int) {
		a, b, w := stretched(x.Shape, shape), stretched(y.Shape, shape), stretched(c.in[0].Shape, shape)
		for i := range index {
			if index[i] = a[i]; c.in[0].i64[w[i]] == 0 {
				index[i] = x.Len() + b[i]
			}
		}
	})
}

// not inverts bools.
func not(c *call) (*Array, error) {
	x := c.in[0]
	if x.Type != onnx.Bool {
		return nil, fmt.Errorf("its input has elements of %s, not bool", x.Type)
	}
	return c.ints(onnx.Bool, x.Shape, func(out []int64) {
		for i, v := range x.i64 {
			out[i] = 1 - v
		}
	})
}

// test evaluates a question about floats.
func test(f func(n *onnx.Node, x float64) bool) runner {
	return one(func(c *call) (*Array, error) {
		if err := c.float(0); err != nil {
			return nil, err
		}
		x := c.in[0]
		return c.ints(onnx.Bool, x.Shape, func(out []int64) {
			for i, v := range x.Float64s() {
				out[i] = truth(f(c.node, v))
			}
		})
	})
}

func isInf(n *onnx.Node, x float64) bool {
	return math.IsInf(x, 1) && n.Int("detect_positive", 1) != 0 || math.IsInf(x, -1) && n.Int("detect_negative", 1) != 0
}

func isNaN(_ *onnx.Node, x float64) bool { return x != x }
