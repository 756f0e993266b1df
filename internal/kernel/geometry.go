package kernel

import "fmt"

// Geometry is the shape of one image's convolution. Output row oy reads the
// input rows oy*StrideH + kh - PadTop, columns alike; what lies outside the
// input counts as zero, so padding at the bottom and right is implied by
// OutH and OutW.
type Geometry struct {
	InH, InW         int
	OutH, OutW       int
	KH, KW           int
	StrideH, StrideW int
	PadTop, PadLeft  int
}

// check panics on sizes that are no convolution or on a row range outside
// [0,height].
func (g Geometry) check(op string, c, rowLo, rowHi, height int) {
	if g.InH < 1 || g.InW < 1 || g.OutH < 1 || g.OutW < 1 || g.KH < 1 || g.KW < 1 ||
		g.StrideH < 1 || g.StrideW < 1 || g.PadTop < 0 || g.PadLeft < 0 || c < 1 {
		panic(fmt.Sprintf("kernel: %s: bad geometry %+v with %d channels", op, g, c))
	}
	if rowLo < 0 || rowLo > rowHi || rowHi > height {
		panic(fmt.Sprintf("kernel: %s: rows [%d,%d) of %d", op, rowLo, rowHi, height))
	}
}

// taps returns the range [lo,hi) of kernel offsets t for which
// out*stride + t - pad lies in [0,size).
func taps(out, stride, pad, kernel, size int) (lo, hi int) {
	start := out*stride - pad
	lo = max(0, -start)
	return lo, max(lo, min(kernel, size-start))
}
