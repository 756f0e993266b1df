package augment

import (
	"fmt"
	"hash/crc32"
	"testing"
)

// scrambled is a picture of bytes that any language can make: those of the
// counter's products as below.
func scrambled(width, height int) []uint8 {
	out := make([]uint8, 3*width*height)
	for i := range out {
		z := uint64(i+1) * 0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		out[i] = uint8(z >> 56)
	}
	return out
}

// CRC-32 of what Pillow 12.3.0 makes of the picture: Image.resize((width,
// height), Image.BILINEAR).tobytes().
func TestResamplingEqualsPillow(t *testing.T) {
	r := new(Resampler) // one for all: memory of other sizes must not matter
	for _, test := range []struct {
		fromWidth, fromHeight, width, height int
		crc                                  uint32
	}{
		{600, 450, 512, 512, 0x47429d49},
		{200, 150, 128, 128, 0xecd34c48},
		{200, 150, 512, 512, 0xf6ae2595},
		{37, 91, 16, 16, 0x55cd216c},
		{1, 1, 8, 8, 0x8ef93148},
		{640, 480, 640, 128, 0x2e8d3ab5},
		{640, 480, 77, 480, 0x9ed1b691},
		{1003, 2, 7, 900, 0x90f72f2d},
		{3000, 40, 24, 24, 0xe9c6b583},
		{97, 97, 97, 97, 0xc4cc786f},
	} {
		src := scrambled(test.fromWidth, test.fromHeight)
		got := Resize(Image{Pix: src, Width: test.fromWidth, Height: test.fromHeight}, test.width, test.height)
		if crc := crc32.ChecksumIEEE(got.Pix); crc != test.crc {
			t.Errorf("%d x %d to %d x %d: CRC %#x, want %#x", test.fromWidth, test.fromHeight, test.width, test.height, crc, test.crc)
		}
		dst := make([]uint8, len(got.Pix))
		if r.Resize(dst, test.width, test.height, src, test.fromWidth, test.fromHeight); crc32.ChecksumIEEE(dst) != test.crc {
			t.Errorf("%d x %d to %d x %d: used memory changes the picture", test.fromWidth, test.fromHeight, test.width, test.height)
		}
		if n := testing.AllocsPerRun(1, func() { r.Resize(dst, test.width, test.height, src, test.fromWidth, test.fromHeight) }); n != 0 {
			t.Errorf("%d x %d: a second picture of the size allocates %v times", test.fromWidth, test.fromHeight, n)
		}
	}
}

func BenchmarkResample(b *testing.B) {
	for _, size := range [][3]int{{200, 150, 128}, {600, 450, 512}, {600, 450, 128}, {1024, 768, 512}} {
		b.Run(fmt.Sprintf("%dx%d to %d", size[0], size[1], size[2]), func(b *testing.B) {
			r, src, dst := new(Resampler), scrambled(size[0], size[1]), make([]uint8, 3*size[2]*size[2])
			b.ReportAllocs()
			for b.Loop() {
				r.Resize(dst, size[2], size[2], src, size[0], size[1])
			}
		})
	}
}
