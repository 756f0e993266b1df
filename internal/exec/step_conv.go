package exec

import (
	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// convKind says which kernels a convolution runs on.
type convKind int

const (
	pointwise convKind = iota // 1x1, stride 1, no padding: one matrix product
	depthwise                 // one filter a channel
	dense                     // any other with one group: products of rows
	grouped                   // the same with several
)

func (k convKind) String() string {
	return [...]string{"pointwise", "depthwise", "dense", "grouped"}[k]
}

func kindOf(a graph.ConvAttrs, x, w []int) convKind {
	switch {
	case a.Groups == 1 && w[2] == 1 && w[3] == 1 && a.Stride == [2]int{1, 1} && a.Pad == [4]int{}:
		return pointwise
	case a.Groups == x[3] && w[1] == 1 && w[0] == x[3] && !a.Dilated():
		return depthwise
	case a.Groups == 1:
		return dense
	default:
		return grouped
	}
}

// weightOf returns the weights of a convolution that stands alone, nil for
// any other value.
func weightOf(v *value) *value {
	switch v.op.(type) {
	case graph.Conv, graph.ConvGradInput:
		return v.in[1]
	}
	return nil
}

// convCall is one convolution's shapes: x [N,H,W,I], w [O,I/g,kH,kW], y.
type convCall struct {
	g          kernel.Geometry
	n, in, out int // images, channels
	patch      int // kH*kW*I/groups
	xImage     int // elements of one image of x
	yImage     int // elements of one image of y
	positions  int // output positions of one image
}

func newConvCall(a graph.ConvAttrs, x, w, y []int) convCall {
	return convCall{
		g: kernel.Geometry{InH: x[1], InW: x[2], OutH: y[1], OutW: y[2], KH: w[2], KW: w[3],
			StrideH: a.Stride[0], StrideW: a.Stride[1], PadTop: a.Pad[0], PadLeft: a.Pad[1]},
		n: x[0], in: x[3], out: y[3], patch: w[1] * w[2] * w[3],
		xImage: x[1] * x[2] * x[3], yImage: y[1] * y[2] * y[3], positions: y[1] * y[2],
	}
}

// product binds y[m,n] = x[m,k] times packed weights, cut into row blocks.
func (c *compiler) product(y, x, packed []float32, m, n, k int) func() {
	each := func(lo, hi, _, _ int) {
		kernel.GemmPacked(y[lo*n:hi*n], n, x[lo*k:hi*k], k, packed, hi-lo, n, k, false)
	}
	return c.pool.over(m, productRows(k), each)
}

// productRows is the number of rows of A that one part multiplies: about
// 128 KB of A, so that it stays in the second-level cache over all panels.
func productRows(k int) int { return min(max((1<<15)/k, 48), 1024) }

// imageRows cuts n images of `rows` rows of the given width into parts that
// lie within one image.
func (c *compiler) imageRows(n, rows, width int, f func(image, lo, hi int)) func() {
	most := max(1, min(rows, 2*blockSize/width))
	per := partsOf(rows, most)
	each := func(part, _ int) {
		i, b := part/per, part%per
		f(i, b*most, min((b+1)*most, rows))
	}
	return func() { c.pool.Run(n*per, each) }
}

func (c *compiler) packInputRows(w []float32, cc convCall) []float32 {
	return c.store.pack(w, inputRows, kernel.PackedLen(cc.in, cc.out), func(dst []float32) { kernel.PackBT(dst, w, cc.in, cc.out, cc.in) })
}

func (c *compiler) packOutputRows(w []float32, cc convCall) []float32 {
	return c.store.pack(w, outputRows, kernel.PackedLen(cc.out, cc.in), func(dst []float32) { kernel.PackB(dst, w, cc.out, cc.in, cc.in) })
}

func (c *compiler) packDepthwise(w []float32, cc convCall) []float32 {
	return c.store.pack(w, tapRows, len(w), func(dst []float32) { kernel.PackDepthwise(dst, w, cc.g.KH, cc.g.KW, cc.in) })
}
