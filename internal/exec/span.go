package exec

import "melanoma/internal/kernel"

// span is a piece of an array's rows that one part of a step works on.
type span struct{ lo, hi int }

// spansOf cuts the positions of some images into spans of at most `most` rows,
// as even as possible: images are cut, or where they are small and may be
// joined, put together.
func spansOf(images, positions, most int, join bool) []span {
	rows, count := positions, images
	if join {
		rows, count = images*positions, 1
	}
	per := partsOf(rows, max(most, 1))
	spans := make([]span, 0, per*count)
	for i := range count {
		for p := range per {
			spans = append(spans, span{i*rows + rows*p/per, i*rows + rows*(p+1)/per})
		}
	}
	return spans
}

// cacheFloats is how many numbers of a part's arrays should stay in the
// second-level cache of one core while several kernels pass over them: 256 KB
// of the 512 KB to 2 MB that processors have.
const cacheFloats = 1 << 16

// window holds some neighbouring rows of one image's loaded array and slides
// down over it: rows that stay are moved, not computed again.
type window struct {
	l      loader
	base   int // first position of the image
	width  int // positions of a row
	row    int // elements of a row
	buf    []float32
	lo, hi int // rows held
}

// start puts the window at the top of an image of `height` rows.
func (w *window) start(image, height int) {
	w.base, w.lo, w.hi = image*height*w.width, 0, 0
}

// rows returns the rows [lo,hi) of the image. Both bounds must not fall from
// one call to the next.
func (w *window) rows(lo, hi int) []float32 {
	if s, ok := w.l.(stored); ok {
		return s.rows(nil, w.base+lo*w.width, w.base+hi*w.width)
	}
	if lo >= w.hi {
		w.lo, w.hi = lo, lo
	} else if lo > w.lo {
		copy(w.buf, w.buf[(lo-w.lo)*w.row:(w.hi-w.lo)*w.row])
		w.lo = lo
	}
	if hi > w.hi {
		w.l.rows(w.buf[(w.hi-w.lo)*w.row:], w.base+w.hi*w.width, w.base+hi*w.width)
		w.hi = hi
	}
	return w.buf[:(hi-lo)*w.row]
}

// windows borrows one window over a loaded array for each worker, of at most
// `rows` rows of an image as wide as width positions.
func (c *compiler) windows(l loader, rows, width, channels int) []*window {
	ws := make([]*window, c.pool.Workers())
	for i := range ws {
		ws[i] = &window{l: l, width: width, row: width * channels}
		if _, ok := l.(stored); !ok {
			c.borrow(&ws[i].buf, rows*width*channels)
		}
	}
	return ws
}

// sources returns the input rows that the output rows [lo,hi) of a convolution
// read, and the geometry of that piece alone.
func sources(g kernel.Geometry, lo, hi int) (inLo, inHi int, piece kernel.Geometry) {
	first := lo*g.StrideH - g.PadTop
	inLo, inHi = max(0, first), min(g.InH, (hi-1)*g.StrideH-g.PadTop+g.KH)
	inHi = max(inHi, inLo)
	piece = g
	piece.InH, piece.OutH, piece.PadTop = inHi-inLo, hi-lo, inLo-first
	return inLo, inHi, piece
}

// readers returns the output rows that read the input rows [lo,hi), and the
// geometry of that piece alone.
func readers(g kernel.Geometry, lo, hi int) (outLo, outHi int, piece kernel.Geometry) {
	outLo = max(0, ceilDiv(lo+g.PadTop-g.KH+1, g.StrideH))
	outHi = min(g.OutH, (hi-1+g.PadTop)/g.StrideH+1)
	outHi = max(outHi, outLo)
	piece = g
	piece.InH, piece.OutH, piece.PadTop = hi-lo, outHi-outLo, g.PadTop+lo-outLo*g.StrideH
	return outLo, outHi, piece
}

func ceilDiv(a, b int) int {
	if a <= 0 {
		return -(-a / b)
	}
	return (a + b - 1) / b
}
