package pixel

import "testing"

func BenchmarkLab(b *testing.B) {
	const n = 512 * 512
	p := formulaPicture(512, 512, 1)
	l, u, v := make([]uint8, n), make([]uint8, n), make([]uint8, n)
	for _, path := range []string{"avx512", "avx2"} {
		defer use(b, path)()
		b.Run("there/"+path, func(b *testing.B) {
			for b.Loop() {
				active().labFromRGB(l, u, v, p.Pix)
			}
		})
		b.Run("back/"+path, func(b *testing.B) {
			for b.Loop() {
				active().rgbFromLab(p.Pix, l, u, v)
			}
		})
	}
}
