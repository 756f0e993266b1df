package exec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"melanoma/internal/graph"
)

// TestGeneralOperatorsEqualTheirSpecs runs operators on arrays of any rank by
// their kernels and by their plain loops.
func TestGeneralOperatorsEqualTheirSpecs(t *testing.T) {
	pad := graph.Pad{R: 3, Value: 2}
	pad.Before, pad.After = [graph.MaxRank]int{1, -1, 2}, [graph.MaxRank]int{0, 2, -3}
	crop := graph.Pad{R: 4}
	crop.Before[3], crop.After[3] = -2, -1
	rows := graph.Pad{R: 4, Value: -1}
	rows.Before[1], rows.After[2] = 2, 1
	cases := []struct {
		spec graph.Spec
		in   [][]int
	}{
		{graph.Binary{Kind: "add", R: 3}, [][]int{{4, 5, 6}, {4, 5, 6}}},
		{graph.Binary{Kind: "sub", R: 3}, [][]int{{4, 5, 6}, {4, 1, 6}}},
		{graph.Binary{Kind: "div", R: 3}, [][]int{{4, 5, 1}, {4, 5, 6}}},
		{graph.Binary{Kind: "mul", R: 4}, [][]int{{2, 1, 1, 6}, {2, 3, 5, 6}}},
		{graph.Binary{Kind: "max", R: 4}, [][]int{{2, 3, 1, 1}, {1, 1, 5, 6}}},
		{graph.Binary{Kind: "min", R: 1}, [][]int{{40000}, {1}}},
		{graph.Binary{Kind: "add", R: 2}, [][]int{{1, 1}, {1, 1}}},
		{graph.Expand{R: 3, To: [graph.MaxRank]int{2, 3, 4}}, [][]int{{2, 1, 4}}},
		{graph.Expand{R: 3, To: [graph.MaxRank]int{2, 3, 4}}, [][]int{{1, 3, 1}}},
		{graph.Reduce{Kind: "sum", R: 3, Axes: 0b110}, [][]int{{3, 50, 7}}},
		{graph.Reduce{Kind: "mean", R: 4, Axes: 0b0110}, [][]int{{3, 5, 7, 20}}},
		{graph.Reduce{Kind: "max", R: 3, Axes: 0b010}, [][]int{{3, 5, 7}}},
		{graph.Reduce{Kind: "min", R: 3, Axes: 0b101}, [][]int{{3, 5, 7}}},
		{graph.Reduce{Kind: "min", R: 3, Axes: 0b111}, [][]int{{3, 5, 7}}},
		{graph.Permute{R: 4, Perm: [graph.MaxRank]int{0, 3, 1, 2}}, [][]int{{2, 9, 11, 5}}},
		{graph.Permute{R: 3, Perm: [graph.MaxRank]int{1, 0, 2}}, [][]int{{2, 9, 11}}},
		{pad, [][]int{{2, 4, 5}}},
		{crop, [][]int{{2, 4, 5, 6}}},
		{rows, [][]int{{2, 4, 5, 6}}},
		{graph.Join{R: 3, Axis: 1, N: 3}, [][]int{{2, 4, 5}, {2, 1, 5}, {2, 2, 5}}},
		{graph.Softmax{R: 2}, [][]int{{30, 1000}}},
		{graph.Softmax{R: 3, Log: true}, [][]int{{2, 3, 5}}},
		{graph.SoftmaxGrad{R: 2}, [][]int{{30, 1000}, {30, 1000}}},
		{graph.SoftmaxGrad{R: 2, Log: true}, [][]int{{3, 10}, {3, 10}}},
		{graph.LayerNorm{R: 3, Eps: 1e-6}, [][]int{{2, 30, 96}, {96}, {96}}},
		{graph.LayerNormGradInput{R: 3, Eps: 1e-6}, [][]int{{2, 30, 96}, {2, 30, 96}, {96}}},
		{graph.LayerNormGradParams{R: 3, Eps: 1e-6}, [][]int{{2, 30, 96}, {2, 30, 96}}},
		{graph.LocalNorm{Size: 5, Alpha: 1e-1, Beta: 0.75, Bias: 1}, [][]int{{2, 3, 3, 20}}},
		{graph.LocalNorm{Size: 4, Alpha: 1e-1, Beta: 0.5, Bias: 2}, [][]int{{2, 3, 3, 20}}},
		{graph.BatchMatMul{R: 3}, [][]int{{3, 20, 40}, {3, 40, 33}}},
		{graph.BatchMatMul{MatMul: graph.MatMul{TransposeB: true}, R: 4}, [][]int{{2, 2, 20, 40}, {2, 2, 33, 40}}},
		{graph.BatchMatMul{MatMul: graph.MatMul{TransposeA: true}, R: 3}, [][]int{{3, 40, 20}, {3, 40, 33}}},
	}
	for _, kind := range []string{"affine", "leaky", "elu", "tanh", "exp", "erf", "abs", "softplus", "mish", "gelu", "gelu-tanh", "hard-sigmoid", "hard-swish", "power", "over"} {
		u := graph.Unary{Kind: kind, Lo: 2, Hi: 0.5, R: 2}
		cases = append(cases, struct {
			spec graph.Spec
			in   [][]int
		}{u, [][]int{{5, 77}}})
		cases = append(cases, struct {
			spec graph.Spec
			in   [][]int
		}{graph.UnaryGrad(u), [][]int{{5, 77}, {5, 77}}})
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s of %v", c.spec, c.in), func(t *testing.T) { checkSpec(t, c.spec, c.in) })
	}
}

// checkSpec compares one operator's step with its plain loops.
func checkSpec(t *testing.T, spec graph.Spec, shapes [][]int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	p := &graph.Program{Graph: gorgonia.NewGraph(), Inputs: map[string]*gorgonia.Node{}, Draws: new(graph.Draws)}
	var nodes []*gorgonia.Node
	in := make([]graph.Array, len(shapes))
	for i, s := range shapes {
		name := fmt.Sprintf("x%d", i)
		n := gorgonia.NewTensor(p.Graph, tensor.Float32, len(s), gorgonia.WithShape(s...), gorgonia.WithName(name))
		p.Inputs[name] = n
		nodes = append(nodes, n)
		in[i] = graph.Array{Shape: s, Data: make([]float64, n.Shape().TotalSize())}
		for k := range in[i].Data {
			in[i].Data[k] = float64(float32(r.NormFloat64()))
		}
	}
	p.Logits = graph.Apply(spec, nodes...)
	pool := NewPool(2)
	defer pool.Close()
	m, err := Compile(p, NewStore(p), pool)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range in {
		for k, v := range a.Data {
			m.Input(fmt.Sprintf("x%d", i))[k] = float32(v)
		}
	}
	want := graph.Array{Shape: p.Logits.Shape(), Data: make([]float64, p.Logits.Shape().TotalSize())}
	spec.Eval(want, in)
	if err := m.Run(0); err != nil {
		t.Fatal(err)
	}
	check(t, "result", m.Logits(), want.Data)
}
