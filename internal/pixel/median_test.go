package pixel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMedianNetworks compares the networks with sorting, on every path, for
// bytes of few values (where ranks tie) and of many.
func TestMedianNetworks(t *testing.T) {
	const width, stride = 203, 256
	r := rand.New(rand.NewPCG(5, 6))
	eachPath(t, func(t *testing.T) {
		for trial := range 200 {
			for k := 3; k <= 5; k += 2 {
				var rows [5][]uint8
				for i := range k {
					rows[i] = make([]uint8, width)
					for j := range rows[i] {
						rows[i][j] = uint8(r.IntN(2+trial*trial)) * 37
					}
				}
				table := active()
				sortRows, merge := table.sortRows3, table.mergeRanks3
				if k == 5 {
					sortRows, merge = table.sortRows5, table.mergeRanks5
				}
				got, want := make([]uint8, 5*stride), make([]uint8, 5*stride)
				sortRows(got, stride, &rows)
				sortRowsRef(k)(want, stride, &rows)
				if !slices.Equal(got, want) {
					t.Fatalf("%d rows of trial %d are not sorted", k, trial)
				}
				gotRow, wantRow := make([]uint8, width-4*(k-1)), make([]uint8, width-4*(k-1))
				merge(gotRow, want, stride)
				mergeRanksRef(k)(wantRow, want, stride)
				if !slices.Equal(gotRow, wantRow) {
					t.Fatalf("medians of %d x %d of trial %d differ", k, k, trial)
				}
			}
		}
	})
}
