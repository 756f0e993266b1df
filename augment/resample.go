package augment

import (
	"fmt"
	"math"
	"slices"
)

// Resampler resizes pictures by Pillow's BILINEAR: a triangle about the pixel
// centres that widens to the footprint of a pixel when the picture shrinks,
// first along the rows, then along the columns, with weights of 22 bits and a
// rounding after each. Its bytes are Pillow's. It keeps its memory from picture
// to picture and serves one goroutine at a time; the zero value is ready.
type Resampler struct {
	across, down taps
	wide         []uint8 // the picture after the first pass
	sums         []int32 // of one row of the second
}

// weightBits is the precision of a weight, half is rounding.
const (
	weightBits = 22
	half       = 1 << (weightBits - 1)
)

// Resize writes src, packed RGB [fromHeight,fromWidth,3], to dst
// [height,width,3]. The two must not overlap. Wrong lengths and sizes below 1
// panic.
func (r *Resampler) Resize(dst []uint8, width, height int, src []uint8, fromWidth, fromHeight int) {
	if min(width, height, fromWidth, fromHeight) < 1 || len(dst) != 3*width*height || len(src) != 3*fromWidth*fromHeight {
		panic(fmt.Sprintf("augment: resize %d bytes of %d x %d pixels to %d bytes of %d x %d", len(src), fromWidth, fromHeight, len(dst), width, height))
	}
	if fromHeight == height {
		r.alongRows(dst, width, src, fromWidth, height)
		return
	}
	if fromWidth != width {
		r.wide = slices.Grow(r.wide[:0], 3*width*fromHeight)[:3*width*fromHeight]
		r.alongRows(r.wide, width, src, fromWidth, fromHeight)
		src = r.wide
	}
	r.alongColumns(dst, height, src, 3*width, fromHeight)
}

// alongRows resizes every row.
func (r *Resampler) alongRows(dst []uint8, width int, src []uint8, fromWidth, rows int) {
	if width == fromWidth {
		copy(dst, src)
		return
	}
	r.across.set(fromWidth, width)
	for y := range rows {
		in, out := src[3*y*fromWidth:3*(y+1)*fromWidth], dst[3*y*width:3*(y+1)*width]
		for x, span := range r.across.spans {
			red, green, blue := int32(half), int32(half), int32(half)
			from := in[3*span.first:]
			for i, w := range r.across.weights[span.at : span.at+span.count] {
				p := from[3*i : 3*i+3 : 3*i+3]
				red += int32(p[0]) * w
				green += int32(p[1]) * w
				blue += int32(p[2]) * w
			}
			p := out[3*x : 3*x+3 : 3*x+3]
			p[0], p[1], p[2] = level(red), level(green), level(blue)
		}
	}
}

// alongColumns resizes the columns of rows of n bytes. It takes four rows at a
// time, the last ones with weights of 0 where there are fewer.
func (r *Resampler) alongColumns(dst []uint8, height int, src []uint8, n, fromHeight int) {
	r.down.set(fromHeight, height)
	r.sums = slices.Grow(r.sums[:0], n)[:n]
	for y, span := range r.down.spans {
		out, weights := dst[y*n:(y+1)*n], r.down.weights[span.at:span.at+span.count]
		for i := range r.sums {
			r.sums[i] = half
		}
		for first := 0; first < len(weights); first += 4 {
			var rows [4][]uint8
			var w [4]int32
			for i := range 4 {
				at := min(first+i, len(weights)-1)
				rows[i] = src[(span.first+at)*n:][:n]
				if first+i == at {
					w[i] = weights[at]
				}
			}
			if first+4 < len(weights) {
				addRows(r.sums, &rows, &w)
			} else {
				lastRows(out, r.sums, &rows, &w)
			}
		}
	}
}

// addRows adds four weighted rows to the sums.
func addRows(sums []int32, rows *[4][]uint8, w *[4]int32) {
	n := len(sums)
	a, b, c, d := rows[0][:n], rows[1][:n], rows[2][:n], rows[3][:n]
	w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
	for i := range sums {
		sums[i] += int32(a[i])*w0 + int32(b[i])*w1 + int32(c[i])*w2 + int32(d[i])*w3
	}
}

// lastRows adds the last four and rounds.
func lastRows(out []uint8, sums []int32, rows *[4][]uint8, w *[4]int32) {
	n := len(out)
	sums = sums[:n]
	a, b, c, d := rows[0][:n], rows[1][:n], rows[2][:n], rows[3][:n]
	w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
	for i := range out {
		out[i] = level(sums[i] + int32(a[i])*w0 + int32(b[i])*w1 + int32(c[i])*w2 + int32(d[i])*w3)
	}
}

// level rounds a sum of weighted levels.
func level(sum int32) uint8 { return uint8(min(max(sum>>weightBits, 0), 255)) }

// taps are the weights of a pass, by output pixel.
type taps struct {
	from, to int
	spans    []span
	weights  []int32
	exact    []float64
}

// span is the input pixels of one output pixel: weights[at:at+count] of the
// pixels from first on.
type span struct{ first, at, count int }

// set computes the weights of resizing a line of n pixels to m.
func (t *taps) set(n, m int) {
	if t.from == n && t.to == m {
		return
	}
	t.from, t.to, t.spans, t.weights = n, m, t.spans[:0], t.weights[:0]
	scale := float64(n) / float64(m)
	support := max(scale, 1)
	for x := range m {
		center := (float64(x) + 0.5) * scale
		first, end := max(0, int(center-support+0.5)), min(n, int(center+support+0.5))
		t.exact = t.exact[:0]
		sum := 0.0
		for i := first; i < end; i++ {
			w := max(0, 1-math.Abs((float64(i)-center+0.5)*(1/support)))
			t.exact = append(t.exact, w)
			sum += w
		}
		t.spans = append(t.spans, span{first, len(t.weights), end - first})
		for _, w := range t.exact {
			t.weights = append(t.weights, int32(0.5+w*(1/sum)*(1<<weightBits)))
		}
	}
}
