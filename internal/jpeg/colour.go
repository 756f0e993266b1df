package jpeg

// colours is what the components of a file mean.
type colours int

const (
	grey colours = iota
	ycc
	rgb
	cmyk
	ycck
)

// colours follows libjpeg: the JFIF segment counts before Adobe's, that
// before the numbers of the components.
func (d *Decoder) colours() colours {
	c := d.frame.components
	switch {
	case len(c) == 1:
		return grey
	case len(c) == 4 && d.adobe <= 0:
		return cmyk
	case len(c) == 4:
		return ycck
	case d.jfif || d.adobe > 0:
		return ycc
	case d.adobe == 0 || c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B':
		return rgb
	}
	return ycc
}

// convert writes n pixels of size bytes from the rows of the components. A
// fourth byte is 255.
func (d *Decoder) convert(dst []uint8, rows *[4][]uint8, n, size int, meaning colours) {
	if meaning == ycc || meaning == ycck {
		if size == 4 {
			d.kernel.toRGBA(dst, rows[0], rows[1], rows[2], n)
		} else {
			d.kernel.toRGB(dst, rows[0], rows[1], rows[2], n)
		}
		if meaning == ycc {
			return
		}
	}
	for i := range n {
		p := dst[size*i : size*i+size]
		switch meaning {
		case grey:
			p[0], p[1], p[2] = rows[0][i], rows[0][i], rows[0][i]
		case rgb:
			p[0], p[1], p[2] = rows[0][i], rows[1][i], rows[2][i]
		case cmyk:
			ink(p, rows[0][i], rows[1][i], rows[2][i], rows[3][i])
		case ycck: // libjpeg takes R, G, B for 255-C, 255-M, 255-Y
			ink(p, 255-p[0], 255-p[1], 255-p[2], rows[3][i])
		}
		if size == 4 {
			p[3] = 255
		}
	}
}

// ink converts C, M, Y, K to R, G, B as Pillow does: it takes all files for
// Adobe's, which hold 255 less the amount of ink.
func ink(dst []uint8, c, m, y, k uint8) {
	for i, v := range [3]uint8{c, m, y} {
		t := int(255-v)*int(k) + 128
		dst[i] = k - uint8((t>>8+t)>>8)
	}
}

// toRGBRef converts n pixels (JFIF 1.02, in integers of 16 bits' fraction).
// Vectors write pixels up to the next multiple of 32.
func toRGBRef(dst, y, cb, cr []uint8, n int) {
	dst, y, cb, cr = dst[:3*n], y[:n], cb[:n], cr[:n]
	for i := range y {
		p := dst[3*i : 3*i+3]
		p[0], p[1], p[2] = fromYCC(y[i], cb[i], cr[i])
	}
}

// toRGBARef does the same with a fourth byte of 255.
func toRGBARef(dst, y, cb, cr []uint8, n int) {
	dst, y, cb, cr = dst[:4*n], y[:n], cb[:n], cr[:n]
	for i := range y {
		p := dst[4*i : 4*i+4]
		p[0], p[1], p[2] = fromYCC(y[i], cb[i], cr[i])
		p[3] = 255
	}
}

func fromYCC(y, cb, cr uint8) (r, g, b uint8) {
	l, u, v := int32(y), int32(cb)-128, int32(cr)-128
	return clip(l + (91881*v+32768)>>16), clip(l + (-22554*u-46802*v+32768)>>16), clip(l + (116130*u+32768)>>16)
}
