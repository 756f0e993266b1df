package pixel

// colourTable is a path's kernels of colour.
type colourTable struct {
	labFromRGB     func(l, a, b, pix []uint8)
	rgbFromLab     func(pix, l, a, b []uint8)
	limitHistogram func(bins *[256]uint32, h *histogram, limit int) (excess int)
	equalize       func(table *[256]uint8, sums *[256]uint32, scale float32)
	claheBlend     func(l []uint8, width int, fx, fy []float32, c *claheCell)
	shiftHSV       func(row []uint8, shift *hsvShift, even int)
}

var colourGo = colourTable{
	labFromRGB:     labFromRGBRef,
	rgbFromLab:     rgbFromLabRef,
	limitHistogram: limitHistogramRef,
	equalize:       equalizeRef,
	claheBlend:     claheBlendRef,
	shiftHSV:       shiftHSVRef,
}
