package kernel

import (
	"math"
	"slices"
	"testing"
)

var rowTrials = map[string]func(d *draw) *trial{
	"LayerNorm": func(d *draw) *trial {
		k := newRowTrial(d, 0, 1, 2)
		k.run = func(o, i [][]float32) { LayerNorm(o[0], i[0], i[1], i[2], k.rows, k.c, k.eps) }
		k.sizes = func(o, i [][]float32) {
			k.each(0, func(at, ch int, s spread) { o[0][at] = float32(s.d*s.rstd)*i[1][ch] + i[2][ch] })
		}
		return &k.trial
	},
	"LayerNormBackward": func(d *draw) *trial {
		k := newRowTrial(d, 0, 2, 1)
		k.run = func(o, i [][]float32) { LayerNormBackward(o[0], i[0], i[1], i[2], k.rows, k.c, k.eps) }
		k.sizes = func(o, i [][]float32) {
			plain, along := make([]float64, k.rows), make([]float64, k.rows)
			k.each(1, func(at, ch int, s spread) {
				g := float64(i[0][at]) * float64(i[2][ch]) / float64(k.c)
				plain[at/k.c] += g
				along[at/k.c] += g * s.d * s.rstd
			})
			k.each(1, func(at, ch int, s spread) {
				g := float64(i[0][at]) * float64(i[2][ch])
				o[0][at] = float32(s.rstd * (g + plain[at/k.c] + s.d*s.rstd*along[at/k.c]))
			})
		}
		return &k.trial
	},
	"LayerNormBackwardSums": func(d *draw) *trial {
		k := newRowTrial(d, 2, 2, 0)
		k.terms = k.rows + k.c
		k.run = func(o, i [][]float32) { LayerNormBackwardSums(o[0], o[1], i[0], i[1], k.rows, k.c, k.eps) }
		k.sizes = func(o, i [][]float32) {
			k.each(1, func(at, ch int, s spread) {
				o[0][ch] += float32(float64(i[0][at]) * s.d * s.rstd)
				o[1][ch] += i[0][at]
			})
		}
		return &k.trial
	},
	"Softmax": func(d *draw) *trial {
		k := newRowTrial(d, 0, 1, 0)
		k.run = func(o, i [][]float32) { Softmax(o[0], i[0], k.rows, k.c) }
		k.sizes = func(o, _ [][]float32) {
			softmaxRef(o[0], k.ins[0].data, k.rows, k.c)
			for at := 0; at < len(o[0]); at += k.c {
				row := o[0][at : at+k.c]
				top := slices.Max(row)
				for i := range row {
					row[i] = top
				}
			}
		}
		return &k.trial
	},
	"SoftmaxBackward": func(d *draw) *trial {
		k := newRowTrial(d, 0, 2, 0)
		k.run = func(o, i [][]float32) { SoftmaxBackward(o[0], i[0], i[1], k.rows, k.c) }
		k.sizes = func(o, i [][]float32) {
			for at := range o[0] {
				sum, first := float32(0), at/k.c*k.c
				for j := first; j < first+k.c; j++ {
					sum += i[0][j] * i[1][j]
				}
				o[0][at] = i[1][at] * (i[0][at] + sum)
			}
		}
		return &k.trial
	},
}

// rowTrial is a channelTrial of a kernel that sums along rows.
type rowTrial struct {
	*channelTrial
	eps float32
}

func newRowTrial(d *draw, sums, full, channels int) *rowTrial {
	k := &rowTrial{newChannelTrial(d, sums, full, channels), []float32{1e-6, 1e-5, 1e-3}[d.size(2)]}
	k.terms = k.c
	return k
}

// spread is what the tolerances of LayerNorm call d, and rstd.
type spread struct{ d, rstd float64 }

// each calls f for each element of an input as it was drawn.
func (k *rowTrial) each(input int, f func(at, ch int, s spread)) {
	for r := range k.rows {
		x := k.ins[input].data[r*k.c:][:k.c]
		mean, rstd := layerMoments(x, k.eps)
		var distance, size float64
		for _, v := range x {
			distance += math.Abs(float64(v)-mean) / float64(k.c)
			size += math.Abs(float64(v)) / float64(k.c)
		}
		for i, v := range x {
			f(r*k.c+i, i, spread{math.Abs(float64(v)-mean) + distance + 0x1p-20*size, rstd})
		}
	}
}

func FuzzLayerNorm(f *testing.F)             { fuzzKernel(f, "LayerNorm") }
func FuzzLayerNormBackward(f *testing.F)     { fuzzKernel(f, "LayerNormBackward") }
func FuzzLayerNormBackwardSums(f *testing.F) { fuzzKernel(f, "LayerNormBackwardSums") }
func FuzzSoftmax(f *testing.F)               { fuzzKernel(f, "Softmax") }
func FuzzSoftmaxBackward(f *testing.F)       { fuzzKernel(f, "SoftmaxBackward") }
