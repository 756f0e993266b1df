package pixel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"melanoma/internal/kernel"
)

// BenchmarkGeometry times what the winners' recipe does to pictures of 512
// and 768 pixels, on every path.
func BenchmarkGeometry(b *testing.B) {
	for _, size := range []int{512, 768} {
		src, dst, w := noise(rand.New(rand.NewPCG(1, 2)), size, size), new(Picture), new(Workspace)
		half := float64(size) / 2
		turn := RotationMatrix(half, half, 9, 1.05)
		ramp := gridRamp(size, []float64{0.6, 1.3, 0.9, 1.6, 0.7, 1})
		mapX, mapY := make([]float32, size*size), make([]float32, size*size)
		for i := range mapX {
			mapX[i], mapY[i] = float32(i%size)+0.01, float32(i/size)-0.01
		}
		for _, c := range []struct {
			name string
			run  func()
		}{
			{"WarpAffine/black", func() { WarpAffine(w, dst, src, turn, Black) }},
			{"WarpAffine/reflect", func() { WarpAffine(w, dst, src, turn, Reflect101) }},
			{"Distort", func() { Distort(w, dst, src, -0.7, 0, 0, Reflect101) }},
			{"RemapSeparable", func() { RemapSeparable(w, dst, src, ramp, ramp, Reflect101) }},
			{"Remap", func() { Remap(w, dst, src, mapX, mapY, Reflect101) }},
			{"Resize/0.75", func() { Resize(w, dst, src, size*3/4, size*3/4) }},
			{"Resize/0.83", func() { Resize(w, dst, src, size*5/6, size*5/6) }},
			{"Resize/0.5", func() { Resize(w, dst, src, size/2, size/2) }},
		} {
			for _, path := range kernel.Available() {
				b.Run(fmt.Sprintf("%s/%d/%s", c.name, size, path), func(b *testing.B) {
					defer use(b, path)()
					c.run()
					b.ReportAllocs()
					for b.Loop() {
						c.run()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size*size), "ns/pixel")
				})
			}
		}
	}
}
