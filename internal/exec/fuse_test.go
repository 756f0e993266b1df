package exec

import (
	"strings"
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
	m, s := machine(t, nw.program(t, tensor.Float32), 2, off...)
	if err := m.Run(11); err != nil {
		t.Fatal(err)
	}
	return append(append([]float32{}, m.Logits()...), s.Grads()...)
}

// TestEveryFusionRuleApplies looks for what each rule removes from the steps
// of an inverted residual block.
func TestEveryFusionRuleApplies(t *testing.T) {
	nw := networks()["inverted residual with squeeze and excitation"]
	for rule, removed := range map[string]string{
		"activate":              "swish 0 0 rank=4",    // behind a normalisation; the squeezed one has none
		"activate-gradient":     "swish-dx 0 0 rank=4", // likewise
		"squeeze":               "squeeze",
		"excite":                "excite",
		"excite-scale-gradient": "excite-ds",
		"excite-gradient":       "squeeze-dx 8x8",
	} {
		with, without := count(t, nw, removed), count(t, nw, removed, rule)
		if with >= without {
			t.Errorf("rule %s: %d steps %q with it, %d without", rule, with, removed, without)
		}
	}
	if len(RuleNames()) != 6 {
		t.Errorf("rules %v: this test knows six", RuleNames())
	}
}

// count returns the number of steps of that name.
func count(t *testing.T, nw network, name string, off ...string) int {
	t.Helper()
	m, _ := machine(t, nw.program(t, tensor.Float32), 1, off...)
	n := 0
	for _, s := range m.steps {
		if s.name == name || strings.HasPrefix(s.name, name+" ") && !strings.HasPrefix(s.name, name+" of") {
			n++
		}
	}
	return n
}

// TestFusionSavesMemory: normalised and excited activations are not stored.
func TestFusionSavesMemory(t *testing.T) {
	nw := networks()["inverted residual with squeeze and excitation"]
	with, _ := machine(t, nw.program(t, tensor.Float32), 1)
	without, _ := machine(t, nw.program(t, tensor.Float32), 1, "all")
	if with.ArenaBytes() >= without.ArenaBytes() {
		t.Errorf("arena of %d bytes with fusion, %d without", with.ArenaBytes(), without.ArenaBytes())
	}
}
