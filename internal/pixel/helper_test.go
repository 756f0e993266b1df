package pixel

import (
	"encoding/binary"
	"encoding/json"
	"image"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"melanoma/internal/kernel"
	"melanoma/internal/numtest"
)

// eachPath runs a test on every path that this build and processor have.
func eachPath(t *testing.T, f func(t *testing.T)) {
	for _, name := range kernel.Available() {
		t.Run(name, func(t *testing.T) {
			defer use(t, name)()
			f(t)
		})
	}
}

func use(t testing.TB, path string) (restore func()) {
	t.Helper()
	restore, err := kernel.Use(path)
	if err != nil {
		t.Fatal(err)
	}
	return restore
}

const (
	canary = 0xa5
	guard  = 4096 // bytes behind a picture that are watched
)

// samePaths runs f on the Go path and on every other and fails where a byte
// of the three channels differs, or one outside the picture was written.
func samePaths(t *testing.T, what string, f func(dst *Picture)) {
	t.Helper()
	run := func(path string) *Picture {
		defer use(t, path)()
		memory := slices.Repeat([]uint8{canary}, 1<<20)
		dst := &Picture{Pix: memory[: 0 : len(memory)-guard]}
		f(dst)
		if &dst.Pix[:1][0] != &memory[0] {
			t.Fatalf("%s: the test's picture is too large", what)
		}
		if i := slices.IndexFunc(memory[len(dst.Pix):][:guard], func(v uint8) bool { return v != canary }); i >= 0 {
			t.Fatalf("%s on %s: wrote %d bytes behind the picture", what, path, i)
		}
		return dst
	}
	want := run("go")
	for _, path := range kernel.Available() {
		same(t, what+" on "+path, run(path), want)
	}
}

// same fails where the colours of two pictures differ.
func same(t *testing.T, what string, got, want *Picture) {
	t.Helper()
	if got.Width != want.Width || got.Height != want.Height {
		t.Fatalf("%s: %d x %d pixels, want %d x %d", what, got.Width, got.Height, want.Width, want.Height)
	}
	for i, v := range want.Pix {
		if i%4 != 3 && got.Pix[i] != v {
			t.Fatalf("%s: channel %d of pixel (%d, %d) is %d, want %d", what, i%4, i/4%want.Width, i/4/want.Width, got.Pix[i], v)
		}
	}
}

// noise returns a picture of independent random bytes.
func noise(r *rand.Rand, width, height int) *Picture {
	p := new(Picture)
	p.Reset(width, height)
	for i := range p.Pix {
		p.Pix[i] = uint8(r.Uint32())
	}
	return p
}

// goldenCase is one entry of golden/augment/cases.json.
type goldenCase struct {
	Transform, Input, Output string
	Params                   json.RawMessage
}

// eachGolden runs f on the cases of one transform, on every path.
func eachGolden(t *testing.T, transform string, f func(t *testing.T, src *Picture, params json.RawMessage, want *Picture)) {
	eachGoldenInput(t, transform, func(t *testing.T, src *Picture, params json.RawMessage, output string) {
		f(t, src, params, readPNG(t, filepath.Join(filepath.Dir(numtest.Golden(t, "augment/cases.json")), output)))
	})
}

// eachGoldenInput is eachGolden with the name of the output's file.
func eachGoldenInput(t *testing.T, transform string, f func(t *testing.T, src *Picture, params json.RawMessage, output string)) {
	path := numtest.Golden(t, "augment/cases.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Cases []goldenCase }
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range list.Cases {
		if c.Transform != transform {
			continue
		}
		seen++
		src := readPNG(t, filepath.Join(filepath.Dir(path), c.Input))
		t.Run(c.Output, func(t *testing.T) {
			eachPath(t, func(t *testing.T) { f(t, src, c.Params, c.Output) })
		})
	}
	if seen == 0 {
		t.Fatalf("no case of %s in %s", transform, path)
	}
}

func readPNG(t *testing.T, path string) *Picture {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	im, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	flat := image.NewNRGBA(image.Rect(0, 0, im.Bounds().Dx(), im.Bounds().Dy()))
	draw.Draw(flat, flat.Rect, im, im.Bounds().Min, draw.Src)
	return &Picture{Pix: flat.Pix, Width: flat.Rect.Dx(), Height: flat.Rect.Dy()}
}

// decode reads little-endian numbers.
func decode[T float32 | float64](t *testing.T, data []byte) []T {
	t.Helper()
	var one T
	v := make([]T, len(data)/binary.Size(one))
	if _, err := binary.Decode(data, binary.LittleEndian, v); err != nil {
		t.Fatal(err)
	}
	return v
}
