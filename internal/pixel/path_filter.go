package pixel

// filterTable holds a path's kernels of loading, tables, noise, normalisation
// and filters. The *Ref functions say what each computes.
type filterTable struct {
	orientRow func(dst, src []uint8, bytes int, reverse bool, table *[256]uint8)
	transpose func(dst *Picture, src plane, o Orientation, table *[256]uint8)
	store     func(rgb, src []uint8)
	lookup    func(pix []uint8, table *[256]uint8)
	normalize func(dst []float32, src []uint8, mean, rate [3]float32)
	addNoise  func(pix []uint8, state uint64, sigma float32)

	sortRows3, sortRows5             func(ranks []uint8, stride int, rows *[5][]uint8)
	mergeRanks3, mergeRanks5         func(dst, ranks []uint8, stride int)
	gaussianDown3, gaussianDown5     func(sums []uint16, rows *[5][]uint8)
	gaussianAcross3, gaussianAcross5 func(dst []uint8, sums []uint16)
	meanRows                         func(dst []uint8, rows *[5][]uint8, n int)
}

var goFilters = filterTable{
	orientRow:       orientRowRef,
	transpose:       transposeRef,
	store:           storeRef,
	lookup:          lookupRef,
	normalize:       normalizeRef,
	addNoise:        addNoiseRef,
	sortRows3:       sortRowsWords(3),
	sortRows5:       sortRowsWords(5),
	mergeRanks3:     mergeRanksWords(3),
	mergeRanks5:     mergeRanksWords(5),
	gaussianDown3:   gaussianDown3Ref,
	gaussianDown5:   gaussianDown5Ref,
	gaussianAcross3: gaussianAcross3Ref,
	gaussianAcross5: gaussianAcross5Ref,
	meanRows:        meanRowsRef,
}
