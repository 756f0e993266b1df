package jpeg

import "melanoma/internal/kernel"

// table is one path: a full set of kernels. The comments of their references
// say what they compute.
type table struct {
	transform    func(dst []uint8, stride int, coef []int16, quant *[64]int16, quads int)
	doubleAcross func(dst, src []uint8, n int)
	doubleDown   func(dst, near, far []uint8, n, bias int)
	doubleBoth   func(dst, near, far []uint8, n int)
	toRGB        func(dst, y, cb, cr []uint8, n int)
	toRGBA       func(dst, y, cb, cr []uint8, n int)
}

var goTable = table{
	transform:    transformRef,
	doubleAcross: doubleAcrossRef,
	doubleDown:   doubleDownRef,
	doubleBoth:   doubleBothRef,
	toRGB:        toRGBRef,
	toRGBA:       toRGBARef,
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
