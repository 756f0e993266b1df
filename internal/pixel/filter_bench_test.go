package pixel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"melanoma/internal/kernel"
)

// BenchmarkFilters reports every kernel of the family on every path, in
// nanoseconds a pixel.
func BenchmarkFilters(b *testing.B) {
	var w Workspace
	var dst Picture
	var table [256]uint8
	for i := range table {
		table[i] = uint8(255 - i)
	}
	diagonal := make([]float32, 25)
	for i := range 5 {
		diagonal[6*i] = 1 / float32(5)
	}
	for _, size := range []int{512, 768} {
		src := noise(rand.New(rand.NewPCG(1, 2)), size, size)
		rgb, numbers := make([]uint8, 3*size*size), make([]float32, 3*size*size)
		for _, op := range []struct {
			name string
			f    func()
		}{
			{"load", func() { Load(&dst, rgb, size, size, Orientation{}, nil) }},
			{"load-flip-table", func() { Load(&dst, rgb, size, size, Orientation{FlipColumns: true}, &table) }},
			{"load-transpose-table", func() { Load(&dst, rgb, size, size, Orientation{Transpose: true, FlipRows: true}, &table) }},
			{"orient-transpose", func() { Orient(&dst, src, Orientation{Transpose: true}, nil) }},
			{"lookup", func() { Lookup(src, &table) }},
			{"store", func() { Store(rgb, src) }},
			{"fill", func() { Fill(src, 100, 100, 100+size*3/8, 100+size*3/8, 0, 0, 0) }},
			{"normalize", func() { Normalize(numbers, src, [3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225}) }},
			{"median3", func() { MedianBlur(&w, &dst, src, 3) }},
			{"median5", func() { MedianBlur(&w, &dst, src, 5) }},
			{"gaussian3", func() { GaussianBlur(&w, &dst, src, 3) }},
			{"gaussian5", func() { GaussianBlur(&w, &dst, src, 5) }},
			{"motion5", func() { Filter(&w, &dst, src, diagonal, 5) }},
			{"noise", func() { AddNoise(src, 1, 4) }},
		} {
			for _, path := range kernel.Available() {
				b.Run(fmt.Sprintf("%s/%d/%s", op.name, size, path), func(b *testing.B) {
					defer use(b, path)()
					b.ReportAllocs()
					op.f()
					for b.Loop() {
						op.f()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size*size), "ns/pixel")
				})
			}
		}
	}
}
