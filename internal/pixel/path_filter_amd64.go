//go:build amd64 && !noasm

package pixel

import "golang.org/x/sys/cpu"

// installFilters puts the family's assembly in place. Rows shorter than a
// vector are left to the reference.
func installFilters(avx2, avx512 *table) {
	avx2.filterTable = filterTable{
		orientRow:       orientRowFor(8, orientAVX2),
		transpose:       transposeFor(8, transposeAVX2, lookupFor(64, lookupAVX2)),
		store:           storeFor(8, storeAVX2),
		lookup:          lookupFor(64, lookupAVX2),
		normalize:       normalizeFor(8, func(dst []float32, src []uint8, m, r [3]float32) { normalizeAVX2(dst, src, &m, &r) }),
		addNoise:        addNoiseFor(8, func(pix []uint8, s uint64, n normalTable) { addNoiseAVX2(pix, s, (*[96]float32)(&n)) }),
		sortRows3:       sortRowsFor(3, 32, sortRows3AVX2),
		sortRows5:       sortRowsFor(5, 32, sortRows5AVX2),
		mergeRanks3:     mergeRanksFor(3, 32, mergeRanks3AVX2),
		mergeRanks5:     mergeRanksFor(5, 32, mergeRanks5AVX2),
		gaussianDown3:   downFor(16, gaussianDown3AVX2, gaussianDown3Ref),
		gaussianDown5:   downFor(16, gaussianDown5AVX2, gaussianDown5Ref),
		gaussianAcross3: acrossFor(16, gaussianAcross3AVX2, gaussianAcross3Ref),
		gaussianAcross5: acrossFor(16, gaussianAcross5AVX2, gaussianAcross5Ref),
		meanRows:        meanRowsFor(16, mean2RowsAVX2, mean3RowsAVX2, mean4RowsAVX2, mean5RowsAVX2),
	}
	t := avx2.filterTable
	if cpu.X86.HasAVX512VBMI {
		t.orientRow = orientRowFor(16, orientAVX512)
		t.transpose = transposeFor(16, transposeAVX512, nil)
		t.store = storeFor(16, storeAVX512)
		t.lookup = lookupFor(128, lookupAVX512)
		t.normalize = normalizeFor(16, func(dst []float32, src []uint8, m, r [3]float32) { normalizeAVX512(dst, src, &m, &r) })
	}
	t.addNoise = addNoiseFor(16, func(pix []uint8, s uint64, n normalTable) { addNoiseAVX512(pix, s, (*[96]float32)(&n)) })
	t.sortRows3 = sortRowsFor(3, 64, sortRows3AVX512)
	t.sortRows5 = sortRowsFor(5, 64, sortRows5AVX512)
	t.mergeRanks3 = mergeRanksFor(3, 64, mergeRanks3AVX512)
	t.mergeRanks5 = mergeRanksFor(5, 64, mergeRanks5AVX512)
	t.gaussianDown3 = downFor(32, gaussianDown3AVX512, gaussianDown3Ref)
	t.gaussianDown5 = downFor(32, gaussianDown5AVX512, gaussianDown5Ref)
	t.gaussianAcross3 = acrossFor(32, gaussianAcross3AVX512, gaussianAcross3Ref)
	t.gaussianAcross5 = acrossFor(32, gaussianAcross5AVX512, gaussianAcross5Ref)
	t.meanRows = meanRowsFor(32, mean2RowsAVX512, mean3RowsAVX512, mean4RowsAVX512, mean5RowsAVX512)
	avx512.filterTable = t
}

func storeFor(pixels int, kernel func(rgb, src []uint8)) func(rgb, src []uint8) {
	return func(rgb, src []uint8) {
		if len(src) < 4*pixels {
			storeRef(rgb, src)
			return
		}
		kernel(rgb, src)
	}
}

// lookupFor leaves what is less than the kernel's step to the reference.
func lookupFor(step int, kernel func(pix []uint8, table *[256]uint8)) func(pix []uint8, table *[256]uint8) {
	return func(pix []uint8, table *[256]uint8) {
		kernel(pix, table)
		lookupRef(pix[len(pix)/step*step:], table)
	}
}

func normalizeFor(pixels int, kernel func(dst []float32, src []uint8, mean, rate [3]float32)) func([]float32, []uint8, [3]float32, [3]float32) {
	return func(dst []float32, src []uint8, mean, rate [3]float32) {
		if len(src) < 4*pixels {
			normalizeRef(dst, src, mean, rate)
			return
		}
		kernel(dst, src, mean, rate)
	}
}

func addNoiseFor(pixels int, kernel func(pix []uint8, state uint64, normal normalTable)) func([]uint8, uint64, float32) {
	return func(pix []uint8, state uint64, sigma float32) {
		normal := scaledCubics(sigma)
		kernel(pix, state, normal)
		done := len(pix) / (4 * pixels) * pixels
		addNumbers(pix[4*done:], state+uint64(done)*weyl, &normal)
	}
}

func sortRowsFor(k, vector int, kernel func(ranks []uint8, stride int, rows *[5][]uint8)) func([]uint8, int, *[5][]uint8) {
	short := sortRowsRef(k)
	return func(ranks []uint8, stride int, rows *[5][]uint8) {
		if len(rows[0]) < vector {
			short(ranks, stride, rows)
			return
		}
		kernel(ranks, stride, rows)
	}
}

func mergeRanksFor(k, vector int, kernel func(dst, ranks []uint8, stride int)) func([]uint8, []uint8, int) {
	short := mergeRanksRef(k)
	return func(dst, ranks []uint8, stride int) {
		if len(dst) < vector {
			short(dst, ranks, stride)
			return
		}
		kernel(dst, ranks, stride)
	}
}

func downFor(vector int, kernel, short func(sums []uint16, rows *[5][]uint8)) func([]uint16, *[5][]uint8) {
	return func(sums []uint16, rows *[5][]uint8) {
		if len(sums) < vector {
			short(sums, rows)
			return
		}
		kernel(sums, rows)
	}
}

func acrossFor(vector int, kernel, short func(dst []uint8, sums []uint16)) func([]uint8, []uint16) {
	return func(dst []uint8, sums []uint16) {
		if len(dst) < vector {
			short(dst, sums)
			return
		}
		kernel(dst, sums)
	}
}

// meanRowsFor takes the kernels of two rows and more.
func meanRowsFor(vector int, kernels ...func(dst []uint8, rows *[5][]uint8)) func([]uint8, *[5][]uint8, int) {
	return func(dst []uint8, rows *[5][]uint8, n int) {
		switch {
		case n == 1:
			copy(dst, rows[0])
		case len(dst) < vector:
			meanRowsRef(dst, rows, n)
		default:
			kernels[n-2](dst, rows)
		}
	}
}
