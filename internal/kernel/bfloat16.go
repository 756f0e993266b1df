package kernel

import (
	"fmt"
	"math"
)

// BFloat16 holds the upper half of a float32: the range of it, with eight
// bits of significand in place of 24 (Wang and Kanwar 2019).
type BFloat16 uint16

// Float32 returns the number itself; every bfloat16 is a float32.
func (b BFloat16) Float32() float32 { return math.Float32frombits(uint32(b) << 16) }

// HasBF16 tells whether GemmBF16 is assembly on the path in use: on avx512
// where the processor has AVX512_BF16. Elsewhere it is Go, much slower than
// GemmPacked.
func HasBF16() bool { return active.bf16 }

// ToBFloat16 rounds x to nearest, ties to even: by at most 2^-8 of a value of
// at least 2^-126. Subnormals are rounded like other numbers, and what rounds
// beyond the largest bfloat16 is Inf. NaN stays a quiet NaN with the upper
// bits that it had, -0 stays -0. Tolerance: 0 ULP.
func ToBFloat16(dst []BFloat16, x []float32) {
	same(len(x), len(dst), "toBFloat16", "x")
	if len(x) > 0 {
		active.toBFloat16(dst, x)
	}
}

// PackedBF16Len returns the length of a [k,n] matrix packed by PackBF16T.
func PackedBF16Len(k, n int) int { return PackedLen(evenUp(k), n) }

// PackBF16T packs the transpose of b, rounded by ToBFloat16, into dst
// (PackedBF16Len(k, n) long): as for PackBT b is [n,k] with row stride ldb.
// In a panel of PanelWidth columns two steps of k lie together, those of
// column 0 first: [k/2, PanelWidth, 2]. An odd k and the last panel are
// filled up with zeros. Tolerance: 0 ULP.
func PackBF16T(dst []BFloat16, b []float32, k, n, ldb int) {
	checkMatrix("packBF16", "b", len(b), n, k, ldb)
	need(len(dst), PackedBF16Len(k, n), "packBF16", "dst")
	deep := evenUp(k)
	for j := 0; j < n; j += PanelWidth {
		panel := dst[j*deep:][:PanelWidth*deep]
		width := min(PanelWidth, n-j)
		if width < PanelWidth || k < deep {
			clear(panel)
		}
		for q := range width {
			for l, v := range b[(j+q)*ldb:][:k] {
				panel[(l/2*PanelWidth+q)*2+l%2] = bfloat16(v)
			}
		}
	}
}

// GemmBF16 computes C = A*B, or C += A*B where accumulate is set, with C
// [m,n] in float32 of row stride ldc, A [m,k] of row stride lda and B [k,n]
// packed by PackBF16T. The kernel reads A in pairs: lda must be even, and
// after an odd k each row has one element more, which must be zero. The rows
// of A may overlap.
//
// A product of two bfloat16 is exact in float32. Assembly (VDPBF16PS) adds
// products to a float32 in the order of k, but the second of a pair first,
// rounds to nearest after each and adds the sum to C after every 128 of them;
// it takes subnormal factors and sums for zero, so that a subnormal times Inf
// is NaN. The reference sums in float64 and adds once. Tolerance: 4+sqrt(k)
// units. Where A and B have been rounded from float32, C is off by up to
// 2^-7 of the sum of magnitudes besides.
func GemmBF16(c []float32, ldc int, a []BFloat16, lda int, packed []BFloat16, m, n, k int, accumulate bool) {
	checkMatrix("gemmBF16", "c", len(c), m, n, ldc)
	checkRows("gemmBF16", "a", len(a), m, evenUp(k), lda)
	if lda%2 != 0 && m > 1 {
		panic(fmt.Sprintf("kernel: gemmBF16: row stride of a is %d, not even", lda))
	}
	need(len(packed), PackedBF16Len(k, n), "gemmBF16", "packed")
	if m == 0 || n == 0 {
		return
	}
	if k == 0 {
		clearMatrix(c, ldc, m, n, accumulate)
		return
	}
	active.gemmBF16(c, ldc, a, lda, packed, m, n, evenUp(k), accumulate)
}

func evenUp(k int) int { return k + k%2 }

// bfloat16 is ToBFloat16 of one number. Adding a little less than half of the
// last place that is kept, and that place's bit, carries into it where the
// number is to be rounded up.
func bfloat16(v float32) BFloat16 {
	const quiet = 1 << 6
	bits := math.Float32bits(v)
	if v != v {
		return BFloat16(bits>>16 | quiet)
	}
	return BFloat16((bits + 0x7fff + bits>>16&1) >> 16)
}

func toBFloat16Ref(dst []BFloat16, x []float32) {
	for i, v := range x {
		dst[i] = bfloat16(v)
	}
}

// gemmBF16Ref is GemmBF16 in plain Go, in the manner of gemmPackedRef; k is
// even.
func gemmBF16Ref(c []float32, ldc int, a []BFloat16, lda int, packed []BFloat16, m, n, k int, accumulate bool) {
	const width = 8
	for j := 0; j < n; j += width {
		panel := packed[j/PanelWidth*PanelWidth*k+j%PanelWidth*2:]
		for i := range m {
			var sums [width]float64
			addPairs(&sums, a[i*lda:][:k], panel)
			row := c[i*ldc+j:][:min(width, n-j)]
			for q := range row {
				if accumulate {
					row[q] += float32(sums[q])
				} else {
					row[q] = float32(sums[q])
				}
			}
		}
	}
}

// addPairs adds to sums the products of a row of A with eight columns of a
// panel.
func addPairs(sums *[8]float64, a, panel []BFloat16) {
	for l := 0; l+2 <= len(a); l += 2 {
		v, w := float64(a[l].Float32()), float64(a[l+1].Float32())
		b := (*[16]BFloat16)(panel[l*PanelWidth:])
		for q := range sums {
			sums[q] += v*float64(b[2*q].Float32()) + w*float64(b[2*q+1].Float32())
		}
	}
}
