package exec

import (
	"math"

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
	"leaky": func(y, x []float32, a, _ float32) {
		for i, v := range x {
			if v < 0 {
				v *= a
			}
			y[i] = v
		}
	},
	"hard-sigmoid": func(y, x []float32, a, b float32) {
		for i, v := range x {
			y[i] = min(max(a*v+b, 0), 1)
		}
	},
	"hard-swish": func(y, x []float32, a, b float32) {
		for i, v := range x {
			y[i] = v * min(max(a*v+b, 0), 1)
		}
	},
	"gelu": func(y, x []float32, _, _ float32) {
		for i, v := range x {
			y[i] = float32(0.5 * float64(v) * math.Erfc(-float64(v)/math.Sqrt2))
		}
	},
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

func unaryGrad(s graph.UnaryGrad, dx, dy, from []float32) {
	switch s.Kind {
	case "swish":
		kernel.SwishBackward(dx, dy, from)
	case "sigmoid":
		kernel.SigmoidBackward(dx, dy, from)
	case "clip":
		kernel.ClipBackward(dx, dy, from, float32(s.Lo), float32(s.Hi))
	case "affine":
		kernel.Scale(dx, dy, float32(s.Lo))
	default:
		u := graph.Unary(s)
		for i, v := range from {
			dx[i] = dy[i] * float32(u.Slope(float64(v)))
		}
	}
}
