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

// convert writes n pixels from the rows of the components.
func (d *Decoder) convert(dst []uint8, rows *[4][]uint8, n int, meaning colours) {
	switch meaning {
	case grey:
		for i, v := range rows[0][:n] {
			dst[3*i], dst[3*i+1], dst[3*i+2] = v, v, v
		}
	case rgb:
		r, g, b := rows[0][:n], rows[1][:n], rows[2][:n]
		for i := range n {
			dst[3*i], dst[3*i+1], dst[3*i+2] = r[i], g[i], b[i]
		}
	case ycc:
		d.kernel.toRGB(dst, rows[0], rows[1], rows[2], n)
	case cmyk:
		for i := range n {
			ink(dst[3*i:], rows[0][i], rows[1][i], rows[2][i], rows[3][i])
		}
	case ycck:
		d.kernel.toRGB(dst, rows[0], rows[1], rows[2], n)
		for i := range n { // libjpeg takes R, G, B for 255-C, 255-M, 255-Y
			p := dst[3*i : 3*i+3]
			ink(p, 255-p[0], 255-p[1], 255-p[2], rows[3][i])
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
// Vectors write up to slack bytes more than 3n.
func toRGBRef(dst, y, cb, cr []uint8, n int) {
	for i := range n {
		l, b, r := int32(y[i]), int32(cb[i])-128, int32(cr[i])-128
		dst[3*i] = clip(l + (91881*r+32768)>>16)
		dst[3*i+1] = clip(l + (-22554*b-46802*r+32768)>>16)
		dst[3*i+2] = clip(l + (116130*b+32768)>>16)
	}
}

func clip(v int32) uint8 { return uint8(min(max(v, 0), 255)) }
