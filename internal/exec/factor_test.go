package exec

import (
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"melanoma/internal/kernel"
	"melanoma/internal/numtest"
)

// TestBFloat16RoundsOnlyInference: the products of inference, to about three
// digits; training, and kernels without such products, give the same bytes.
func TestBFloat16RoundsOnlyInference(t *testing.T) {
	for name, nw := range networks() {
		for _, path := range kernel.Available() {
			t.Run(name+" on "+path, func(t *testing.T) {
				restore, err := kernel.Use(path)
				if err != nil {
					t.Fatal(err)
				}
				defer restore()
				full, _ := machine(t, nw.program(t, tensor.Float32), 2)
				short, _ := machine(t, nw.program(t, tensor.Float32), 2, BFloat16())
				for _, m := range []*Machine{full, short} {
					if err := m.Run(11); err != nil {
						t.Fatal(err)
					}
				}
				same := slices.Equal(full.Logits(), short.Logits())
				if want := !(nw.eval && kernel.HasBF16()); same != want {
					t.Errorf("the same logits: %t, want %t", same, want)
				}
				want := make([]float64, len(full.Logits()))
				for i, v := range full.Logits() {
					want[i] = float64(v)
				}
				// bfloat16 has 8 bits: each of a few roundings moves a sum by 2^-9 of its terms.
				if d := numtest.MaxRelative(short.Logits(), want); d > 1.0/64 {
					t.Errorf("logits are off by %.2g of the largest", d)
				}
			})
		}
	}
}
