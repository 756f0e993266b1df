package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A tile holds rows x (vectors*lanes) sums in registers: up to 14 x 2
// vectors with AVX-512 (28 sums, two of B, one broadcast), 6 x 2 with AVX2.
const (
	tileRowsWide   = 14
	tileRowsNarrow = 6
	rowGroup       = 7 // rows that one base register reaches
)

const gemmSignature = "(c *float32, ldc int, a *float32, lda int, b *float32, ldb int, k, rows, tiles, cols int, accumulate bool)"

func writeGemm(e *emitter) {
	for _, vectors := range e.tileWidths() {
		cols := vectors * e.lanes()
		g := gemm{emitter: e, vectors: vectors}
		g.write(fmt.Sprintf("gemmTiles%d", cols),
			fmt.Sprintf("tiles products of a packed matrix below one another, cols <= %d and", cols),
			fmt.Sprintf("rows <= %d columns and rows each, ldb the distance of two panels:", g.maxRows()),
			"", "	for i := range tiles * rows {",
			"		for j := range cols {",
			"			var s float32",
			"			for l := range k {",
			"				s += a[i*lda+l] * b[j/16*ldb+l*16+j%16]",
			"			}",
			"			if accumulate {",
			"				s += c[i*ldc+j]",
			"			}",
			"			c[i*ldc+j] = s",
			"		}", "	}")
		g.transposed = true
		g.write(fmt.Sprintf("gemmTNTiles%d", cols),
			fmt.Sprintf("tiles products with a transposed A below one another, cols <= %d", cols),
			fmt.Sprintf("and rows <= %d columns and rows each:", g.maxRows()),
			"", "	for i := range tiles * rows {",
			"		for j := range cols {",
			"			var s float32",
			"			for l := range k {",
			"				s += a[l*lda+i] * b[l*ldb+j]",
			"			}",
			"			if accumulate {",
			"				s += c[i*ldc+j]",
			"			}",
			"			c[i*ldc+j] = s",
			"		}", "	}")
	}
}

// tileWidths lists the tile widths of a path in vectors.
func (e *emitter) tileWidths() []int {
	if e.wide {
		return []int{2, 1}
	}
	return []int{2}
}

// gemm writes the tiles of one width.
type gemm struct {
	*emitter
	vectors    int
	transposed bool // A is [k,rows] and B plain, else A is [rows,k] and B packed
	bfloat16   bool // A and B have pairs of bfloat16 in place of each float32

	c, ldc, a, lda, ldb, tiles gp
	odd                        map[int]gp
	cols                       gp
	kmasks                     []reg.OpmaskVirtual // wide: columns of each vector
	ymasks                     mem                 // narrow: the same, on the stack
}

func (g *gemm) maxRows() int {
	if g.wide {
		return tileRowsWide
	}
	return tileRowsNarrow
}

func (g *gemm) write(name string, doc ...string) {
	signature := gemmSignature
	if g.bfloat16 {
		signature = bfloat16Signature
	}
	g.function(name, signature, doc...)
	g.c, g.ldc = g.param("c"), g.stride("ldc")
	g.a, g.lda = g.param("a"), g.stride("lda")
	g.ldb, g.tiles = g.stride("ldb"), g.param("tiles")
	g.cols = g.param("cols")
	g.columnMasks()
	if !g.transposed {
		g.odd = g.odds(g.lda, rowGroup)
	}
	rows := g.param("rows")
	for r := g.maxRows(); r > 1; r-- {
		g.CMPQ(rows, operand.I32(r))
		g.JEQ(operand.LabelRef(fmt.Sprintf("rows%d", r)))
	}
	for r := 1; r <= g.maxRows(); r++ {
		g.Label(fmt.Sprintf("rows%d", r))
		g.variant(r)
	}
}

// stride loads a stride and turns it into bytes.
func (g *gemm) stride(name string) gp {
	r := g.param(name)
	g.SHLQ(operand.U8(2), r)
	return r
}

// columnMasks prepares the masks of the valid columns of each vector.
func (g *gemm) columnMasks() {
	left := g.GP64()
	g.MOVQ(g.cols, left)
	if !g.wide {
		g.ymasks = g.AllocLocal(g.vectors * g.bytes())
	}
	g.kmasks = nil
	for v := range g.vectors {
		if v > 0 {
			none := g.GP64()
			g.XORQ(none, none)
			g.SUBQ(operand.I32(g.lanes()), left)
			g.CMOVQLT(none, left)
		}
		g.setMask(left)
		if g.wide {
			g.kmasks = append(g.kmasks, g.kmask)
			continue
		}
		g.VMOVUPS(g.ymask, g.ymasks.Offset(v*g.bytes()))
	}
}

// variant writes the tiles of a fixed number of rows. Narrow code has one
// loop for full tiles and one that masks columns; wide code always masks.
func (g *gemm) variant(rows int) {
	if g.wide {
		g.masked = true
		g.tileLoop(rows)
		g.masked = false
		g.finish()
		return
	}
	partial := g.label("partial")
	g.CMPQ(g.cols, operand.I32(g.vectors*g.lanes()))
	g.JLT(operand.LabelRef(partial))
	g.tileLoop(rows)
	g.finish()
	g.Label(partial)
	g.masked = true
	g.tileLoop(rows)
	g.masked = false
	g.finish()
}

func (g *gemm) tileLoop(rows int) {
	g.loop(g.tiles, func() {
		sums := g.vecs(rows * g.vectors)
		for _, v := range sums {
			g.zero(v)
		}
		g.sum(rows, sums)
		g.storeTile(rows, sums)
		if g.transposed {
			g.ADDQ(operand.I32(4*rows), g.a)
			return
		}
		step := g.GP64()
		g.IMUL3Q(operand.I32(rows), g.lda, step)
		g.ADDQ(step, g.a)
	})
}

// sum writes the loop over k.
func (g *gemm) sum(rows int, sums []vec) {
	b, k := g.param("b"), g.param("k")
	a := []gp{g.GP64()}
	g.MOVQ(g.a, a[0])
	if !g.transposed && rows > rowGroup {
		a = append(a, g.GP64())
		g.LEAQ(mem{Base: g.a, Index: g.lda, Scale: 8}, a[1])
		g.SUBQ(g.lda, a[1])
	}
	fetch := g.fetchAhead(a[0], b)
	g.loop(k, func() {
		fetch()
		bs := make([]vec, g.vectors)
		for v := range bs {
			bs[v] = g.loadB(b, v)
		}
		for r := range rows {
			g.multiply(g.elementA(a, r), bs, sums[r*g.vectors:])
		}
		for _, p := range a {
			if g.transposed {
				g.ADDQ(g.lda, p)
			} else {
				g.ADDQ(operand.I32(4), p)
			}
		}
		if g.transposed {
			g.ADDQ(g.ldb, b)
		} else {
			g.ADDQ(operand.I32(64), b)
		}
	})
}

// rowsAhead is how many rows of A and B before their use a transposed product
// asks for them: some hundred cycles, what main memory takes to answer. The
// rows are a stride apart, which the processor's own prefetching does not
// follow far.
const rowsAhead = 16

// fetchAhead returns the code that asks for the cache lines of a later row of
// A and B; packed products walk along their rows and need none.
func (g *gemm) fetchAhead(a, b gp) func() {
	if !g.transposed {
		return func() {}
	}
	aheadA, aheadB := g.GP64(), g.GP64()
	g.IMUL3Q(operand.I32(rowsAhead), g.lda, aheadA)
	g.IMUL3Q(operand.I32(rowsAhead), g.ldb, aheadB)
	return func() {
		g.PREFETCHT0(mem{Base: a, Index: aheadA, Scale: 1})
		for line := 0; line < g.vectors*g.bytes(); line += 64 {
			g.PREFETCHT0(mem{Base: b, Index: aheadB, Scale: 1, Disp: line})
		}
	}
}

// elementA is the place of A's element of one row at this step of k.
func (g *gemm) elementA(a []gp, r int) mem {
	if g.transposed {
		return mem{Base: a[0], Disp: 4 * r}
	}
	return g.row(a[r/rowGroup], g.lda, g.odd, r%rowGroup, 0)
}

// multiply adds one element of A times the vectors of B to a row of sums.
func (g *gemm) multiply(a mem, bs, sums []vec) {
	if g.wide && g.vectors == 1 && !g.bfloat16 {
		g.VFMADD231PS_BCST(a, bs[0], sums[0])
		return
	}
	v := g.vec()
	g.VBROADCASTSS(a, v)
	for i, b := range bs {
		if g.bfloat16 {
			g.dotPairs(b, v, sums[i])
		} else {
			g.VFMADD231PS(b, v, sums[i])
		}
	}
}

// loadB loads vector v of B's row; a packed row is filled up with zeros and
// needs no mask.
func (g *gemm) loadB(b gp, v int) vec {
	to := g.vec()
	switch {
	case !g.transposed && g.wide && v > 0:
		g.VMOVUPS(mem{Base: b, Index: g.ldb, Scale: 1}, to)
	case !g.transposed || !g.masked:
		g.VMOVUPS(g.at(b, v), to)
	case g.wide:
		g.VMOVUPS_Z(g.at(b, v), g.kmasks[v], to)
	default:
		g.VMOVUPS(g.ymasks.Offset(v*g.bytes()), to)
		g.VMASKMOVPS(g.at(b, v), to, to)
	}
	return to
}

// storeTile adds the old C if asked to and writes the tile; c ends below it.
func (g *gemm) storeTile(rows int, sums []vec) {
	write := g.label("write")
	g.CMPB(g.frame("accumulate"), operand.U8(0))
	g.JEQ(operand.LabelRef(write))
	old := g.GP64()
	g.MOVQ(g.c, old)
	for r := range rows {
		for v := range g.vectors {
			g.addOld(g.at(old, v), v, sums[r*g.vectors+v])
		}
		g.ADDQ(g.ldc, old)
	}
	g.Label(write)
	for r := range rows {
		for v := range g.vectors {
			g.useMask(v)
			g.store(sums[r*g.vectors+v], g.at(g.c, v))
		}
		g.ADDQ(g.ldc, g.c)
	}
}

func (g *gemm) addOld(m mem, v int, sum vec) {
	if !g.masked {
		g.VADDPS(m, sum, sum)
		return
	}
	g.useMask(v)
	g.VADDPS(g.loaded(m), sum, sum)
}

// useMask makes loads and stores use the mask of vector v.
func (g *gemm) useMask(v int) {
	if !g.masked {
		return
	}
	if g.wide {
		g.kmask = g.kmasks[v]
		return
	}
	g.ymask = g.vec()
	g.VMOVUPS(g.ymasks.Offset(v*g.bytes()), g.ymask)
}
