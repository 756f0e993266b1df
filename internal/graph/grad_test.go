package graph

import (
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// input is one differentiable argument of a case: its shape and, where the
// function has kinks, values to be moved away from.
type input struct {
	shape []int
	avoid []float64
}

// TestGradientsAgainstFiniteDifferences runs every operator and its symbolic
// gradient on Gorgonia's TapeMachine in float64 and compares the gradient of
// a random linear functional of the output with central differences.
func TestGradientsAgainstFiniteDifferences(t *testing.T) {
	draws := Draws{Key: 5}
	conv := func(stride [2]int, pad [4]int, groups int) func([]*gorgonia.Node) *gorgonia.Node {
		return func(x []*gorgonia.Node) *gorgonia.Node {
			return Conv2D(x[0], x[1], ConvAttrs{Stride: stride, Pad: pad, Groups: groups})
		}
	}
	cases := map[string]struct {
		in []input
		f  func(x []*gorgonia.Node) *gorgonia.Node
	}{
		"pointwise convolution":       {[]input{{shape: []int{2, 3, 4, 5}}, {shape: []int{3, 5, 1, 1}}}, conv([2]int{1, 1}, [4]int{}, 1)},
		"dense 3x3, stride 2, uneven": {[]input{{shape: []int{2, 6, 5, 3}}, {shape: []int{4, 3, 3, 3}}}, conv([2]int{2, 2}, [4]int{0, 0, 1, 1}, 1)},
		"depthwise 3x3, stride 1":     {[]input{{shape: []int{2, 4, 5, 3}}, {shape: []int{3, 1, 3, 3}}}, conv([2]int{1, 1}, [4]int{1, 1, 1, 1}, 3)},
		"depthwise 5x5, stride 2":     {[]input{{shape: []int{1, 7, 6, 2}}, {shape: []int{2, 1, 5, 5}}}, conv([2]int{2, 2}, [4]int{2, 1, 2, 2}, 2)},
		"grouped convolution":         {[]input{{shape: []int{1, 4, 4, 4}}, {shape: []int{6, 2, 3, 3}}}, conv([2]int{1, 1}, [4]int{1, 1, 1, 1}, 2)},
		"strides differ by axis":      {[]input{{shape: []int{1, 5, 6, 2}}, {shape: []int{3, 2, 2, 3}}}, conv([2]int{1, 2}, [4]int{0, 1, 1, 0}, 1)},
		"dilated by 2 and 3": {[]input{{shape: []int{1, 6, 8, 2}}, {shape: []int{3, 2, 2, 3}}}, func(x []*gorgonia.Node) *gorgonia.Node {
			return Conv2D(x[0], x[1], ConvAttrs{Stride: [2]int{2, 1}, Pad: [4]int{1, 2, 0, 1}, Groups: 1, Dilation: [2]int{2, 3}})
		}},
		"batch normalisation, 4-D": {[]input{{shape: []int{2, 3, 2, 3}}, {shape: []int{3}}, {shape: []int{3}}}, func(x []*gorgonia.Node) *gorgonia.Node { y, _ := BatchNormTrain(x[0], x[1], x[2], 1e-3); return y }},
		"batch normalisation, 2-D": {[]input{{shape: []int{6, 4}}, {shape: []int{4}}, {shape: []int{4}}}, func(x []*gorgonia.Node) *gorgonia.Node { y, _ := BatchNormTrain(x[0], x[1], x[2], 1e-5); return y }},
		"given statistics, 4-D": {[]input{{shape: []int{2, 3, 2, 3}}, {shape: []int{3}}, {shape: []int{3}}}, func(x []*gorgonia.Node) *gorgonia.Node {
			g := x[0].Graph()
			mean, variance := leaf(g, "mean", []int{3}, []float64{0.2, -1, 3}), leaf(g, "variance", []int{3}, []float64{0.5, 2, 0.01})
			return BatchNormEval(x[0], x[1], x[2], mean, variance, 1e-3)
		}},
		"swish":                         {[]input{{shape: []int{2, 7}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Swish(x[0]) }},
		"sigmoid":                       {[]input{{shape: []int{2, 2, 1, 3}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Sigmoid(x[0]) }},
		"relu":                          {[]input{{shape: []int{3, 5}, avoid: []float64{0}}}, func(x []*gorgonia.Node) *gorgonia.Node { return ReLU(x[0]) }},
		"clip":                          {[]input{{shape: []int{4, 6}, avoid: []float64{-0.5, 1}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Clip(x[0], -0.5, 1) }},
		"addition of a node to itself":  {[]input{{shape: []int{2, 3}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Add(Swish(x[0]), x[0]) }},
		"product":                       {[]input{{shape: []int{2, 3}}, {shape: []int{2, 3}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Mul(x[0], x[1]) }},
		"bias":                          {[]input{{shape: []int{2, 2, 2, 3}}, {shape: []int{3}}}, func(x []*gorgonia.Node) *gorgonia.Node { return AddBias(x[0], x[1]) }},
		"excite":                        {[]input{{shape: []int{2, 2, 3, 4}}, {shape: []int{2, 1, 1, 4}}}, func(x []*gorgonia.Node) *gorgonia.Node { return ScaleChannels(x[0], x[1]) }},
		"squeeze":                       {[]input{{shape: []int{2, 2, 3, 4}}}, func(x []*gorgonia.Node) *gorgonia.Node { return GlobalMean(x[0]) }},
		"squeeze and excite of one map": {[]input{{shape: []int{2, 3, 2, 2}}}, func(x []*gorgonia.Node) *gorgonia.Node { return ScaleChannels(x[0], Sigmoid(GlobalMean(x[0]))) }},
		"max pool, overlapping": {[]input{{shape: []int{2, 5, 6, 2}}}, func(x []*gorgonia.Node) *gorgonia.Node {
			return MaxPool2D(x[0], PoolAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [4]int{1, 1, 1, 1}})
		}},
		"max pool, rounded up": {[]input{{shape: []int{1, 5, 4, 2}}}, func(x []*gorgonia.Node) *gorgonia.Node {
			return MaxPool2D(x[0], PoolAttrs{Kernel: [2]int{2, 3}, Stride: [2]int{2, 1}, Extra: [2]int{1, 0}})
		}},
		"average pool, padding counts": {[]input{{shape: []int{2, 5, 6, 2}}}, func(x []*gorgonia.Node) *gorgonia.Node {
			return AveragePool2D(x[0], PoolAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [4]int{1, 1, 1, 1}}, true)
		}},
		"average pool, rounded up": {[]input{{shape: []int{1, 5, 7, 3}}}, func(x []*gorgonia.Node) *gorgonia.Node {
			return AveragePool2D(x[0], PoolAttrs{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}, Extra: [2]int{1, 1}}, false)
		}},
		"sum of groups":              {[]input{{shape: []int{2, 2, 3, 6}}}, func(x []*gorgonia.Node) *gorgonia.Node { return SumGroups(x[0], 3) }},
		"softmax over groups":        {[]input{{shape: []int{3, 1, 1, 8}}}, func(x []*gorgonia.Node) *gorgonia.Node { return SoftmaxGroups(x[0], 2, 1) }},
		"softmax within cardinality": {[]input{{shape: []int{2, 1, 1, 12}}}, func(x []*gorgonia.Node) *gorgonia.Node { return SoftmaxGroups(x[0], 3, 2) }},
		"stochastic depth":           {[]input{{shape: []int{6, 2, 1, 2}}}, func(x []*gorgonia.Node) *gorgonia.Node { return StochasticDepth(x[0], 0.4, 2, &draws) }},
		"linear":                     {[]input{{shape: []int{3, 4}}, {shape: []int{2, 4}}, {shape: []int{2}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Linear(x[0], x[1], x[2]) }},
		"matmul, first transposed":   {[]input{{shape: []int{3, 4}}, {shape: []int{3, 2}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Apply(MatMul{true, false}, x[0], x[1]) }},
		"matmul, both transposed":    {[]input{{shape: []int{3, 4}}, {shape: []int{2, 3}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Apply(MatMul{true, true}, x[0], x[1]) }},
		"matmul, plain":              {[]input{{shape: []int{3, 4}}, {shape: []int{4, 2}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Apply(MatMul{}, x[0], x[1]) }},
		"flatten":                    {[]input{{shape: []int{2, 1, 1, 3}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Flatten(x[0]) }},
		"concat":                     {[]input{{shape: []int{2, 3}}, {shape: []int{2, 2}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Concat(1, Swish(x[0]), x[1]) }},
		"dropout":                    {[]input{{shape: []int{3, 8}}}, func(x []*gorgonia.Node) *gorgonia.Node { return Dropout(x[0], 0.4, 3, 2, &draws) }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { checkGradient(t, c.in, c.f) })
	}
}

// TestCrossEntropyGradient checks the loss alone: it is a scalar already.
func TestCrossEntropyGradient(t *testing.T) {
	logits := []float64{0.3, -1, 2, 0.1, 0.2, 0.3, 50, 0, -50}
	targets := []float64{1, 0, 0, 0.1, 0.1, 0.8, 0, 1, 0}
	weights := []float64{1, 2.5, 0}
	f := func(x []float64) (float64, []float64) {
		g := gorgonia.NewGraph()
		l := leaf(g, "logits", []int{3, 3}, x)
		loss := SoftmaxCrossEntropy(l, leaf(g, "targets", []int{3, 3}, targets), leaf(g, "weights", []int{3}, weights))
		grads, err := gorgonia.Grad(loss, l)
		if err != nil {
			t.Fatal(err)
		}
		run(t, g)
		return loss.Value().Data().(float64), grads[0].Value().Data().([]float64)
	}
	_, grad := f(logits)
	for i := range logits {
		compare(t, "logits", i, grad[i], func(d float64) float64 {
			x := append([]float64{}, logits...)
			x[i] += d
			y, _ := f(x)
			return y
		})
	}
}

func checkGradient(t *testing.T, in []input, f func([]*gorgonia.Node) *gorgonia.Node) {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([][]float64, len(in))
	for i, p := range in {
		values[i] = make([]float64, size(p.shape))
		for j := range values[i] {
			values[i][j] = away(r.NormFloat64(), p.avoid)
		}
	}
	var functional []float64
	eval := func(values [][]float64, grad bool) (float64, [][]float64) {
		g := gorgonia.NewGraph()
		nodes := make([]*gorgonia.Node, len(in))
		for i, p := range in {
			nodes[i] = leaf(g, string(rune('a'+i)), p.shape, values[i])
		}
		y := f(nodes)
		if functional == nil {
			functional = make([]float64, size(y.Shape()))
			for i := range functional {
				functional[i] = r.NormFloat64()
			}
		}
		n := len(functional)
		flat := Apply(Reshape{y.Dims(), [MaxRank]int{1, n}, 2}, y)
		// The cross-entropy of two logits is not linear, so project first.
		s := Apply(MatMul{}, flat, leaf(g, "functional", []int{n, 1}, functional))
		cost := gorgonia.Must(gorgonia.Sum(s))
		var grads gorgonia.Nodes
		if grad {
			var err error
			if grads, err = gorgonia.Grad(cost, nodes...); err != nil {
				t.Fatal(err)
			}
		}
		run(t, g)
		out := make([][]float64, len(grads))
		for i, d := range grads {
			if !same(d.Shape(), in[i].shape) {
				t.Fatalf("gradient %d has shape %v, want %v", i, d.Shape(), in[i].shape)
			}
			out[i] = d.Value().Data().([]float64)
		}
		return cost.Value().Data().(float64), out
	}
	_, grads := eval(values, true)
	for i := range values {
		for j := range values[i] {
			compare(t, string(rune('a'+i)), j, grads[i][j], func(d float64) float64 {
				keep := values[i][j]
				values[i][j] += d
				y, _ := eval(values, false)
				values[i][j] = keep
				return y
			})
		}
	}
}

func away(v float64, kinks []float64) float64 {
	for _, k := range kinks {
		if math.Abs(v-k) < 0.05 {
			return k + 0.1
		}
	}
	return v
}

func compare(t *testing.T, name string, i int, got float64, f func(d float64) float64) {
	t.Helper()
	const h = 1e-5 // error of central differences h^2 plus 1e-16/h
	want := (f(h) - f(-h)) / (2 * h)
	if math.Abs(got-want) > 1e-7*(1+math.Abs(want)) {
		t.Errorf("gradient of %s[%d] = %.10g, finite differences %.10g", name, i, got, want)
	}
}

func leaf(g *gorgonia.ExprGraph, name string, shape []int, data []float64) *gorgonia.Node {
	v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64{}, data...)))
	return gorgonia.NewTensor(g, tensor.Float64, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...), gorgonia.WithValue(v))
}

func run(t *testing.T, g *gorgonia.ExprGraph) {
	t.Helper()
	m := gorgonia.NewTapeMachine(g)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
}
