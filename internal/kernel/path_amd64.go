//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

// processorTables returns the assembly paths that this processor and its
// operating system can run, fastest first.
func processorTables() []*table {
	x := &cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA && x.HasBMI2
	var found []*table
	if avx2 && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
		found = append(found, avx512Table())
	}
	if avx2 {
		found = append(found, avx2Table())
	}
	return found
}

func avx2Table() *table {
	t := goTable
	t.name = "avx2"
	gemmAVX2.install(&t)
	depthwiseAVX2.install(&t)
	return &t
}

func avx512Table() *table {
	t := goTable
	t.name = "avx512"
	gemmAVX512.install(&t)
	depthwiseAVX512.install(&t)
	return &t
}
