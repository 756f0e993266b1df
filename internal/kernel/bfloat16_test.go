package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestToBFloat16RoundsToNearestEven rounds numbers at, between and halfway
// between any two bfloat16.
func TestToBFloat16RoundsToNearestEven(t *testing.T) {
	var x []float32
	for upper := range uint32(1 << 16) {
		for _, lower := range []uint32{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff} {
			x = append(x, math.Float32frombits(upper<<16|lower))
		}
	}
	eachPath(t, func(t *testing.T) {
		got := make([]BFloat16, len(x))
		ToBFloat16(got, x)
		for i, v := range x {
			if want := nearestBFloat16(v); got[i] != want {
				t.Fatalf("%v (%08x) is rounded to %04x, want %04x", v, math.Float32bits(v), got[i], want)
			}
		}
	})
}

// nearestBFloat16 chooses between the two bfloat16 next to v by their
// distance; Inf counts as 2^128.
func nearestBFloat16(v float32) BFloat16 {
	below := BFloat16(math.Float32bits(v) >> 16) // towards zero
	switch {
	case v != v:
		return below | 1<<6
	case math.IsInf(float64(v), 0):
		return below
	}
	distance := func(b BFloat16) float64 {
		w := float64(b.Float32())
		if math.IsInf(w, 0) {
			w = math.Copysign(0x1p128, w)
		}
		return math.Abs(w - float64(v))
	}
	above := below + 1
	if d, e := distance(below), distance(above); e < d || e == d && above%2 == 0 {
		return above
	}
	return below
}

// checkGemmBF16 compares one product with float64.
func checkGemmBF16(t *testing.T, m, n, k int, accumulate bool, special ...float32) {
	t.Helper()
	r := stream(m, n, k, len(special))
	lda, ldb, ldc := evenUp(k)+2*r.IntN(3), k+r.IntN(3), n+r.IntN(3)
	x, w := normals(r, m*lda, special...).data, normals(r, n*ldb, special...).data
	c := normals(r, max(0, (m-1)*ldc+n))
	a, packed := newRows(x, m, k, lda, r.IntN(32)), newHalves(PackedBF16Len(k, n), r.IntN(32))
	PackBF16T(packed.data, w, k, n, ldb)
	want, scale := slices.Clone(c.data), make([]float32, len(c.data))
	for i := range m {
		for j := range n {
			var sum, size float64
			if accumulate {
				sum = float64(c.data[i*ldc+j])
				size = math.Abs(sum)
			}
			for l := range k {
				p := float64(bfloat16(x[i*lda+l]).Float32()) * float64(bfloat16(w[j*ldb+l]).Float32())
				sum += p
				size += math.Abs(p)
			}
			want[i*ldc+j], scale[i*ldc+j] = float32(sum), float32(size)
		}
	}
	GemmBF16(c.data, ldc, a.data, lda, packed.data, m, n, k, accumulate)
	what := fmt.Sprintf("m=%d n=%d k=%d accumulate=%v", m, n, k, accumulate)
	near(t, what, c.data, want, eps*(4+math.Sqrt(float64(k))), scale) // gaps between rows have scale 0
	c.intact(t, what)
}

func TestGemmBF16EqualsFloat64ForEveryTail(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for v := range 131 {
			checkGemmBF16(t, v, 33, 19, v%2 == 0)
			checkGemmBF16(t, 15, v, 18, v%2 == 0)
			checkGemmBF16(t, 13, 18, v, v%3 == 0)
			checkGemmBF16(t, 3, 5, 2*v+131, v%3 == 0)
		}
		for m := range 30 {
			for n := range 50 {
				checkGemmBF16(t, m, n, 5, m%2 == 0)
			}
		}
	})
}

func TestGemmBF16AcrossBlocks(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		checkGemmBF16(t, 2000, 40, 100, false)
		checkGemmBF16(t, 200, 70, 1901, true)
	})
}

func TestGemmBF16PropagatesNaNAndInf(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		checkGemmBF16(t, 23, 41, 17, true, nan)
		checkGemmBF16(t, 23, 41, 17, true, inf)
		checkGemmBF16(t, 23, 41, 17, false, -inf, inf, nan)
	})
}

func TestGemmBF16RefusesWrongArguments(t *testing.T) {
	c, h := make([]float32, 12), make([]BFloat16, 128)
	for name, f := range map[string]func(){
		"short a":      func() { GemmBF16(c, 4, h[:11], 4, h, 3, 4, 3, false) },
		"odd stride":   func() { GemmBF16(c, 4, h, 5, h, 3, 4, 3, false) },
		"short packed": func() { GemmBF16(c, 4, h, 4, h[:63], 3, 4, 3, false) },
		"short c":      func() { GemmBF16(c[:11], 4, h, 4, h, 3, 4, 3, false) },
		"short b":      func() { PackBF16T(h, c[:11], 3, 4, 3) },
		"short dst":    func() { PackBF16T(h[:63], c, 3, 4, 3) },
		"short x":      func() { ToBFloat16(h, c) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestOnlyAVX512HasBF16(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		if HasBF16() && Selected() != "avx512" {
			t.Errorf("%s has", Selected())
		}
	})
}

func TestBFloat16DoesNotAllocate(t *testing.T) {
	const m, n, k = 15, 33, 8
	x, c := make([]float32, n*k), make([]float32, m*n)
	a, packed := make([]BFloat16, n*k), make([]BFloat16, PackedBF16Len(k, n))
	if got := testing.AllocsPerRun(10, func() {
		ToBFloat16(a, x)
		PackBF16T(packed, x, k, n, k)
		GemmBF16(c, n, a, k, packed, m, n, k, true)
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
