package pixel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// sameGeometry compares the paths on a picture of noise, once with a fence
// before its memory and once with one behind it.
func sameGeometry(t *testing.T, what string, width, height int, run func(w *Workspace, dst, src *Picture)) {
	t.Helper()
	for _, end := range []bool{false, true} {
		src := &Picture{Pix: fenced(t, 4*width*height, end), Width: width, Height: height}
		copy(src.Pix, noise(rand.New(rand.NewPCG(uint64(width), uint64(height))), width, height).Pix)
		w := new(Workspace)
		samePaths(t, fmt.Sprintf("%s of %d x %d", what, width, height), func(dst *Picture) { run(w, dst, src) })
	}
}

// someBorder and someSide make arguments from any byte.
func someBorder(b uint8) Border { return Border(b % 3) }
func someSide(n uint8) int      { return int(n)%80 + 1 }

func FuzzWarpAffine(f *testing.F) {
	f.Add(uint8(40), uint8(30), uint8(0), 1.0, 0.2, 3.0, -0.2, 1.0, 5.0)
	f.Add(uint8(0), uint8(9), uint8(1), 0.9, 0.0, 0.0, 0.0, 0.9, 0.0)
	f.Add(uint8(16), uint8(1), uint8(2), 0.001, 0.0, 1e9, 0.0, -0.001, math.Inf(1))
	f.Add(uint8(31), uint8(31), uint8(0), 0.0, 0.0, 0.0, 0.0, 0.0, math.NaN())
	f.Fuzz(func(t *testing.T, width, height, border uint8, a, b, c, d, e, g float64) {
		m := [6]float64{a, b, c, d, e, g}
		sameGeometry(t, fmt.Sprint(m), someSide(width), someSide(height), func(w *Workspace, dst, src *Picture) {
			WarpAffine(w, dst, src, m, someBorder(border))
		})
	})
}

// somePlaces makes n numbers of any bytes: near a picture, or of any bits.
func somePlaces(raw []byte, n int, anyBits bool) []float32 {
	places := make([]float32, n)
	for i := range places {
		var bits uint32
		for j := range 4 {
			if len(raw) > 0 {
				bits = bits<<8 | uint32(raw[(4*i+j)%len(raw)])
			}
		}
		places[i] = float32(int16(bits)) / 37
		if anyBits {
			places[i] = math.Float32frombits(bits)
		}
	}
	return places
}

func FuzzRemap(f *testing.F) {
	f.Add(uint8(40), uint8(30), uint8(0), false, []byte("places near the picture"), []byte("\x01\x00"))
	f.Add(uint8(3), uint8(1), uint8(1), true, []byte("\x7f\xc0\x00\x00\xff\x80\x00\x00\x4e\x80\x00\x00"), []byte("\x3f\x80\x00\x00"))
	f.Fuzz(func(t *testing.T, width, height, border uint8, anyBits bool, x, y []byte) {
		n := someSide(width) * someSide(height)
		mapX, mapY := somePlaces(x, n, anyBits), somePlaces(y, n, anyBits)
		sameGeometry(t, "remap", someSide(width), someSide(height), func(w *Workspace, dst, src *Picture) {
			Remap(w, dst, src, mapX, mapY, someBorder(border))
		})
	})
}

func FuzzRemapSeparable(f *testing.F) {
	f.Add(uint8(40), uint8(30), uint8(33), uint8(60), uint8(0), false, []byte("places near the picture"), []byte("\x01\x00"))
	f.Add(uint8(3), uint8(1), uint8(0), uint8(1), uint8(1), true, []byte("\x7f\xc0\x00\x00\xff\x80\x00\x00\x4e\x80\x00\x00"), []byte("\x3f\x80\x00\x00"))
	f.Fuzz(func(t *testing.T, width, height, toWidth, toHeight, border uint8, anyBits bool, x, y []byte) {
		xs, ys := somePlaces(x, someSide(toWidth)-1, anyBits), somePlaces(y, someSide(toHeight)-1, anyBits)
		sameGeometry(t, "remap of rows and columns", someSide(width), someSide(height), func(w *Workspace, dst, src *Picture) {
			RemapSeparable(w, dst, src, xs, ys, someBorder(border))
		})
	})
}

func FuzzDistort(f *testing.F) {
	f.Add(uint8(40), uint8(30), uint8(0), 0.7, 0.0, 0.0)
	f.Add(uint8(64), uint8(63), uint8(1), -25.0, 3.0, 1e9)
	f.Add(uint8(1), uint8(15), uint8(2), math.NaN(), math.Inf(-1), 0.0)
	f.Fuzz(func(t *testing.T, width, height, border uint8, k, dx, dy float64) {
		sameGeometry(t, fmt.Sprint("distortion by ", k, dx, dy), someSide(width), someSide(height), func(w *Workspace, dst, src *Picture) {
			Distort(w, dst, src, k, dx, dy, someBorder(border))
		})
	})
}

func FuzzResize(f *testing.F) {
	f.Add(uint8(40), uint8(30), uint8(33), uint8(20))
	f.Add(uint8(39), uint8(29), uint8(19), uint8(14)) // 40 x 30 to 20 x 15
	f.Add(uint8(0), uint8(1), uint8(70), uint8(3))
	f.Add(uint8(79), uint8(79), uint8(0), uint8(78))
	f.Fuzz(func(t *testing.T, width, height, toWidth, toHeight uint8) {
		sameGeometry(t, "resize", someSide(width), someSide(height), func(w *Workspace, dst, src *Picture) {
			Resize(w, dst, src, someSide(toWidth), someSide(toHeight))
		})
	})
}

func TestGeometryAllocatesNothingOnceWarm(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		src, dst, w := noise(rand.New(rand.NewPCG(3, 4)), 61, 47), new(Picture), new(Workspace)
		places := make([]float32, 61*47)
		run := func() {
			WarpAffine(w, dst, src, [6]float64{1, 0.1, 0, -0.1, 1, 0}, Black)
			Remap(w, dst, src, places, places, Replicate)
			RemapSeparable(w, dst, src, places[:61], places[:47], Reflect101)
			Distort(w, dst, src, 0.5, 0, 0, Reflect101)
			Resize(w, dst, src, 40, 40)
		}
		run()
		if n := testing.AllocsPerRun(5, run); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
