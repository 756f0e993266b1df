package kernel

import (
	"slices"
	"testing"
)

// BenchmarkFunctions reports elements per nanosecond on vectors that stay in
// the nearest caches. Path go is the plain loop in float64.
func BenchmarkFunctions(b *testing.B) {
	const n = 4096
	x, dy, y := slices.Clone(normals(stream(1), n).data), slices.Clone(normals(stream(2), n).data), make([]float32, n)
	for _, f := range figures {
		benchElements(b, f.name, n, func() { f.run(y, x) })
		benchElements(b, f.name+" backward", n, func() { f.back(y, dy, x) })
	}
}

// benchElements runs a benchmark of n elements a call on every path.
func benchElements(b *testing.B, name string, n int, f func()) {
	for _, path := range Available() {
		b.Run(name+"/"+path, func(b *testing.B) {
			restore, err := Use(path)
			if err != nil {
				b.Fatal(err)
			}
			defer restore()
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "elements/ns")
		})
	}
}
