package pixel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"melanoma/internal/kernel"
)

// smoothCase returns width x height random numbers and a decaying kernel.
func smoothCase(r *rand.Rand, width, height, radius int) (field, weights []float64) {
	field, weights = make([]float64, width*height), make([]float64, radius+1)
	for i := range field {
		field[i] = 2*r.Float64() - 1
	}
	for j := range weights {
		weights[j] = r.Float64() / float64(1+j)
	}
	return field, weights
}

// The definition, pair by pair from the outermost inwards.
func smoothed(field []float64, width, height int, weights []float64) []float64 {
	pass := func(in []float64, at func(x, y, j int) float64) []float64 {
		out := make([]float64, len(in))
		for y := range height {
			for x := range width {
				sum := float64(at(x, y, 0) * weights[0])
				for j := len(weights) - 1; j > 0; j-- {
					sum += float64(float64(at(x, y, -j)+at(x, y, j)) * weights[j])
				}
				out[y*width+x] = sum
			}
		}
		return out
	}
	columns := pass(field, func(x, y, j int) float64 { return field[mirrored(y+j, height)*width+x] })
	return pass(columns, func(x, y, j int) float64 { return columns[y*width+mirrored(x+j, width)] })
}

func TestSmoothFieldIsItsDefinitionOnEveryPath(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, size := range [][3]int{{1, 1, 0}, {1, 1, 5}, {7, 3, 2}, {8, 8, 8}, {33, 20, 1}, {40, 5, 60}, {71, 64, 200}, {130, 9, 33}} {
		field, weights := smoothCase(r, size[0], size[1], size[2])
		want := smoothed(field, size[0], size[1], weights)
		for _, path := range kernel.Available() {
			t.Run(fmt.Sprint(size, " on ", path), func(t *testing.T) {
				defer use(t, path)()
				got := slices.Clone(field)
				SmoothField(new(Workspace), got, size[0], size[1], weights)
				if !slices.Equal(got, want) {
					t.Error("differs")
				}
			})
		}
	}
}

func FuzzSmoothField(f *testing.F) {
	f.Add(uint64(1), uint8(40), uint8(3), uint8(50))
	f.Fuzz(func(t *testing.T, seed uint64, width, height, radius uint8) {
		w, h := 1+int(width), 1+int(height)%64
		field, weights := smoothCase(rand.New(rand.NewPCG(seed, 1)), w, h, int(radius))
		var want []float64
		for _, path := range append([]string{"go"}, kernel.Available()...) {
			restore := use(t, path)
			got := slices.Clone(field)
			SmoothField(new(Workspace), got, w, h, weights)
			restore()
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s differs from go", path)
			}
		}
	})
}

func BenchmarkSmoothField(b *testing.B) {
	for _, size := range []int{512, 768} {
		for _, path := range kernel.Available() {
			b.Run(fmt.Sprint(size, "/", path), func(b *testing.B) {
				defer use(b, path)()
				field, weights := smoothCase(rand.New(rand.NewPCG(3, 1)), size, size, 200)
				w := new(Workspace)
				b.ReportAllocs()
				for b.Loop() {
					SmoothField(w, field, size, size, weights)
				}
			})
		}
	}
}
