package augment

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"melanoma/internal/rng"
)

func randomSquare(size, channels int, key uint64) []float32 {
	out := make([]float32, size*size*channels)
	rng.Normal(out, key, 0)
	return out
}

func viewOf(src []float32, size, channels, index int) []float32 {
	dst := make([]float32, len(src))
	View(dst, src, size, channels, index)
	return dst
}

// A 2x2 picture a b / c d, written out for all eight views.
func TestViewsOfASmallSquare(t *testing.T) {
	src := []float32{'a', 'b', 'c', 'd'}
	for index, want := range []string{"abcd", "cdab", "badc", "dcba", "acbd", "bdac", "cadb", "dbca"} {
		var got []byte
		for _, v := range viewOf(src, 2, 1, index) {
			got = append(got, byte(v))
		}
		if string(got) != want {
			t.Errorf("view %d is %s, want %s", index, got, want)
		}
	}
}

// The views are the orientations of whole pictures, channels kept together.
func TestViewsEqualTheOrientations(t *testing.T) {
	const size = 9
	im := noise(size, size, 8)
	identity := Normalize{Std: [3]float32{1, 1, 1}}
	src := make([]float32, len(im.Pix))
	identity.Into(src, im)
	for index := range Views {
		want := im
		if index >= 4 {
			want = after(want, &Transpose{})
		}
		if index%4 == 1 || index%4 == 3 {
			want = after(want, &VerticalFlip{})
		}
		if index%4 >= 2 {
			want = after(want, &HorizontalFlip{})
		}
		pixels := make([]float32, len(src))
		identity.Into(pixels, want)
		if !slices.Equal(viewOf(src, size, 3, index), pixels) {
			t.Errorf("view %d differs from the orientations it stands for", index)
		}
	}
}

// The eight views of a picture without symmetry are distinct and closed: a
// view of a view is one of the eight.
func TestViewsFormAGroup(t *testing.T) {
	const size, channels = 5, 3
	src := randomSquare(size, channels, 9)
	known := map[string]int{}
	for i := range Views {
		known[fmt.Sprint(viewOf(src, size, channels, i))] = i
	}
	if len(known) != Views {
		t.Fatalf("%d distinct views, want %d", len(known), Views)
	}
	for i := range Views {
		reached := map[int]bool{}
		for j := range Views {
			k, ok := known[fmt.Sprint(viewOf(viewOf(src, size, channels, i), size, channels, j))]
			if !ok {
				t.Fatalf("view %d of view %d is none of the eight", j, i)
			}
			reached[k] = true
		}
		if len(reached) != Views {
			t.Errorf("from view %d only %d views are reached", i, len(reached))
		}
	}
}

func TestNormalizeIsPerChannel(t *testing.T) {
	n := Normalize{Mean: [3]float32{0.485, 0.456, 0.406}, Std: [3]float32{0.229, 0.224, 0.225}}
	im := noise(4, 3, 10)
	got := make([]float32, len(im.Pix))
	n.Into(got, im)
	for i, v := range im.Pix {
		c := i % 3
		want := (float64(v)/255 - float64(n.Mean[c])) / float64(n.Std[c])
		if math.Abs(float64(got[i])-want) > 1e-6 {
			t.Fatalf("value %d is %g, want %g", i, got[i], want)
		}
	}
}

func TestResize(t *testing.T) {
	im := noise(8, 6, 11)
	if same := Resize(im, 8, 6); !equal(same, im) || &same.Pix[0] == &im.Pix[0] {
		t.Error("resizing to the same size is not a copy")
	}
	flat := NewImage(40, 30)
	for i := range flat.Pix {
		flat.Pix[i] = []uint8{10, 120, 250}[i%3]
	}
	small := Resize(flat, 7, 13)
	if small.Width != 7 || small.Height != 13 {
		t.Fatalf("resized to %dx%d", small.Width, small.Height)
	}
	for i, v := range small.Pix {
		if v != []uint8{10, 120, 250}[i%3] {
			t.Fatalf("a flat picture becomes %d at %d", v, i)
		}
	}
	// A ramp keeps its slope: the pixel centres stay where they were.
	ramp := NewImage(64, 1)
	for x := range 64 {
		ramp.Pix[3*x] = uint8(4 * x)
	}
	for x, r := 1, Resize(ramp, 16, 1); x < 15; x++ {
		if want := 4 * (4*float64(x) + 1.5); math.Abs(float64(r.Pix[3*x])-want) > 1 {
			t.Errorf("ramp at %d is %d, want %g", x, r.Pix[3*x], want)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	im := noise(512, 512, 12)
	dst := make([]float32, 3*384*384)
	n := Normalize{Mean: [3]float32{0.5, 0.5, 0.5}, Std: [3]float32{0.5, 0.5, 0.5}}
	for _, preset := range Presets() {
		b.Run(preset, func(b *testing.B) {
			a := augmenterOf(b, Config{Preset: preset, Mode: ModeFast}, 384)
			b.ReportAllocs()
			for i := range b.N {
				a.Apply(dst, im.Pix, im.Width, im.Height, a.Draw(rng.Key(1, i), im.Width, im.Height), n)
			}
		})
	}
}

func BenchmarkView(b *testing.B) {
	src := randomSquare(128, 3, 13)
	dst := make([]float32, len(src))
	for i := range b.N {
		View(dst, src, 128, 3, i%Views)
	}
}
