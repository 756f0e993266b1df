package kernel

import (
	"fmt"
	"math"
	"testing"
)

// gemmCase is one product in guarded buffers with wide row strides.
type gemmCase struct {
	m, n, k        int
	a, b, c, pack  buffer
	lda, ldb, ldc  int
	accumulate     bool
	transposed, bT bool
}

func newGemmCase(m, n, k int, transposed, bT, accumulate bool, special ...float32) *gemmCase {
	r := stream(m, n, k, len(special))
	g := &gemmCase{m: m, n: n, k: k, transposed: transposed, bT: bT, accumulate: accumulate}
	extra := r.IntN(4)
	rowsB, colsB, rowsC := k, n, m
	if transposed {
		rowsB, rowsC = m, k
	}
	if bT {
		rowsB, colsB = n, k
	}
	g.lda, g.ldb, g.ldc = k+extra, colsB+extra, n+extra
	g.a = normals(r, max(0, (m-1)*g.lda+k), special...)
	g.b = normals(r, max(0, (rowsB-1)*g.ldb+colsB), special...)
	g.c = normals(r, max(0, (rowsC-1)*g.ldc+n))
	g.pack = newBuffer(PackedLen(k, n), r.IntN(16))
	return g
}

// run computes the product into c.
func (g *gemmCase) run(c []float32) {
	if g.transposed {
		GemmTN(c, g.ldc, g.a.data, g.lda, g.b.data, g.ldb, g.m, g.n, g.k, g.accumulate)
		return
	}
	if g.bT {
		PackBT(g.pack.data, g.b.data, g.k, g.n, g.ldb)
	} else {
		PackB(g.pack.data, g.b.data, g.k, g.n, g.ldb)
	}
	GemmPacked(c, g.ldc, g.a.data, g.lda, g.pack.data, g.m, g.n, g.k, g.accumulate)
}

// want returns C in float64 accuracy and the sum of magnitudes behind each
// element.
func (g *gemmCase) want() (c, scale []float32) {
	c = append([]float32(nil), g.c.data...)
	scale = make([]float32, len(c))
	rows, depth := g.m, g.k
	if g.transposed {
		rows, depth = g.k, g.m
	}
	for i := range rows {
		for j := range g.n {
			var sum, size float64
			if at := i*g.ldc + j; g.accumulate {
				sum = float64(c[at])
				size = math.Abs(sum)
			}
			for l := range depth {
				ai, bi := i*g.lda+l, l*g.ldb+j
				if g.transposed {
					ai = l*g.lda + i
				}
				if g.bT {
					bi = j*g.ldb + l
				}
				p := float64(g.a.data[ai]) * float64(g.b.data[bi])
				sum += p
				size += math.Abs(p)
			}
			c[i*g.ldc+j], scale[i*g.ldc+j] = float32(sum), float32(size)
		}
	}
	return c, scale
}

func (g *gemmCase) check(t *testing.T) {
	t.Helper()
	a, b, c := g.a.clone(), g.b.clone(), g.c.clone()
	want, scale := g.want()
	g.run(g.c.data)
	name := fmt.Sprintf("m=%d n=%d k=%d transposed=%v bT=%v accumulate=%v", g.m, g.n, g.k, g.transposed, g.bT, g.accumulate)
	near(t, name, g.c.data, want, eps*(4+math.Sqrt(float64(max(g.k, g.m)))), scale)
	g.c.intact(t, name)
	g.pack.intact(t, name+" pack")
	g.a.unchanged(t, a, name+" a")
	g.b.unchanged(t, b, name+" b")
	for i := range g.c.data { // gaps between rows
		if i%g.ldc >= g.n && math.Float32bits(g.c.data[i]) != math.Float32bits(c.data[i]) {
			t.Fatalf("%s: wrote between the rows of c", name)
		}
	}
}

func TestGemmEqualsFloat64ForEveryTail(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for v := range 131 {
			newGemmCase(v, 33, 19, false, false, v%2 == 0).check(t)
			newGemmCase(15, v, 19, false, v%3 == 0, v%2 == 0).check(t)
			newGemmCase(13, 18, v, false, v%3 == 0, v%2 == 0).check(t)
			newGemmCase(v, 33, 15, true, false, v%2 == 0).check(t)
			newGemmCase(17, v, 15, true, false, v%2 == 0).check(t)
			newGemmCase(17, 18, v, true, false, v%2 == 0).check(t)
		}
		for m := range 30 {
			for n := range 50 {
				newGemmCase(m, n, 5, false, false, m%2 == 0).check(t)
				newGemmCase(5, n, m, true, false, m%2 == 0).check(t)
			}
		}
	})
}

func TestGemmAcrossBlocks(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		newGemmCase(1500, 40, 100, false, true, false).check(t)
		newGemmCase(200, 70, 1900, false, false, true).check(t)
		newGemmCase(2500, 40, 30, true, false, false).check(t)
		newGemmCase(300, 330, 800, true, false, true).check(t)
	})
}

func TestGemmPropagatesNaNAndInf(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, transposed := range []bool{false, true} {
			newGemmCase(23, 41, 17, transposed, false, true, nan).check(t)
			newGemmCase(23, 41, 17, transposed, false, true, inf).check(t)
			newGemmCase(23, 41, 17, transposed, false, true, -inf, inf, nan).check(t)
		}
	})
}

func TestGemmDoesNotDependOnAlignment(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		g := newGemmCase(37, 45, 29, true, false, false)
		first := g.c.clone()
		g.run(first.data)
		for shift := range 16 {
			a, b, c := newBuffer(len(g.a.data), shift), newBuffer(len(g.b.data), 15-shift), newBuffer(len(g.c.data), shift/2)
			copy(a.data, g.a.data)
			copy(b.data, g.b.data)
			copy(c.data, g.c.data)
			GemmTN(c.data, g.ldc, a.data, g.lda, b.data, g.ldb, g.m, g.n, g.k, false)
			near(t, "shifted", c.data, first.data, 0, nil)
		}
	})
}

func TestGemmRefusesShortBuffers(t *testing.T) {
	x := make([]float32, 12)
	for name, f := range map[string]func(){
		"short a":      func() { GemmPacked(x, 4, x[:8], 3, make([]float32, 48), 3, 4, 3, false) },
		"short packed": func() { GemmPacked(x, 4, x, 3, make([]float32, 47), 3, 4, 3, false) },
		"narrow c":     func() { GemmPacked(x, 3, x, 3, make([]float32, 48), 3, 4, 3, false) },
		"short c":      func() { GemmTN(x[:11], 4, x, 3, x, 4, 3, 4, 3, false) },
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
