package kernel

import (
	"slices"
	"testing"
)

var bfloat16Trials = map[string]func(d *draw) *trial{
	"ToBFloat16": toBFloat16Trial,
	"PackBF16T":  packBF16Trial,
	"GemmBF16":   gemmBF16Trial,
}

// halves is a slice of bfloat16 between guard bands of NaN; until written to
// it has NaN itself.
type halves struct {
	all    []BFloat16
	offset int
	data   []BFloat16
}

const halfCanary BFloat16 = 0x7fde

func newHalves(n, shift int) halves {
	h := halves{all: slices.Repeat([]BFloat16{halfCanary}, 2*guard+n+32), offset: guard + shift%32}
	h.data = h.all[h.offset:][:n:n]
	return h
}

// newRows is a matrix of the first k elements of each row of x, in rows of
// stride ld with a zero after an odd k.
func newRows(x []float32, rows, k, ld, shift int) halves {
	if rows == 0 {
		return newHalves(0, shift)
	}
	h := newHalves((rows-1)*ld+evenUp(k), shift)
	for i := range rows {
		for l, v := range x[i*ld:][:k] {
			h.data[i*ld+l] = bfloat16(v)
		}
		clear(h.data[i*ld+k:][:evenUp(k)-k])
	}
	return h
}

// widen writes the numbers to y. It panics if a canary died.
func (h halves) widen(y []float32) {
	for i, v := range h.all {
		if (i < h.offset || i >= h.offset+len(h.data)) && v != halfCanary {
			panic("wrote outside")
		}
	}
	for i, v := range h.data {
		y[i] = v.Float32()
	}
}

func toBFloat16Trial(d *draw) *trial {
	n, place := d.size(255), d.size(31)
	return &trial{
		outs: d.several(1, n), ins: d.several(1, n),
		run: func(o, i [][]float32) {
			place++ // somewhere else in each call
			dst := newHalves(n, place)
			ToBFloat16(dst.data, i[0])
			dst.widen(o[0])
		},
	}
}

// packBF16Trial compares with the layout that the comment of PackBF16T tells.
func packBF16Trial(d *draw) *trial {
	n, k := d.size(130), d.size(20)
	ld, deep := k+d.size(3), evenUp(k)
	return &trial{
		outs: []buffer{d.reals(PackedBF16Len(k, n))},
		ins:  []buffer{d.matrix(n, k, ld)},
		run: func(o, i [][]float32) {
			dst := newHalves(PackedBF16Len(k, n), n)
			PackBF16T(dst.data, i[0], k, n, ld)
			dst.widen(o[0])
		},
		reference: func(o, i [][]float32) {
			for at := range o[0] {
				panel, in := at/(PanelWidth*deep), at%(PanelWidth*deep)
				pair, q, second := in/(2*PanelWidth), in/2%PanelWidth, in%2
				j, l := panel*PanelWidth+q, 2*pair+second
				o[0][at] = 0
				if j < n && l < k {
					o[0][at] = bfloat16(i[0][j*ld+l]).Float32()
				}
			}
		},
	}
}

// gemmBF16Trial has the factors as float32, of which each call makes
// bfloat16. NaN takes the place of the zeros that fill up a panel.
func gemmBF16Trial(d *draw) *trial {
	k, n, m := d.size(300), d.size(40), d.size(30)
	lda, ldc, accumulate, place := evenUp(k)+2*d.size(2), n+d.size(3), d.flag(), d.size(31)
	if k%2 == 0 && d.flag() {
		lda = 2 + 2*d.size(k/2) // rows overlap
	}
	return &trial{
		outs: []buffer{d.matrix(m, n, ldc)},
		ins:  []buffer{d.matrix(m, k, lda), d.matrix(n, k, k)},
		run: func(o, i [][]float32) {
			place++
			a, packed := newRows(i[0], m, k, lda, place), newHalves(PackedBF16Len(k, n), 2*place)
			PackBF16T(packed.data, i[1], k, n, k)
			for at := (n - n%PanelWidth) * evenUp(k); at < len(packed.data); at++ {
				if at/2%PanelWidth >= n%PanelWidth {
					packed.data[at] = halfCanary
				}
			}
			before := [][]BFloat16{slices.Clone(a.all), slices.Clone(packed.all)}
			GemmBF16(o[0], ldc, a.data, lda, packed.data, m, n, k, accumulate)
			if !slices.Equal(a.all, before[0]) || !slices.Equal(packed.all, before[1]) {
				panic("input changed")
			}
		},
		terms:     k,
		vanishing: true, // a subnormal counts as zero
	}
}

func FuzzToBFloat16(f *testing.F) { fuzzKernel(f, "ToBFloat16") }
func FuzzPackBF16T(f *testing.F)  { fuzzKernel(f, "PackBF16T") }
func FuzzGemmBF16(f *testing.F)   { fuzzKernel(f, "GemmBF16") }
