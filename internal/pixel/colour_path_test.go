package pixel

import (
	"math/rand/v2"
	"testing"

	"melanoma/internal/kernel"
)

// coloured gives a picture of a test a size and random colours, where narrow
// of few values, as CLAHE has to limit them.
func coloured(dst *Picture, seed uint64, width, height int, narrow bool) {
	r := rand.New(rand.NewPCG(seed, 0))
	dst.Reset(width, height)
	for i := range dst.Pix {
		dst.Pix[i] = uint8(r.Uint32())
		if narrow {
			dst.Pix[i] = 100 + dst.Pix[i]%16
		}
	}
}

func checkCLAHE(t *testing.T, seed uint64, width, height int, clip float64, grid int) {
	t.Helper()
	var w Workspace
	samePaths(t, "CLAHE", func(dst *Picture) {
		coloured(dst, seed, width, height, seed%2 == 0)
		CLAHE(&w, dst, clip, grid)
	})
}

func checkShiftHSV(t *testing.T, seed uint64, width, height int, hue, saturation, value float64) {
	t.Helper()
	var w Workspace
	samePaths(t, "shift", func(dst *Picture) {
		coloured(dst, seed, width, height, false)
		ShiftHSV(&w, dst, hue, saturation, value)
	})
}

func TestColourPathsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		width, height := 1+r.IntN(150), 1+r.IntN(150)
		checkCLAHE(t, r.Uint64(), width, height, 1+3*r.Float64(), 1+r.IntN(9))
		shift := func(limit float64) float64 { return (2*r.Float64() - 1) * limit }
		checkShiftHSV(t, r.Uint64(), width, height, shift(10), shift(20), shift(10))
		if i%10 == 0 { // no number that is added
			checkShiftHSV(t, r.Uint64(), width, height, -1e-15, -1e-15, 1-1e-15)
		}
	}
}

// TestLabStaysInItsPlanes has every number of pixels around the blocks of the
// kernels, in memory that goes on behind.
func TestLabStaysInItsPlanes(t *testing.T) {
	for _, path := range kernel.Available() {
		defer use(t, path)()
		for n := range 70 {
			var planes [4][]uint8
			for i, bytes := range [4]int{n, n, n, 4 * n} {
				planes[i] = make([]uint8, bytes+64)
				for k := range planes[i] {
					planes[i][k] = canary
				}
			}
			l, a, b, pix := planes[0][:n], planes[1][:n], planes[2][:n], planes[3][:4*n]
			active().rgbFromLab(pix, l, a, b)
			active().labFromRGB(l, a, b, pix)
			for i, plane := range planes {
				for _, v := range plane[len(plane)-64:] {
					if v != canary {
						t.Fatalf("%s: %d pixels: wrote behind plane %d", path, n, i)
					}
				}
			}
		}
	}
}

func FuzzCLAHE(f *testing.F) {
	f.Add(uint64(1), 65, 33, 2.5, 8)
	f.Add(uint64(2), 1, 1, 0.0, 1)
	f.Add(uint64(4), 128, 64, 40.0, 3)
	f.Fuzz(func(t *testing.T, seed uint64, width, height int, clip float64, grid int) {
		if width < 0 || width > 300 || height < 0 || height > 300 || grid < 1 || grid > 40 {
			t.Skip()
		}
		checkCLAHE(t, seed, width, height, clip, grid)
	})
}

func FuzzShiftHSV(f *testing.F) {
	f.Add(uint64(1), 65, 3, 3.5, -7.7, 9.9)
	f.Add(uint64(2), 32, 2, -1e-17, 1e300, -1e300)
	f.Add(uint64(3), 100, 1, 180.0, 0.0, 255.0)
	f.Fuzz(func(t *testing.T, seed uint64, width, height int, hue, saturation, value float64) {
		finite := hue-hue == 0 && saturation-saturation == 0 && value-value == 0
		if width < 0 || width > 300 || height < 0 || height > 300 || !finite {
			t.Skip()
		}
		checkShiftHSV(t, seed, width, height, hue, saturation, value)
	})
}
