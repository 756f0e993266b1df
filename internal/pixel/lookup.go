package pixel

import "encoding/binary"

// Lookup sends every channel of a picture through a table.
func Lookup(p *Picture, table *[256]uint8) { active().lookup(p.Pix, table) }

func lookupRef(pix []uint8, table *[256]uint8) {
	for i, v := range pix {
		pix[i] = table[v]
	}
}

// Fill paints columns x0 <= x < x1 of rows y0 <= y < y1, as far as they are
// in the picture, in one colour.
func Fill(p *Picture, x0, y0, x1, y1 int, r, g, b uint8) {
	x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, p.Width), min(y1, p.Height)
	if x0 >= x1 || y0 >= y1 {
		return
	}
	first := p.Row(y0)[4*x0 : 4*x1]
	colour := uint32(r) | uint32(g)<<8 | uint32(b)<<16
	for i := 0; i < len(first); i += 4 {
		binary.LittleEndian.PutUint32(first[i:], colour)
	}
	for y := y0 + 1; y < y1; y++ {
		copy(p.Row(y)[4*x0:], first)
	}
}
