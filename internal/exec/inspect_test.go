package exec

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"melanoma/internal/graph"
)

// labelled is a network of three convolutions with the names of their layers.
func labelled() network {
	return network{3, 6, 4, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
		layer := func(y *gorgonia.Node, name string) *gorgonia.Node {
			graph.Label(y, name)
			return y
		}
		attrs := graph.ConvAttrs{Stride: [2]int{1, 1}, Groups: 1}
		for _, name := range []string{"a", "b", "c"} {
			x = layer(graph.Conv2D(x, b.param(name+".weight", 4, 4, 1, 1), attrs), name)
			x = layer(b.norm(name+".bn", x), name+".bn")
			x = layer(graph.Swish(x), name+".act")
		}
		return x
	}, false}
}

func TestInspectFindsTheFirstArrayThatIsNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, c := range map[string]struct {
		plant           func(set func(array string, i int, v float32))
		kind            FindingKind
		layer, operator string
		bad, first      int
	}{
		"a pixel":             {func(set func(string, int, float32)) { set("images", 7, nan); set("b.weight", 3, nan) }, FoundInput, "images", "", 1, 7},
		"a weight":            {func(set func(string, int, float32)) { set("b.weight", 3, inf); set("b.weight", 5, nan) }, FoundParameter, "b.weight", "", 2, 3},
		"a running statistic": {func(set func(string, int, float32)) { set("c.bn.running_var", 1, nan) }, FoundParameter, "c.bn.running_var", "", 1, 1},
		"products that overflow": {func(set func(string, int, float32)) {
			for i := range 4 {
				set("b.weight", i, 3e38)
			}
		}, FoundForward, "b", "conv", -1, -1},
		"a variance that overflows": {func(set func(string, int, float32)) { set("b.weight", 5, 1e30) }, FoundForward, "b.bn", "statistics of conv", 1, 5},
		"gradients that overflow": {func(set func(string, int, float32)) {
			set("targets", 0, 3e38)
			set("targets", 1, -3e38)
			set("c.bn.weight", 2, 1e-30) // the logits hardly see feature 2,
			set("c.bn.bias", 2, 0)
			set("head.weight", 2, 1e3) // its gradient sees this
		}, FoundBackward, "", "matmul", 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			m, s := machine(t, labelled().program(t, tensor.Float32), 2)
			c.plant(func(array string, i int, v float32) {
				x := m.Input(array)
				if x == nil {
					x, _ = s.View(array)
				}
				x[i] = v
			})
			s.Changed()
			f := m.Inspect(1)
			if f == nil {
				t.Fatal("nothing found")
			}
			t.Log(f)
			if f.Kind != c.kind || c.layer != "" && f.Name != c.layer || !strings.HasPrefix(f.Operator, c.operator) {
				t.Errorf("found %s %s (%s), want %s %s (%s)", f.Kind, f.Name, f.Operator, c.kind, c.layer, c.operator)
			}
			if c.bad > 0 && (f.Bad != c.bad || f.First != c.first) {
				t.Errorf("%d values, the first %d; want %d, the first %d", f.Bad, f.First, c.bad, c.first)
			}
			if c.operator != "" && len(f.Inputs) == 0 {
				t.Error("the step's inputs are not told")
			}
		})
	}
}

// TestInspectIsARun finds nothing in a healthy step and leaves its results.
func TestInspectIsARun(t *testing.T) {
	for name, nw := range networks() {
		m, s := machine(t, nw.program(t, tensor.Float32), 2)
		if err := m.Run(3); err != nil {
			t.Fatal(err)
		}
		want := append(slices.Clone(m.Logits()), s.Grads()...)
		if f := m.Inspect(3); f != nil {
			t.Errorf("%s: %s", name, f)
		}
		if got := append(slices.Clone(m.Logits()), s.Grads()...); !slices.Equal(got, want) {
			t.Errorf("%s: an inspection has other results than a run", name)
		}
	}
}
