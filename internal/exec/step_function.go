package exec

import (
	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// function is a loop over an element-wise function with two numbers.
type function func(y, x []float32, lo, hi float32)

// functions are the element-wise functions with a loop of their own; the
// others run by their plain Spec, element by element.
var functions = map[string]function{
	"swish":   func(y, x []float32, _, _ float32) { kernel.Swish(y, x) },
	"sigmoid": func(y, x []float32, _, _ float32) { kernel.Sigmoid(y, x) },
	"clip":    kernel.Clip,
	"sqrt":    func(y, x []float32, _, _ float32) { kernel.Sqrt(y, x) },
	"affine": func(y, x []float32, a, b float32) {
		switch {
		case a == 1:
			kernel.AddScalar(y, x, b)
		case b == 0:
			kernel.Scale(y, x, a)
		default:
			each(y, x, func(v float32) float32 { return a*v + b })
		}
	},
	"leaky":        func(y, x []float32, a, _ float32) { kernel.LeakyReLU(y, x, a) },
	"elu":          func(y, x []float32, a, _ float32) { kernel.ELU(y, x, a) },
	"exp":          func(y, x []float32, _, _ float32) { kernel.Exp(y, x) },
	"log":          func(y, x []float32, _, _ float32) { kernel.Log(y, x) },
	"tanh":         func(y, x []float32, _, _ float32) { kernel.Tanh(y, x) },
	"hard-sigmoid": kernel.HardSigmoid,
	"hard-swish":   kernel.HardSwish,
	"erf":          func(y, x []float32, _, _ float32) { kernel.Erf(y, x) },
	"gelu":         func(y, x []float32, _, _ float32) { kernel.Gelu(y, x) },
	"gelu-tanh":    func(y, x []float32, _, _ float32) { kernel.GeluTanh(y, x) },
}

func each(y, x []float32, f func(float32) float32) {
	for i, v := range x {
		y[i] = f(v)
	}
}

// unary runs an element-wise function; y may be x.
func unary(s graph.Unary, y, x []float32) {
	if f := functions[s.Kind]; f != nil {
		f(y, x, float32(s.Lo), float32(s.Hi))
		return
	}
	for i, v := range x {
		y[i] = float32(s.Apply(float64(v)))
	}
}

// slopes are the derivatives with a loop of their own, times dy. That of
// "sigmoid" takes the function's value for x.
var slopes = map[string]func(dx, dy, x []float32, lo, hi float32){
	"swish":        func(dx, dy, x []float32, _, _ float32) { kernel.SwishBackward(dx, dy, x) },
	"sigmoid":      func(dx, dy, y []float32, _, _ float32) { kernel.SigmoidBackward(dx, dy, y) },
	"clip":         kernel.ClipBackward,
	"affine":       func(dx, dy, _ []float32, a, _ float32) { kernel.Scale(dx, dy, a) },
	"leaky":        func(dx, dy, x []float32, a, _ float32) { kernel.LeakyReLUBackward(dx, dy, x, a) },
	"elu":          func(dx, dy, x []float32, a, _ float32) { kernel.ELUBackward(dx, dy, x, a) },
	"log":          func(dx, dy, x []float32, _, _ float32) { kernel.Div(dx, dy, x) },
	"tanh":         func(dx, dy, x []float32, _, _ float32) { kernel.TanhBackward(dx, dy, x) },
	"hard-sigmoid": kernel.HardSigmoidBackward,
	"hard-swish":   kernel.HardSwishBackward,
	"erf":          func(dx, dy, x []float32, _, _ float32) { kernel.ErfBackward(dx, dy, x) },
	"gelu":         func(dx, dy, x []float32, _, _ float32) { kernel.GeluBackward(dx, dy, x) },
	"gelu-tanh":    func(dx, dy, x []float32, _, _ float32) { kernel.GeluTanhBackward(dx, dy, x) },
}

func unaryGrad(s graph.UnaryGrad, dx, dy, from []float32) {
	if f := slopes[s.Kind]; f != nil {
		f(dx, dy, from, float32(s.Lo), float32(s.Hi))
		return
	}
	u := graph.Unary(s)
	for i, v := range from {
		dx[i] = dy[i] * float32(u.Slope(float64(v)))
	}
}
