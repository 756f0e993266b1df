package pixel

// colourTable is a path's kernels of colour.
type colourTable struct {
	labFromRGB func(l, a, b, pix []uint8)
	rgbFromLab func(pix, l, a, b []uint8)
	claheBlend func(l []uint8, width int, fractions []float32, c *claheCell)
}

var colourGo = colourTable{
	labFromRGB: labFromRGBRef,
	rgbFromLab: rgbFromLabRef,
	claheBlend: claheBlendRef,
}
