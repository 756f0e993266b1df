package exec

import (
	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// A dense convolution is a sum of matrix products, one for each row of its
// filters: with the channels of an image innermost, the numbers that an output
// reads of one input row lie side by side, and the next output's begin a
// stride further on. So the input's rows serve as a matrix whose rows overlap,
// and no patches are copied. Only rows with padding at their sides, or with
// more channels than a group has, are copied first, once for all filters.
//
// The gradient of the input is such a convolution too, of dy with the filters
// turned round: its outputs read dy at places that depend on where they lie
// between two strides, so there is a product for each such phase. Taps that
// lie apart are products of their own.
//
// Channels of several groups are put together until they fill a vector; the
// filters have zeros where a group does not read the other's channels.

// denseCall is a convolution, or the gradient of its input, as such products.
type denseCall struct {
	convCall
	blocks     int // groups, or several of them together
	blockIn    int // channels of a block of the convolution's input
	blockOut   int // and of its output
	groupIn    int // channels of one group
	groupOut   int
	transposed bool // the gradient of the input

	from, to     [2]int // height and width of the array that is read and of the result
	fromCh, toCh int    // their channels
	read, write  int    // and those of a block
	phases       []phase
	step         int    // positions of the read row from one output's to the next one's
	left, width  int    // padding at the left and positions of a padded row
	apart        [2]int // distance of a filter's taps
	strips       []span
}

// phase is how some of the output columns read a row: first, first+every, ...
type phase struct {
	first, every, count int
	base                int   // position that the first output reads first; below 0 in the padding
	taps                []int // filter columns in the order of the positions
	adds                bool  // to what the phase before it wrote
}

// newDenseCall describes a convolution, or the gradient of its input.
func newDenseCall(cc convCall, a graph.ConvAttrs, transposed bool) *denseCall {
	d := &denseCall{convCall: cc, transposed: transposed, groupIn: cc.in / a.Groups, groupOut: cc.out / a.Groups}
	together := groupsTogether(a.Groups, min(d.groupIn, d.groupOut))
	d.blocks, d.blockIn, d.blockOut = a.Groups/together, d.groupIn*together, d.groupOut*together
	g := cc.g
	d.from, d.to = [2]int{g.InH, g.InW}, [2]int{g.OutH, g.OutW}
	d.fromCh, d.toCh, d.read, d.write, d.step = cc.in, cc.out, d.blockIn, d.blockOut, g.StrideW
	if transposed {
		d.from, d.to = d.to, d.from
		d.fromCh, d.toCh, d.read, d.write, d.step = cc.out, cc.in, d.blockOut, d.blockIn, 1
	}
	d.apart = [2]int{max(a.Dilation[0], 1), max(a.Dilation[1], 1)}
	d.phases = d.columns()
	right := d.from[1]
	for _, p := range d.phases {
		d.left = max(d.left, -p.base)
		if p.count > 0 {
			right = max(right, p.base+(p.count-1)*d.step+len(p.taps))
		}
	}
	d.width = d.left + right
	rows := max(1, cacheFloats/(g.StrideH*d.width*d.fromCh+d.to[1]*d.toCh))
	d.strips = spansOf(1, d.to[0], min(rows, partsOf(d.to[0]*d.n, partsAtLeast)), false)
	return d
}

// groupsTogether returns how many groups of so many channels make a block: as
// few as fill a vector, and a divisor of their number.
func groupsTogether(groups, channels int) int {
	for t := 1; t < groups; t++ {
		if groups%t == 0 && t*channels >= kernel.PanelWidth {
			return t
		}
	}
	return groups
}

// columns returns how output columns read a row.
func (d *denseCall) columns() []phase {
	g := d.g
	if !d.transposed {
		p := phase{every: 1, count: g.OutW, base: -g.PadLeft}
		for kw := range g.KW {
			p.taps = append(p.taps, kw)
		}
		return p.split(d.apart[1])
	}
	var phases []phase
	for first := range min(g.StrideW, g.InW) {
		p := phase{first: first, every: g.StrideW, count: partsOf(g.InW-first, g.StrideW)}
		between := 0 // positions of two taps that follow each other
		for kw := g.KW - 1; kw >= 0; kw-- {
			at := first + g.PadLeft - kw*d.apart[1]
			if at%g.StrideW != 0 {
				continue
			}
			if len(p.taps) == 0 {
				p.base = at / g.StrideW
			} else if len(p.taps) == 1 {
				between = at/g.StrideW - p.base
			}
			p.taps = append(p.taps, kw)
		}
		phases = append(phases, p.split(between)...)
	}
	return phases
}

// split makes taps that are more than one position apart phases of their own.
func (p phase) split(apart int) []phase {
	if apart <= 1 || len(p.taps) <= 1 {
		return []phase{p}
	}
	var phases []phase
	for i, kw := range p.taps {
		phases = append(phases, phase{p.first, p.every, p.count, p.base + i*apart, []int{kw}, i > 0})
	}
	return phases
}

// source returns the row that output row `row` reads through filter row kh,
// and whether it is in the image.
func (d *denseCall) source(row, kh int) (int, bool) {
	at := row*d.g.StrideH - d.g.PadTop + kh*d.apart[0]
	if d.transposed {
		at = row + d.g.PadTop - kh*d.apart[0]
		if at%d.g.StrideH != 0 {
			return 0, false
		}
		at /= d.g.StrideH
	}
	return at, at >= 0 && at < d.from[0]
}

// sources returns the rows that a strip of output rows reads.
func (d *denseCall) sources(s span) span {
	r := span{d.from[0], 0}
	for row := s.lo; row < s.hi; row++ {
		for kh := range d.g.KH {
			if at, ok := d.source(row, kh); ok {
				r.lo, r.hi = min(r.lo, at), max(r.hi, at+1)
			}
		}
	}
	return span{min(r.lo, r.hi), r.hi}
}

// inPlace tells whether rows are read where they lie.
func (d *denseCall) inPlace() bool { return d.blocks == 1 && d.left == 0 && d.width == d.from[1] }

// room is how many numbers pad needs for the longest strip.
func (d *denseCall) room() int {
	if d.inPlace() {
		return 0
	}
	most := 0
	for _, s := range d.strips {
		most = max(most, d.sources(s).size())
	}
	return most * d.width * d.read
}

// pad returns rows of an image with the channels of a block alone and zeros at
// the sides, in dst or where they lie.
func (d *denseCall) pad(dst, image []float32, rows span, block int) []float32 {
	if d.inPlace() {
		return image[rows.lo*d.width*d.read : rows.hi*d.width*d.read]
	}
	padRows(dst, image, rows, padding{d.from[1], d.fromCh, block * d.read, d.read, d.left, d.width})
	return dst[:rows.size()*d.width*d.read]
}

// padding says which channels of rows go where.
type padding struct {
	positions, channels int // of a row as it lies
	first, count        int // channels that are wanted
	left, width         int // padding at the left and positions of a padded row
}

// padRows copies rows with zeros at their sides.
func padRows(dst, image []float32, rows span, p padding) {
	for r := rows.lo; r < rows.hi; r++ {
		to := dst[(r-rows.lo)*p.width*p.count : (r-rows.lo+1)*p.width*p.count]
		from := image[r*p.positions*p.channels : (r+1)*p.positions*p.channels]
		clear(to[:p.left*p.count])
		clear(to[(p.left+p.positions)*p.count:])
		to = to[p.left*p.count : (p.left+p.positions)*p.count]
		if p.count == p.channels {
			copy(to, from)
			continue
		}
		gatherChannels(to, from[p.first:], p)
	}
}

// gatherChannels copies p.count channels of each position.
func gatherChannels(to, from []float32, p padding) {
	if p.count == kernel.PanelWidth {
		for i := range p.positions {
			*(*[kernel.PanelWidth]float32)(to[i*kernel.PanelWidth:]) = *(*[kernel.PanelWidth]float32)(from[i*p.channels:])
		}
		return
	}
	for i := range p.positions {
		copy(to[i*p.count:(i+1)*p.count], from[i*p.channels:])
	}
}
