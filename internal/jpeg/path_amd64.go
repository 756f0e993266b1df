//go:build amd64 && !noasm

package jpeg

import "golang.org/x/sys/cpu"

// processorTables returns the assembly paths of this build.
func processorTables() map[string]*table {
	avx2 := table{
		transform:    transformAVX2,
		doubleAcross: doubleAcrossAVX2,
		doubleDown:   doubleDownAVX2,
		doubleBoth:   doubleBothAVX2,
		toRGB:        toRGBAVX2,
		toRGBA:       toRGBAAVX2,
	}
	avx512 := table{
		transform:    transformAVX512,
		doubleAcross: doubleAcrossAVX512,
		doubleDown:   doubleDownAVX512,
		doubleBoth:   doubleBothAVX512,
		toRGB:        toRGBAVX512,
		toRGBA:       toRGBAAVX512,
	}
	if !cpu.X86.HasAVX512VBMI {
		avx512.toRGB = toRGBAVX2
	}
	return map[string]*table{"avx2": &avx2, "avx512": &avx512}
}
