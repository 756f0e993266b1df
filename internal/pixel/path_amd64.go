//go:build amd64 && !noasm

package pixel

import "golang.org/x/sys/cpu"

// processorTables returns the assembly paths of this build.
func processorTables() map[string]*table {
	avx2 := goTable
	avx2.colourTable = colourAVX2
	avx2.geometryTable = geometryAVX2.table()
	avx2.resampleTable = resamplingAVX2
	avx2.smoothTable = smoothAVX2
	avx512 := avx2
	avx512.smoothTable = smoothAVX512
	avx512.resampleTable = resamplingAVX512
	avx512.geometryTable = geometryAVX512.table()
	if cpu.X86.HasAVX512VBMI {
		avx512.colourTable = colourAVX512
	}
	installFilters(&avx2, &avx512)
	return map[string]*table{"avx2": &avx2, "avx512": &avx512}
}
