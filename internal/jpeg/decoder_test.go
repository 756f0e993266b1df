package jpeg

import (
	"bytes"
	"context"
	"encoding/binary"
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

func TestBadFilesAreRefusedWithAReason(t *testing.T) {
	changed := func(b []byte, at int, to ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], to)
		return b
	}
	base := named(t, "RGB_420")
	sof, sos, dht := find(t, base, 0xc0), find(t, base, 0xda), find(t, base, 0xc4)
	short := make([]byte, 16) // all codes of the table have one bit
	for _, n := range base[dht+5 : dht+21] {
		short[0] += n
	}
	progressive := named(t, "_p")
	scans := bytes.LastIndex(progressive, []byte{0xff, 0xda})
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"nothing":            {nil, "FF D8"},
		"text":               {[]byte("hello"), "FF D8"},
		"two bytes":          {base[:2], "cut short"},
		"header cut":         {base[:sof+6], "cut short"},
		"scan cut":           {base[:sos+20], "cut short"},
		"no scan":            {append(bytes.Clone(base[:sos]), 0xff, 0xd9), "no scan"},
		"no frame":           {append(bytes.Clone(base[:sof]), 0xff, 0xd9), "no frame header"},
		"scan ends early":    {append(bytes.Clone(base[:sos+20]), 0xff, 0xd9), "ends too early"},
		"arithmetic":         {changed(base, sof+1, 0xc9), "arithmetically coded"},
		"lossless":           {changed(base, sof+1, 0xc3), "lossless"},
		"hierarchical":       {changed(base, sof+1, 0xc5), "hierarchical"},
		"12 bits":            {changed(base, sof+4, 12), "12 bits"},
		"no height":          {changed(base, sof+5, 0, 0), "x 0 pixels"},
		"two components":     {changed(base, sof+9, 2), "2 components"},
		"sampling 0":         {changed(base, sof+11, 0x02), "sampling factors 0 x 2"},
		"sampling 3 to 2":    {changed(base, sof+11, 0x31, 0, 2, 0x21), "ratios"},
		"equal components":   {changed(base, sof+13, base[sof+10]), "two components"},
		"huge for its bytes": {changed(base, sof+5, 0xff, 0xff, 0xff, 0xff), "cut short"},
		"unknown component":  {changed(base, sos+5, 77), "which the frame has not"},
		"no such table":      {changed(base, sos+6, 0x33), "no Huffman table 3 of class 0"},
		"too many codes":     {changed(base, dht+5, short...), "more codes than there are"},
		"garbage":            {changed(base, dht, 7), "no marker at byte"},
		"no quantiser":       {changed(base, sof+12, 3), "no quantisation table 3"},
		"last scans missing": {append(bytes.Clone(progressive[:scans]), 0xff, 0xd9), "without its last scans"},
		"file ends in scans": {progressive[:scans], "cut short"},
		"scans out of order": {changed(progressive, scans+4+2*int(progressive[scans+4])+3, 0x54), "scans out of order"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rgb3(c.content)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestWhatFollowsThePictureDoesNotMatter(t *testing.T) {
	for _, part := range []string{"RGB_420", "_p"} {
		b := named(t, part)
		want, err := rgb3(b)
		if err != nil {
			t.Fatal(err)
		}
		for name, other := range map[string][]byte{"garbage": append(bytes.Clone(b), "garbage"...), "no EOI": b[:len(b)-2]} {
			got, err := rgb3(other)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %s: %v", part, name, err)
			}
		}
	}
}

func TestRestartMarkersAreChecked(t *testing.T) {
	for _, c := range peerCases(t) {
		at := bytes.LastIndex(c.JPEG, []byte{0xff, 0xd1})
		if at < 0 || !bytes.Contains(c.JPEG, []byte{0xff, 0xdd, 0, 4}) {
			continue
		}
		b := bytes.Clone(c.JPEG)
		b[at+1] = 0xd5
		if _, err := rgb3(b); err == nil || !strings.Contains(err.Error(), "instead of restart marker D1") {
			t.Errorf("%s: %v", c.Name, err)
		}
		return
	}
	t.Fatal("no case has restart markers")
}

func TestHeaderOfEveryCase(t *testing.T) {
	for _, c := range peerCases(t) {
		h, err := ReadHeader(c.JPEG)
		if err != nil || h.Width != c.Width || h.Height != c.Height || h.Orientation != 1 {
			t.Errorf("%s: %+v, %v", c.Name, h, err)
		}
		d := new(Decoder)
		if _, err := d.NRGBA(context.Background(), c.JPEG); err != nil {
			t.Fatal(err)
		}
		if held := d.held(); held > h.Memory {
			t.Errorf("%s: holds %d bytes, announced %d", c.Name, held, h.Memory)
		}
	}
}

// held counts the memory that depends on the file.
func (d *Decoder) held() int64 {
	n := len(d.pix) + slack + len(d.bits.data)
	for _, m := range d.memory {
		n += len(m.plane) + 2*len(m.coef) + len(m.row)
	}
	return int64(n)
}

func TestOrientationIsRead(t *testing.T) {
	base := named(t, "RGB_420")
	for orientation := range uint16(10) {
		for name, order := range map[string]binary.AppendByteOrder{"II*\x00": binary.LittleEndian, "MM\x00*": binary.BigEndian} {
			exif := order.AppendUint32([]byte("Exif\x00\x00"+name), 8)
			exif = order.AppendUint16(exif, 1)
			exif = order.AppendUint32(order.AppendUint16(order.AppendUint16(exif, 0x0112), 3), 1)
			exif = order.AppendUint16(order.AppendUint16(exif, orientation), 0)
			b := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
			b = append(append(b, exif...), base[2:]...)
			want := int(orientation)
			if want < 1 || want > 8 {
				want = 1
			}
			if h, err := ReadHeader(b); err != nil || h.Orientation != want {
				t.Errorf("orientation %d, %q: %+v, %v", orientation, name, h, err)
			}
		}
	}
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
			t.Skip("large")
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
