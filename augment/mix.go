package augment

import (
	"fmt"
	"math"
)

// MixConfig says how the pictures of a batch are mixed with one another, in
// pairs: by mixup (Zhang et al. 2018, arXiv 1710.09412), which blends two
// pictures, or by CutMix (Yun et al. 2019, arXiv 1905.04899), which swaps a box
// between them. The two targets are mixed by the same share. Both papers mix a
// batch with a permutation of itself and one share; here every pair has a draw
// of its own.
type MixConfig struct {
	P           float64 `yaml:"p" json:"p"`                       // probability that a pair is mixed; 0: none is
	MixupAlpha  float64 `yaml:"mixup_alpha" json:"mixup_alpha"`   // the share is Beta(alpha, alpha); 0: no mixup; the paper's ImageNet: 0.2
	CutMixAlpha float64 `yaml:"cutmix_alpha" json:"cutmix_alpha"` // the box leaves a share Beta(alpha, alpha); 0: no CutMix; the paper's: 1
	CutMixShare float64 `yaml:"cutmix_share" json:"cutmix_share"` // of the mixed pairs, where both are on
}

// DefaultMix mixes nothing; with P set it takes the papers' alphas, each as
// often as the other.
func DefaultMix() MixConfig { return MixConfig{MixupAlpha: 0.2, CutMixAlpha: 1, CutMixShare: 0.5} }

// Validate reports the first value outside its range as a *ConfigError.
func (c MixConfig) Validate() error {
	for _, v := range []struct {
		key   string
		value float64
		most  float64
		what  string
	}{
		{"p", c.P, 1, "a probability"},
		{"mixup_alpha", c.MixupAlpha, 1000, "0 for no mixup, or the parameter of a Beta distribution such as 0.2"},
		{"cutmix_alpha", c.CutMixAlpha, 1000, "0 for no CutMix, or the parameter of a Beta distribution such as 1"},
		{"cutmix_share", c.CutMixShare, 1, "a share of the mixed pairs"},
	} {
		if !(v.value >= 0 && v.value <= v.most) {
			return &ConfigError{"mix." + v.key, fmt.Sprintf("is %g, but must lie in [0, %g]", v.value, v.most), v.what}
		}
	}
	if c.P > 0 && c.MixupAlpha == 0 && c.CutMixAlpha == 0 {
		return &ConfigError{"mix.p", fmt.Sprintf("is %g, but mixup_alpha and cutmix_alpha are both 0", c.P), "set one of them above 0, or p to 0"}
	}
	return nil
}

// Mix is what one pair of pictures gets.
type Mix struct {
	Share float64 `json:"share"`        // of its own picture in each; 1 leaves both as they are
	Box   Box     `json:"box,omitzero"` // that CutMix swaps; zero: mixup
}

// Box is the pixels of columns [X0,X1) and rows [Y0,Y1).
type Box struct {
	X0 int `json:"x0"`
	Y0 int `json:"y0"`
	X1 int `json:"x1"`
	Y1 int `json:"y1"`
}

// Draw draws what a pair of pictures of size x size pixels gets: a function of
// the key alone.
func (c MixConfig) Draw(key uint64, size int) Mix {
	s := &stream{key: key}
	gate, kind := s.unit(), s.unit()
	if gate >= c.P {
		return Mix{Share: 1}
	}
	if c.MixupAlpha > 0 && (c.CutMixAlpha == 0 || kind >= c.CutMixShare) {
		return Mix{Share: s.beta(c.MixupAlpha)}
	}
	if c.CutMixAlpha == 0 {
		return Mix{Share: 1}
	}
	// The reference's box: the share of its sides is a root, its centre lies
	// anywhere in the picture, and what is outside is cut off.
	half := int(float64(size)*math.Sqrt(1-s.beta(c.CutMixAlpha))) / 2
	x, y := int(float64(size)*s.unit()), int(float64(size)*s.unit())
	box := Box{max(0, x-half), max(0, y-half), min(size, x+half), min(size, y+half)}
	area := (box.X1 - box.X0) * (box.Y1 - box.Y0)
	return Mix{Share: 1 - float64(area)/float64(size*size), Box: box}
}

// Apply mixes two pictures [size,size,3] in place: each gets what the other
// gives.
func (m Mix) Apply(a, b []float32, size int) {
	n := 3 * size * size
	if len(a) != n || len(b) != n {
		panic(fmt.Sprintf("augment: mix of %d and %d values at %d pixels", len(a), len(b), size))
	}
	switch {
	case m.Share == 1:
	case m.Box != Box{}:
		for y := m.Box.Y0; y < m.Box.Y1; y++ {
			lo, hi := 3*(y*size+m.Box.X0), 3*(y*size+m.Box.X1)
			swap(a[lo:hi], b[lo:hi])
		}
	default:
		blend(a, b, float32(m.Share))
	}
}

func swap(a, b []float32) {
	b = b[:len(a)]
	for i, v := range a {
		a[i], b[i] = b[i], v
	}
}

func blend(a, b []float32, share float32) {
	b = b[:len(a)]
	for i, v := range a {
		d := float32(share * float32(b[i]-v))
		a[i], b[i] = b[i]-d, v+d
	}
}

// beta returns a number that is Beta(alpha, alpha): for alpha above 1 from two
// uniform numbers (Ulrich 1984, see Devroye 1986, section IX.4.5), else by
// rejection (Johnk 1964), in logarithms, since small alphas leave no float64.
func (s *stream) beta(alpha float64) float64 {
	if alpha > 1 {
		radius := math.Sqrt(1 - math.Pow(1-s.unit(), 2/(2*alpha-1)))
		return 0.5 + 0.5*radius*math.Cos(2*math.Pi*s.unit())
	}
	for {
		x, y := math.Log(1-s.unit())/alpha, math.Log(1-s.unit())/alpha
		if math.Exp(x)+math.Exp(y) <= 1 {
			return 1 / (1 + math.Exp(y-x))
		}
	}
}
