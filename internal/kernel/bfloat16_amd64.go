//go:build amd64 && !noasm

package kernel

// bfloat16Tile computes tiles of rows x cols sums below one another; see
// bfloat16_stubs_amd64.go. Strides of A and B count pairs of bfloat16.
type bfloat16Tile func(c *float32, ldc int, a *uint16, lda int, b *uint16, ldb int, pairs, rows, tiles, cols int, accumulate bool)

// sumPairs is the number of pairs of products that a tile adds up in one
// register before it adds the sum to C: as many steps as sumLength. The
// rounding of sums vanishes behind that of the factors.
const sumPairs = 64

// installBF16 adds to the path avx512 what AVX512_BF16 allows.
func installBF16(to *table) {
	to.bf16 = true
	to.gemmBF16 = gemmBF16AVX512
}

func toBFloat16AVX512(dst []BFloat16, x []float32) {
	roundBFloat16AVX512((*uint16)(&dst[0]), &x[0], len(x))
}

// gemmBF16AVX512 walks like gemmPacked over blocks of rows that stay in
// cache; k is even.
func gemmBF16AVX512(c []float32, ldc int, a []BFloat16, lda int, packed []BFloat16, m, n, k int, accumulate bool) {
	t, pairs := &gemmAVX512, k/2
	block := max(cacheFloats/(pairs+n)/t.rows, 4) * t.rows
	for i := 0; i < m; i += block {
		rows := min(block, m-i)
		for j := 0; j < n; j += t.cols {
			f, cols := bfloat16Tile(gemmBF16Tiles32AVX512), min(t.cols, n-j)
			if cols <= PanelWidth {
				f = gemmBF16Tiles16AVX512
			}
			full, tiles, rest := t.split(rows)
			for p := 0; p < pairs; p += sumPairs {
				b, depth, add := (*uint16)(&packed[j*k+2*p*PanelWidth]), min(sumPairs, pairs-p), accumulate || p > 0
				at := i
				if rest > 0 {
					f(&c[at*ldc+j], ldc, (*uint16)(&a[at*lda+2*p]), lda/2, b, pairs*PanelWidth, depth, full+1, rest, cols, add)
					at += rest * (full + 1)
				}
				f(&c[at*ldc+j], ldc, (*uint16)(&a[at*lda+2*p]), lda/2, b, pairs*PanelWidth, depth, full, tiles, cols, add)
			}
		}
	}
}
