package train

import (
	"context"
	"math"
	"strings"
	"testing"
)

func TestSamplingTimesByClass(t *testing.T) {
	counts := []float64{90, 9, 0, 1}
	for method, want := range map[string][]float64{
		"natural":  {1, 1, 0, 1},
		"balanced": {100.0 / 3 / 90, 100.0 / 3 / 9, 0, 100.0 / 3},
	} {
		for k, v := range (Sampling{Method: method}).times(counts) {
			if math.Abs(v-want[k]) > 1e-12 {
				t.Errorf("%s: class %d is shown %g times, want %g", method, k, v, want[k])
			}
		}
	}
	times := (Sampling{Method: "sqrt"}).times(counts)
	if a, b := times[1]/times[0], math.Sqrt(10); math.Abs(a-b) > 1e-12 {
		t.Errorf("sqrt: a tenth of the rows is shown %g times as often, want %g", a, b)
	}
	if total := 90*times[0] + 9*times[1] + times[3]; math.Abs(total-100) > 1e-9 {
		t.Errorf("sqrt: an epoch shows %g rows, want 100", total)
	}
}

// TestEpochsShowTheClassesAsAsked counts the rows that a training's loader
// gives over several epochs.
func TestEpochsShowTheClassesAsAsked(t *testing.T) {
	s := smallStore(t, 60, 32)
	rows := s.TrainRows()[:36]
	counts := map[string]float64{}
	for _, row := range rows {
		counts[s.Classes()[s.Row(row).Target]]++
	}
	n, k := float64(len(rows)), float64(len(counts))
	for _, c := range []struct {
		sampling Sampling
		times    func(count float64) float64
	}{
		{Sampling{Method: "natural"}, func(float64) float64 { return 1 }},
		{Sampling{Method: "balanced"}, func(count float64) float64 { return n / k / count }},
		{Sampling{Method: "natural", Upsample: map[string]float64{"melanoma": 7, "nevus": 0.5}}, func(float64) float64 { return 1 }},
	} {
		task := smallTask(t, s, "adam")
		task.Rows, task.Config.Sampling, task.Config.DropLast = rows, c.sampling, false
		tr, err := newTrainer(&task)
		if err != nil {
			t.Fatal(err)
		}
		length := 0.0
		got := map[string]float64{}
		for b, err := range tr.epochBatches(context.Background(), 1, 0) {
			if err != nil {
				t.Fatal(err)
			}
			for _, target := range b.Target {
				got[s.Classes()[target]]++
			}
		}
		for class, count := range counts {
			want := count * c.times(count)
			if f, ok := c.sampling.Upsample[class]; ok {
				want *= f
			}
			want = math.Round(want)
			if length += want; got[class] != want {
				t.Errorf("%+v: an epoch shows %g rows of %s, want %g of %g", c.sampling, got[class], class, want, count)
			}
		}
		if shown, err := task.Config.EpochLength(s, rows); err != nil || float64(shown) != length || tr.steps != (shown+7)/8 {
			t.Errorf("%+v: an epoch of %d rows in %d steps, want %g rows", c.sampling, shown, tr.steps, length)
		}
		tr.close()
	}
}

func TestUpsampledClassesMustExist(t *testing.T) {
	s := smallStore(t, 30, 32)
	task := smallTask(t, s, "adam")
	task.Config.Sampling.Upsample = map[string]float64{"melanom": 7}
	err := Fit(context.Background(), task)
	e, ok := err.(*ConfigError)
	if !ok || e.Key != "sampling.upsample" || !strings.Contains(e.Advice, "did you mean melanoma?") {
		t.Errorf("error %v", err)
	}
}
