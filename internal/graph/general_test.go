package graph

import (
	"testing"

	"gorgonia.org/gorgonia"
)

// TestGradientsOfFunctions checks the derivative of every element-wise
// function away from its kinks.
func TestGradientsOfFunctions(t *testing.T) {
	for kind := range functions {
		numbers := map[string][2]float64{"clip": {-0.5, 1}, "leaky": {0.1, 0}, "elu": {1.5, 0}, "affine": {2, 3}, "power": {3, 0}, "over": {2, 0},
			"hard-sigmoid": {0.4, 0.5}, "hard-swish": {1. / 6, 0.5}}[kind]
		kinks := []float64{0, -0.5, 1, -1.25, 1.25, 3, -3}
		t.Run(kind, func(t *testing.T) {
			checkGradient(t, []input{{shape: []int{3, 7}, avoid: kinks}}, func(x []*gorgonia.Node) *gorgonia.Node {
				y := x[0]
				if kind == "log" || kind == "sqrt" {
					y = Map(Map(y, "power", 2, 0), "affine", 1, 0.5)
				}
				return Map(y, kind, numbers[0], numbers[1])
			})
		})
	}
}

func TestGradientsOfGeneralOperators(t *testing.T) {
	binary := func(kind string) func([]*gorgonia.Node) *gorgonia.Node {
		return func(x []*gorgonia.Node) *gorgonia.Node { return Combine(x[0], Map(x[1], "exp", 0, 0), kind) }
	}
	three, row, column := []input{{shape: []int{2, 3, 4}}, {shape: []int{2, 3, 4}}}, []input{{shape: []int{2, 3, 4}}, {shape: []int{1, 1, 4}}},
		[]input{{shape: []int{2, 1, 4}}, {shape: []int{2, 3, 1}}}
	product := func(a, b bool) func([]*gorgonia.Node) *gorgonia.Node {
		return func(x []*gorgonia.Node) *gorgonia.Node { return Apply(BatchMatMul{MatMul{a, b}, 3}, x[0], x[1]) }
	}
	cases := map[string]struct {
		in []input
		f  func([]*gorgonia.Node) *gorgonia.Node
	}{
		"add": {three, binary("add")}, "sub, a row": {row, binary("sub")}, "mul, both broadcast": {column, binary("mul")},
		"div, a row": {row, binary("div")}, "div, both broadcast": {column, binary("div")}, "mul, a row": {row, binary("mul")},
		"sum":  {[]input{{shape: []int{2, 3, 4}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Apply(Reduce{"sum", 3, 0b101}, x[0]) }},
		"mean": {[]input{{shape: []int{2, 3, 4}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Apply(Reduce{"mean", 3, 0b010}, x[0]) }},
		"expand": {[]input{{shape: []int{2, 1, 4}}}, func(x []*gorgonia.Node) *gorgonia.Node {
			return Expanded(x[0], []int{2, 3, 4})
		}},
		"permute": {[]input{{shape: []int{2, 3, 4}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Permuted(x[0], []int{2, 0, 1}) }},
		"pad": {[]input{{shape: []int{2, 3, 4}}}, func(x []*gorgonia.Node) *gorgonia.Node {
			return Padded(x[0], []int{1, -1, 0}, []int{0, 2, -2}, 3)
		}},
		"join of three": {[]input{{shape: []int{2, 1, 3}}, {shape: []int{2, 4, 3}}, {shape: []int{2, 2, 3}}}, func(x []*gorgonia.Node) *gorgonia.Node {
			return Concat(1, x...)
		}},
		"softmax":     {[]input{{shape: []int{2, 5}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Apply(Softmax{R: 2}, x[0]) }},
		"log-softmax": {[]input{{shape: []int{2, 5}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Apply(Softmax{2, true}, x[0]) }},
		"layer normalisation": {[]input{{shape: []int{2, 2, 5}}, {shape: []int{5}}, {shape: []int{5}}}, func(x []*gorgonia.Node) *gorgonia.Node {
			return NormalizeLayers(x[0], x[1], x[2], 1e-3)
		}},
		"batch product":                   {[]input{{shape: []int{2, 3, 4}}, {shape: []int{2, 4, 2}}}, product(false, false)},
		"batch product, first transposed": {[]input{{shape: []int{2, 4, 3}}, {shape: []int{2, 4, 2}}}, product(true, false)},
		"batch product, second":           {[]input{{shape: []int{2, 3, 4}}, {shape: []int{2, 2, 4}}}, product(false, true)},
		"batch product, both":             {[]input{{shape: []int{2, 4, 3}}, {shape: []int{2, 2, 4}}}, product(true, true)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { checkGradient(t, c.in, c.f) })
	}
}
