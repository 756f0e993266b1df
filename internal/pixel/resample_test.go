package pixel

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"

	"melanoma/internal/kernel"
)

// scrambled is a picture of bytes that any language can make.
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
	eachPath(t, func(t *testing.T) {
		w := new(Workspace) // one for all: memory of other sizes must not matter
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
			src, dst := scrambled(test.fromWidth, test.fromHeight), make([]uint8, 3*test.width*test.height)
			if Resample(w, dst, test.width, test.height, src, test.fromWidth, test.fromHeight); crc32.ChecksumIEEE(dst) != test.crc {
				t.Errorf("%d x %d to %d x %d: CRC %#x, want %#x", test.fromWidth, test.fromHeight, test.width, test.height, crc32.ChecksumIEEE(dst), test.crc)
			}
			if n := testing.AllocsPerRun(1, func() { Resample(w, dst, test.width, test.height, src, test.fromWidth, test.fromHeight) }); n != 0 {
				t.Errorf("%d x %d: a second picture of the size allocates %v times", test.fromWidth, test.fromHeight, n)
			}
		}
	})
}

// sameResampling compares every path with Go's, between fences of bytes that
// must stay.
func sameResampling(t *testing.T, fromWidth, fromHeight, width, height int, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	src := make([]uint8, 3*fromWidth*fromHeight)
	for i := range src {
		src[i] = uint8(r.Uint32())
	}
	run := func(path string) []uint8 {
		defer use(t, path)()
		n := 3 * width * height
		memory := slices.Repeat([]uint8{canary}, n+128)
		Resample(new(Workspace), memory[64:64+n], width, height, slices.Clone(src), fromWidth, fromHeight)
		if bytes.Count(memory[:64], []byte{canary}) != 64 || bytes.Count(memory[64+n:], []byte{canary}) != 64 {
			t.Fatalf("%s: %d x %d to %d x %d: wrote outside of the picture", path, fromWidth, fromHeight, width, height)
		}
		return memory[64 : 64+n]
	}
	want := run("go")
	for _, path := range kernel.Available() {
		if !bytes.Equal(run(path), want) {
			t.Errorf("%s: %d x %d to %d x %d: other bytes", path, fromWidth, fromHeight, width, height)
		}
	}
}

func TestResamplingIsTheSameOnEachPath(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for i := range uint64(150) {
		sameResampling(t, 1+r.IntN(90), 1+r.IntN(90), 1+r.IntN(90), 1+r.IntN(90), i)
	}
	sameResampling(t, 1, 300, 2, 7, 1)
	sameResampling(t, 700, 1, 3, 2, 1)
}

func FuzzResample(f *testing.F) {
	f.Add(uint8(20), uint8(15), uint8(12), uint8(13), uint64(1))
	f.Fuzz(func(t *testing.T, fromWidth, fromHeight, width, height uint8, seed uint64) {
		sameResampling(t, 1+int(fromWidth), 1+int(fromHeight), 1+int(width), 1+int(height), seed)
	})
}

func BenchmarkResample(b *testing.B) {
	for _, size := range [][3]int{{200, 150, 128}, {200, 150, 512}, {600, 450, 512}, {600, 450, 128}, {1024, 768, 512}} {
		for _, path := range []string{"go", kernel.Selected()} {
			b.Run(fmt.Sprintf("%dx%d to %d, %s", size[0], size[1], size[2], path), func(b *testing.B) {
				defer use(b, path)()
				w, src, dst := new(Workspace), scrambled(size[0], size[1]), make([]uint8, 3*size[2]*size[2])
				b.ReportAllocs()
				for b.Loop() {
					Resample(w, dst, size[2], size[2], src, size[0], size[1])
				}
			})
		}
	}
}
