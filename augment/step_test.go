package augment

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"melanoma/internal/rng"
)

// setChance sets the probability of a step's settings.
func setChance(s Settings, p float64) { reflect.ValueOf(s).Elem().FieldByName("P").SetFloat(p) }

// draws returns the records of n pictures of 200 x 160 pixels for a network of
// 128, as they come back from JSON.
func draws(t *testing.T, c Config, n int) [][]Op {
	t.Helper()
	a := augmenterOf(t, c, 128)
	out := make([][]Op, n)
	for i := range out {
		text, err := json.Marshal(a.Draw(rng.Key(3, "augment", i), 200, 160))
		if err != nil {
			t.Fatal(err)
		}
		record, err := ParseDraw(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = record.Ops
	}
	return out
}

// values collects a number of every Op of one type.
func values[T Op](records [][]Op, of func(T) float64) []float64 {
	var out []float64
	for _, record := range records {
		for _, op := range record {
			if op, ok := op.(T); ok {
				out = append(out, of(op))
			}
		}
	}
	return out
}

// checkRate: a share of n lies within 4.5 standard errors of p.
func checkRate(t *testing.T, what string, count, n int, p float64) {
	t.Helper()
	if bound := 4.5 * math.Sqrt(p*(1-p)/float64(n)); math.Abs(float64(count)/float64(n)-p) > bound {
		t.Errorf("%s: rate %.4f, want %g +- %.4f", what, float64(count)/float64(n), p, bound)
	}
}

// checkUniform: range, mean and mean square of numbers uniform in [low, high).
func checkUniform(t *testing.T, name string, values []float64, low, high float64) {
	t.Helper()
	var sum, square float64
	middle, limit := (low+high)/2, (high-low)/2
	for _, v := range values {
		if v < low || v >= high {
			t.Fatalf("%s %g is outside [%g, %g)", name, v, low, high)
		}
		sum += v - middle
		square += (v - middle) * (v - middle)
	}
	n := float64(len(values))
	variance := limit * limit / 3
	if n < 1000 || math.Abs(sum/n) > 4.5*math.Sqrt(variance/n) {
		t.Errorf("%s has mean %g off %g in %v values", name, sum/n, middle, n)
	}
	if sd := limit * limit * math.Sqrt(4.0/45/n); math.Abs(square/n-variance) > 4.5*sd {
		t.Errorf("%s has variance %g, want %g", name, square/n, variance)
	}
}

// checkEqual: whole numbers in [low, high], each as likely (chi-square, 99.9%
// by Wilson and Hilferty 1931).
func checkEqual(t *testing.T, name string, values []float64, low, high, step int) {
	t.Helper()
	k := (high-low)/step + 1
	counts := make([]float64, k)
	for _, v := range values {
		i := (v - float64(low)) / float64(step)
		if i != math.Trunc(i) || i < 0 || i >= float64(k) {
			t.Fatalf("%s is %v, not one of %d, %d, ... %d", name, v, low, low+step, high)
		}
		counts[int(i)]++
	}
	chi2, expected := 0.0, float64(len(values))/float64(k)
	for _, c := range counts {
		chi2 += (c - expected) * (c - expected) / expected
	}
	df := float64(k - 1)
	root := 1 - 2/(9*df) + 3.09*math.Sqrt(2/(9*df))
	if bound := df * root * root * root; expected < 20 || chi2 > bound {
		t.Errorf("%s: chi-square %.1f above %.1f for %d values", name, chi2, bound, k)
	}
}

// The winners' recipe as albumentations 0.4.6 draws it: rates of the gates,
// choices within the groups, ranges of the parameters.
func TestWinnersRecipeIsDrawnAsAlbumentationsDraws(t *testing.T) {
	const n = 8000
	records := draws(t, Config{Preset: Winner2020, Mode: ModeParity}, n)
	counts := map[string]int{}
	for _, record := range records {
		for _, op := range record {
			counts[op.Name()]++
		}
	}
	for name, p := range map[string]float64{
		"transpose": 0.5, "vertical_flip": 0.5, "horizontal_flip": 0.5, "random_brightness": 0.75, "random_contrast": 0.75,
		"motion_blur": 0.7 / 4, "median_blur": 0.7 / 4, "gaussian_blur": 0.7 / 4, "gauss_noise": 0.7 / 4,
		"optical_distortion": 0.7 / 3, "grid_distortion": 0.7 / 3, "elastic_transform": 0.7 / 3,
		"clahe": 0.7, "hue_saturation_value": 0.5, "shift_scale_rotate": 0.85, "cutout": 0.7,
	} {
		checkRate(t, name, counts[name], n, p)
	}
	if counts["resize"] != n {
		t.Errorf("%d of %d pictures are resized", counts["resize"], n)
	}
	checkUniform(t, "beta", values(records, func(o *Brightness) float64 { return o.Beta }), -0.2, 0.2)
	checkUniform(t, "alpha", values(records, func(o *Contrast) float64 { return o.Alpha }), 0.8, 1.2)
	checkUniform(t, "variance", values(records, func(o *GaussNoise) float64 { return o.Var }), 5, 30)
	checkUniform(t, "k", values(records, func(o *OpticalDistortion) float64 { return o.K }), -1, 1)
	checkUniform(t, "first column", values(records, func(o *GridDistortion) float64 { return o.XSteps[0] }), 0, 2)
	checkUniform(t, "last row", values(records, func(o *GridDistortion) float64 { return o.YSteps[5] }), 0, 2)
	checkUniform(t, "offset", values(records, func(o *Elastic) float64 { return float64(o.PointOffsets[1][0]) }), -50, 50)
	checkUniform(t, "clip", values(records, func(o *CLAHE) float64 { return o.ClipLimit }), 1, 4)
	checkUniform(t, "hue", values(records, func(o *HueSaturationValue) float64 { return o.Hue }), -10, 10)
	checkUniform(t, "saturation", values(records, func(o *HueSaturationValue) float64 { return o.Sat }), -20, 20)
	checkUniform(t, "value", values(records, func(o *HueSaturationValue) float64 { return o.Val }), -10, 10)
	checkUniform(t, "angle", values(records, func(o *ShiftScaleRotate) float64 { return o.Angle }), -15, 15)
	checkUniform(t, "scale", values(records, func(o *ShiftScaleRotate) float64 { return o.Scale }), 0.9, 1.1)
	checkUniform(t, "dx", values(records, func(o *ShiftScaleRotate) float64 { return o.DX }), -0.1, 0.1)
	checkUniform(t, "dy", values(records, func(o *ShiftScaleRotate) float64 { return o.DY }), -0.1, 0.1)
	checkEqual(t, "median", values(records, func(o *MedianBlur) float64 { return float64(o.KSize) }), 3, 5, 2)
	checkEqual(t, "gaussian", values(records, func(o *GaussianBlur) float64 { return float64(o.KSize) }), 3, 5, 2)
	checkEqual(t, "motion", values(records, func(o *MotionBlur) float64 { return float64(len(o.Kernel)) }), 3, 5, 2)
	checkEqual(t, "numpy seed", values(records, func(o *Elastic) float64 { return math.Floor(float64(o.NumpySeed) / 1000.1) }), 0, 9, 1)
	checkEqual(t, "centre x", values(records, func(o *Cutout) float64 { return float64(o.CentreX) }), 0, 128, 1)
	checkEqual(t, "centre y", values(records, func(o *Cutout) float64 { return float64(o.CentreY) }), 0, 128, 1)
	for _, hole := range values(records, func(o *Cutout) float64 { return float64(o.Hole) }) {
		if hole != 48 {
			t.Fatalf("a hole of %v pixels, want 48", hole)
		}
	}
}

// MotionBlur's line: both ends anywhere, but never one point; where the
// columns are equal, every pair of rows is as likely.
func TestLinesOfMotionBlurAreDrawnAsAlbumentationsDraws(t *testing.T) {
	const n, k = 40000, 5
	r := stream{key: 5}
	var columns, rows []float64
	for range n {
		x1, y1, x2, y2 := drawLine(&r, k)
		if x1 == x2 && y1 == y2 {
			t.Fatal("a line of one point")
		}
		columns = append(columns, float64(k*x1+x2))
		if x1 == x2 {
			between := y2
			if y2 > y1 {
				between--
			}
			rows = append(rows, float64((k-1)*y1+between))
		}
	}
	checkEqual(t, "columns", columns, 0, k*k-1, 1)
	checkEqual(t, "rows", rows, 0, k*(k-1)-1, 1)
}

func TestOneOfWeighsByItsStepsProbabilities(t *testing.T) {
	const n = 8000
	group := &OneOfStep{P: 0.6, Of: []Step{{"transpose", &TransposeStep{P: 0.2}}, {"clahe", &CLAHEStep{P: 0, Clip: 2, Grid: 8}}, {"vertical_flip", &VerticalFlipStep{P: 0.6}}}}
	counts := map[string]int{}
	for _, record := range draws(t, Config{Mode: ModeFast, Steps: []Step{{"one_of", group}}}, n) {
		if len(record) > 2 { // and the resize
			t.Fatalf("%v of one group", describe(record))
		}
		counts[record[0].Name()]++
	}
	checkRate(t, "transpose", counts["transpose"], n, 0.15)
	checkRate(t, "vertical flip", counts["vertical_flip"], n, 0.45)
	if counts["clahe"] > 0 {
		t.Error("a step of weight 0 was chosen")
	}
}

func TestFurtherBlocksDrawWithinTheirSettings(t *testing.T) {
	const n = 4000
	c := Config{Mode: ModeFast, Steps: []Step{
		{"random_erasing", &RandomErasingStep{P: 0.5, Area: [2]float64{0.02, 0.4}, Ratio: [2]float64{0.3, 1 / 0.3}}},
		{"hair", &HairStep{P: 0.5, Strands: [2]int{2, 5}, Thickness: [2]float64{0.01, 0.02}}},
		{"brightness_contrast", &BrightnessContrastStep{P: 0.5, Brightness: 0.2, Contrast: 0.3}},
	}}
	records := draws(t, c, n)
	areas := values(records, func(o *RandomErasing) float64 {
		r := o.Rect
		if o.fits(200, 160) != nil {
			t.Fatalf("rect %v", r)
		}
		return float64((r[2]-r[0])*(r[3]-r[1])) / (200 * 160)
	})
	checkRate(t, "erasing", len(areas), n, 0.5)
	for _, a := range areas {
		if a < 0.015 || a > 0.4 {
			t.Fatalf("an area of %v", a)
		}
	}
	checkEqual(t, "strands", values(records, func(o *Hair) float64 { return float64(o.Strands) }), 2, 5, 1)
	checkUniform(t, "thickness", values(records, func(o *Hair) float64 { return o.Thickness }), 1.6, 3.2)
	checkUniform(t, "gain", values(records, func(o *Tone) float64 { return o.Gain }), 0.7, 1.3)
	checkUniform(t, "shift", values(records, func(o *Tone) float64 { return o.Shift }), -0.2, 0.2)
}

// RandAugment runs N operations, all thirteen (the identity leaves none)
// about as often as one another.
func TestRandAugmentChoosesEqually(t *testing.T) {
	const n = 10000
	c := Config{Mode: ModeFast, Steps: []Step{{"rand_augment", &RandAugmentStep{P: 1, N: 3, M: 7}}}}
	total, counts := 0, map[string]int{}
	for _, record := range draws(t, c, n) {
		for _, op := range record[:len(record)-1] {
			total++
			counts[op.Name()]++
		}
	}
	checkRate(t, "operations but the identity", total, 3*n, 12.0/13)
	for name, of := range map[string]float64{"shift_scale_rotate": 4, "hue_saturation_value": 2, "clahe": 1, "posterize": 1, "solarize": 1, "gaussian_blur": 1, "brightness_contrast": 1, "random_contrast": 1} {
		checkRate(t, name, counts[name], total, of/12)
	}
}

// What one step's settings are, or whether it is there at all, moves the
// draws of no other step.
func TestStepsDoNotMoveOtherDraws(t *testing.T) {
	base := winners(50)
	text := func(c Config) []map[string]string {
		var out []map[string]string
		for _, record := range draws(t, c, 200) {
			lines := map[string]string{}
			for _, op := range record {
				text, err := json.Marshal(op)
				if err != nil {
					t.Fatal(err)
				}
				lines[op.Name()] = string(text)
			}
			out = append(out, lines)
		}
		return out
	}
	want := text(Config{Mode: ModeFast, Steps: base})
	for i, step := range base {
		if step.Name == "one_of" || step.Name == "resize" || step.Name == "transpose" { // those that change others' sizes
			continue
		}
		without := append(append([]Step{}, base[:i]...), base[i+1:]...)
		never := append([]Step{}, base...)
		var changed Step
		setChance(changed.Choose(step.Name).(Settings), 0.01)
		never[i] = changed
		for _, steps := range [][]Step{without, never} {
			for key, lines := range text(Config{Mode: ModeFast, Steps: steps}) {
				for name, line := range lines {
					if name != step.Name && line != want[key][name] {
						t.Fatalf("without %s, %s of picture %d is %s, not %s", step.Name, name, key, line, want[key][name])
					}
				}
			}
		}
	}
}

// Parity differs from fast in the elastic field alone.
func TestModesDifferInTheElasticFieldAlone(t *testing.T) {
	fast, parity := draws(t, Config{Preset: Winner2020, Mode: ModeFast}, 300), draws(t, Config{Preset: Winner2020, Mode: ModeParity}, 300)
	elastics := 0
	for i := range fast {
		for j, op := range parity[i] {
			if e, ok := op.(*Elastic); ok {
				elastics++
				if e.Alpha != 3 {
					t.Fatalf("alpha %v", e.Alpha)
				}
			}
			if a, b := Describe(op), Describe(Draw{Ops: parity[i]}.Fast().Ops[j]); a != b && op.Name() != "elastic_transform" {
				t.Fatalf("%s became %s", a, b)
			}
			if a, b := Describe(fast[i][j]), Describe(Draw{Ops: parity[i]}.Fast().Ops[j]); a != b {
				t.Fatalf("%s in fast mode, %s in parity", a, b)
			}
		}
	}
	if elastics == 0 {
		t.Error("no elastic transform was drawn")
	}
}
