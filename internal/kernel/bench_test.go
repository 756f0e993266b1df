package kernel

import (
	"fmt"
	"testing"
)

// benchPaths runs a benchmark on every path and reports GFLOP/s of it.
func benchPaths(b *testing.B, name string, flop, bytes int, f func()) {
	for _, path := range Available() {
		b.Run(name+"/"+path, func(b *testing.B) {
			restore, err := Use(path)
			if err != nil {
				b.Fatal(err)
			}
			defer restore()
			b.SetBytes(int64(bytes))
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(flop)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

// The pointwise convolutions of EfficientNet-B0 at 224 px: rows, input and
// output channels.
var pointwise = [][3]int{
	{12544, 16, 96}, {12544, 96, 32}, {3136, 144, 24}, {3136, 32, 160}, {784, 256, 64}, {196, 96, 480}, {196, 672, 128}, {49, 192, 1152}, {49, 320, 1280},
}

func BenchmarkGemmPacked(b *testing.B) {
	for _, s := range pointwise {
		m, k, n := s[0], s[1], s[2]
		a, c := normals(stream(1), m*k).data, make([]float32, m*n)
		packed := make([]float32, PackedLen(k, n))
		PackB(packed, normals(stream(2), k*n).data, k, n, n)
		benchPaths(b, fmt.Sprintf("%dx%dx%d", m, k, n), 2*m*n*k, 4*(m*k+m*n), func() {
			GemmPacked(c, n, a, k, packed, m, n, k, false)
		})
	}
}

func BenchmarkGemmTN(b *testing.B) {
	for _, s := range pointwise {
		m, k, n := s[0], s[1], s[2]
		x, dy := normals(stream(1), m*k).data, normals(stream(2), m*n).data
		dw := make([]float32, k*n)
		benchPaths(b, fmt.Sprintf("%dx%dx%d", m, k, n), 2*m*n*k, 4*(m*k+m*n), func() {
			GemmTN(dw, n, x, k, dy, n, m, n, k, false)
		})
	}
}
