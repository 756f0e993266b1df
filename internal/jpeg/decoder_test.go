package jpeg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
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

// rgb3 decodes a file on its own.
func rgb3(content []byte) (pix []uint8, err error) {
	pix, _, _, err = new(Decoder).RGB(context.Background(), content)
	return pix, err
}

// peerCase is a file and what libjpeg-turbo made of it; testdata/pillow.json
// states the source.
type peerCase struct {
	Name          string
	JPEG          []byte
	Width, Height int
	CRC32         uint32
}

func peerCases(t testing.TB) []peerCase {
	t.Helper()
	text, err := os.ReadFile("testdata/pillow.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Cases []peerCase }
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Cases) < 50 {
		t.Fatalf("%d cases", len(list.Cases))
	}
	return list.Cases
}

func TestPixelsAreThoseOfPillow(t *testing.T) {
	cases := peerCases(t)
	eachPath(t, func(t *testing.T) {
		d := new(Decoder) // one for all: nothing may stay from the file before
		for _, c := range cases {
			pix, width, height, err := d.RGB(context.Background(), c.JPEG)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
				continue
			}
			if width != c.Width || height != c.Height || len(pix) != 3*c.Width*c.Height {
				t.Errorf("%s: %d x %d pixels in %d bytes", c.Name, width, height, len(pix))
			} else if crc32.ChecksumIEEE(pix) != c.CRC32 {
				t.Errorf("%s: other pixels", c.Name)
			}
		}
	})
}

func TestNRGBAHoldsTheSamePixels(t *testing.T) {
	cases := peerCases(t)
	eachPath(t, func(t *testing.T) {
		d, other := new(Decoder), new(Decoder)
		for _, c := range cases {
			pix, _, _, err := d.RGB(context.Background(), c.JPEG)
			if err != nil {
				t.Fatal(err)
			}
			im, err := other.NRGBA(context.Background(), c.JPEG)
			if err != nil {
				t.Fatal(err)
			}
			if im.Rect.Dx() != c.Width || im.Rect.Dy() != c.Height || len(im.Pix) != 4*c.Width*c.Height {
				t.Fatalf("%s: %v in %d bytes", c.Name, im.Rect, len(im.Pix))
			}
			for i := range len(pix) / 3 {
				if [4]uint8(im.Pix[4*i:]) != [4]uint8{pix[3*i], pix[3*i+1], pix[3*i+2], 255} {
					t.Fatalf("%s: pixel %d is %v, want %v", c.Name, i, im.Pix[4*i:4*i+4], pix[3*i:3*i+3])
				}
			}
		}
	})
}

func TestCancelEndsDecoding(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, part := range []string{"RGB_420", "_p"} {
		if _, _, _, err := new(Decoder).RGB(ctx, named(t, part)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", part, err)
		}
	}
}

// TestGoldenFiles compares with the pictures that OpenCV decoded.
func TestGoldenFiles(t *testing.T) {
	path := numtest.Golden(t, "augment/cases.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Cases []struct{ Transform, Input, Output string }
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range list.Cases {
		if c.Transform != "jpeg_decode" {
			continue
		}
		seen++
		t.Run(c.Input, func(t *testing.T) {
			eachPath(t, func(t *testing.T) {
				compareWithPNG(t, goldenInput(t, filepath.Dir(path), c.Input), filepath.Join(filepath.Dir(path), c.Output))
			})
		})
	}
	if seen == 0 {
		t.Fatalf("no case of jpeg_decode in %s", path)
	}
}

// goldenInput finds a file beside the cases or among the shared images.
func goldenInput(t *testing.T, folder, name string) []byte {
	b, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		b, err = os.ReadFile(numtest.Shared(t, "data/ham10000/images/"+name))
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compareWithPNG(t *testing.T, content []byte, want string) {
	im, err := new(Decoder).NRGBA(context.Background(), content)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(want)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if p.Bounds() != im.Rect {
		t.Fatalf("%v pixels, want %v", im.Rect, p.Bounds())
	}
	for y := range im.Rect.Dy() {
		for x := range im.Rect.Dx() {
			if got, want := im.At(x, y), color.NRGBAModel.Convert(p.At(x, y)); got != want {
				t.Fatalf("pixel (%d, %d) is %v, want %v", x, y, got, want)
			}
		}
	}
}

// find returns where a marker lies in a file without it in the scans.
func find(t testing.TB, b []byte, marker byte) int {
	t.Helper()
	i := bytes.Index(b, []byte{0xff, marker})
	if i < 0 {
		t.Fatalf("no marker %X", marker)
	}
	return i
}

func named(t testing.TB, part string) []byte {
	t.Helper()
	for _, c := range peerCases(t) {
		if strings.Contains(c.Name, part) {
			return c.JPEG
		}
	}
	t.Fatalf("no case %q", part)
	return nil
}

func TestNothingIsAllocatedOnceWarm(t *testing.T) {
	cases := peerCases(t)
	d := new(Decoder)
	all := func() {
		for _, c := range cases[:20] {
			if _, _, _, err := d.RGB(context.Background(), c.JPEG); err != nil {
				t.Fatal(err)
			}
		}
	}
	all()
	all()
	if n := testing.AllocsPerRun(3, all); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range peerCases(f) {
		f.Add(c.JPEG)
	}
	d, other := new(Decoder), new(Decoder)
	f.Fuzz(func(t *testing.T, b []byte) {
		h, headerErr := ReadHeader(b)
		if headerErr == nil && h.Memory > 64<<20 {
			return // would only slow the search
		}
		pix, width, height, err := d.RGB(context.Background(), b)
		if err != nil {
			return
		}
		if headerErr != nil || width != h.Width || height != h.Height || len(pix) != 3*h.Width*h.Height {
			t.Fatalf("%d x %d, header %+v, %v", width, height, h, headerErr)
		}
		defer use(t, "go")()
		want, _, _, err := other.RGB(context.Background(), b)
		if err != nil || !bytes.Equal(pix, want) {
			t.Fatal("the Go path decodes other pixels: ", err)
		}
	})
}

func ExampleDecoder() {
	d := new(Decoder)
	_, _, _, err := d.RGB(context.Background(), []byte("GIF89a"))
	fmt.Println(err)
	// Output: no JPEG: it does not start with FF D8
}
