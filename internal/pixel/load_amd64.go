//go:build amd64 && !noasm

package pixel

type orientRow = func(dst, src []uint8, bytes int, reverse bool, table *[256]uint8)

// orientRowFor leaves rows of fewer pixels than a vector to the reference.
func orientRowFor(pixels int, kernel orientRow) orientRow {
	return func(dst, src []uint8, bytes int, reverse bool, table *[256]uint8) {
		if len(dst) < 4*pixels {
			orientRowRef(dst, src, bytes, reverse, table)
			return
		}
		kernel(dst, src, bytes, reverse, table)
	}
}

// wideOrders and narrowOrders hold, by bytes a pixel less 3 and reversal, where
// each byte of a vector of pixels is among those that were read. The
// meaningless byte is one that was not, or is itself.
var (
	wideOrders   = [2][2][64]uint8{{wideOrder(3, false), wideOrder(3, true)}, {wideOrder(4, false), wideOrder(4, true)}}
	narrowOrders = [2][2][32]uint8{{narrowOrder(3, false), narrowOrder(3, true)}, {narrowOrder(4, false), narrowOrder(4, true)}}
)

func wideOrder(bytes int, reverse bool) (order [64]uint8) {
	for i := range order {
		pixel, c := i/4, i%4
		if reverse {
			pixel = 15 - pixel
		}
		order[i] = uint8(bytes*pixel + c)
		if c == 3 {
			order[i] = 63
		}
	}
	return order
}

// narrowOrder is for halves of four pixels that begin narrowStarts apart.
func narrowOrder(bytes int, reverse bool) (order [32]uint8) {
	for i := range order {
		pixel, c := i/4, i%4
		if reverse {
			pixel = 7 - pixel
		}
		order[i] = uint8(bytes*pixel + c)
		if pixel >= 4 {
			order[i] -= uint8(narrowSecond(bytes))
		}
		if c == 3 {
			order[i] = 0x80
		}
	}
	return order
}

// narrowSecond is where AVX2 reads pixels 4..7 of eight: no byte behind them
// is touched.
func narrowSecond(bytes int) int { return 8*bytes - 16 }

// halves returns where the two halves of a vector are read.
func halves(bytes int, reverse bool) (low, high int) {
	if reverse {
		return narrowSecond(bytes), 0
	}
	return 0, narrowSecond(bytes)
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// firstOf returns the place of the first vector's pixels in a row, and the step.
func firstOf(src []uint8, bytes, pixels int, reverse bool) (first *uint8, step int) {
	if reverse {
		return &src[len(src)-bytes*pixels], -bytes
	}
	return &src[0], bytes
}

func orientAVX2(dst, src []uint8, bytes int, reverse bool, table *[256]uint8) {
	low, high := halves(bytes, reverse)
	first, step := firstOf(src, bytes, 8, reverse)
	orientRowAVX2(&dst[0], first, len(dst)/4, step, low, high, &narrowOrders[bytes-3][index(reverse)])
	if table != nil {
		lookupAVX2(dst, table)
		lookupRef(dst[len(dst)/64*64:], table)
	}
}

func orientAVX512(dst, src []uint8, bytes int, reverse bool, table *[256]uint8) {
	first, step := firstOf(src, bytes, 16, reverse)
	orientRowAVX512(&dst[0], first, len(dst)/4, step, 1<<(16*bytes)-1, &wideOrders[bytes-3][index(reverse)], table)
}

// turn is a line of squares of a transposition: n pixels along it, and what
// one of these moves destination and source by.
type turn struct {
	dst, src             *uint8
	dstStride, srcStride int
	dstStep, srcStep     int
	n, bytes             int
}

// transposeFor turns squares along the rows of the destination: it is kinder
// to caches to read everywhere than to write everywhere. The last line of
// squares overlaps another. after sends the whole through the table where the
// kernel does not.
func transposeFor(lanes int, line func(t turn, table *[256]uint8), after func(pix []uint8, table *[256]uint8)) func(*Picture, plane, Orientation, *[256]uint8) {
	return func(dst *Picture, src plane, o Orientation, table *[256]uint8) {
		if dst.Width < lanes || dst.Height < lanes {
			transposeRef(dst, src, o, table)
			return
		}
		t := turn{n: dst.Width, bytes: src.bytes, dstStride: 4 * dst.Width, dstStep: 4, srcStride: src.bytes * src.width}
		column := 0 // of the source
		if o.FlipColumns {
			column, t.srcStride = src.height-1, -t.srcStride
		}
		t.srcStep = t.srcStride
		first := 0
		if o.FlipRows {
			first, t.dstStride = dst.Height-1, -t.dstStride
		}
		for y := 0; y < dst.Height; y += lanes {
			y = min(y, dst.Height-lanes)
			row := y
			if o.FlipRows {
				row = first - y
			}
			t.dst, t.src = &dst.Row(row)[0], &src.row(column)[y*src.bytes]
			line(t, table)
		}
		if after != nil && table != nil {
			after(dst.Pix, table)
		}
	}
}

func transposeAVX2(t turn, _ *[256]uint8) {
	low, high := halves(t.bytes, false)
	transposeTilesAVX2(t.dst, t.dstStride, t.dstStep, t.src, t.srcStride, t.srcStep, t.n, low, high, &narrowOrders[t.bytes-3][0])
}

func transposeAVX512(t turn, table *[256]uint8) {
	transposeTilesAVX512(t.dst, t.dstStride, t.dstStep, t.src, t.srcStride, t.srcStep, t.n, 1<<(16*t.bytes)-1, &wideOrders[t.bytes-3][0], table)
}
