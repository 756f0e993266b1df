package exec

import (
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"melanoma/internal/numtest"
)

// TestEveryFusionRuleKeepsTheResults compares the program with all rules with
// the one without each of them, and without any.
func TestEveryFusionRuleKeepsTheResults(t *testing.T) {
	for name, nw := range networks() {
		fused := outcome(t, nw, nil)
		for _, off := range append(RuleNames(), "all") {
			t.Run(name+" without "+off, func(t *testing.T) {
				// Other roundings of the same sums: see TestMachineAgreesWithTapeMachine.
				if d := numtest.MaxRelative(fused, outcome(t, nw, []string{off})); d > 4e-5 {
					t.Errorf("results differ by %.2g of the largest", d)
				}
			})
		}
	}
}

// outcome is a program's logits and gradients.
func outcome(t *testing.T, nw network, off []string) []float32 {
	t.Helper()
	m, s := machine(t, nw.program(t, tensor.Float32), 2, Without(off...))
	if err := m.Run(11); err != nil {
		t.Fatal(err)
	}
	return append(append([]float32{}, m.Logits()...), s.Grads()...)
}

// TestEveryFusionRuleSavesTraffic: switching any rule off makes training or
// inference move more bytes, so each applies and is worth its place.
func TestEveryFusionRuleSavesTraffic(t *testing.T) {
	for _, rule := range RuleNames() {
		nw := networks()[blocks]
		nw.eval = slices.Contains([]string{"normalise", "add", "follow", "mean", "expand"}, rule)
		if with, without := traffic(t, nw), traffic(t, nw, rule); with >= without {
			t.Errorf("rule %s: steps move %d bytes with it, %d without", rule, with, without)
		}
	}
}

// TestConvolutionsNormaliseWhatIsNotDifferentiated: with given statistics a
// convolution's own result is needed for the gradients of scale, shift and
// activation, so it must not go on normalised; where none is wanted it may.
func TestConvolutionsNormaliseWhatIsNotDifferentiated(t *testing.T) {
	for name, want := range map[string]int{frozenStatistics: 0, frozenBody: 6, inference: 6} {
		nw := networks()[name]
		plan, err := newPlanner(nw.program(t, tensor.Float32), optionsOf(nil))
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, v := range plan.order {
			got += normalising(v.op)
		}
		if got != want {
			t.Errorf("%s: %d convolutions normalise their results, want %d", name, got, want)
		}
	}
}

// normalising counts the convolutions of a step that normalise their results.
func normalising(op operator) int {
	o, ok := op.(convolution)
	if !ok {
		return 0
	}
	n := normalising(o.x.op)
	if o.then != nil && o.then.from == givenStatistics {
		n++
	}
	return n
}

// traffic returns the bytes that the steps of a network move.
func traffic(t *testing.T, nw network, off ...string) int64 {
	t.Helper()
	m, _ := machine(t, nw.program(t, tensor.Float32), 1, Without(off...))
	n := int64(0)
	for _, s := range m.steps {
		n += s.cost.Bytes
	}
	return n
}

// TestFusionSavesMemory: normalised and excited activations are not stored.
func TestFusionSavesMemory(t *testing.T) {
	nw := networks()[blocks]
	with, _ := machine(t, nw.program(t, tensor.Float32), 1)
	without, _ := machine(t, nw.program(t, tensor.Float32), 1, Without("all"))
	if with.ArenaBytes() >= without.ArenaBytes() {
		t.Errorf("arena of %d bytes with fusion, %d without", with.ArenaBytes(), without.ArenaBytes())
	}
}
