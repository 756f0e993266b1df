package kernel

import "testing"

var poolTrials = map[string]func(d *draw) *trial{
	"MaxPool": func(d *draw) *trial {
		c, g := d.windows()
		lo, hi := d.rows(g.OutH)
		return &trial{
			outs: []buffer{d.reals((hi - lo) * g.OutW * c)},
			ins:  []buffer{d.reals(g.InH * g.InW * c)},
			run:  func(o, i [][]float32) { MaxPool(o[0], i[0], g, c, lo, hi) },
		}
	},
	"MaxPoolBackward": func(d *draw) *trial {
		c, g := d.windows()
		x, y := d.reals(g.InH*g.InW*c), newBuffer(g.OutH*g.OutW*c, 1)
		MaxPool(y.data, x.data, g, c, 0, g.OutH)
		return &trial{
			outs: []buffer{d.reals(len(x.data)), d.reals(c)},
			ins:  []buffer{d.reals(len(y.data)), x, y},
			run:  func(o, i [][]float32) { MaxPoolBackward(o[0], o[1], i[0], i[1], i[2], g, c) },
		}
	},
	"AveragePool": func(d *draw) *trial {
		c, g := d.windows()
		lo, hi := d.rows(g.OutH)
		return &trial{
			outs:  []buffer{d.reals((hi - lo) * g.OutW * c)},
			ins:   []buffer{d.reals(g.InH * g.InW * c), d.reals(g.OutH * g.OutW)},
			run:   func(o, i [][]float32) { AveragePool(o[0], i[0], i[1], g, c, lo, hi) },
			terms: g.KH * g.KW,
		}
	},
	"AveragePoolBackward": func(d *draw) *trial {
		c, g := d.windows()
		return &trial{
			outs:  []buffer{d.reals(g.InH * g.InW * c)},
			ins:   []buffer{d.reals(g.OutH * g.OutW * c), d.reals(g.OutH * g.OutW)},
			run:   func(o, i [][]float32) { AveragePoolBackward(o[0], i[0], i[1], g, c) },
			terms: g.KH * g.KW,
		}
	},
}

// windows draws a small pooling: every window holds a part of the image.
func (d *draw) windows() (c int, g Geometry) {
	c, g = d.geometry(130)
	g.PadTop, g.PadLeft = min(g.PadTop, g.KH-1), min(g.PadLeft, g.KW-1)
	g.OutH = min(g.OutH, (g.InH-1+g.PadTop)/g.StrideH+1)
	g.OutW = min(g.OutW, (g.InW-1+g.PadLeft)/g.StrideW+1)
	return c, g
}

func FuzzMaxPool(f *testing.F)             { fuzzKernel(f, "MaxPool") }
func FuzzMaxPoolBackward(f *testing.F)     { fuzzKernel(f, "MaxPoolBackward") }
func FuzzAveragePool(f *testing.F)         { fuzzKernel(f, "AveragePool") }
func FuzzAveragePoolBackward(f *testing.F) { fuzzKernel(f, "AveragePoolBackward") }
