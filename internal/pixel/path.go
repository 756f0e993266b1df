package pixel

import "melanoma/internal/kernel"

// table is one path: a full set of kernels. Arguments have been checked.
type table struct {
	filterTable
	geometryTable
	colourTable
	resampleTable
	smoothTable
}

var goTable = table{
	filterTable:   goFilters,
	geometryTable: geometryGo,
	colourTable:   colourGo,
	resampleTable: resampleGo,
	smoothTable:   smoothGo,
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
