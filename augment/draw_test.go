package augment

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"melanoma/internal/rng"
)

// everything is a recipe with every step that there is, all certain.
func everything(t *testing.T) Config {
	t.Helper()
	c := Config{Mode: ModeFast}
	for _, name := range (Step{}).Choices() {
		var s Step
		switch settings := s.Choose(name).(type) {
		case *OneOfStep:
			settings.P, settings.Of = 1, winners(50)[5].Settings.(*OneOfStep).Of
		case *RandAugmentStep, *ResizeStep:
		default:
			setChance(settings.(Settings), 1)
		}
		c.Steps = append(c.Steps, s)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return c
}

func augmenterOf(t testing.TB, c Config, size int) *Augmenter {
	t.Helper()
	a, err := NewAugmenter(c, size)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A record that went through JSON gives the same bytes: 8-bit and normalised.
func TestDrawsReplayFromJSON(t *testing.T) {
	im := noise(75, 61, 5)
	n := Normalize{Mean: [3]float32{0.485, 0.456, 0.406}, Std: [3]float32{0.229, 0.224, 0.225}}
	recipes := map[string]Config{"everything": everything(t)}
	for _, name := range Presets() {
		recipes[name] = Config{Preset: name, Mode: ModeFast}
	}
	for name, c := range recipes {
		a, b := augmenterOf(t, c, 32), augmenterOf(t, None(), 32)
		for i := range uint64(20) {
			d := a.Draw(rng.Key(9, "augment", i), im.Width, im.Height)
			raw, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			var again Draw
			if err := json.Unmarshal(raw, &again); err != nil {
				t.Fatal(err)
			}
			if !equal(d.Image(im), again.Image(im)) {
				t.Fatalf("%s: record %s does not replay", name, raw)
			}
			got, want := make([]float32, 3*32*32), make([]float32, 3*32*32)
			a.Apply(want, im.Pix, im.Width, im.Height, d, n)
			b.Apply(got, im.Pix, im.Width, im.Height, again, n)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%s: record %s does not replay in another Augmenter", name, raw)
			}
		}
	}
}

func TestApplyLeavesTheInputAlone(t *testing.T) {
	im := noise(40, 31, 3)
	before := Image{Pix: slices.Clone(im.Pix), Width: im.Width, Height: im.Height}
	a := augmenterOf(t, everything(t), 24)
	dst := make([]float32, 3*24*24)
	for i := range uint64(20) {
		a.Apply(dst, im.Pix, im.Width, im.Height, a.Draw(i, im.Width, im.Height), Normalize{Std: [3]float32{1, 1, 1}})
		if !equal(im, before) {
			t.Fatalf("draw %d changes its input", i)
		}
	}
}

// By default every symmetry of the square is equally likely.
func TestDefaultReachesEverySymmetryEqually(t *testing.T) {
	const n = 16000
	im := noise(3, 3, 6)
	a := augmenterOf(t, Config{Steps: symmetries(), Mode: ModeFast}, 3)
	counts := map[string]float64{}
	for i := range n {
		counts[string(a.Draw(rng.Key(4, "augment", i), 3, 3).Image(im).Pix)]++
	}
	if len(counts) != 8 {
		t.Fatalf("%d symmetries, want 8", len(counts))
	}
	var chi2 float64
	for _, c := range counts {
		chi2 += (c - n/8) * (c - n/8) / (n / 8)
	}
	if chi2 > 24.3 { // the 99.9th percentile at 7 degrees of freedom
		t.Errorf("chi-square %g of the symmetries' counts %v", chi2, counts)
	}
}

func TestNoneChangesNothingButTheSize(t *testing.T) {
	im := noise(5, 6, 7)
	a := augmenterOf(t, None(), 4)
	for i := range uint64(50) {
		if d := a.Draw(i, 4, 4); len(d.Ops) != 0 {
			t.Fatalf("key %d draws %v", i, describe(d.Ops))
		}
		if d := a.Draw(i, im.Width, im.Height); !equal(d.Image(im), after(im, &ResizeTo{Size: 4})) {
			t.Fatalf("key %d draws %v", i, describe(d.Ops))
		}
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	group := func(of ...Step) Step { return Step{"one_of", &OneOfStep{P: 1, Of: of}} }
	for key, c := range map[string]Config{
		"mode":                                  {Preset: Light, Mode: "quick"},
		"preset":                                {Preset: "winner2021", Mode: ModeFast},
		"steps":                                 {Preset: Light, Mode: ModeFast, Steps: symmetries()},
		"steps.0.transpose.p":                   {Mode: ModeFast, Steps: []Step{{"transpose", &TransposeStep{P: 1.5}}}},
		"steps.1.vertical_flip.p":               {Mode: ModeFast, Steps: []Step{{"resize", &ResizeStep{}}, {"vertical_flip", &VerticalFlipStep{P: math.NaN()}}}},
		"steps.0.brightness_contrast.contrast":  {Mode: ModeFast, Steps: []Step{{"brightness_contrast", &BrightnessContrastStep{Contrast: math.Inf(1)}}}},
		"steps.0.one_of.of":                     {Mode: ModeFast, Steps: []Step{group()}},
		"steps.0.one_of.of.0.median_blur.limit": {Mode: ModeFast, Steps: []Step{group(Step{"median_blur", &MedianBlurStep{P: 1, Limit: 4}})}},
		"steps.0.gauss_noise.var":               {Mode: ModeFast, Steps: []Step{{"gauss_noise", &GaussNoiseStep{Var: [2]float64{3, 2}}}}},
		"steps.0":                               {Mode: ModeFast, Steps: []Step{{}}},
	} {
		var wrong *ConfigError
		if err := c.Validate(); !errors.As(err, &wrong) || wrong.Key != key || wrong.Hint() == "" {
			t.Errorf("%s: %v", key, err)
		}
	}
	for _, name := range Presets() {
		if err := (Config{Preset: name, Mode: ModeParity}).Validate(); err != nil {
			t.Error(err)
		}
	}
}

// Nothing is allocated for a picture once the sizes are known, whatever it
// draws.
func TestNothingIsAllocatedOnceWarm(t *testing.T) {
	im := noise(96, 96, 4)
	dst := make([]float32, 3*64*64)
	recipes := map[string]Config{"everything": everything(t), "winner2020 parity": {Preset: Winner2020, Mode: ModeParity}}
	for _, name := range Presets() {
		recipes[name] = Config{Preset: name, Mode: ModeFast}
	}
	for name, c := range recipes {
		a := augmenterOf(t, c, 64)
		one := func(key uint64) {
			a.Apply(dst, im.Pix, im.Width, im.Height, a.Draw(key, im.Width, im.Height), Normalize{Std: [3]float32{1, 1, 1}})
		}
		const keys = 30
		for key := range uint64(keys) {
			one(key)
		}
		key := uint64(0)
		if n := testing.AllocsPerRun(keys-1, func() { one(key); key++ }); n != 0 {
			t.Errorf("%s: %v allocations a picture", name, n)
		}
	}
}
