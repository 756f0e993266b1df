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
	"melanoma/internal/jpeg"
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
	tiles := image.NewGray(image.Rect(0, 0, 40, 24)) // blocks of one level: all decoders agree on them
	for i := range tiles.Pix {
		tiles.Pix[i] = uint8(16 * (i/tiles.Stride/8*5 + i%tiles.Stride/8))
	}
	plain := jpegBytes(t, tiles)
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

// TestJPEGPixelsAreThoseOfTheDecoder follows a JPEG of the right size, and
// one that keeps its size.
func TestJPEGPixelsAreThoseOfTheDecoder(t *testing.T) {
	b := jpegBytes(t, picture(3, 40, 40))
	want, _, _, err := new(jpeg.Decoder).RGB(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 40} {
		d := NewDecoder(size)
		first, err := d.Decode(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Decode(context.Background(), jpegBytes(t, picture(9, 40, 40))); err != nil { // in the same memory
			t.Fatal(err)
		}
		if !bytes.Equal(first.Image.Pix, want) || first.Image.Width != 40 || first.Image.Height != 40 {
			t.Errorf("size %d: other pixels", size)
		}
	}
	wide, err := NewDecoder(0).Decode(context.Background(), withOrientation(jpegBytes(t, picture(3, 40, 24)), 6, binary.BigEndian))
	if err != nil || wide.Image.Width != 24 || wide.Image.Height != 40 {
		t.Errorf("turned: %d x %d pixels, %v", wide.Image.Width, wide.Image.Height, err)
	}
}

// TestRarePNGsAreDecoded holds what happens to 16 bits, palettes and alpha:
// the high bytes, the colours of the palette, and colours without their alpha.
func TestRarePNGsAreDecoded(t *testing.T) {
	deep, alpha := image.NewRGBA64(image.Rect(0, 0, 4, 4)), image.NewNRGBA(image.Rect(0, 0, 4, 4))
	palette := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black, color.RGBA{200, 90, 30, 255}})
	for i := range 16 {
		deep.SetRGBA64(i%4, i/4, color.RGBA64{uint16(i * 4097), 0x80ff, 0x1234, 0xffff})
		alpha.SetNRGBA(i%4, i/4, color.NRGBA{uint8(9 * i), 100, 50, uint8(17 * i)})
		palette.SetColorIndex(i%4, i/4, uint8(i%2))
	}
	for name, c := range map[string]struct {
		im   image.Image
		want func(i int) [3]uint8
	}{
		"16 bits": {deep, func(i int) [3]uint8 { return [3]uint8{uint8(i * 4097 >> 8), 0x80, 0x12} }},
		"alpha":   {alpha, func(i int) [3]uint8 { return [3]uint8{uint8(9 * i), 100, 50} }},
		"palette": {palette, func(i int) [3]uint8 { return [][3]uint8{{}, {200, 90, 30}}[i%2] }},
	} {
		got, err := NewDecoder(0).Decode(context.Background(), pngBytes(t, c.im))
		if err != nil {
			t.Fatal(name, err)
		}
		for i := range 16 {
			if p := [3]uint8(got.Image.Pix[3*i:]); p != c.want(i) {
				t.Errorf("%s, pixel %d: %v, want %v", name, i, p, c.want(i))
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
	deep := bytes.Clone(good)
	deep[bytes.Index(deep, []byte{0xff, 0xc0})+4] = 12
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
		"WebP":          {[]byte("RIFF\x00\x01\x00\x00WEBPVP8 "), "WebP"},
		"BMP":           {[]byte("BM\x00\x01\x00\x00 and more"), "BMP"},
		"empty":         {nil, "empty"},
		"12-bit JPEG":   {deep, "12 bits"},
		"half a JPEG":   {good[:len(good)/2], "cut short"},
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
