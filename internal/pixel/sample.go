package pixel

import (
	"fmt"
	"slices"
)

// Coordinates in the source are whole numbers of 1/32 pixel. Up to here a
// float32 or float64 may be anything; the conversion does what OpenCV's does
// on x86: what does not fit an int32, NaN too, becomes the smallest one.
const (
	stepBits = 5
	steps    = 1 << stepBits // of one pixel
	stepMask = steps - 1
)

// maxSide bounds the pictures that are sampled: a tap's column and row are
// 16-bit numbers (OpenCV, remap).
const maxSide = 1<<15 - 1

// geometryTable is a path's share of the geometric family.
type geometryTable struct {
	// sample sets pixel i of a row to the source at (x[i], y[i]).
	sample func(m *geometryMemory, dst []uint8, src *Picture, x, y []int32, border Border)
	// sampleSeparable sets pixel (i, j) to the source at (x[i], y[j]).
	sampleSeparable func(m *geometryMemory, dst, src *Picture, x, y []int32, border Border)
	affineRow       func(x, y, columnX, columnY []int32, rowX, rowY int32)
	mapRow          func(x []int32, m []float32)
	distortRow      func(x, y []int32, d *distortion, row int)
	resizeRow       func(g *geometryMemory, dst []int16, src []uint8)
	resizeBlend     func(dst []uint8, upper, lower []int16, a, b int16)
	halveRow        func(dst, upper, lower []uint8)
}

var geometryGo = geometryTable{
	sample:          sampleRef,
	sampleSeparable: sampleSeparableRef,
	affineRow:       affineRowRef,
	mapRow:          mapRowRef,
	distortRow:      distortRowRef,
	resizeRow:       resizeRowRef,
	resizeBlend:     resizeBlendRef,
	halveRow:        halveRowRef,
}

// geometryMemory is the family's part of a Workspace.
type geometryMemory struct {
	x, y                   []int32 // a row's coordinates
	columnX, columnY       []int32
	offsets, weights       []uint32 // of a row's taps, as a kernel has them
	rowOffsets, rowWeights []uint32
	bases                  []uint32 // see setBases
	distortion             distortion
	rows                   [2][]int16
}

// coordinates returns memory for n columns' and m rows' coordinates.
func (g *geometryMemory) coordinates(n, m int) (x, y []int32) {
	g.x, g.y = grown(g.x, n), grown(g.y, m)
	return g.x, g.y
}

// vectorPixels is the largest number of pixels that a kernel handles at once.
// Rows in a geometryMemory have room for whole vectors.
const vectorPixels = 16

// grown returns s with n elements, kept where it has room for them and for
// whole vectors behind the last.
func grown[T any](s []T, n int) []T {
	if cap(s) < wholeVectors(n) {
		s = make([]T, wholeVectors(n))
	}
	return s[:n]
}

// wholeVectors rounds n up.
func wholeVectors(n int) int { return (n + vectorPixels - 1) / vectorPixels * vectorPixels }

// windowPixels is how many neighbouring pixels a kernel may hold to take the
// taps of vectorPixels from.
const windowPixels = 32

// setBases finds where in rows of width pixels the windows begin that have
// the taps of every vector; there are no bases where a window is too small.
func (g *geometryMemory) setBases(width int) {
	g.bases = g.bases[:0]
	if width < windowPixels {
		return
	}
	vectors := wholeVectors(len(g.offsets)) / vectorPixels
	bases := grown(g.bases, vectors)
	g.bases = bases[:0]
	for v := range bases {
		of := g.offsets[v*vectorPixels : min((v+1)*vectorPixels, len(g.offsets))]
		bases[v] = min(slices.Min(of), uint32(width-windowPixels))
		if slices.Max(of)-bases[v] > windowPixels-2 {
			return
		}
	}
	g.bases = bases
}

// checkSampled panics where a picture cannot be a source of samples.
func checkSampled(what string, dst, src *Picture) {
	if dst == src {
		panic(fmt.Sprintf("pixel: %s: the result is the source", what))
	}
	if src.Width > maxSide || src.Height > maxSide {
		panic(fmt.Sprintf("pixel: %s: picture of %d x %d pixels, at most %d a side", what, src.Width, src.Height, maxSide))
	}
}

// sampleRef is the definition: four taps, each by the border's rule, weights
// in 1/32, one rounding.
func sampleRef(_ *geometryMemory, dst []uint8, src *Picture, x, y []int32, border Border) {
	for i := range x {
		x0, x1, fx := border.taps(x[i], src.Width)
		y0, y1, fy := border.taps(y[i], src.Height)
		to := dst[4*i : 4*i+4]
		p00, p01, p10, p11 := src.tap(x0, y0), src.tap(x1, y0), src.tap(x0, y1), src.tap(x1, y1)
		for c := range to {
			top := (steps-fx)*int32(p00[c]) + fx*int32(p01[c])
			bottom := (steps-fx)*int32(p10[c]) + fx*int32(p11[c])
			to[c] = uint8(((steps-fy)*top + fy*bottom + 1<<(2*stepBits-1)) >> (2 * stepBits))
		}
	}
}

func sampleSeparableRef(m *geometryMemory, dst, src *Picture, x, y []int32, border Border) {
	m.columnY = grown(m.columnY, len(x))
	for j, v := range y {
		for i := range m.columnY {
			m.columnY[i] = v
		}
		sampleRef(m, dst.Row(j), src, x, m.columnY, border)
	}
}

// taps returns the two neighbours of a coordinate among n places, -1 for one
// that shows black, and the second one's weight.
func (b Border) taps(v int32, n int) (first, second int, weight int32) {
	i := int(min(max(v>>stepBits, -1<<15), 1<<15-1))
	return b.place(i, n), b.place(i+1, n), v & stepMask
}

// place returns which of n places shows at i, -1 for none.
func (b Border) place(i, n int) int {
	switch {
	case i >= 0 && i < n:
		return i
	case b == Black:
		return -1
	case b == Replicate:
		return min(max(i, 0), n-1)
	case n == 1:
		return 0
	}
	period := 2 * (n - 1)
	i = max(i, -i) % period
	return min(i, period-i)
}

var blackPixel [4]uint8

// tap returns a pixel's bytes, black ones for a place of -1.
func (p *Picture) tap(x, y int) *[4]uint8 {
	if x < 0 || y < 0 {
		return &blackPixel
	}
	return (*[4]uint8)(p.Pix[4*(y*p.Width+x):])
}
