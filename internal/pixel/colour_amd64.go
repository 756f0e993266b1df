//go:build amd64 && !noasm

package pixel

var colourAVX2 = colourTable{
	labFromRGB:     labFromRGBIn(8, labFromRGBAVX2),
	rgbFromLab:     rgbFromLabIn(8, rgbFromLabAVX2),
	limitHistogram: limitHistogramIn(limitHistogramAVX2),
	equalize:       equalizeIn(equalizeAVX2),
	claheBlend:     claheBlendGather,
	shiftHSV:       shiftHSVIn(8, shiftHSVAVX2, shiftHSVTailAVX2),
}

// colourAVX512 needs VBMI as well.
var colourAVX512 = colourTable{
	labFromRGB:     labFromRGBIn(16, labFromRGBAVX512),
	rgbFromLab:     rgbFromLabIn(16, rgbFromLabAVX512),
	limitHistogram: limitHistogramIn(limitHistogramAVX512),
	equalize:       equalizeIn(equalizeAVX512),
	claheBlend:     claheBlendPermutes,
	shiftHSV:       shiftHSVIn(16, shiftHSVAVX512, shiftHSVTailAVX512),
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

func limitHistogramIn(kernel func(bins, counts *uint32, limit int32) (excess int32)) func(bins *[256]uint32, h *histogram, limit int) (excess int) {
	return func(bins *[256]uint32, h *histogram, limit int) (excess int) {
		return int(kernel(&bins[0], &h[0][0], int32(limit)))
	}
}

func equalizeIn(kernel func(table *uint8, sums *uint32, scale float32)) func(table *[256]uint8, sums *[256]uint32, scale float32) {
	return func(table *[256]uint8, sums *[256]uint32, scale float32) { kernel(&table[0], &sums[0], scale) }
}

func claheBlendPermutes(l []uint8, width int, fx, fy []float32, c *claheCell) {
	t := &c.tables
	claheBlendAVX512(&l[c.y0*width+c.x0], width, c.x1-c.x0, c.y1-c.y0, &fx[c.x0], &fy[c.y0], &t[0][0], &t[1][0], &t[2][0], &t[3][0])
}

// claheBlendGather leaves the last columns that make no block to the
// reference.
func claheBlendGather(l []uint8, width int, fx, fy []float32, c *claheCell) {
	blocks := (c.x1 - c.x0) / 8
	if blocks > 0 {
		for i := range c.packed {
			c.packed[i] = uint32(c.tables[0][i]) | uint32(c.tables[1][i])<<8 | uint32(c.tables[2][i])<<16 | uint32(c.tables[3][i])<<24
		}
		claheBlendAVX2(&l[c.y0*width+c.x0], width, blocks, c.y1-c.y0, &fx[c.x0], &fy[c.y0], &c.packed[0])
	}
	first := c.x0
	c.x0 += 8 * blocks
	claheBlendRef(l, width, fx, fy, c)
	c.x0 = first
}

// shiftHSVIn leaves to the reference shifts whose tables do not add the same
// number everywhere. There are whole blocks of even pixels.
func shiftHSVIn(block int, evens, odds func(pix *uint8, blocks int, hue, saturation, value float32)) func(row []uint8, shift *hsvShift, even int) {
	return func(row []uint8, shift *hsvShift, even int) {
		if !shift.uniform {
			shiftHSVRef(row, shift, even)
			return
		}
		hue, saturation, value := float32(4096*shift.addHue+2048), float32(4096*shift.addSaturation+2048), float32(shift.addValue)
		if even > 0 {
			evens(&row[0], even/block, hue, saturation, value)
		}
		if rest := row[4*even:]; len(rest) > 0 {
			copy(shift.tail[:], rest)
			odds(&shift.tail[0], len(shift.tail)/4/block, hue, saturation, value)
			copy(rest, shift.tail[:])
		}
	}
}
