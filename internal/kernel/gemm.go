package kernel

import "fmt"

// PanelWidth is the number of columns of one packed panel.
const PanelWidth = 16

// PackedLen returns the length of a packed [k,n] matrix: panels of
// PanelWidth columns, each k x PanelWidth row-major, the last one filled up
// with zeros.
func PackedLen(k, n int) int {
	return (n + PanelWidth - 1) / PanelWidth * PanelWidth * k
}

// PackB packs b[k,n] with row stride ldb into dst (PackedLen(k, n) long).
// Tolerance: 0 ULP.
func PackB(dst, b []float32, k, n, ldb int) {
	checkMatrix("pack", "b", len(b), k, n, ldb)
	need(len(dst), PackedLen(k, n), "pack", "dst")
	for j := 0; j < n; j += PanelWidth {
		panel := dst[j*k:][:PanelWidth*k]
		width := min(PanelWidth, n-j)
		for l := range k {
			row := panel[l*PanelWidth:][:PanelWidth]
			copy(row, b[l*ldb+j:][:width])
			clear(row[width:])
		}
	}
}

// PackBT packs the transpose of b, so that B[l,j] = b[j*ldb+l]: b is [n,k]
// with row stride ldb. ONNX weights [O,I] give the B=[I,O] of a pointwise
// convolution's forward pass by PackBT, and PackB of the same array the
// B=[O,I] of its data gradient. Tolerance: 0 ULP.
func PackBT(dst, b []float32, k, n, ldb int) {
	checkMatrix("pack", "b", len(b), n, k, ldb)
	need(len(dst), PackedLen(k, n), "pack", "dst")
	for j := 0; j < n; j += PanelWidth {
		panel := dst[j*k:][:PanelWidth*k]
		width := min(PanelWidth, n-j)
		if width < PanelWidth {
			clear(panel)
		}
		for q := range width {
			for l, v := range b[(j+q)*ldb:][:k] {
				panel[l*PanelWidth+q] = v
			}
		}
	}
}

// GemmPacked computes C = A*B, or C += A*B where accumulate is set, with
// C [m,n] of row stride ldc, A [m,k] of row stride lda and B [k,n] packed by
// PackB or PackBT. Each element is a sum in the order of k that does not
// depend on m, n or the place of a tile. Assembly fuses multiply and add and
// adds a sum to C after every 64 products; the reference sums in float64 and
// adds once. The rows of A may overlap. Tolerance: 4+sqrt(k) units.
func GemmPacked(c []float32, ldc int, a []float32, lda int, packed []float32, m, n, k int, accumulate bool) {
	checkMatrix("gemm", "c", len(c), m, n, ldc)
	checkRows("gemm", "a", len(a), m, k, lda)
	need(len(packed), PackedLen(k, n), "gemm", "packed")
	if m == 0 || n == 0 {
		return
	}
	if k == 0 {
		clearMatrix(c, ldc, m, n, accumulate)
		return
	}
	active.gemmPacked(c, ldc, a, lda, packed, m, n, k, accumulate)
}

// GemmTN computes C = A^T*B, or C += A^T*B where accumulate is set, with
// C [k,n] of row stride ldc, A [m,k] of row stride lda and B [m,n] of row
// stride ldb: the weight gradient of a pointwise convolution. The sum over m
// runs in order within chunks whose length depends on k and n alone. The rows
// of A may overlap. Tolerance: 4+sqrt(m) units.
func GemmTN(c []float32, ldc int, a []float32, lda int, b []float32, ldb int, m, n, k int, accumulate bool) {
	checkMatrix("gemmTN", "c", len(c), k, n, ldc)
	checkRows("gemmTN", "a", len(a), m, k, lda)
	checkMatrix("gemmTN", "b", len(b), m, n, ldb)
	if k == 0 || n == 0 {
		return
	}
	if m == 0 {
		clearMatrix(c, ldc, k, n, accumulate)
		return
	}
	active.gemmTN(c, ldc, a, lda, b, ldb, m, n, k, accumulate)
}

// checkMatrix panics unless a [rows,cols] matrix of row stride ld lies
// within have elements.
func checkMatrix(op, what string, have, rows, cols, ld int) {
	if rows < 0 || cols < 0 {
		panic(fmt.Sprintf("kernel: %s: %s is [%d,%d]", op, what, rows, cols))
	}
	if rows == 0 || cols == 0 {
		return
	}
	if ld < cols {
		panic(fmt.Sprintf("kernel: %s: row stride of %s is %d for %d columns", op, what, ld, cols))
	}
	checkRows(op, what, have, rows, cols, ld)
}

// checkRows is checkMatrix for a matrix that is only read: its rows may
// overlap, as those of a convolution's input do.
func checkRows(op, what string, have, rows, cols, ld int) {
	if rows < 0 || cols < 0 || ld < 1 && rows > 1 && cols > 0 {
		panic(fmt.Sprintf("kernel: %s: %s is [%d,%d] with row stride %d", op, what, rows, cols, ld))
	}
	if rows > 0 && cols > 0 {
		need(have, (rows-1)*ld+cols, op, what)
	}
}

// clearMatrix is what an empty sum leaves in C.
func clearMatrix(c []float32, ldc, rows, cols int, accumulate bool) {
	if accumulate {
		return
	}
	for i := range rows {
		clear(c[i*ldc:][:cols])
	}
}

// gemmPackedRef is GemmPacked in plain Go: eight columns at a time, their
// sums in registers.
func gemmPackedRef(c []float32, ldc int, a []float32, lda int, packed []float32, m, n, k int, accumulate bool) {
	const width = 8
	for j := 0; j < n; j += width {
		panel := packed[j/PanelWidth*PanelWidth*k+j%PanelWidth:]
		for i := range m {
			sum := dot8(a[i*lda:][:k], panel)
			row := c[i*ldc+j:][:min(width, n-j)]
			if accumulate {
				for q := range row {
					row[q] += sum[q]
				}
				continue
			}
			copy(row, sum[:])
		}
	}
}

// dot8 returns the products of a row of A with eight columns of a panel. The
// sums are float64, which costs a scalar processor nothing: the path without
// fused multiply-adds is then as accurate as those with.
func dot8(a, panel []float32) [8]float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float64
	for l, v := range a {
		b, v := (*[8]float32)(panel[l*PanelWidth:]), float64(v)
		s0 += v * float64(b[0])
		s1 += v * float64(b[1])
		s2 += v * float64(b[2])
		s3 += v * float64(b[3])
		s4 += v * float64(b[4])
		s5 += v * float64(b[5])
		s6 += v * float64(b[6])
		s7 += v * float64(b[7])
	}
	return [8]float32{float32(s0), float32(s1), float32(s2), float32(s3), float32(s4), float32(s5), float32(s6), float32(s7)}
}

// gemmTNRef is GemmTN in plain Go, some columns at a time. Like dot8 it sums
// in float64.
func gemmTNRef(c []float32, ldc int, a []float32, lda int, b []float32, ldb int, m, n, k int, accumulate bool) {
	clearMatrix(c, ldc, k, n, accumulate)
	var sums [64]float64
	for j := 0; j < n; j += len(sums) {
		width := min(len(sums), n-j)
		for i := range k {
			sums := sums[:width]
			clear(sums)
			addProducts(sums, a[i:], lda, b[j:], ldb, m)
			for q, v := range sums {
				c[i*ldc+j+q] += float32(v)
			}
		}
	}
}

// addProducts adds to sums the products of a column of A with as many columns
// of B, four rows at a time.
func addProducts(sums []float64, a []float32, lda int, b []float32, ldb, m int) {
	n, p := len(sums), 0
	for ; p+4 <= m; p += 4 {
		b0, b1 := b[p*ldb:][:n], b[(p+1)*ldb:][:n]
		b2, b3 := b[(p+2)*ldb:][:n], b[(p+3)*ldb:][:n]
		a0, a1 := float64(a[p*lda]), float64(a[(p+1)*lda])
		a2, a3 := float64(a[(p+2)*lda]), float64(a[(p+3)*lda])
		for j := range sums {
			sums[j] += (a0*float64(b0[j]) + a1*float64(b1[j])) + (a2*float64(b2[j]) + a3*float64(b3[j]))
		}
	}
	for ; p < m; p++ {
		v := float64(a[p*lda])
		for j, w := range b[p*ldb:][:n] {
			sums[j] += v * float64(w)
		}
	}
}
