//go:build amd64 && !noasm

package kernel

// gemmTile computes tiles of rows x cols sums below one another; see
// gemm_stubs_amd64.go.
type gemmTile func(c *float32, ldc int, a *float32, lda int, b *float32, ldb int, k, rows, tiles, cols int, accumulate bool)

// gemmTiling is a path's set of tiles. The narrow ones serve a rest of at
// most PanelWidth columns.
type gemmTiling struct {
	rows, cols         int // largest tile
	packed, packedRest gemmTile
	tn, tnRest         gemmTile
}

var (
	gemmAVX2 = gemmTiling{
		rows: 6, cols: 16,
		packed: gemmTiles16AVX2, packedRest: gemmTiles16AVX2,
		tn: gemmTNTiles16AVX2, tnRest: gemmTNTiles16AVX2,
	}
	gemmAVX512 = gemmTiling{
		rows: 14, cols: 32,
		packed: gemmTiles32AVX512, packedRest: gemmTiles16AVX512,
		tn: gemmTNTiles32AVX512, tnRest: gemmTNTiles16AVX512,
	}
)

// cacheFloats is how much of A and C a block of rows may cover: half of a
// level-two cache of 1 MB, a quarter of the largest.
const cacheFloats = 128 << 10

// sumLength is the number of products that a tile adds up in one register
// before it adds the sum to C. Shorter sums round less: with 64 the training
// logits of EfficientNets deviate half as much from float64 as with one sum
// over all of k, and evaluation logits a third to a seventh.
const sumLength = 64

func (t *gemmTiling) install(to *table) {
	to.gemmPacked = t.gemmPacked
	to.gemmTN = t.gemmTN
}

// gemmPacked walks over blocks of rows that stay in cache while every panel
// of B passes by.
func (t *gemmTiling) gemmPacked(c []float32, ldc int, a []float32, lda int, packed []float32, m, n, k int, accumulate bool) {
	block := max(cacheFloats/(k+n)/t.rows, 4) * t.rows
	for i := 0; i < m; i += block {
		rows := min(block, m-i)
		for j := 0; j < n; j += t.cols {
			f, cols := t.packed, min(t.cols, n-j)
			if cols <= PanelWidth {
				f = t.packedRest
			}
			full, tiles, rest := t.split(rows)
			for p := 0; p < k; p += sumLength {
				b, depth, add := &packed[j*k+p*PanelWidth], min(sumLength, k-p), accumulate || p > 0
				at := i
				if rest > 0 {
					f(&c[at*ldc+j], ldc, &a[at*lda+p], lda, b, k*PanelWidth, depth, full+1, rest, cols, add)
					at += rest * (full + 1)
				}
				f(&c[at*ldc+j], ldc, &a[at*lda+p], lda, b, k*PanelWidth, depth, full, tiles, cols, add)
			}
		}
	}
}

// gemmTN cuts the sum over m into chunks, so that the strips of A and B that
// a tile walks along stay in cache and rounding errors stay small.
func (t *gemmTiling) gemmTN(c []float32, ldc int, a []float32, lda int, b []float32, ldb int, m, n, k int, accumulate bool) {
	chunk := min(max(cacheFloats/(k+n), 64), 1024)
	for p := 0; p < m; p += chunk {
		depth := min(chunk, m-p)
		add := accumulate || p > 0
		for j := 0; j < n; j += t.cols {
			f, cols := t.tn, min(t.cols, n-j)
			if cols <= PanelWidth {
				f = t.tnRest
			}
			full, tiles, rest := t.split(k)
			at := 0
			if rest > 0 {
				f(&c[j], ldc, &a[p*lda], lda, &b[p*ldb+j], ldb, depth, full+1, rest, cols, add)
				at = rest * (full + 1)
			}
			f(&c[at*ldc+j], ldc, &a[p*lda+at], lda, &b[p*ldb+j], ldb, depth, full, tiles, cols, add)
		}
	}
}

// split cuts rows into tiles as even as possible: rest of full+1 rows, then
// tiles of full rows (at least one).
func (t *gemmTiling) split(rows int) (full, tiles, rest int) {
	tiles = (rows + t.rows - 1) / t.rows
	full, rest = rows/tiles, rows%tiles
	return full, tiles - rest, rest
}
