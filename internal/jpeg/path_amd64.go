//go:build amd64 && !noasm

package jpeg

// processorTables returns the assembly paths of this build.
func processorTables() map[string]*table {
	avx2 := goTable
	avx512 := avx2
	return map[string]*table{"avx2": &avx2, "avx512": &avx512}
}
