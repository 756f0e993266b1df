package exec

import (
	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// convGradInput binds dx from dy and w.
func (c *compiler) convGradInput(s graph.ConvGradInput, a call) func() {
	cc := newConvCall(s.ConvAttrs, a.yShape, a.shapes[1], a.shapes[0])
	dy, w, dx := a.x[0], a.x[1], a.y
	switch kindOf(s.ConvAttrs, a.yShape, a.shapes[1]) {
	case pointwise:
		return c.product(dx, dy, c.packOutputRows(w, cc), cc.n*cc.positions, cc.in, cc.out)
	case depthwise:
		packed := c.packDepthwise(w, cc)
		return c.imageRows(cc.n, cc.g.InH, cc.g.InW*cc.in, func(i, lo, hi int) {
			kernel.DepthwiseBackwardData(dx[i*cc.xImage:(i+1)*cc.xImage], dy[i*cc.yImage:(i+1)*cc.yImage], packed, cc.g, cc.in, lo, hi)
		})
	default:
		return c.denseGradInput(dx, dy, w, cc, s.ConvAttrs)
	}
}

// convGradWeights binds dw from x and dy.
func (c *compiler) convGradWeights(s graph.ConvGradWeights, a call) func() {
	cc := newConvCall(s.ConvAttrs, a.shapes[0], a.yShape, a.shapes[1])
	x, dy, dw := a.x[0], a.x[1], a.y
	switch kindOf(s.ConvAttrs, a.shapes[0], a.yShape) {
	case pointwise:
		return c.productTN(dw, dy, x, cc.n*cc.positions, cc.out, cc.in)
	case depthwise:
		return c.depthwiseGradWeights(dw, x, dy, cc)
	default:
		return c.denseGradWeights(dw, x, dy, cc, s.ConvAttrs)
	}
}

// productTN binds c[k,n] = a[m,k]^T b[m,n]. Small results are summed from
// parts of the m rows; large ones are cut into blocks of their own rows. Where
// the transposed product suits the kernel's tiles better it is computed instead.
func (c *compiler) productTN(dst, a, b []float32, m, k, n int) func() {
	if worthTurning(m, k, n) {
		flipped := c.productTNAsIs(nil, b, a, m, n, k)
		return func() { transpose(dst, flipped(), n, k) }
	}
	run := c.productTNAsIs(dst, a, b, m, k, n)
	return func() { run() }
}

// worthTurning tells whether the transposed product of m rows, [n,k] in place
// of [k,n], saves more than it costs to turn the result: a row takes a full
// tile as many cycles as it has rows, an element about four to be moved.
func worthTurning(m, k, n int) bool {
	return (tileCost(k, n)-tileCost(n, k))*tileRows*float64(m) > 4*float64(k*n)
}

// tileRows and tileCols are the shape of the kernel's tiles.
const tileRows, tileCols = 14, 32

// tileCost is what the kernel's tiles spend on a product of k x n,
// in tiles. One of 16 columns costs most of a full one: it has the same
// broadcasts.
func tileCost(k, n int) float64 {
	const narrow = 0.75
	wide := float64(n / tileCols)
	switch rest := n % tileCols; {
	case rest > tileCols/2:
		wide++
	case rest > 0:
		wide += narrow
	}
	return float64(partsOf(k, tileRows)) * wide
}

// transpose writes src [rows,cols] to dst [cols,rows].
func transpose(dst, src []float32, rows, cols int) {
	for i := range rows {
		for j := range cols {
			dst[j*rows+i] = src[i*cols+j]
		}
	}
}

// productTNAsIs binds the product into dst, or into borrowed memory that the
// returned function returns.
func (c *compiler) productTNAsIs(dst, a, b []float32, m, k, n int) func() []float32 {
	const rowsAPart, blockRows, mostPartials = 2048, 96, 1 << 20
	parts := min(partsOf(m, rowsAPart), 8, max(1, mostPartials/(k*n)))
	r := c.newReduction(dst, k*n, parts)
	blocks := partsOf(k, blockRows)
	each := func(job, _ int) {
		p, lo := job/blocks, job%blocks*blockRows
		hi := min(lo+blockRows, k)
		from, to := m*p/parts, m*(p+1)/parts
		kernel.GemmTN(r.parts[p][lo*n:hi*n], n, a[from*k+lo:(to-1)*k+hi], k, b[from*n:to*n], n, to-from, n, hi-lo, false)
	}
	return func() []float32 {
		c.pool.Run(parts*blocks, each)
		return r.sum()
	}
}

func (c *compiler) depthwiseGradWeights(dw, x, dy []float32, cc convCall) func() {
	r := c.newReduction(nil, len(dw), cc.n)
	each := func(i, _ int) {
		clear(r.parts[i])
		kernel.DepthwiseBackwardWeights(r.parts[i], x[i*cc.xImage:(i+1)*cc.xImage], dy[i*cc.yImage:(i+1)*cc.yImage], cc.g, cc.in, 0, cc.g.OutH)
	}
	return func() {
		c.pool.Run(cc.n, each)
		kernel.UnpackDepthwise(dw, r.sum(), cc.g.KH, cc.g.KW, cc.in)
	}
}

// matMul binds a matrix product of the head: x w^T, dy w or dy^T x.
func (c *compiler) matMul(s graph.MatMul, a call) func() {
	m, n, k, _ := s.Dims(a.shapes[0], a.shapes[1])
	x, w, y := a.x[0], a.x[1], a.y
	if s.TransposeA && s.TransposeB {
		return reference(s, a)
	}
	if s.TransposeA {
		return c.productTN(y, x, w, k, m, n)
	}
	packed := make([]float32, kernel.PackedLen(k, n))
	product := c.product(y, x, packed, m, n, k)
	return func() { // the second factor need not be a parameter: pack each time
		if s.TransposeB {
			kernel.PackBT(packed, w, k, n, k)
		} else {
			kernel.PackB(packed, w, k, n, n)
		}
		product()
	}
}
