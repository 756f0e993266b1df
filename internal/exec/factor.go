package exec

import (
	"unsafe"

	"melanoma/internal/kernel"
)

// factor is the weights of a pointwise convolution, [in,out], packed for
// products in float32, or in bfloat16 with sums in float32.
type factor struct {
	in, out int
	packed  []float32
	short   []kernel.BFloat16 // in place of packed
}

// factor packs the weights of a convolution. Only inference has products in
// bfloat16: where a result is normalised with given statistics.
func (c *compiler) factor(o convolution, w []float32, in, out int) factor {
	if !c.bfloat16 || o.then == nil || in%2 != 0 {
		return factor{in: in, out: out, packed: c.packInputRows(w, convCall{in: in, out: out})}
	}
	short := c.store.pack(w, inputRowsShort, halved(kernel.PackedBF16Len(in, out)), func(dst []float32) {
		kernel.PackBF16T(shortened(dst), w, in, out, in)
	})
	return factor{in: in, out: out, short: shortened(short)}
}

// room is how many float32 multiply needs to round n rows of x.
func (f factor) room(n int) int {
	if f.short == nil {
		return 0
	}
	return halved(n * f.in)
}

// multiply computes y [n,out] from x [n,in].
func (f factor) multiply(y, x []float32, n int, room []float32) {
	if f.short == nil {
		kernel.GemmPacked(y, f.out, x, f.in, f.packed, n, f.out, f.in, false)
		return
	}
	rounded := shortened(room)[:n*f.in]
	kernel.ToBFloat16(rounded, x[:n*f.in])
	f.multiplyShort(y, rounded, n)
}

// multiplyShort is multiply for an x that was rounded before.
func (f factor) multiplyShort(y []float32, x []kernel.BFloat16, n int) {
	kernel.GemmBF16(y, f.out, x, f.in, f.short, n, f.out, f.in, false)
}

// columns is the factor of some of the columns, whole panels but for the last.
func (f factor) columns(g span) factor {
	part := factor{in: f.in, out: g.size()}
	if f.short != nil {
		part.short = f.short[g.lo*f.in:]
	} else {
		part.packed = f.packed[g.lo*f.in:]
	}
	return part
}

// halved is how many float32 take the place of n bfloat16.
func halved(n int) int { return (n + 1) / 2 }

// shortened is the same memory as bfloat16.
func shortened(x []float32) []kernel.BFloat16 {
	return unsafe.Slice((*kernel.BFloat16)(unsafe.Pointer(unsafe.SliceData(x))), 2*len(x))
}
