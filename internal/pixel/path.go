package pixel

import "melanoma/internal/kernel"

// table is one path: a full set of kernels. Arguments have been checked.
type table struct {
	filterTable
	geometryTable

	labFromRGB func(l, a, b, pix []uint8)
	rgbFromLab func(pix, l, a, b []uint8)
	claheBlend func(l []uint8, width int, fractions []float32, c *claheCell)
}

var goTable = table{
	filterTable:   goFilters,
	geometryTable: geometryGo,
	labFromRGB:    labFromRGBRef,
	rgbFromLab:    rgbFromLabRef,
	claheBlend:    claheBlendRef,
}

// tables holds the paths by the names of internal/kernel.
var tables = processorTables()

// active is the path that internal/kernel has selected.
func active() *table {
	if t, ok := tables[kernel.Selected()]; ok {
		return t
	}
	return &goTable
}
