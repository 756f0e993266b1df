package augment

import (
	"errors"
	"math"
	"slices"
	"testing"

	"melanoma/internal/rng"
)

// The share has mean 1/2 and variance 1/(4(2 alpha + 1)) (Johnson, Kotz,
// Balakrishnan 1995, equation 25.15), within 4.5 standard errors.
func TestSharesAreBetaDistributed(t *testing.T) {
	const n = 40000
	for _, alpha := range []float64{0.05, 0.2, 0.4, 1, 1.5, 8} {
		var sum, square, fourth float64
		for i := range n {
			x := (&stream{key: rng.Key(5, "beta", i)}).beta(alpha)
			if !(x >= 0 && x <= 1) {
				t.Fatalf("alpha %g: %g", alpha, x)
			}
			sum += x
			square += (x - 0.5) * (x - 0.5)
			fourth += math.Pow(x-0.5, 4)
		}
		variance := 1 / (4 * (2*alpha + 1))
		if d := math.Abs(sum/n - 0.5); d > 4.5*math.Sqrt(variance/n) {
			t.Errorf("alpha %g: mean off by %g", alpha, d)
		}
		spread := math.Sqrt((fourth/n - variance*variance) / n)
		if d := math.Abs(square/n - variance); d > 4.5*spread {
			t.Errorf("alpha %g: variance %g, want %g", alpha, square/n, variance)
		}
	}
}

func TestMixupBlendsBothPictures(t *testing.T) {
	const size = 5
	a, b := randomSquare(size, 3, 1), randomSquare(size, 3, 2)
	x, y := slices.Clone(a), slices.Clone(b)
	Mix{Share: 0.3}.Apply(x, y, size)
	for i := range a {
		wantX, wantY := 0.3*float64(a[i])+0.7*float64(b[i]), 0.3*float64(b[i])+0.7*float64(a[i])
		if math.Abs(float64(x[i])-wantX) > 1e-6 || math.Abs(float64(y[i])-wantY) > 1e-6 {
			t.Fatalf("value %d: %g and %g, want %g and %g", i, x[i], y[i], wantX, wantY)
		}
	}
}

// The share of a picture that CutMix leaves is counted in pixels.
func TestCutMixSwapsABoxOfItsShare(t *testing.T) {
	const size = 24
	c := MixConfig{P: 1, CutMixAlpha: 1}
	shares := 0.0
	for key := range uint64(400) {
		a, b := make([]float32, 3*size*size), make([]float32, 3*size*size)
		for i := range a {
			a[i], b[i] = 1+float32(i), -1-float32(i)
		}
		m := c.Draw(key, size)
		m.Apply(a, b, size)
		own := 0
		for i := range a {
			if a[i] != -b[i] || math.Abs(float64(a[i])) != float64(i+1) {
				t.Fatalf("key %d: value %d is %g and %g", key, i, a[i], b[i])
			}
			if a[i] > 0 {
				own++
			}
		}
		if got := float64(own) / float64(len(a)); math.Abs(got-m.Share) > 1e-12 {
			t.Fatalf("key %d: %g of the picture is its own, the share is %g", key, got, m.Share)
		}
		shares += m.Share / 400
	}
	if shares < 0.55 || shares > 0.8 { // half of an uncut box's mean area, and more where it is cut off
		t.Errorf("mean share %g", shares)
	}
}

func TestHowOftenPairsAreMixed(t *testing.T) {
	const n = 20000
	c := MixConfig{P: 0.6, MixupAlpha: 0.4, CutMixAlpha: 1, CutMixShare: 0.25}
	var mixed, cut float64
	for key := range uint64(n) {
		m := c.Draw(rng.Key(3, "pair", key), 64)
		if m != c.Draw(rng.Key(3, "pair", key), 64) {
			t.Fatal("a draw does not repeat")
		}
		switch {
		case m.Box != Box{}:
			cut++
			mixed++
		case m.Share < 1:
			mixed++
		}
	}
	for _, v := range []struct {
		what      string
		got, want float64
	}{{"mixed", mixed / n, 0.6}, {"cut", cut / n, 0.15}} {
		if math.Abs(v.got-v.want) > 4.5*math.Sqrt(v.want*(1-v.want)/n) {
			t.Errorf("share of pairs that are %s: %g, want %g", v.what, v.got, v.want)
		}
	}
	for _, c := range []MixConfig{{}, DefaultMix()} {
		if m := c.Draw(7, 64); m != (Mix{Share: 1}) {
			t.Errorf("%+v mixes: %+v", c, m)
		}
	}
}

func TestMixSettingsOutOfRange(t *testing.T) {
	for key, c := range map[string]MixConfig{
		"mix.p":            {P: 1.5, MixupAlpha: 1},
		"mix.mixup_alpha":  {P: 0.5, MixupAlpha: math.NaN()},
		"mix.cutmix_alpha": {CutMixAlpha: -1},
		"mix.cutmix_share": {CutMixShare: 2},
	} {
		var wrong *ConfigError
		if err := c.Validate(); !errors.As(err, &wrong) || wrong.Key != key || wrong.Hint() == "" {
			t.Errorf("%s: %v", key, err)
		}
	}
	if err := (MixConfig{P: 0.5}).Validate(); err == nil {
		t.Error("mixing without a way to mix is accepted")
	}
	if err := DefaultMix().Validate(); err != nil {
		t.Error(err)
	}
}
