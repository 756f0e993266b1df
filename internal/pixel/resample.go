package pixel

import (
	"fmt"
	"math"
	"slices"
)

// Resample resizes src, packed RGB [fromHeight,fromWidth,3], into dst
// [height,width,3], which must not overlap it, by Pillow's BILINEAR: a triangle
// about the pixel centres that widens to the footprint of a pixel where the
// picture shrinks, first along the rows, then along the columns, with weights
// of 22 bits and a rounding after each. Its bytes are those of Pillow. Wrong
// lengths and sizes below 1 panic.
func Resample(w *Workspace, dst []uint8, width, height int, src []uint8, fromWidth, fromHeight int) {
	if min(width, height, fromWidth, fromHeight) < 1 || len(dst) != 3*width*height || len(src) != 3*fromWidth*fromHeight {
		panic(fmt.Sprintf("pixel: resample: %d bytes of %d x %d pixels into %d bytes of %d x %d", len(src), fromWidth, fromHeight, len(dst), width, height))
	}
	m, kernels := &w.resample, active()
	if fromWidth != width {
		wide := dst
		if fromHeight != height {
			m.wide = slices.Grow(m.wide[:0], 3*width*fromHeight)[:3*width*fromHeight]
			wide = m.wide
		}
		m.across.set(fromWidth, width, 3)
		kernels.resampleRows(wide, src, &m.across, fromHeight)
		src = wide
	}
	if fromHeight == height {
		if fromWidth == width {
			copy(dst, src)
		}
		return
	}
	n := 3 * width
	m.down.set(fromHeight, height, n)
	for y, first := range m.down.first {
		kernels.resampleColumns(dst[y*n:(y+1)*n], src[first:], n, m.down.weights[y*m.down.count:(y+1)*m.down.count])
	}
}

// resampleMemory is what Resample keeps.
type resampleMemory struct {
	across, down resampleTaps
	wide         []uint8 // the picture after the first pass
}

// weightBits is the precision of a weight; weightHalf rounds.
const (
	weightBits = 22
	weightHalf = 1 << (weightBits - 1)
)

// resampleTaps are the weights of a pass: count for each place of the result,
// of the places from first on, which are step bytes apart. Where fewer are
// needed, the others are 0.
type resampleTaps struct {
	from, to, step, count int
	first                 []int32 // in bytes
	weights               []int32
	exact                 []float64
}

// set computes the weights of resizing a line of n places to m.
func (t *resampleTaps) set(n, m, step int) {
	if t.from == n && t.to == m && t.step == step {
		return
	}
	scale := float64(n) / float64(m)
	support := max(scale, 1)
	t.from, t.to, t.step = n, m, step
	t.count = min(n, int(2*support)+2)
	t.first = slices.Grow(t.first[:0], m)[:m]
	t.weights = slices.Grow(t.weights[:0], m*t.count)[:m*t.count]
	clear(t.weights)
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
		start := min(first, n-t.count)
		t.first[x] = int32(step * start)
		for i, w := range t.exact {
			t.weights[x*t.count+first-start+i] = int32(0.5 + w*(1/sum)*(1<<weightBits))
		}
	}
}

// resampleTable holds a path's kernels of Resample.
type resampleTable struct {
	resampleRows    func(dst, src []uint8, t *resampleTaps, rows int)
	resampleColumns func(dst, src []uint8, stride int, weights []int32)
}

var resampleGo = resampleTable{resampleRowsRef, resampleColumnsRef}

func resampleRowsRef(dst, src []uint8, t *resampleTaps, rows int) {
	for y := range rows {
		in, out := src[3*y*t.from:3*(y+1)*t.from], dst[3*y*t.to:3*(y+1)*t.to]
		for x, first := range t.first {
			red, green, blue := int32(weightHalf), int32(weightHalf), int32(weightHalf)
			from := in[first:]
			for k, w := range t.weights[x*t.count : (x+1)*t.count] {
				p := from[3*k : 3*k+3 : 3*k+3]
				red += int32(p[0]) * w
				green += int32(p[1]) * w
				blue += int32(p[2]) * w
			}
			p := out[3*x : 3*x+3 : 3*x+3]
			p[0], p[1], p[2] = uint8(red>>weightBits), uint8(green>>weightBits), uint8(blue>>weightBits)
		}
	}
}

// resampleColumnsRef makes one row of the result from rows that are stride
// bytes apart.
func resampleColumnsRef(dst, src []uint8, stride int, weights []int32) {
	for i := range dst {
		sum := int32(weightHalf)
		for k, w := range weights {
			sum += int32(src[k*stride+i]) * w
		}
		dst[i] = uint8(sum >> weightBits)
	}
}
