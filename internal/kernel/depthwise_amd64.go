//go:build amd64 && !noasm

package kernel

// depthwiseKernels is a path's pair of row kernels; see
// depthwise_stubs_amd64.go.
type depthwiseKernels struct {
	tiles   func(y, x, w *float32, c, outputs, tiles, yStep, xStep, nh, nw, xRow, xCol, wRow, wCol int)
	weights func(dw, x, dy *float32, c, stride, taps, rows, outputs, xStep, xRow, dyRow int)
}

var (
	depthwiseAVX2   = depthwiseKernels{tiles: depthwiseTilesAVX2, weights: depthwiseWeightsAVX2}
	depthwiseAVX512 = depthwiseKernels{tiles: depthwiseTilesAVX512, weights: depthwiseWeightsAVX512}
)

const (
	floatSize   = 4
	tileOutputs = 8        // largest tile
	windowBytes = 32 << 10 // of the rows under a window that should stay in the first cache
)

// channelBlock is how many channels are done at a time, so that the rows
// under a window of kh x width pixels stay in cache from one row to the next.
func channelBlock(kh, width int) int {
	return max(windowBytes/(kh*width*floatSize)/32, 1) * 32
}

func (d *depthwiseKernels) install(to *table) {
	to.depthwiseForward = d.forward
	to.depthwiseBackwardData = d.backwardData
	to.depthwiseBackwardWeights = d.backwardWeights
}

// axis is one dimension of a correlation: output number t reads the sources
// start + t*step + j*dir for j in [0,n), as far as they lie in [0,size).
type axis struct {
	start, step, dir, n, size int
	count                     int // outputs
	tap, tapStep              int // kernel offset of j = 0, and from one j to the next
}

// forwardAxis is an axis of the forward pass.
func forwardAxis(outputs, stride, pad, kernel, size int) axis {
	return axis{start: -pad, step: stride, dir: 1, n: kernel, size: size, count: outputs, tapStep: 1}
}

// backwardAxis is the axis of the inputs phase, phase+stride, ... in the
// data gradient: with stride s an input sees only every s-th tap, and
// neighbours of one phase see the same ones.
func backwardAxis(phase, inputs, stride, pad, kernel, outputs int) axis {
	first := (phase + pad) % stride
	return axis{
		start: (phase + pad) / stride, step: 1, dir: -1,
		n: max(0, (kernel-first+stride-1)/stride), size: outputs,
		count: max(0, (inputs-phase+stride-1)/stride),
		tap:   first, tapStep: stride,
	}
}

// taps returns the range of j that output t may read.
func (a axis) taps(t int) (lo, hi int) {
	at := a.start + t*a.step
	if a.dir > 0 {
		lo, hi = max(0, -at), min(a.n, a.size-at)
	} else {
		lo, hi = max(0, at-a.size+1), min(a.n, at+1)
	}
	return lo, max(lo, hi)
}

// full returns the range of outputs that read all n sources.
func (a axis) full() (lo, hi int) {
	first, last := 0, a.size-a.n // of start + t*step
	if a.dir < 0 {
		first, last = a.n-1, a.size-1
	}
	lo = min(max(0, (first-a.start+a.step-1)/a.step), a.count)
	if last >= a.start {
		hi = min(a.count, (last-a.start)/a.step+1)
	}
	return lo, max(lo, hi)
}

// line is the work of one row for a block of channels: the taps of the
// other axis are settled.
type line struct {
	columns      axis
	y, x, w      []float32 // output row, first source row, first row of taps
	pixel, count int       // channels of a pixel, and those of this block
	yStep        int       // between outputs, in elements
	nh           int       // taps across rows
	xRow, wRow   int       // their steps
}

func (d *depthwiseKernels) forward(y, x, w []float32, g Geometry, c, rowLo, rowHi int) {
	rows := forwardAxis(g.OutH, g.StrideH, g.PadTop, g.KH, g.InH)
	l := line{columns: forwardAxis(g.OutW, g.StrideW, g.PadLeft, g.KW, g.InW), pixel: c, yStep: c}
	block := channelBlock(g.KH, g.InW)
	for from := 0; from < c; from += block {
		l.count = min(block, c-from)
		for oy := rowLo; oy < rowHi; oy++ {
			l.y = y[oy*g.OutW*c+from:]
			l.rows(rows, oy, x[from:], w[from:], g.InW, g.KW)
			d.run(&l)
		}
	}
}

func (d *depthwiseKernels) backwardData(dx, dy, w []float32, g Geometry, c, rowLo, rowHi int) {
	block := channelBlock(g.KH, g.OutW)
	for from := 0; from < c; from += block {
		for iy := rowLo; iy < rowHi; iy++ {
			rows := backwardAxis(iy%g.StrideH, g.InH, g.StrideH, g.PadTop, g.KH, g.OutH)
			for phase := range min(g.StrideW, g.InW) {
				l := line{columns: backwardAxis(phase, g.InW, g.StrideW, g.PadLeft, g.KW, g.OutW), pixel: c, yStep: g.StrideW * c}
				l.count = min(block, c-from)
				l.y = dx[(iy*g.InW+phase)*c+from:]
				l.rows(rows, iy/g.StrideH, dy[from:], w[from:], g.OutW, g.KW)
				d.run(&l)
			}
		}
	}
}

// rows settles the taps across rows of output t: width is that of the
// source image in pixels, kw the number of taps in a row of w.
func (l *line) rows(a axis, t int, x, w []float32, width, kw int) {
	lo, hi := a.taps(t)
	l.nh, l.xRow, l.wRow = hi-lo, a.dir*width*l.pixel, a.tapStep*kw*l.pixel
	if l.nh > 0 {
		l.x, l.w = x[(a.start+t*a.step+lo*a.dir)*width*l.pixel:], w[(a.tap+lo*a.tapStep)*kw*l.pixel:]
	}
}

// run computes a line: single outputs at the borders, tiles between them,
// as even as possible.
func (d *depthwiseKernels) run(l *line) {
	lo, hi := l.columns.full()
	for t := range lo {
		d.outputs(l, t, 1, 1)
	}
	if n := hi - lo; n > 0 {
		tiles := (n + tileOutputs - 1) / tileOutputs
		full, rest := n/tiles, n%tiles
		if rest > 0 {
			d.outputs(l, lo, full+1, rest)
		}
		d.outputs(l, lo+rest*(full+1), full, tiles-rest)
	}
	for t := max(lo, hi); t < l.columns.count; t++ {
		d.outputs(l, t, 1, 1)
	}
}

// outputs computes tiles*n neighbouring outputs from number t; where that is
// more than one, all of them must see every tap.
func (d *depthwiseKernels) outputs(l *line, t, n, tiles int) {
	a, c := &l.columns, l.pixel
	lo, hi := a.taps(t)
	nw := hi - lo
	if l.nh == 0 || nw == 0 {
		for i := range tiles * n {
			clear(l.y[(t+i)*l.yStep:][:l.count])
		}
		return
	}
	column := a.start + t*a.step + lo*a.dir
	xCol, wCol := a.dir*c, a.tapStep*c
	d.tiles(&l.y[t*l.yStep], &l.x[column*c], &l.w[(a.tap+lo*a.tapStep)*c],
		l.count, n, tiles, l.yStep*floatSize, a.step*c*floatSize, l.nh, nw,
		(l.xRow-nw*xCol)*floatSize, xCol*floatSize, (l.wRow-nw*wCol)*floatSize, wCol*floatSize)
}

// maxTaps is the largest number of taps that the weight kernel does at once.
const maxTaps = 5

// backwardWeights walks over blocks of channels and of output rows that stay
// in cache while each row of taps passes over them. For each row of taps the
// outputs that read it are neighbours.
func (d *depthwiseKernels) backwardWeights(dw, x, dy []float32, g Geometry, c, rowLo, rowHi int) {
	rows := forwardAxis(g.OutH, g.StrideH, g.PadTop, g.KH, g.InH)
	w := weightsBlock{columns: forwardAxis(g.OutW, g.StrideW, g.PadLeft, g.KW, g.InW), pixel: c, xRow: g.StrideH * g.InW * c, dyRow: g.OutW * c}
	pixels := g.StrideH*g.InW + g.OutW // of x and dy, for one output row
	block := channelBlock(pixels, g.OutH)
	height := max(windowBytes/(pixels*min(block, c)*floatSize), 1)
	for from := 0; from < c; from += block {
		w.count = min(block, c-from)
		for first := rowLo; first < rowHi; first += height {
			last := min(first+height, rowHi)
			for kh := range g.KH {
				lo, hi := rows.seen(kh, first, last)
				if hi <= lo {
					continue
				}
				w.rows = hi - lo
				w.dw, w.dy = dw[kh*g.KW*c+from:], dy[lo*g.OutW*c+from:]
				w.x = x[(lo*g.StrideH+kh-g.PadTop)*g.InW*c+from:]
				d.weightsRow(&w)
			}
		}
	}
}

// weightsBlock is the work of one row of taps on a block of output rows and
// channels.
type weightsBlock struct {
	columns      axis
	dw, x, dy    []float32 // row of taps, first row that it reads, first output row
	pixel, count int       // channels of a pixel, and those of this block
	rows         int
	xRow, dyRow  int // between rows, in elements
}

// weightsRow adds the gradient of one row of taps: all taps together where
// the whole window lies in the image, those that lie in it for each column
// at the borders. Kernels wider than maxTaps go tap by tap.
func (d *depthwiseKernels) weightsRow(w *weightsBlock) {
	a := &w.columns
	if a.n > maxTaps {
		for kw := range a.n {
			lo, hi := a.seen(kw, 0, a.count)
			d.weightsTaps(w, kw, 1, lo, hi)
		}
		return
	}
	lo, hi := a.full()
	d.weightsTaps(w, 0, a.n, lo, hi)
	for t := range a.count {
		if t < lo || t >= hi {
			first, end := a.taps(t)
			d.weightsTaps(w, first, end-first, t, t+1)
		}
	}
}

// weightsTaps does n taps from tap kw for the output columns [from,to).
func (d *depthwiseKernels) weightsTaps(w *weightsBlock, kw, n, from, to int) {
	if to <= from || n <= 0 {
		return
	}
	a, c, outputs := &w.columns, w.pixel, to-from
	d.weights(&w.dw[kw*c], &w.x[(a.start+from*a.step+kw)*c], &w.dy[from*c], w.count, c*floatSize, n,
		w.rows, outputs, a.step*c*floatSize, (w.xRow-outputs*a.step*c)*floatSize, (w.dyRow-outputs*c)*floatSize)
}

// seen narrows the outputs [from,to) to those whose tap number k lies in the
// image (forward axes).
func (a axis) seen(k, from, to int) (int, int) {
	a.start, a.n = a.start+k, 1
	lo, hi := a.full()
	return max(from, lo), min(to, hi)
}
