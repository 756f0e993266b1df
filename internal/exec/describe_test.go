package exec

import (
	"testing"

	"gorgonia.org/tensor"
)

// TestDescribeTellsWhatCompileDoes: as many steps, the same arena, and every
// step reads results that are there.
func TestDescribeTellsWhatCompileDoes(t *testing.T) {
	for name, nw := range networks() {
		t.Run(name, func(t *testing.T) {
			plan, err := Describe(nw.program(t, tensor.Float32))
			if err != nil {
				t.Fatal(err)
			}
			m, _ := machine(t, nw.program(t, tensor.Float32), 1)
			computed := 0
			for _, s := range m.steps {
				if s.cost.Kind != "copy" {
					computed++
				}
			}
			if len(plan.Steps) != computed || plan.ArenaBytes != int64(m.ArenaBytes()) {
				t.Errorf("%d steps in %d bytes described, %d in %d compiled", len(plan.Steps), plan.ArenaBytes, computed, m.ArenaBytes())
			}
			for i, s := range plan.Steps {
				if s.Operator != m.steps[i].cost.Name {
					t.Errorf("step %d is %q, compiled %q", i, s.Operator, m.steps[i].cost.Name)
				}
				for _, r := range s.Reads {
					if r >= i {
						t.Errorf("step %d reads the result of step %d", i, r)
					}
				}
			}
		})
	}
}
