package pixel

// colourTable is a path's kernels of colour.
type colourTable struct {
	labFromRGB func(l, a, b, pix []uint8)
	rgbFromLab func(pix, l, a, b []uint8)
	claheBlend func(l []uint8, width int, fx, fy []float32, c *claheCell)
	shiftHSV   func(row []uint8, shift *hsvShift, even int)
}

var colourGo = colourTable{
	labFromRGB: labFromRGBRef,
	rgbFromLab: rgbFromLabRef,
	claheBlend: claheBlendRef,
	shiftHSV:   shiftHSVRef,
}
