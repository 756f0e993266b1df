package metrics

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate"
)

// problem draws n scores on a grid, so that there are ties, and labels that
// lean on them; both classes have at least two rows.
func problem(seed uint64, n, grid int) (score []float64, positive []bool) {
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		s := math.Floor(r.Float64()*float64(grid)) / float64(grid)
		score = append(score, s)
		positive = append(positive, i < 2 || (i >= 4 && r.Float64() < 0.15+0.5*s))
	}
	return score, positive
}

func auc(t *testing.T, score []float64, positive []bool) float64 {
	t.Helper()
	a, err := AUC(score, positive)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mapped(score []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(score))
	for i, s := range score {
		out[i] = f(s)
	}
	return out
}

func flipped(positive []bool) []bool {
	out := make([]bool, len(positive))
	for i, p := range positive {
		out[i] = !p
	}
	return out
}

func TestAUCEqualsTheCountOfAllPairs(t *testing.T) {
	for seed := range uint64(40) {
		score, positive := problem(seed, 5+int(seed)*3, 1+int(seed%12))
		var won, pairs float64
		for i, p := range positive {
			for j, q := range positive {
				if p && !q {
					pairs++
					won += beats(score[i], score[j])
				}
			}
		}
		near(t, "auc", auc(t, score, positive), won/pairs, 1e-15)
	}
}

// beats is 1 for a win, 1/2 for a tie (the kernel of Mann and Whitney).
func beats(a, b float64) float64 {
	switch {
	case a > b:
		return 1
	case a == b:
		return 0.5
	}
	return 0
}

func TestAUCMetamorphic(t *testing.T) {
	for seed := range uint64(20) {
		score, positive := problem(seed, 80, 16)
		a := auc(t, score, positive)
		for name, f := range map[string]func(float64) float64{
			"exp":       math.Exp,
			"cube":      func(x float64) float64 { return x*x*x - 7 },
			"infinite":  func(x float64) float64 { return map[bool]float64{true: math.Inf(-1), false: x}[x == 0] },
			"logarithm": math.Log1p,
		} {
			if b := auc(t, mapped(score, f), positive); b != a {
				t.Errorf("%s map changes the AUC from %v to %v", name, a, b)
			}
		}
		near(t, "labels flipped", auc(t, score, flipped(positive)), 1-a, 1e-15)
		near(t, "scores negated", auc(t, mapped(score, func(x float64) float64 { return -x }), positive), 1-a, 1e-15)
		order := rand.New(rand.NewPCG(seed, 2)).Perm(len(score))
		var s []float64
		var p []bool
		for _, i := range order {
			s, p = append(s, score[i]), append(p, positive[i])
		}
		if b := auc(t, s, p); b != a {
			t.Errorf("row order changes the AUC from %v to %v", a, b)
		}
	}
}

func TestROCVerticesKeepTheArea(t *testing.T) {
	for seed := range uint64(20) {
		score, positive := problem(seed, 300, 40)
		points, err := ROC(score, positive)
		if err != nil {
			t.Fatal(err)
		}
		var x, y []float64
		for i, p := range points {
			x, y = append(x, p.FalsePositiveRate), append(y, p.TruePositiveRate)
			if i > 0 && !(p.Threshold < points[i-1].Threshold) {
				t.Fatalf("threshold %v follows %v", p.Threshold, points[i-1].Threshold)
			}
		}
		near(t, "trapezoids", integrate.Trapezoidal(x, y), auc(t, score, positive), 1e-12)
		if len(points) > 41 || points[0] != (ROCPoint{math.Inf(1), 0, 0}) || y[len(y)-1] != 1 || x[len(x)-1] != 1 {
			t.Errorf("curve %v", points)
		}
	}
	// A perfect order has three vertices, whatever the number of rows.
	points, err := ROC([]float64{1, 2, 3, 4, 5, 6}, []bool{false, false, false, true, true, true})
	if err != nil || len(points) != 3 {
		t.Errorf("%v, %v", points, err)
	}
}

func TestPrecisionRecallKeepsTheStepArea(t *testing.T) {
	for seed := range uint64(20) {
		score, positive := problem(seed, 300, 300)
		points, err := PrecisionRecall(score, positive)
		if err != nil {
			t.Fatal(err)
		}
		var area, before float64
		for _, p := range points {
			area += (p.Recall - before) * p.Precision
			before = p.Recall
		}
		ap, err := AveragePrecision(score, positive)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "steps", area, ap, 1e-12)
		if before != 1 {
			t.Errorf("recall ends at %v", before)
		}
	}
}

func TestOperatingPointsEqualASearchOfAllThresholds(t *testing.T) {
	for seed := range uint64(30) {
		score, positive := problem(seed, 60, 20)
		all, err := operating(score, positive, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, rate := range []float64{0, 0.5, 0.9, 0.95, 1} {
			var sensitivity, specificity float64
			for _, o := range all {
				if o.Specificity >= rate {
					sensitivity = max(sensitivity, o.Sensitivity)
				}
				if o.Sensitivity >= rate {
					specificity = max(specificity, o.Specificity)
				}
			}
			a, err := SensitivityAtSpecificity(score, positive, rate)
			if err != nil || a.Sensitivity != sensitivity || a.Specificity < rate {
				t.Errorf("at specificity %v: %+v, want sensitivity %v (%v)", rate, a, sensitivity, err)
			}
			b, err := SpecificityAtSensitivity(score, positive, rate)
			if err != nil || b.Specificity != specificity || b.Sensitivity < rate {
				t.Errorf("at sensitivity %v: %+v, want specificity %v (%v)", rate, b, specificity, err)
			}
			checkThreshold(t, score, positive, a)
			checkThreshold(t, score, positive, b)
		}
	}
}

// checkThreshold applies score >= threshold itself.
func checkThreshold(t *testing.T, score []float64, positive []bool, o Operating) {
	t.Helper()
	var tp, tn, pos float64
	for i, p := range positive {
		if p {
			pos++
		}
		if p && score[i] >= o.Threshold {
			tp++
		}
		if !p && score[i] < o.Threshold {
			tn++
		}
	}
	if tp/pos != o.Sensitivity || tn/(float64(len(score))-pos) != o.Specificity {
		t.Errorf("%+v: score >= threshold gives %v, %v", o, tp/pos, tn/(float64(len(score))-pos))
	}
}

func TestRanksOfTies(t *testing.T) {
	got := Ranks([]float64{3, 1, 3, 2, 3, 1})
	if want := []float64{5, 1.5, 5, 3, 5, 1.5}; !floats.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := PercentileRank([]float64{7, 7}); !floats.Equal(got, []float64{0.75, 0.75}) {
		t.Errorf("%v", got)
	}
	if got := Ranks(nil); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestReliabilityBinsAreOpenBelow(t *testing.T) {
	prob := []float64{0, 0.1, 0.10000001, 0.2, 1, 0.3, 0.7}
	bins, err := Reliability(prob, make([]bool, len(prob)), 10)
	if err != nil {
		t.Fatal(err)
	}
	for b, want := range []int{2, 2, 1, 0, 0, 0, 1, 0, 0, 1} {
		if bins[b].Count != want {
			t.Errorf("bin %d (%v, %v] holds %d, want %d", b, bins[b].Low, bins[b].High, bins[b].Count, want)
		}
	}
}

func TestCertainMistakesAreClippedAndCounted(t *testing.T) {
	loss, clipped, err := LogLoss([]float64{0, 1, 0.5}, []bool{true, false, true})
	if err != nil || clipped != 2 {
		t.Fatalf("%d clipped, %v", clipped, err)
	}
	near(t, "log loss", loss, (2*-math.Log(1e-12)+math.Ln2)/3, 1e-3)
}

func TestMacroAUCLeavesOutAbsentClasses(t *testing.T) {
	prob := []float64{.7, .2, .1, .2, .7, .1, .6, .3, .1, .3, .6, .1}
	mean, counted, err := MacroAUC(prob, 3, []int32{0, 1, 0, 1})
	if err != nil || counted != 2 || mean != 1 {
		t.Errorf("%v over %d classes, %v", mean, counted, err)
	}
	if _, _, err := MacroAUC(prob, 3, []int32{2, 2, 2, 2}); !errors.Is(err, ErrOneClass) {
		t.Errorf("%v", err)
	}
	brier, err := MulticlassBrier([]float64{1, 0, 0, 1}, 2, []int32{0, 0})
	if err != nil || brier != 1 {
		t.Errorf("brier %v, %v", brier, err)
	}
}

func TestWrongInputIsATypedError(t *testing.T) {
	one := []bool{true, true}
	both := []bool{true, false}
	call := func(f func([]float64, []bool) (float64, error)) func([]float64, []bool) error {
		return func(s []float64, p []bool) error { _, err := f(s, p); return err }
	}
	logLoss := func(s []float64, p []bool) error { _, _, err := LogLoss(s, p); return err }
	deLong := func(s []float64, p []bool) error { _, err := DeLong(s, p, 0.95); return err }
	for _, c := range []struct {
		name  string
		call  func([]float64, []bool) error
		score []float64
		label []bool
		want  error
	}{
		{"AUC of one class", call(AUC), []float64{1, 2}, one, ErrOneClass},
		{"AUC of nothing", call(AUC), nil, nil, ErrEmpty},
		{"AUC of other lengths", call(AUC), []float64{1}, both, ErrLength},
		{"AUC of NaN", call(AUC), []float64{1, math.NaN()}, both, ErrNaN},
		{"AP of one class", call(AveragePrecision), []float64{1, 2}, one, ErrOneClass},
		{"interval of one class", deLong, []float64{1, 2}, one, ErrOneClass},
		{"Brier of a logit", call(Brier), []float64{-1, 2}, both, ErrRange},
		{"log loss of a logit", logLoss, []float64{0, 1.5}, both, ErrRange},
		{"log loss of NaN", logLoss, []float64{0, math.NaN()}, both, ErrNaN},
	} {
		if err := c.call(c.score, c.label); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := DeLong([]float64{1, 2}, both, 95); !errors.Is(err, ErrRange) {
		t.Errorf("level 95: %v", err)
	}
	if _, err := Accuracy([]float64{1, 2}, 2, []int32{2}); !errors.Is(err, ErrRange) {
		t.Errorf("target 2 of 2 classes: %v", err)
	}
	if _, _, err := MulticlassLogLoss([]float64{.5, .2}, 2, []int32{1}); !errors.Is(err, ErrRange) {
		t.Errorf("sum 0.7: %v", err)
	}
}

// FuzzScores asks that any scores and labels give a value in range or an
// error, and that an interval holds its value.
func FuzzScores(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 255, 128})
	f.Add([]byte{7, 7, 7, 6})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var score []float64
		var positive []bool
		for _, b := range raw {
			score, positive = append(score, float64(b>>1)/127), append(positive, b&1 == 1)
		}
		v, err := DeLong(score, positive, 0.95)
		if err != nil {
			return
		}
		if !(0 <= v.Low && v.Low <= v.Value && v.Value <= v.High && v.High <= 1) {
			t.Errorf("interval %+v", v)
		}
		ap, err := AveragePrecision(score, positive)
		if err != nil || !(ap > 0 && ap <= 1+1e-12) {
			t.Errorf("average precision %v, %v", ap, err)
		}
		ece, err := ECE(score, positive, DefaultBins)
		if err != nil || !(ece >= 0 && ece <= 1) {
			t.Errorf("calibration error %v, %v", ece, err)
		}
	})
}
