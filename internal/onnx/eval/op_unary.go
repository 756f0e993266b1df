package eval

import (
	"fmt"
	"math"

	"melanoma/internal/onnx"
)

// floating evaluates a function of floats, element by element.
func floating(f func(float64) float64) runner {
	return one(func(c *call) (*Array, error) { return c.mapped(f) })
}

func (c *call) mapped(f func(float64) float64) (*Array, error) {
	if err := c.float(0); err != nil {
		return nil, err
	}
	x := c.in[0]
	return c.floats(x.Type, x.Shape, func(out []float64) {
		for i, v := range x.Float64s() {
			out[i] = f(v)
		}
	})
}

// signed evaluates a function of floats or signed integers.
func signed(f func(float64) float64, g func(int64) int64) runner {
	return one(func(c *call) (*Array, error) {
		x := c.in[0]
		if x.Type.IsFloat() {
			return c.mapped(f)
		}
		if x.Type == onnx.Bool {
			return nil, fmt.Errorf("its input has elements of bool, not numbers")
		}
		return c.ints(x.Type, x.Shape, func(out []int64) {
			for i, v := range x.i64 {
				out[i] = g(v)
			}
		})
	})
}

// shaped is floating with parameters from the node's attributes.
func shaped(f func(n *onnx.Node) func(float64) float64) runner {
	return one(func(c *call) (*Array, error) { return c.mapped(f(c.node)) })
}

// number returns a float attribute as float64.
func number(n *onnx.Node, name string, missing float32) float64 {
	return float64(n.Float(name, missing))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// softplus is log(1+exp(x)) without overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func relu(x float64) float64 { return max(x, 0) }

func absInt(x int64) int64 { return max(x, -x) }

func signInt(x int64) int64 { return truth(x > 0) - truth(x < 0) }

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // zero or NaN
}

func leakyRelu(n *onnx.Node) func(float64) float64 {
	alpha := number(n, "alpha", 0.01)
	return func(x float64) float64 {
		if x < 0 {
			return alpha * x
		}
		return x
	}
}

func elu(n *onnx.Node) func(float64) float64 {
	alpha := number(n, "alpha", 1)
	return func(x float64) float64 {
		if x < 0 {
			return alpha * math.Expm1(x)
		}
		return x
	}
}

func selu(n *onnx.Node) func(float64) float64 {
	alpha, gamma := number(n, "alpha", 1.67326319217681884765625), number(n, "gamma", 1.05070102214813232421875)
	return func(x float64) float64 {
		if x <= 0 {
			return gamma * alpha * math.Expm1(x)
		}
		return gamma * x
	}
}

func celu(n *onnx.Node) func(float64) float64 {
	alpha := number(n, "alpha", 1)
	return func(x float64) float64 { return max(x, 0) + min(0, alpha*math.Expm1(x/alpha)) }
}

func thresholdedRelu(n *onnx.Node) func(float64) float64 {
	alpha := number(n, "alpha", 1)
	return func(x float64) float64 {
		if x > alpha {
			return x
		}
		return 0
	}
}

func hardSigmoid(n *onnx.Node) func(float64) float64 {
	alpha, beta := number(n, "alpha", 0.2), number(n, "beta", 0.5)
	return func(x float64) float64 { return max(0, min(1, alpha*x+beta)) }
}

func hardSwish(x float64) float64 { return x * max(0, min(1, x/6+0.5)) }

func swish(n *onnx.Node) func(float64) float64 {
	alpha := number(n, "alpha", 1)
	return func(x float64) float64 { return x * sigmoid(alpha*x) }
}

func mish(x float64) float64 { return x * math.Tanh(softplus(x)) }

// gelu is exact, or the usual approximation by tanh.
func gelu(n *onnx.Node) func(float64) float64 {
	if n.Text("approximate", "none") == "tanh" {
		return func(x float64) float64 {
			return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
		}
	}
	return func(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) }
}

func shrink(n *onnx.Node) func(float64) float64 {
	lambda, bias := number(n, "lambd", 0.5), number(n, "bias", 0)
	return func(x float64) float64 {
		switch {
		case x < -lambda:
			return x + bias
		case x > lambda:
			return x - bias
		}
		return 0
	}
}

func reciprocal(x float64) float64 { return 1 / x }

// clip bounds its first input by two further ones, or by attributes before
// opset 11.
func clip(c *call) (*Array, error) {
	x := c.in[0]
	if err := c.sameType(0, 3); err != nil {
		return nil, err
	}
	if x.Type.IsFloat() {
		low, err := c.scalar(1, number(c.node, "min", float32(math.Inf(-1))))
		if err != nil {
			return nil, err
		}
		high, err := c.scalar(2, number(c.node, "max", float32(math.Inf(1))))
		if err != nil {
			return nil, err
		}
		return c.mapped(func(v float64) float64 { return min(max(v, low), high) })
	}
	for i := 1; i < len(c.in); i++ {
		if c.has(i) && c.in[i].Len() != 1 {
			return nil, fmt.Errorf("its input %d has shape %v, not one value", i, c.in[i].Shape)
		}
	}
	return c.ints(x.Type, x.Shape, func(out []int64) {
		copy(out, x.i64)
		for i := range out {
			if c.has(1) && less(x.Type, out[i], c.in[1].i64[0]) {
				out[i] = c.in[1].i64[0]
			}
			if c.has(2) && less(x.Type, c.in[2].i64[0], out[i]) {
				out[i] = c.in[2].i64[0]
			}
		}
	})
}
