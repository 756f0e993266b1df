package pixel

import (
	"fmt"
	"slices"
)

// SmoothField filters field [height,width] in place with a symmetric kernel,
// along the columns, then along the rows, with half-sample symmetric borders
// (dcba|abcd|dcba). weights holds the centre's and one side's. Sums run from
// the outermost pair inwards, every operation rounded, as
// scipy.ndimage.correlate1d adds them. Wrong lengths panic.
func SmoothField(w *Workspace, field []float64, width, height int, weights []float64) {
	if width < 1 || height < 1 || len(field) != width*height || len(weights) == 0 {
		panic(fmt.Sprintf("pixel: smooth: %d values of %d x %d, %d weights", len(field), width, height, len(weights)))
	}
	m, kernels := &w.smooth, active()
	radius := len(weights) - 1
	m.line = slices.Grow(m.line[:0], smoothStrip*(height+2*radius))[:smoothStrip*(height+2*radius)]
	m.sums = slices.Grow(m.sums[:0], smoothStrip*height)[:smoothStrip*height]
	for x := 0; x < width; x += smoothStrip {
		n := min(smoothStrip, width-x)
		for i := range height + 2*radius {
			copy(m.line[i*smoothStrip:][:n], field[mirrored(i-radius, height)*width+x:])
		}
		kernels.symmetricSums(m.sums, m.line, smoothStrip, weights)
		for y := range height {
			copy(field[y*width+x:][:n], m.sums[y*smoothStrip:])
		}
	}
	rounded := (width + smoothStep - 1) / smoothStep * smoothStep
	m.line = slices.Grow(m.line[:0], rounded+2*radius)[:rounded+2*radius]
	m.sums = slices.Grow(m.sums[:0], rounded)[:rounded]
	clear(m.line[width+2*radius:])
	for start := 0; start < len(field); start += width {
		row := field[start : start+width]
		for i := range width + 2*radius {
			m.line[i] = row[mirrored(i-radius, width)]
		}
		kernels.symmetricSums(m.sums, m.line, 1, weights)
		copy(row, m.sums)
	}
}

const (
	smoothStep  = 8 // sums are made so many at a time
	smoothStrip = 8 // columns side by side: what a column's sums read stays in L1
)

// smoothMemory is what SmoothField keeps.
type smoothMemory struct{ line, sums []float64 }

// smoothTable holds the kernel of a path.
type smoothTable struct {
	// symmetricSums sets dst[i], a whole number of steps, from
	// line[i:i+2*radius*stride+1].
	symmetricSums func(dst, line []float64, stride int, weights []float64)
}

var smoothGo = smoothTable{symmetricSumsRef}

func symmetricSumsRef(dst, line []float64, stride int, weights []float64) {
	radius := len(weights) - 1
	centre := line[radius*stride:][:len(dst)]
	for i, v := range centre {
		dst[i] = float64(v * weights[0])
	}
	for j := radius; j > 0; j-- {
		before, after, weight := line[(radius-j)*stride:][:len(dst)], line[(radius+j)*stride:][:len(dst)], weights[j]
		for i := range dst {
			dst[i] += float64(float64(before[i]+after[i]) * weight)
		}
	}
}

// mirrored is the index that half-sample symmetry shows at i.
func mirrored(i, n int) int {
	i %= 2 * n
	if i < 0 {
		i += 2 * n
	}
	if i >= n {
		return 2*n - 1 - i
	}
	return i
}
