package train

import (
	"context"
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"melanoma/internal/fault"
)

// TestSuggestionsOfKnownCurves: the loss falls along a logistic curve about a
// rate of 1e-3 and rises above 3e-2, with noise and without.
func TestSuggestionsOfKnownCurves(t *testing.T) {
	r := DefaultRange()
	curve := func(noise float64, level func(log10 float64) float64) *RateTest {
		test := &RateTest{}
		for i := range r.Steps {
			rate := r.At(i)
			wave := noise * math.Sin(float64(7*i*i)) // no pattern that a line would follow
			test.Points = append(test.Points, RatePoint{LearningRate: rate, Loss: level(math.Log10(rate)) + wave})
		}
		test.suggest()
		return test
	}
	falling := func(x float64) float64 { return 1 - 0.5/(1+math.Exp(-4*(x+3))) + math.Exp(8*(x+1)) }
	for _, noise := range []float64{0, 0.05} {
		c := curve(noise, falling)
		if d := math.Abs(math.Log10(c.Steepest) + 3); d > 0.35 {
			t.Errorf("noise %g: steepest at %g, want about 1e-3", noise, c.Steepest)
		}
		if d := math.Log10(c.Lowest); d < -2.3 || d > -1.2 {
			t.Errorf("noise %g: lowest at %g, want about 2e-2", noise, c.Lowest)
		}
	}
	for name, level := range map[string]func(float64) float64{
		"flat":   func(float64) float64 { return 0.7 },
		"rising": func(x float64) float64 { return 0.7 + math.Exp(2*x) },
	} {
		if c := curve(0.05, level); c.Steepest != 0 || c.Lowest != 0 {
			t.Errorf("%s: rates %g and %g are suggested for a loss that does not fall", name, c.Steepest, c.Lowest)
		}
	}
}

// TestRangeTestIsOfSeedAndRangeAlone runs it with other numbers of workers, in
// micro-batches' place whole, and finds that it writes nothing.
func TestRangeTestIsOfSeedAndRangeAlone(t *testing.T) {
	s := smallStore(t, 40, 32)
	r := Range{From: 1e-5, To: 1e-1, Steps: 12}
	var want *RateTest
	for _, workers := range []int{1, 2, 3} {
		task := smallTask(t, s, "adam")
		task.Workers = workers
		calls := 0
		task.Progress = func(p Progress) {
			if calls++; p.Step != calls || p.Steps != r.Steps {
				t.Errorf("progress %d of %d at call %d", p.Step, p.Steps, calls)
			}
		}
		got, err := FindRate(context.Background(), task, r)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Points) != r.Steps || got.Points[0].LearningRate != r.From || math.Abs(got.Points[11].LearningRate/r.To-1) > 1e-12 {
			t.Fatalf("%d points from %g to %g", len(got.Points), got.Points[0].LearningRate, got.Points[len(got.Points)-1].LearningRate)
		}
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers: another curve", workers)
		}
		if files, err := os.ReadDir(task.Dir); err != nil || len(files) > 0 {
			t.Errorf("it left %v behind (%v)", files, err)
		}
	}
	other := smallTask(t, s, "adam")
	other.Seed++
	if got, err := FindRate(context.Background(), other, r); err != nil || reflect.DeepEqual(got, want) {
		t.Errorf("another seed has the same curve (%v)", err)
	}
}

// TestRangeTestTakesTheStepsOfATraining: with a range of one rate it is a
// training at that rate.
func TestRangeTestTakesTheStepsOfATraining(t *testing.T) {
	s := smallStore(t, 60, 32)
	task := smallTask(t, s, "adam")
	task.Config.Accumulate, task.Config.ClassWeights = 2, "balanced"
	task.Config.Schedule = Schedule{Name: "constant", LearningRate: 1e-3}
	var losses []float64
	training := task
	training.Progress = func(p Progress) { losses = append(losses, p.Loss) }
	if err := Fit(context.Background(), training); err != nil {
		t.Fatal(err)
	}
	got, err := FindRate(context.Background(), task, Range{From: 1e-3, To: 1e-3 * (1 + 1e-15), Steps: len(losses)})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got.Points {
		if p.Loss != losses[i] {
			t.Fatalf("loss of step %d is %v, the training's %v", i, p.Loss, losses[i])
		}
	}
}

func TestRangeTestEnds(t *testing.T) {
	s := smallStore(t, 40, 32)
	for name, c := range map[string]struct {
		rule string
		r    Range
		why  string
	}{
		"where the loss explodes":             {"sgd", Range{1e-3, 1e6, 40}, "the loss grew"},
		"where the loss is no longer finite":  {"sgd", Range{1e30, 1e45, 12}, "no longer finite"},
		"where a sampler takes no larger one": {"sghmc", Range{1e-3, 1, 30}, "sghmc takes no learning rate of"},
	} {
		task := smallTask(t, s, c.rule)
		task.Config.Update.Friction = 10 // a rate times it may not exceed 1
		got, err := FindRate(context.Background(), task, c.r)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got.Ended, c.why) || len(got.Points) == c.r.Steps || len(got.Points) == 0 {
			t.Errorf("%s: %d points, ended %q", name, len(got.Points), got.Ended)
		}
	}
}

func TestRangeTestFails(t *testing.T) {
	s := smallStore(t, 30, 32)
	for _, r := range []Range{{0, 1, 100}, {1e-3, 1e-3, 100}, {1e-3, math.Inf(1), 100}, {1e-3, 1, 9}} {
		var wrong *ConfigError
		if _, err := FindRate(context.Background(), smallTask(t, s, "adam"), r); !errors.As(err, &wrong) {
			t.Errorf("%+v: error %v", r, err)
		}
	}
	task := smallTask(t, s, "adam")
	task.Model.Mean, task.Model.Std = &[3]float32{0, 3e38, 0}, &[3]float32{1, 1e-3, 1}
	var diverged *DivergedError
	if _, err := FindRate(context.Background(), task, DefaultRange()); !errors.As(err, &diverged) {
		t.Errorf("pixels that are not finite: error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := FindRate(ctx, smallTask(t, s, "adam"), DefaultRange()); fault.KindOf(err) != fault.Stopped {
		t.Errorf("cancelled: error %v", err)
	}
}
