package kernel

import "testing"

var gemmTrials = map[string]func(d *draw) *trial{
	"PackB":  func(d *draw) *trial { return packTrial(d, false) },
	"PackBT": func(d *draw) *trial { return packTrial(d, true) },
	"GemmPacked": func(d *draw) *trial {
		k, n, m := d.size(130), d.size(40), d.size(30)
		lda, ldc, accumulate := d.overlapping(k), n+d.size(3), d.flag()
		return &trial{
			outs: []buffer{d.matrix(m, n, ldc)},
			ins:  []buffer{d.matrix(m, k, lda), d.reals(PackedLen(k, n))}, // values in place of the zeros that fill up a panel
			run: func(o, i [][]float32) {
				GemmPacked(o[0], ldc, i[0], lda, i[1], m, n, k, accumulate)
			},
			terms: k,
		}
	},
	"GemmTN": func(d *draw) *trial {
		m, n, k := d.size(130), d.size(40), d.size(30)
		lda, ldb, ldc, accumulate := d.overlapping(k), n+d.size(3), n+d.size(3), d.flag()
		return &trial{
			outs: []buffer{d.matrix(k, n, ldc)},
			ins:  []buffer{d.matrix(m, k, lda), d.matrix(m, n, ldb)},
			run: func(o, i [][]float32) {
				GemmTN(o[0], ldc, i[0], lda, i[1], ldb, m, n, k, accumulate)
			},
			terms: m,
		}
	},
}

// overlapping draws the row stride of a matrix whose rows may overlap.
func (d *draw) overlapping(cols int) int {
	if d.flag() {
		return 1 + d.size(cols)
	}
	return cols + d.size(3)
}

// packTrial compares PackB, or PackBT, with the layout that PackedLen tells.
func packTrial(d *draw, transposed bool) *trial {
	n, k := d.size(130), d.size(20)
	pack, rows, cols := PackB, k, n
	if transposed {
		pack, rows, cols = PackBT, n, k
	}
	ld := cols + d.size(3)
	return &trial{
		outs: []buffer{d.reals(PackedLen(k, n))},
		ins:  []buffer{d.matrix(rows, cols, ld)},
		run:  func(o, i [][]float32) { pack(o[0], i[0], k, n, ld) },
		reference: func(o, i [][]float32) {
			for at := range o[0] {
				panel, l, q := at/(PanelWidth*k), at/PanelWidth%k, at%PanelWidth
				j := panel*PanelWidth + q
				switch {
				case j >= n:
					o[0][at] = 0
				case transposed:
					o[0][at] = i[0][j*ld+l]
				default:
					o[0][at] = i[0][l*ld+j]
				}
			}
		},
	}
}

func FuzzPackB(f *testing.F)      { fuzzKernel(f, "PackB") }
func FuzzPackBT(f *testing.F)     { fuzzKernel(f, "PackBT") }
func FuzzGemmPacked(f *testing.F) { fuzzKernel(f, "GemmPacked") }
func FuzzGemmTN(f *testing.F)     { fuzzKernel(f, "GemmTN") }
