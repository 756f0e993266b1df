package kernel

import "testing"

var channelTrials = map[string]func(d *draw) *trial{
	"ChannelSum": func(d *draw) *trial {
		s := newChannelTrial(d, 1, 1, 0)
		s.run = func(o, i [][]float32) { ChannelSum(o[0], i[0], s.rows, s.c) }
		return &s.trial
	},
	"ChannelCenteredSquares": func(d *draw) *trial {
		s := newChannelTrial(d, 1, 1, 1)
		s.minus = []int{1}
		s.run = func(o, i [][]float32) { ChannelCenteredSquares(o[0], i[0], i[1], s.rows, s.c) }
		return &s.trial
	},
	"ChannelMoments": func(d *draw) *trial {
		s := newChannelTrial(d, 2, 1, 1)
		s.minus = []int{1}
		s.run = func(o, i [][]float32) { ChannelMoments(o[0], o[1], i[0], i[1], s.rows, s.c) }
		return &s.trial
	},
	"ChannelDot2": func(d *draw) *trial {
		s := newChannelTrial(d, 2, 2, 2)
		s.minus = []int{2}
		s.run = func(o, i [][]float32) { ChannelDot2(o[0], o[1], i[0], i[1], i[2], i[3], s.rows, s.c) }
		return &s.trial
	},
	"ChannelMulSum": func(d *draw) *trial {
		s := newChannelTrial(d, 1, 2, 0)
		s.run = func(o, i [][]float32) { ChannelMulSum(o[0], i[0], i[1], s.rows, s.c) }
		return &s.trial
	},
	"ChannelAffine": func(d *draw) *trial {
		s := newChannelTrial(d, 0, 1, 2)
		s.run = func(o, i [][]float32) { ChannelAffine(o[0], i[0], i[1], i[2], s.rows, s.c) }
		return &s.trial
	},
	"BatchNormBackward": func(d *draw) *trial {
		s := newChannelTrial(d, 0, 2, 3)
		s.run = func(o, i [][]float32) { BatchNormBackward(o[0], i[0], i[1], i[2], i[3], i[4], s.rows, s.c) }
		return &s.trial
	},
	"ScaleChannels": func(d *draw) *trial {
		s := newChannelTrial(d, 0, 1, 1)
		s.run = func(o, i [][]float32) { ScaleChannels(o[0], i[0], i[1], s.rows, s.c) }
		return &s.trial
	},
	"AddBias": func(d *draw) *trial {
		s := newChannelTrial(d, 0, 1, 1)
		s.run = func(o, i [][]float32) { AddBias(o[0], i[0], i[1], s.rows, s.c) }
		return &s.trial
	},
}

// channelTrial is of a kernel whose inputs are some [rows,c], then some [c].
type channelTrial struct {
	trial
	rows, c int
}

// newChannelTrial draws the arguments of a kernel that adds to sums [c] or,
// without any, writes [rows,c], which may then share the inputs of that
// shape. Few channels come with more rows than a block has.
func newChannelTrial(d *draw, sums, full, channels int) *channelTrial {
	c := d.size(130)
	k := &channelTrial{c: c, rows: d.size(min(40+4000/(c+1), 600))}
	k.terms = k.rows
	k.ins = append(d.several(full, k.rows*c), d.several(channels, c)...)
	k.outs = d.several(sums, c)
	if sums == 0 {
		k.outs = d.several(1, k.rows*c)
		for i := range full {
			k.alias = append(k.alias, i)
		}
	}
	return k
}

func FuzzChannelSum(f *testing.F)             { fuzzKernel(f, "ChannelSum") }
func FuzzChannelCenteredSquares(f *testing.F) { fuzzKernel(f, "ChannelCenteredSquares") }
func FuzzChannelMoments(f *testing.F)         { fuzzKernel(f, "ChannelMoments") }
func FuzzChannelDot2(f *testing.F)            { fuzzKernel(f, "ChannelDot2") }
func FuzzChannelMulSum(f *testing.F)          { fuzzKernel(f, "ChannelMulSum") }
func FuzzChannelAffine(f *testing.F)          { fuzzKernel(f, "ChannelAffine") }
func FuzzBatchNormBackward(f *testing.F)      { fuzzKernel(f, "BatchNormBackward") }
func FuzzScaleChannels(f *testing.F)          { fuzzKernel(f, "ScaleChannels") }
func FuzzAddBias(f *testing.F)                { fuzzKernel(f, "AddBias") }
