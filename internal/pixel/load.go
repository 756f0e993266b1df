package pixel

import "fmt"

// Orientation is one of the eight symmetries of the square: a picture is
// mirrored about its main diagonal, then its rows are reversed, then its
// columns, each where asked for.
type Orientation struct{ Transpose, FlipRows, FlipColumns bool }

// Load makes a picture of packed RGB rows, width x height pixels: it is turned
// and every channel goes through the table, where there is one, in one pass.
func Load(dst *Picture, rgb []uint8, width, height int, o Orientation, table *[256]uint8) {
	if width < 0 || height < 0 || len(rgb) != 3*width*height {
		panic(fmt.Sprintf("pixel: load: %d bytes for %d x %d pixels", len(rgb), width, height))
	}
	orient(dst, plane{rgb, width, height, 3}, o, table)
}

// Orient is Load from a picture.
func Orient(dst, src *Picture, o Orientation, table *[256]uint8) {
	apart(dst, src, "orient")
	orient(dst, plane{src.Pix, src.Width, src.Height, 4}, o, table)
}

// Store writes the picture as packed RGB rows, len(rgb) = 3*Width*Height.
func Store(rgb []uint8, src *Picture) {
	n := src.Width * src.Height
	if len(rgb) != 3*n {
		panic(fmt.Sprintf("pixel: store: %d bytes for %d x %d pixels", len(rgb), src.Width, src.Height))
	}
	active().store(rgb, src.Pix[:4*n])
}

// plane is a source of pixels of 3 or 4 bytes.
type plane struct {
	pix                  []uint8
	width, height, bytes int
}

func (p plane) row(y int) []uint8 {
	n := p.width * p.bytes
	return p.pix[y*n : (y+1)*n : (y+1)*n]
}

func orient(dst *Picture, src plane, o Orientation, table *[256]uint8) {
	t := active()
	if o.Transpose {
		dst.Reset(src.height, src.width)
		if dst.Width > 0 && dst.Height > 0 {
			t.transpose(dst, src, o, table)
		}
		return
	}
	dst.Reset(src.width, src.height)
	for y := range dst.Height {
		from := y
		if o.FlipRows {
			from = dst.Height - 1 - y
		}
		t.orientRow(dst.Row(y), src.row(from), src.bytes, o.FlipColumns, table)
	}
}

// orientRowRef copies a row of pixels of 3 or 4 bytes, mirrored where reverse.
func orientRowRef(dst, src []uint8, bytes int, reverse bool, table *[256]uint8) {
	n := len(dst) / 4
	for x := range n {
		from := x
		if reverse {
			from = n - 1 - x
		}
		d, s := dst[4*x:4*x+4], src[bytes*from:bytes*from+3]
		d[0], d[1], d[2] = s[0], s[1], s[2]
		if table != nil {
			d[0], d[1], d[2] = table[s[0]], table[s[1]], table[s[2]]
		}
	}
}

func transposeRef(dst *Picture, src plane, o Orientation, table *[256]uint8) {
	transposePart(dst, src, o, table, 0, dst.Width)
}

// transposePart fills columns x0 <= x < x1 of the turned picture: column x is
// row x of the source.
func transposePart(dst *Picture, src plane, o Orientation, table *[256]uint8, x0, x1 int) {
	const tile = 16 // rows of the source that stay in cache
	for ; x0 < x1; x0 += tile {
		for y := range dst.Height {
			from := y
			if o.FlipRows {
				from = dst.Height - 1 - y
			}
			row := dst.Row(y)
			for x := x0; x < min(x0+tile, x1); x++ {
				column := x
				if o.FlipColumns {
					column = dst.Width - 1 - x
				}
				s := src.pix[(column*src.width+from)*src.bytes:]
				d := row[4*x : 4*x+4]
				d[0], d[1], d[2] = s[0], s[1], s[2]
				if table != nil {
					d[0], d[1], d[2] = table[s[0]], table[s[1]], table[s[2]]
				}
			}
		}
	}
}

func storeRef(rgb, src []uint8) {
	for i := range len(src) / 4 {
		copy(rgb[3*i:3*i+3], src[4*i:4*i+3])
	}
}

// apart panics where a destination is its own source.
func apart(dst, src *Picture, op string) {
	if dst == src || len(src.Pix) > 0 && cap(dst.Pix) > 0 && &dst.Pix[:1][0] == &src.Pix[0] {
		panic(fmt.Sprintf("pixel: %s: the picture is its own source", op))
	}
}
