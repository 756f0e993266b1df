//go:build amd64 && !noasm

package pixel

var colourAVX2 = colourTable{
	labFromRGB: labFromRGBIn(8, labFromRGBAVX2),
	rgbFromLab: rgbFromLabIn(8, rgbFromLabAVX2),
	claheBlend: claheBlendRef,
}

// colourAVX512 needs VBMI as well.
var colourAVX512 = colourTable{
	labFromRGB: labFromRGBIn(16, labFromRGBAVX512),
	rgbFromLab: rgbFromLabIn(16, rgbFromLabAVX512),
	claheBlend: claheBlendRef,
}

// labFromRGBIn makes a kernel of one that does whole blocks of pixels.
func labFromRGBIn(block int, kernel func(l, a, b, pix *uint8, blocks int, tables *uint8)) func(l, a, b, pix []uint8) {
	return func(l, a, b, pix []uint8) {
		blocks := len(l) / block
		if blocks > 0 {
			kernel(&l[0], &a[0], &b[0], &pix[0], blocks, &labTables.gammaLow[0])
		}
		done := blocks * block
		labFromRGBRef(l[done:], a[done:], b[done:], pix[4*done:])
	}
}

func rgbFromLabIn(block int, kernel func(pix, l, a, b *uint8, blocks int, tables *uint8)) func(pix, l, a, b []uint8) {
	return func(pix, l, a, b []uint8) {
		blocks := len(l) / block
		if blocks > 0 {
			kernel(&pix[0], &l[0], &a[0], &b[0], blocks, &labTables.gammaLow[0])
		}
		done := blocks * block
		rgbFromLabRef(pix[4*done:], l[done:], a[done:], b[done:])
	}
}
