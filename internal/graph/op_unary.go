package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// Unary is an element-wise function of one input of rank R, see [Functions].
// Lo and Hi are the function's two numbers: the limits of "clip", else what the
// table says.
type Unary struct {
	Kind   string
	Lo, Hi float64
	R      int
}

// function is a value and its derivative, both of x and the Unary's numbers.
type function struct {
	value func(x, lo, hi float64) float64
	slope func(x, lo, hi float64) float64 // nil where there is none
}

// functions is the table of element-wise functions. "sigmoid" is derived from
// its own value in place of x.
var functions = map[string]function{
	"swish":   {func(x, _, _ float64) float64 { return x * logistic(x) }, swishSlope},
	"sigmoid": {func(x, _, _ float64) float64 { return logistic(x) }, func(y, _, _ float64) float64 { return y * (1 - y) }},
	"clip":    {func(x, lo, hi float64) float64 { return min(max(x, lo), hi) }, clipSlope},
	"affine":  {func(x, a, b float64) float64 { return a*x + b }, func(_, a, _ float64) float64 { return a }},
	"leaky":   {leaky, leakySlope},
	"elu":     {elu, eluSlope},
	"tanh":    {func(x, _, _ float64) float64 { return math.Tanh(x) }, func(x, _, _ float64) float64 { return 1 - math.Tanh(x)*math.Tanh(x) }},
	"exp":     {func(x, _, _ float64) float64 { return math.Exp(x) }, func(x, _, _ float64) float64 { return math.Exp(x) }},
	"log":     {func(x, _, _ float64) float64 { return math.Log(x) }, func(x, _, _ float64) float64 { return 1 / x }},
	"sqrt":    {func(x, _, _ float64) float64 { return math.Sqrt(x) }, func(x, _, _ float64) float64 { return 0.5 / math.Sqrt(x) }},
	"erf":     {func(x, _, _ float64) float64 { return math.Erf(x) }, func(x, _, _ float64) float64 { return 2 / math.Sqrt(math.Pi) * math.Exp(-x*x) }},
	"power":   {func(x, p, _ float64) float64 { return math.Pow(x, p) }, func(x, p, _ float64) float64 { return p * math.Pow(x, p-1) }},
	"over":    {func(x, a, _ float64) float64 { return a / x }, func(x, a, _ float64) float64 { return -a / (x * x) }},
	"abs":     {func(x, _, _ float64) float64 { return math.Abs(x) }, func(x, _, _ float64) float64 { return sign(x) }},
	"softplus": {
		func(x, _, _ float64) float64 { return softplus(x) },
		func(x, _, _ float64) float64 { return logistic(x) },
	},
	"mish": {
		func(x, _, _ float64) float64 { return x * math.Tanh(softplus(x)) },
		func(x, _, _ float64) float64 {
			t := math.Tanh(softplus(x))
			return t + x*(1-t*t)*logistic(x)
		},
	},
	"gelu":         {gelu, geluSlope},
	"gelu-tanh":    {geluTanh, geluTanhSlope},
	"hard-sigmoid": {hardSigmoid, hardSigmoidSlope},
	"hard-swish":   {func(x, a, b float64) float64 { return x * hardSigmoid(x, a, b) }, hardSwishSlope},
}

// Functions tells whether there is an element-wise function of that kind:
// "swish", "sigmoid", "clip", "affine" Lo*x+Hi, "leaky" max(x,0)+Lo*min(x,0),
// "elu" with Lo, "tanh", "exp", "log", "sqrt", "erf", "power" x^Lo, "over"
// Lo/x, "abs", "softplus", "mish" (Misra 2019), "gelu" and "gelu-tanh"
// (Hendrycks and Gimpel 2016), "hard-sigmoid" clip(Lo*x+Hi, 0, 1) and
// "hard-swish" x times that (Howard et al. 2019).
func Functions(kind string) bool { _, ok := functions[kind]; return ok }

// Apply is the function's value at x.
func (u Unary) Apply(x float64) float64 { return functions[u.Kind].value(x, u.Lo, u.Hi) }

// Slope is the function's derivative at x; for "sigmoid" x is its value.
func (u Unary) Slope(x float64) float64 { return functions[u.Kind].slope(x, u.Lo, u.Hi) }

// Map applies an element-wise function of the given kind and numbers to x.
func Map(x *gorgonia.Node, kind string, lo, hi float64) *gorgonia.Node {
	return unary(Unary{Kind: kind, Lo: lo, Hi: hi}, x)
}

func unary(u Unary, x *gorgonia.Node) *gorgonia.Node {
	u.R = x.Dims()
	return Apply(u, x)
}

// String implements Spec.
func (u Unary) String() string { return fmt.Sprintf("%s %g %g rank=%d", u.Kind, u.Lo, u.Hi, u.R) }

// Ranks implements Spec.
func (u Unary) Ranks() ([]int, int) { return []int{u.R}, u.R }

// Shape implements Spec.
func (u Unary) Shape(in [][]int) ([]int, error) {
	if !Functions(u.Kind) {
		return nil, fmt.Errorf("there is no function %q", u.Kind)
	}
	return in[0], nil
}

// DiffWRT implements differentiable.
func (Unary) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable. Sigmoid's gradient is computed from
// its output, the others' from their input.
func (u Unary) Gradients(x gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
	from := x[0]
	if u.Kind == "sigmoid" {
		from = y
	}
	return gorgonia.Nodes{Apply(UnaryGrad(u), dy, from)}
}

// Eval implements Spec.
func (u Unary) Eval(out Array, in []Array) {
	f := functions[u.Kind].value
	for i, x := range in[0].Data {
		out.Data[i] = f(x, u.Lo, u.Hi)
	}
}

// UnaryGrad maps dy and the input (for sigmoid the output) of a [Unary] to
// the gradient of its input.
type UnaryGrad Unary

// String implements Spec.
func (u UnaryGrad) String() string {
	return fmt.Sprintf("%s-dx %g %g rank=%d", u.Kind, u.Lo, u.Hi, u.R)
}

// Ranks implements Spec.
func (u UnaryGrad) Ranks() ([]int, int) { return []int{u.R, u.R}, u.R }

// Shape implements Spec.
func (u UnaryGrad) Shape(in [][]int) ([]int, error) {
	if !same(in[0], in[1]) {
		return nil, wrong(in)
	}
	return in[0], nil
}

// Eval implements Spec.
func (u UnaryGrad) Eval(out Array, in []Array) {
	f := functions[u.Kind].slope
	for i, dy := range in[0].Data {
		out.Data[i] = dy * f(in[1].Data[i], u.Lo, u.Hi)
	}
}
