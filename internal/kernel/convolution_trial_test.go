package kernel

import "testing"

var convolutionTrials = map[string]func(d *draw) *trial{
	"PackDepthwise": func(d *draw) *trial {
		return weightsTrial(d, PackDepthwise, func(dst, w []float32, from, to int) { dst[to] = w[from] })
	},
	"UnpackDepthwise": func(d *draw) *trial {
		return weightsTrial(d, UnpackDepthwise, func(dst, w []float32, from, to int) { dst[from] = w[to] })
	},
	"DepthwiseForward": func(d *draw) *trial {
		c, g := d.geometry(130)
		lo, hi := d.rows(g.OutH)
		return &trial{
			outs:  []buffer{d.reals(g.OutH * g.OutW * c)},
			ins:   []buffer{d.reals(g.InH * g.InW * c), d.reals(g.KH * g.KW * c)},
			run:   func(o, i [][]float32) { DepthwiseForward(o[0], i[0], i[1], g, c, lo, hi) },
			terms: g.KH * g.KW,
		}
	},
	"DepthwiseBackwardData": func(d *draw) *trial {
		c, g := d.geometry(130)
		lo, hi := d.rows(g.InH)
		return &trial{
			outs:  []buffer{d.reals(g.InH * g.InW * c)},
			ins:   []buffer{d.reals(g.OutH * g.OutW * c), d.reals(g.KH * g.KW * c)},
			run:   func(o, i [][]float32) { DepthwiseBackwardData(o[0], i[0], i[1], g, c, lo, hi) },
			terms: g.KH * g.KW,
		}
	},
	"DepthwiseBackwardWeights": func(d *draw) *trial {
		c, g := d.geometry(130)
		lo, hi := d.rows(g.OutH)
		return &trial{
			outs:  []buffer{d.reals(g.KH * g.KW * c)},
			ins:   []buffer{d.reals(g.InH * g.InW * c), d.reals(g.OutH * g.OutW * c)},
			run:   func(o, i [][]float32) { DepthwiseBackwardWeights(o[0], i[0], i[1], g, c, lo, hi) },
			terms: (hi - lo) * g.OutW,
		}
	},
}

// geometry draws a small convolution of 1 to channels channels; windows may
// lie wholly outside the image and outputs may leave inputs unread.
func (d *draw) geometry(channels int) (c int, g Geometry) {
	c = 1 + d.size(channels-1)
	g = Geometry{
		InH: 1 + d.size(7), InW: 1 + d.size(19), KH: 1 + d.size(4), KW: 1 + d.size(6),
		StrideH: 1 + d.size(2), StrideW: 1 + d.size(2), PadTop: d.size(5), PadLeft: d.size(7),
	}
	g.OutH = 1 + d.size((g.InH+g.PadTop)/g.StrideH+1)
	g.OutW = 1 + d.size((g.InW+g.PadLeft)/g.StrideW+1)
	return c, g
}

// rows draws a range of rows within [0,height].
func (d *draw) rows(height int) (lo, hi int) {
	hi = height - d.size(height)
	return d.size(hi), hi
}

// weightsTrial is of a kernel that reorders depthwise weights; move does it
// for one of them, at from in the layout of ONNX and at to in the packed one.
func weightsTrial(d *draw, run func(dst, w []float32, kh, kw, c int), move func(dst, w []float32, from, to int)) *trial {
	c, kh, kw := d.size(130), d.size(7), d.size(7)
	return &trial{
		outs: []buffer{d.reals(kh * kw * c)},
		ins:  []buffer{d.reals(kh * kw * c)},
		run:  func(o, i [][]float32) { run(o[0], i[0], kh, kw, c) },
		reference: func(o, i [][]float32) {
			for at := range i[0] {
				move(o[0], i[0], at, at%(kh*kw)*c+at/(kh*kw))
			}
		},
	}
}

func FuzzPackDepthwise(f *testing.F)            { fuzzKernel(f, "PackDepthwise") }
func FuzzUnpackDepthwise(f *testing.F)          { fuzzKernel(f, "UnpackDepthwise") }
func FuzzDepthwiseForward(f *testing.F)         { fuzzKernel(f, "DepthwiseForward") }
func FuzzDepthwiseBackwardData(f *testing.F)    { fuzzKernel(f, "DepthwiseBackwardData") }
func FuzzDepthwiseBackwardWeights(f *testing.F) { fuzzKernel(f, "DepthwiseBackwardWeights") }
