package eval

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"melanoma/internal/onnx"
)

// pairs are the elements of two arrays that meet when both are broadcast.
type pairs struct {
	shape []int
	a, b  []int // places, not set in a dry call
}

func (c *call) pairs() (p pairs, err error) {
	x, y := c.in[0], c.in[1]
	if p.shape, err = broadcast(x.Shape, y.Shape); err != nil {
		return p, err
	}
	if _, err := c.scope.budget.elements(p.shape); err != nil {
		return p, err
	}
	return p, nil
}

// locate sets the places.
func (p *pairs) locate(c *call) {
	p.a, p.b = stretched(c.in[0].Shape, p.shape), stretched(c.in[1].Shape, p.shape)
}

// arithmetic evaluates a function of two numbers of one type. f is for floats,
// g for integers; a nil g means that integers are not allowed.
func arithmetic(f func(a, b float64) float64, g func(t onnx.DataType, a, b int64) (int64, error)) runner {
	return one(func(c *call) (*Array, error) {
		if err := c.sameType(0, 2); err != nil {
			return nil, err
		}
		return c.arithmetic(f, g)
	})
}

func (c *call) arithmetic(f func(a, b float64) float64, g func(t onnx.DataType, a, b int64) (int64, error)) (*Array, error) {
	x, y := c.in[0], c.in[1]
	p, err := c.pairs()
	if err != nil {
		return nil, err
	}
	if x.Type.IsFloat() {
		return c.floats(x.Type, p.shape, func(out []float64) {
			p.locate(c)
			a, b := x.Float64s(), y.Float64s()
			for i := range out {
				out[i] = f(a[p.a[i]], b[p.b[i]])
			}
		})
	}
	if x.Type == onnx.Bool || g == nil {
		return nil, fmt.Errorf("elements of %s are not supported", x.Type)
	}
	var failed error
	out, err := c.ints(x.Type, p.shape, func(out []int64) {
		p.locate(c)
		for i := range out {
			v, err := g(x.Type, x.i64[p.a[i]], y.i64[p.b[i]])
			if err != nil {
				failed = err
			}
			out[i] = v
		}
	})
	return out, errors.Join(err, failed)
}

func exact(f func(a, b int64) int64) func(onnx.DataType, int64, int64) (int64, error) {
	return func(_ onnx.DataType, a, b int64) (int64, error) { return f(a, b), nil }
}

func addFloat(a, b float64) float64 { return a + b }

func subFloat(a, b float64) float64 { return a - b }

func mulFloat(a, b float64) float64 { return a * b }

func divFloat(a, b float64) float64 { return a / b }

func addInt(a, b int64) int64 { return a + b }

func subInt(a, b int64) int64 { return a - b }

func mulInt(a, b int64) int64 { return a * b }

func maxFloat(a, b float64) float64 { return max(a, b) }

func minFloat(a, b float64) float64 { return min(a, b) }

func maxInt(t onnx.DataType, a, b int64) (int64, error) {
	if less(t, a, b) {
		return b, nil
	}
	return a, nil
}

func minInt(t onnx.DataType, a, b int64) (int64, error) {
	if less(t, b, a) {
		return b, nil
	}
	return a, nil
}

var errZeroDivision = errors.New("it divides an integer by zero")

// divInt rounds toward zero.
func divInt(t onnx.DataType, a, b int64) (int64, error) {
	switch {
	case b == 0:
		return 0, errZeroDivision
	case t == onnx.Uint64:
		return int64(uint64(a) / uint64(b)), nil
	}
	return a / b, nil
}

// mod has the sign of the divisor, or with fmod=1 that of the dividend.
func mod(c *call) (*Array, error) {
	if err := c.sameType(0, 2); err != nil {
		return nil, err
	}
	fmod := c.node.Int("fmod", 0) != 0
	return c.arithmetic(func(a, b float64) float64 {
		r := math.Mod(a, b)
		switch {
		case fmod:
		case r == 0:
			return math.Copysign(0, b)
		case (r < 0) != (b < 0):
			return r + b
		}
		return r
	}, func(t onnx.DataType, a, b int64) (int64, error) {
		if b == 0 {
			return 0, errZeroDivision
		}
		if t == onnx.Uint64 {
			return int64(uint64(a) % uint64(b)), nil
		}
		r := a % b
		if !fmod && r != 0 && (r < 0) != (b < 0) {
			r += b
		}
		return r, nil
	})
}

// pow has the type of the base; the exponent's may differ.
func pow(c *call) (*Array, error) {
	x, y := c.in[0], c.in[1]
	if x.Type == onnx.Bool || y.Type == onnx.Bool {
		return nil, errors.New("elements of bool are not supported")
	}
	p, err := c.pairs()
	if err != nil {
		return nil, err
	}
	if x.Type.IsFloat() {
		return c.floats(x.Type, p.shape, func(out []float64) {
			p.locate(c)
			a, b := x.Float64s(), y.Float64s()
			for i := range out {
				out[i] = math.Pow(a[p.a[i]], b[p.b[i]])
			}
		})
	}
	return c.ints(x.Type, p.shape, func(out []int64) {
		p.locate(c)
		for i := range out {
			base := x.i64[p.a[i]]
			if y.Type.IsFloat() {
				out[i] = integral(x.Type, math.Pow(float64(base), y.Float64s()[p.b[i]]))
			} else {
				out[i] = powInt(base, y.i64[p.b[i]])
			}
		}
	})
}

// powInt multiplies with wrapping; negative exponents give the integral part.
func powInt(base, exponent int64) int64 {
	if exponent < 0 {
		switch base {
		case 1:
			return 1
		case -1:
			return 1 - 2*(exponent&1)
		}
		return 0
	}
	result := int64(1)
	for ; exponent > 0; exponent >>= 1 {
		if exponent&1 == 1 {
			result *= base
		}
		base *= base
	}
	return result
}

// folded evaluates an operator of any number of inputs by combining them from
// the left; mean divides by their number.
func folded(f func(a, b float64) float64, g func(onnx.DataType, int64, int64) (int64, error), mean bool) runner {
	return one(func(c *call) (*Array, error) {
		if err := c.sameType(0, len(c.in)); err != nil {
			return nil, err
		}
		x := c.in[0]
		if !x.Type.IsFloat() && g == nil {
			return nil, fmt.Errorf("elements of %s are not supported", x.Type)
		}
		for _, y := range c.in[1:] {
			step := *c
			step.in = []*Array{x, y}
			next, err := step.arithmetic(f, g)
			if err != nil {
				return nil, err
			}
			x = next
		}
		if !mean {
			return x, nil
		}
		n := float64(len(c.in))
		return c.floats(x.Type, x.Shape, func(out []float64) {
			for i, v := range x.Float64s() {
				out[i] = v / n
			}
		})
	})
}

// prelu scales negative elements by a slope that is broadcast.
func prelu(c *call) (*Array, error) {
	if err := c.sameType(0, 2); err != nil {
		return nil, err
	}
	shape, err := broadcast(c.in[0].Shape, c.in[1].Shape)
	if err != nil || !slices.Equal(shape, c.in[0].Shape) {
		return nil, fmt.Errorf("a slope of shape %v does not fit %v", c.in[1].Shape, c.in[0].Shape)
	}
	return c.arithmetic(func(x, slope float64) float64 {
		if x < 0 {
			return slope * x
		}
		return x
	}, func(_ onnx.DataType, x, slope int64) (int64, error) {
		if x < 0 {
			return slope * x, nil
		}
		return x, nil
	})
}
