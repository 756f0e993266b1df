package pixel

import (
	"fmt"
	"math"
)

// Filter correlates every channel with a k x k kernel, k odd and at most 9,
// anchored at its centre: float32 products are added in row-major order, the
// sum is rounded, halves to even, and clipped. Outside the picture it is
// reflected (cv2.filter2D up to the size at which that takes to Fourier
// transforms). n <= 5 equal weights 1/n, the rest zero, which is motion blur,
// are added as integers, to the same result.
func Filter(w *Workspace, dst, src *Picture, kernel []float32, k int) {
	if k < 1 || k > 9 || k%2 == 0 || len(kernel) != k*k {
		panic(fmt.Sprintf("pixel: filter: kernel of %d numbers for %d x %d", len(kernel), k, k))
	}
	apart(dst, src, "filter")
	dst.Reset(src.Width, src.Height)
	if len(dst.Pix) == 0 {
		return
	}
	var space [81]tap
	taps := space[:0]
	for i, weight := range kernel {
		if weight != 0 {
			taps = append(taps, tap{i / k, 4 * (i % k), weight})
		}
	}
	t, ring, line := active(), w.filter.ring(src, k), equalWeights(taps)
	var rows [9][]uint8
	for y := range src.Height {
		ring.around(y, &rows)
		if !line {
			weighRows(dst.Row(y), &rows, taps)
			continue
		}
		for i, p := range taps {
			w.filter.taps[i] = rows[p.row][p.shift:]
		}
		t.meanRows(dst.Row(y), &w.filter.taps, len(taps))
	}
}

// tap is a weight of a kernel: its row and its column in bytes.
type tap struct {
	row, shift int
	weight     float32
}

func equalWeights(taps []tap) bool {
	if len(taps) < 1 || len(taps) > 5 {
		return false
	}
	for _, p := range taps {
		if p.weight != 1/float32(len(taps)) {
			return false
		}
	}
	return true
}

// weighRows computes a row of the filter from the padded rows around it.
func weighRows(dst []uint8, rows *[9][]uint8, taps []tap) {
	for i := range dst {
		var sum float32
		for _, p := range taps {
			sum += float32(p.weight * float32(rows[p.row][p.shift+i]))
		}
		dst[i] = uint8(min(max(math.RoundToEven(float64(sum)), 0), 255))
	}
}

// meanRowsRef computes the rounded mean of the bytes below one another in the
// first n rows, n <= 5. It equals the float32 sum of products with 1/n: for n of
// 1, 2 and 4 nothing is rounded before the end, and for 3 and 5 the sum's error
// is far smaller than the distance of a mean from a half.
func meanRowsRef(dst []uint8, rows *[5][]uint8, n int) {
	m := meanRule[n]
	for i := range dst {
		var sum uint16
		for _, row := range rows[:n] {
			sum += uint16(row[i])
		}
		dst[i] = uint8(uint32(sum+m.half+sum>>m.shift&m.even) * uint32(m.factor) >> 16)
	}
}

// rounding divides a sum s: (s + half + (s>>shift & even)) * factor >> 16. The
// bit is what a half needs to go to the even neighbour.
type rounding struct{ half, shift, even, factor uint16 }

var meanRule = [6]rounding{
	1: {1, 0, 0, 65535},
	2: {0, 1, 1, 1 << 15},
	3: {1, 0, 0, 21846},
	4: {1, 2, 1, 1 << 14},
	5: {2, 0, 0, 13108},
}
