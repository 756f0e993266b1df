package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// MaxRank is the largest rank of operators on arrays of any rank.
const MaxRank = 8

// Binary is an element-wise function of two inputs of rank R: "add", "sub",
// "mul", "div", "max", "min" or "power". Along an axis where one has length 1
// and the other has not, the one element meets all of the other's.
type Binary struct {
	Kind string
	R    int
}

var binaries = map[string]func(x, y float64) float64{
	"add": func(x, y float64) float64 { return x + y }, "sub": func(x, y float64) float64 { return x - y },
	"mul": func(x, y float64) float64 { return x * y }, "div": func(x, y float64) float64 { return x / y },
	"max": func(x, y float64) float64 { return max(x, y) }, "min": func(x, y float64) float64 { return min(x, y) },
	"power": math.Pow,
}

// Combine applies the Binary of that kind to x and y of one rank.
func Combine(x, y *gorgonia.Node, kind string) *gorgonia.Node {
	return Apply(Binary{kind, x.Dims()}, x, y)
}

// String implements Spec.
func (b Binary) String() string { return fmt.Sprintf("%s rank=%d, broadcast", b.Kind, b.R) }

// Ranks implements Spec.
func (b Binary) Ranks() ([]int, int) { return []int{b.R, b.R}, b.R }

// Function returns what the operator does with two numbers.
func (b Binary) Function() func(x, y float64) float64 { return binaries[b.Kind] }

// Shape implements Spec.
func (b Binary) Shape(in [][]int) ([]int, error) {
	if len(in[0]) != len(in[1]) || len(in[0]) > MaxRank || binaries[b.Kind] == nil {
		return nil, wrong(in)
	}
	out := make([]int, len(in[0]))
	for i, d := range in[0] {
		e := in[1][i]
		if d != e && d != 1 && e != 1 {
			return nil, wrong(in)
		}
		if out[i] = d; d == 1 {
			out[i] = e
		}
	}
	return out, nil
}

// DiffWRT implements differentiable.
func (b Binary) DiffWRT() []bool {
	ok := b.Kind == "add" || b.Kind == "sub" || b.Kind == "mul" || b.Kind == "div"
	return []bool{ok, ok}
}

// Gradients implements differentiable.
func (b Binary) Gradients(x gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
	var dx, dz *gorgonia.Node
	switch b.Kind {
	case "add":
		dx, dz = dy, dy
	case "sub":
		dx, dz = dy, Map(dy, "affine", -1, 0)
	case "mul":
		dx, dz = Combine(dy, x[1], "mul"), Combine(dy, x[0], "mul")
	default: // (x/z)' = 1/z and -y/z
		dx = Combine(dy, x[1], "div")
		dz = Map(Combine(dx, y, "mul"), "affine", -1, 0)
	}
	return gorgonia.Nodes{sumTo(dx, x[0].Shape()), sumTo(dz, x[1].Shape())}
}

// sumTo adds x up along the axes where shape has length 1.
func sumTo(x *gorgonia.Node, shape []int) *gorgonia.Node {
	axes := uint(0)
	for i, d := range x.Shape() {
		if shape[i] != d {
			axes |= 1 << i
		}
	}
	if axes == 0 {
		return x
	}
	return Apply(Reduce{"sum", x.Dims(), axes}, x)
}

// Eval implements Spec.
func (b Binary) Eval(out Array, in []Array) {
	f := binaries[b.Kind]
	x, y := strides(in[0].Shape, out.Shape), strides(in[1].Shape, out.Shape)
	each(out.Shape, func(i int, at []int) { out.Data[i] = f(in[0].Data[dot(at, x)], in[1].Data[dot(at, y)]) })
}

// strides returns an array's element steps along the axes of another shape; 0
// where its own length is 1 and the other's is not.
func strides(shape, of []int) []int {
	s, step := make([]int, len(shape)), 1
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] == of[i] {
			s[i] = step
		}
		step *= shape[i]
	}
	return s
}

// each calls f for every element of an array of that shape, in order, with
// its index and its place, which f must not keep.
func each(shape []int, f func(i int, at []int)) {
	at := make([]int, len(shape))
	for i := range size(shape) {
		f(i, at)
		for k := len(at) - 1; k >= 0; k-- {
			if at[k]++; at[k] < shape[k] {
				break
			}
			at[k] = 0
		}
	}
}

func dot(a, b []int) int {
	sum := 0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}
