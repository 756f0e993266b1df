package jpeg

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"melanoma/internal/rng"
)

// random is a generator of its own for each test.
func random(seed uint64) *rand.Rand { return rng.New(rng.Key(seed, "jpeg")) }

func randomBytes(r *rand.Rand, n int) []uint8 {
	b := make([]uint8, n)
	for i := range b {
		b[i] = uint8(r.Uint32())
	}
	return b
}

// randomQuads are those of quads of blocks, the more of them zero and the
// smaller the larger calm is.
func randomQuads(r *rand.Rand, quads, calm int) []int16 {
	c := make([]int16, quads*quadSize)
	for i := range c {
		if r.IntN(calm) == 0 {
			c[i] = int16(r.Uint32()) >> r.IntN(16)
		}
	}
	for i := range c {
		if i%quadRow%blockSize == 0 && i/quadRow%blockSize == 0 {
			c[i] = int16(r.Uint32()) >> r.IntN(16) // DC
		}
	}
	return c
}

const canary = 0xa5

// samePaths runs f on every path with as much room as it may write to and
// compares the first n bytes, and those of room behind it.
func samePaths(t testing.TB, what string, n, room int, f func(k *table, dst []uint8)) {
	t.Helper()
	run := func(k *table) []uint8 {
		memory := bytes.Repeat([]byte{canary}, room+256)
		f(k, memory[:room])
		return memory
	}
	want := run(&goTable)
	for name, k := range tables {
		got := run(k)
		for i := range n {
			if got[i] != want[i] {
				t.Fatalf("%s on %s: byte %d is %d, want %d", what, name, i, got[i], want[i])
			}
		}
		if bytes.Count(got[room:], []byte{canary}) != 256 {
			t.Fatalf("%s on %s: wrote behind its room", what, name)
		}
	}
}

func checkTransform(t testing.TB, coef []int16, quant *[64]int16) {
	t.Helper()
	quads := len(coef) / quadSize
	for _, stride := range []int{quads * quadRow, quads*quadRow + margin} {
		room := 7*stride + quads*quadRow
		samePaths(t, "transform", room, room, func(k *table, dst []uint8) {
			k.transform(dst, stride, coef, quant, quads)
		})
	}
}

func TestTransformIsTheSameOnAllPaths(t *testing.T) {
	r := random(1)
	for trial := range 300 {
		var quant [64]int16
		for i := range quant {
			quant[i] = int16(r.Uint32()) >> (trial % 16)
		}
		checkTransform(t, randomQuads(r, 1+trial%3, 1+trial%40), &quant)
	}
}

// TestTransformOfKnownBlocks holds what follows from the definition: a block
// of one DC coefficient is flat, 8 of it a level.
func TestTransformOfKnownBlocks(t *testing.T) {
	var quant [64]int16
	for i := range quant {
		quant[i] = 1
	}
	for dc := -1200; dc <= 1200; dc++ {
		coef := make([]int16, quadSize)
		coef[2*blockSize] = int16(dc)
		dst := make([]uint8, 8*quadRow)
		transformRef(dst, quadRow, coef, &quant, 1)
		want := uint8(min(max((dc+4)>>3+128, 0), 255))
		for y := range 8 {
			for x := range 8 {
				if got := dst[y*quadRow+2*blockSize+x]; got != want {
					t.Fatalf("DC %d: sample (%d, %d) is %d, want %d", dc, x, y, got, want)
				}
			}
		}
	}
}

func checkRows(t testing.TB, a, b []uint8, n int) {
	t.Helper()
	blocks := (n + 31) / 32 * 32
	samePaths(t, "doubleAcross", 2*n, 2*blocks, func(k *table, dst []uint8) { k.doubleAcross(dst, a, n) })
	samePaths(t, "doubleBoth", 2*n, 2*blocks, func(k *table, dst []uint8) { k.doubleBoth(dst, a, b, n) })
	for bias := 1; bias <= 2; bias++ {
		samePaths(t, "doubleDown", n, blocks, func(k *table, dst []uint8) { k.doubleDown(dst, a, b, n, bias) })
	}
	samePaths(t, "toRGB", 3*n, 3*blocks, func(k *table, dst []uint8) { k.toRGB(dst, a, b, a[2:], n) })
	samePaths(t, "toRGBA", 4*n, 4*blocks, func(k *table, dst []uint8) { k.toRGBA(dst, a, b, a[2:], n) })
}

func TestRowsAreTheSameOnAllPaths(t *testing.T) {
	r := random(2)
	for n := range 150 {
		checkRows(t, randomBytes(r, 256), randomBytes(r, 256), n)
	}
}

// TestColoursOfEveryPair compares the conversion of all Cb and Cr.
func TestColoursOfEveryPair(t *testing.T) {
	y, cb, cr := make([]uint8, 256), make([]uint8, 256), make([]uint8, 256)
	for i := range 256 {
		for j := range 256 {
			y[j], cb[j], cr[j] = uint8(37*i+j), uint8(i), uint8(j)
		}
		samePaths(t, "toRGB", 768, 768, func(k *table, dst []uint8) { k.toRGB(dst, y, cb, cr, 256) })
		samePaths(t, "toRGBA", 1024, 1024, func(k *table, dst []uint8) { k.toRGBA(dst, y, cb, cr, 256) })
	}
}

func FuzzKernels(f *testing.F) {
	f.Add([]byte("coefficients"), uint8(40))
	f.Add(bytes.Repeat([]byte{0x80, 0, 0xff, 0x7f}, 100), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, n uint8) {
		b = append(b, make([]byte, 640)...)
		checkRows(t, b[:320], b[100:420], int(n))
		var quant [64]int16
		coef := make([]int16, quadSize)
		for i := range quant {
			quant[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
		}
		for i := range coef {
			coef[i] = int16(binary.LittleEndian.Uint16(b[(2*i+128)%(len(b)-1):]))
		}
		checkTransform(t, coef, &quant)
	})
}
