package kernel

import "testing"

var normalizeTrials = map[string]func(d *draw) *trial{
	"NormalizeActivate": func(d *draw) *trial {
		return &newNormalizeTrial(d, 0, 1, 2, bounding, func(k *normalizeTrial, o, i [][]float32, act Activation) {
			NormalizeActivate(o[0], i[0], i[1], i[2], k.rows, k.c, act)
		}).trial
	},
	"NormalizeActivateInto": func(d *draw) *trial {
		var gap int
		k := newNormalizeTrial(d, 0, 1, 2, bounding, func(k *normalizeTrial, o, i [][]float32, act Activation) {
			NormalizeActivateInto(o[0], k.c+gap, i[0], i[1], i[2], k.rows, k.c, act)
		})
		gap = d.size(20)
		k.outs, k.alias = []buffer{d.matrix(k.rows, k.c, k.c+gap)}, nil
		return &k.trial
	},
	"NormalizeActivateScale": func(d *draw) *trial {
		return &newNormalizeTrial(d, 0, 1, 3, bounding, func(k *normalizeTrial, o, i [][]float32, act Activation) {
			NormalizeActivateScale(o[0], i[0], i[1], i[2], i[3], k.rows, k.c, act)
		}).trial
	},
	"NormalizeActivateSum": func(d *draw) *trial {
		return &newNormalizeTrial(d, 1, 1, 2, bounding, func(k *normalizeTrial, o, i [][]float32, act Activation) {
			NormalizeActivateSum(o[0], i[0], i[1], i[2], k.rows, k.c, act)
		}).trial
	},
	"NormalizeActivateDot": func(d *draw) *trial {
		return &newNormalizeTrial(d, 1, 2, 2, bounding, func(k *normalizeTrial, o, i [][]float32, act Activation) {
			NormalizeActivateDot(o[0], i[0], i[1], i[2], i[3], k.rows, k.c, act)
		}).trial
	},
	"NormalizeActivateBackwardSums": func(d *draw) *trial {
		k := newNormalizeTrial(d, 2, 2, 5, passing, func(k *normalizeTrial, o, i [][]float32, act Activation) {
			s, q := k.gate(i[5], i[6])
			NormalizeActivateBackwardSums(o[0], o[1], i[0], i[1], i[2], i[3], i[4], s, q, k.rows, k.c, act)
		})
		k.minus = []int{4}
		return &k.trial
	},
	"NormalizeActivateBackward": func(d *draw) *trial {
		return &newNormalizeTrial(d, 0, 2, 7, passing, func(k *normalizeTrial, o, i [][]float32, act Activation) {
			s, q := k.gate(i[7], i[8])
			NormalizeActivateBackward(o[0], i[0], i[1], i[2], i[3], i[4], i[5], i[6], s, q, k.rows, k.c, act)
		}).trial
	},
}

// normalizeTrial is a channelTrial with an activation and, maybe, a gate.
type normalizeTrial struct {
	*channelTrial
	gated bool
}

// newNormalizeTrial draws the arguments of run; largest returns the
// activation that gives the magnitudes behind its results.
func newNormalizeTrial(d *draw, sums, full, channels int, largest func(Activation) Activation, run func(k *normalizeTrial, o, i [][]float32, act Activation)) *normalizeTrial {
	k := &normalizeTrial{newChannelTrial(d, sums, full, channels), d.flag()}
	act := activationsTested[d.size(len(activationsTested)-1)]
	k.vanishing = act.Kind == SwishActivation
	k.run = func(o, i [][]float32) { run(k, o, i, act) }
	k.sizes = func(o, i [][]float32) { run(k, o, i, largest(act)) }
	return k
}

// gate returns s and q, or none.
func (k *normalizeTrial) gate(s, q []float32) ([]float32, []float32) {
	if k.gated {
		return s, q
	}
	return nil, nil
}

// bounding returns a function that is nowhere below the magnitude of act.
func bounding(act Activation) Activation {
	if act.Kind != ClipActivation {
		return Activation{}
	}
	lo := max(act.Lo, -act.Lo)
	return Activation{Kind: ClipActivation, Lo: lo, Hi: max(act.Hi, lo)}
}

// passing stands for the gradient of any activation: that of swish is at
// most 1.1.
func passing(Activation) Activation { return Activation{} }

func FuzzNormalizeActivate(f *testing.F)             { fuzzKernel(f, "NormalizeActivate") }
func FuzzNormalizeActivateInto(f *testing.F)         { fuzzKernel(f, "NormalizeActivateInto") }
func FuzzNormalizeActivateScale(f *testing.F)        { fuzzKernel(f, "NormalizeActivateScale") }
func FuzzNormalizeActivateSum(f *testing.F)          { fuzzKernel(f, "NormalizeActivateSum") }
func FuzzNormalizeActivateDot(f *testing.F)          { fuzzKernel(f, "NormalizeActivateDot") }
func FuzzNormalizeActivateBackwardSums(f *testing.F) { fuzzKernel(f, "NormalizeActivateBackwardSums") }
func FuzzNormalizeActivateBackward(f *testing.F)     { fuzzKernel(f, "NormalizeActivateBackward") }
