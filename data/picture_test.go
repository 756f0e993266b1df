package data

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/disintegration/imaging"

	"melanoma/augment"
)

func pngBytes(t testing.TB, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withOrientation puts an EXIF segment behind the start of a JPEG.
func withOrientation(b []byte, orientation uint16, order binary.AppendByteOrder) []byte {
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2) // entries: image width, orientation
	for _, entry := range [][2]uint16{{0x0100, 7}, {0x0112, orientation}} {
		tiff = order.AppendUint16(order.AppendUint16(tiff, entry[0]), 3)
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(order.AppendUint16(tiff, entry[1]), 0)
	}
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(out, segment...), b[2:]...)
}

func TestOrientationIsAppliedAsImagingDoes(t *testing.T) {
	plain := jpegBytes(t, picture(3, 40, 24))
	for orientation := uint16(1); orientation <= 8; orientation++ {
		for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
			b := withOrientation(plain, orientation, order)
			upright, err := imaging.Decode(bytes.NewReader(b), imaging.AutoOrientation(true))
			if err != nil {
				t.Fatal(err)
			}
			want := augment.Resize(augment.FromImage(upright), 16, 16)
			got, err := NewDecoder(16).Decode(context.Background(), b)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Image.Pix, want.Pix) {
				t.Errorf("orientation %d, %s endian: other pixels", orientation, name)
			}
			if got.SourceWidth != 40 || got.SourceHeight != 24 {
				t.Errorf("orientation %d: source %d x %d", orientation, got.SourceWidth, got.SourceHeight)
			}
		}
	}
}

// TestResizeEqualsItsSlowTwin compares the way without full-size copies.
func TestResizeEqualsItsSlowTwin(t *testing.T) {
	rgba := picture(5, 60, 44)
	gray, gray16 := image.NewGray(rgba.Rect), image.NewGray16(rgba.Rect)
	palette := image.NewPaletted(rgba.Rect, color.Palette{color.Black, color.White, color.RGBA{200, 90, 30, 255}})
	alpha := image.NewNRGBA(rgba.Rect)
	ycc := map[string]image.Image{}
	for y := range 44 {
		for x := range 60 {
			gray.Set(x, y, rgba.At(x, y))
			gray16.Set(x, y, rgba.At(x, y))
			palette.SetColorIndex(x, y, uint8((x+y)%3))
			alpha.SetNRGBA(x, y, color.NRGBA{uint8(4 * x), uint8(5 * y), 90, uint8(x * y)})
		}
	}
	for name, ratio := range map[string]image.YCbCrSubsampleRatio{"4:4:4": image.YCbCrSubsampleRatio444, "4:2:0": image.YCbCrSubsampleRatio420, "4:2:2": image.YCbCrSubsampleRatio422, "4:1:1": image.YCbCrSubsampleRatio411} {
		im := image.NewYCbCr(rgba.Rect, ratio)
		for i := range im.Y {
			im.Y[i] = uint8(i * 7)
		}
		for i := range im.Cb {
			im.Cb[i], im.Cr[i] = uint8(i*3), uint8(255-i)
		}
		ycc[name] = standard(im)
	}
	cases := map[string]image.Image{"rgba": rgba, "gray": gray, "gray16": gray16, "palette": palette, "alpha": alpha}
	for name, im := range ycc {
		cases[name] = im
	}
	for name, im := range cases {
		for _, size := range []int{16, 44, 60, 100} {
			if got, want := resize(im, size), augment.Resize(augment.FromImage(im), size, size); !bytes.Equal(got.Pix, want.Pix) {
				t.Errorf("%s to %d pixels: differs from augment.Resize", name, size)
			}
		}
	}
}

func TestRareSubsamplingKeepsItsColours(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410} {
		im := image.NewYCbCr(image.Rect(0, 0, 16, 16), ratio)
		for i := range im.Y {
			im.Y[i] = 128
		}
		for i := range im.Cb {
			im.Cb[i], im.Cr[i] = uint8(16*i), uint8(200-i)
		}
		got := augment.FromImage(standard(im))
		for y := range 16 {
			for x := range 16 {
				r, g, b, _ := im.At(x, y).RGBA()
				p := got.Pix[3*(16*y+x):]
				if p[0] != uint8(r>>8) || p[1] != uint8(g>>8) || p[2] != uint8(b>>8) {
					t.Fatalf("%v, pixel %d,%d: %v, want %d %d %d", ratio, x, y, p[:3], r>>8, g>>8, b>>8)
				}
			}
		}
	}
}

func TestOtherFilesAreRefusedBySignature(t *testing.T) {
	var animated bytes.Buffer
	if err := gif.Encode(&animated, picture(1, 9, 9), nil); err != nil {
		t.Fatal(err)
	}
	good, goodPNG := jpegBytes(t, picture(1, 90, 90)), pngBytes(t, picture(1, 90, 90))
	huge := bytes.Clone(goodPNG)
	binary.BigEndian.PutUint32(huge[16:], 60000)
	binary.BigEndian.PutUint32(huge[20:], 60000)
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"TIFF":          {[]byte("II*\x00\x08\x00\x00\x00and more of it"), "TIFF"},
		"GIF":           {animated.Bytes(), "GIF"},
		"text":          {[]byte("not an image"), "neither JPEG nor PNG"},
		"web page":      {[]byte("<html>404</html>"), "web page"},
		"empty":         {nil, "empty"},
		"half a JPEG":   {good[:len(good)/2], "EOF"},
		"JPEG's start":  {good[:20], "cut short"},
		"half a PNG":    {goodPNG[:len(goodPNG)/2], "not enough pixel data"},
		"PNG's start":   {goodPNG[:20], "cut short"},
		"enormous PNG":  {huge, "too large"},
		"JPEG of bytes": {append([]byte{0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2}, bytes.Repeat([]byte{7}, 90)...), "damaged JPEG"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewDecoder(16).Decode(context.Background(), c.content)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestFileReadsBothFormatsWhateverTheName(t *testing.T) {
	dir := t.TempDir()
	im := picture(2, 16, 16)
	writeBytes(t, filepath.Join(dir, "a.jpg"), pngBytes(t, im))
	got, err := NewDecoder(16).File(context.Background(), filepath.Join(dir, "a.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if want := augment.FromImage(im); !bytes.Equal(got.Image.Pix, want.Pix) {
		t.Error("a PNG of the right size changed")
	}
	for _, path := range []string{dir, filepath.Join(dir, "absent")} {
		if _, err := NewDecoder(16).File(context.Background(), path); err == nil {
			t.Errorf("%s was decoded", path)
		}
	}
	if err := os.Truncate(filepath.Join(dir, "a.jpg"), 60); err != nil {
		t.Fatal(err)
	}
	if _, err := NewDecoder(16).File(context.Background(), filepath.Join(dir, "a.jpg")); err == nil {
		t.Error("a truncated file was decoded")
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(jpegBytes(f, picture(1, 9, 9)))
	f.Add(withOrientation(jpegBytes(f, picture(1, 9, 9)), 6, binary.BigEndian))
	f.Add(pngBytes(f, picture(1, 9, 9)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := readHeader(b); err == nil && (h.width < 1 || h.height < 1 || h.orientation < 1 || h.orientation > 8 || h.cost < 1) {
			t.Errorf("%+v", h)
		}
	})
}

// TestBudgetIsNeverExceeded lets many goroutines ask for more than there is.
func TestBudgetIsNeverExceeded(t *testing.T) {
	b := newBudget(100)
	var held, most atomic.Int64
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			n := int64(10 + i)
			if err := b.acquire(context.Background(), n); err != nil {
				t.Error(err)
			}
			now := held.Add(n)
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			held.Add(-n)
			b.release(n)
		})
	}
	group.Wait()
	if most.Load() > 100 || b.free != 100 {
		t.Errorf("%d of 100 held, %d free at the end", most.Load(), b.free)
	}
	if b.fits(101) == nil {
		t.Error("101 of 100 fit")
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := b.acquire(ctx, 100); err != nil {
		t.Fatal(err)
	}
	wait := make(chan error)
	go func() { wait <- b.acquire(ctx, 1) }()
	cancel()
	if err := <-wait; err == nil {
		t.Error("a cancelled wait took something")
	}
}
