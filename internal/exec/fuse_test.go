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
