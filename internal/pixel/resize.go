package pixel

import (
	"fmt"
	"math"
)

const resizeBits = 11 // of a weight

// Resize scales a picture, bilinearly without a filter against aliasing, as
// cv2.resize with INTER_LINEAR: centres of pixels at half numbers, weights in
// 1/2048, two truncations in the vertical pass; a reduction by exactly two in
// both directions is the mean of four. The same size is a copy. Sizes are
// positive, or src is empty like dst.
func Resize(w *Workspace, dst, src *Picture, width, height int) {
	if dst == src {
		panic("pixel: resize: the result is the source")
	}
	dst.Reset(width, height)
	switch {
	case width*height == 0:
	case src.Width*src.Height == 0:
		panic(fmt.Sprintf("pixel: resize: from %d x %d to %d x %d pixels", src.Width, src.Height, width, height))
	case width == src.Width && height == src.Height:
		copy(dst.Pix, src.Pix)
	case 2*width == src.Width && 2*height == src.Height:
		t := active()
		for y := range height {
			t.halveRow(dst.Row(y), src.Row(2*y), src.Row(2*y+1))
		}
	default:
		w.geometry.resize(dst, src)
	}
}

// resize keeps the two rows of the source that a row of the result lies
// between, already scaled horizontally.
func (g *geometryMemory) resize(dst, src *Picture) {
	t := active()
	if src.Width == 1 { // kernels load two neighbours
		t = &goTable
	}
	g.setResizeTaps(dst.Width, src.Width)
	for i := range g.rows {
		g.rows[i] = grown(g.rows[i], 4*wholeVectors(dst.Width))
	}
	held := [2]int{-1, -1} // rows of the source
	scale := resizeScale(dst.Height, src.Height)
	for y := range dst.Height {
		first, weight := resizePlace(y, scale)
		upper, lower := min(max(first, 0), src.Height-1), min(max(first+1, 0), src.Height-1)
		if held[1] == upper {
			held[0], held[1] = held[1], held[0]
			g.rows[0], g.rows[1] = g.rows[1], g.rows[0]
		}
		for i, row := range [2]int{upper, lower} {
			if held[i] != row {
				t.resizeRow(g, g.rows[i], src.Row(row))
				held[i] = row
			}
		}
		t.resizeBlend(dst.Row(y), g.rows[0], g.rows[1], weight[0], weight[1])
	}
}

func resizeScale(dst, src int) float64 { return 1 / (float64(dst) / float64(src)) }

// resizePlace returns the neighbour before the centre of a pixel of the
// result, not yet cut to the source, and the two weights.
func resizePlace(i int, scale float64) (first int, weight [2]int16) {
	s := float32(float64((float64(i)+0.5)*scale) - 0.5)
	floor := float32(math.Floor(float64(s)))
	return int(floor), resizeWeights(s - floor)
}

func resizeWeights(f float32) [2]int16 {
	return [2]int16{
		int16(math.RoundToEven(float64((1 - f) * (1 << resizeBits)))),
		int16(math.RoundToEven(float64(f * (1 << resizeBits)))),
	}
}

// setResizeTaps computes the columns' taps: the first neighbour and both
// weights, the second one's in the upper half. There is a second neighbour
// always, but in sources of one column.
func (g *geometryMemory) setResizeTaps(dst, src int) {
	g.offsets, g.weights = grown(g.offsets, dst), grown(g.weights, dst)
	clear(g.offsets[:cap(g.offsets)]) // also those of the last vector that are none
	scale := resizeScale(dst, src)
	for i := range g.offsets {
		first, weight := resizePlace(i, scale)
		switch {
		case first < 0:
			first, weight = 0, resizeWeights(0)
		case first >= src-1:
			first, weight = max(src-2, 0), resizeWeights(1)
		}
		g.offsets[i] = uint32(first)
		g.weights[i] = uint32(weight[0]) | uint32(weight[1])<<16
	}
	g.setBases(src)
}

// resizeRowRef writes a row scaled horizontally, in 1/128 of a level. Other
// paths may have another order of pixels.
func resizeRowRef(g *geometryMemory, dst []int16, src []uint8) {
	for i, offset := range g.offsets {
		a, b := g.weights[i]&0xffff, g.weights[i]>>16
		p := src[4*offset:]
		q := p[min(4, len(p)-4):] // the same in a source of one column
		for c := range 4 {
			h := uint32(p[c])*a + uint32(q[c])*b
			dst[4*i+c] = int16(h >> 4)
		}
	}
}

func resizeBlendRef(dst []uint8, upper, lower []int16, a, b int16) {
	for i := range dst {
		sum := (int32(upper[i])*int32(a))>>16 + (int32(lower[i])*int32(b))>>16
		dst[i] = uint8((sum + 2) >> 2)
	}
}

func halveRowRef(dst, upper, lower []uint8) {
	for i := range dst {
		j := i/4*8 + i%4
		dst[i] = uint8((int(upper[j]) + int(upper[j+4]) + int(lower[j]) + int(lower[j+4]) + 2) >> 2)
	}
}
