package train

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"
)

// passed trains and returns the parameters after every step, one after the
// other as in the store, and the weights that were kept in the same layout.
func passed(t *testing.T, task Task) (steps [][]float32, kept, buffers []float32) {
	t.Helper()
	tr, err := newTrainer(&task)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.close()
	task.Progress = func(Progress) { steps = append(steps, slices.Clone(tr.store.Params())) }
	for tr.state.Epoch < task.Config.Epochs {
		if err := tr.epoch(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.finish(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tr.store.Params(), steps[len(steps)-1]) {
		t.Error("keeping the average changed the weights of the training")
	}
	_, weights, err := ReadWeights(filepath.Join(task.Dir, WeightsFile(0)))
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.store.Load(weights); err != nil {
		t.Fatal(err)
	}
	return steps, slices.Clone(tr.store.Params()), slices.Clone(tr.store.Buffers())
}

// TestAveragesAreTheWeightedMeansOfTheSteps computes both means from the
// weights after each step, in float64.
func TestAveragesAreTheWeightedMeansOfTheSteps(t *testing.T) {
	s := smallStore(t, 40, 32)
	for _, c := range []struct {
		average Average
		weight  func(step, steps, epochs int) float64 // of the weights after a 1-based step
	}{
		{Average{Method: "ema", Decay: 0.8}, func(step, steps, epochs int) float64 { return math.Pow(0.8, float64(steps*epochs-step)) }},
		{Average{Method: "ema", Decay: 0.999, StartEpoch: 3}, func(step, steps, epochs int) float64 {
			if step <= 2*steps {
				return 0
			}
			return math.Pow(0.999, float64(steps*epochs-step))
		}},
		{Average{Method: "swa", Decay: 0.5, StartEpoch: 2}, func(step, steps, _ int) float64 {
			if step%steps != 0 || step == steps {
				return 0
			}
			return 1
		}},
	} {
		task := smallTask(t, s, "adam")
		task.Config.Epochs, task.Config.Average = 4, c.average
		after, kept, _ := passed(t, task)
		perEpoch := len(after) / task.Config.Epochs
		far, moved := 0.0, 0.0
		for i := range kept {
			sum, total := 0.0, 0.0
			for step, p := range after {
				w := c.weight(step+1, perEpoch, task.Config.Epochs)
				sum, total = sum+w*float64(p[i]), total+w
			}
			far += math.Pow(float64(kept[i])-sum/total, 2)
			moved += math.Pow(float64(after[len(after)-1][i])-sum/total, 2)
		}
		if moved == 0 || math.Sqrt(far/moved) > 2e-4 { // float32 rounds the weights, a thousand times that distance
			t.Errorf("%+v: the kept weights are %.2g off, as a share of the mean's distance from the last weights", c.average, math.Sqrt(far/moved))
		}
	}
}

// TestAveragedWeightsHaveStatisticsOfTheirOwn: those in the file must be the
// ones that its weights have on training images, from whatever start.
func TestAveragedWeightsHaveStatisticsOfTheirOwn(t *testing.T) {
	s := smallStore(t, 40, 32)
	task := smallTask(t, s, "adam")
	task.Config.Average.Method = "ema"
	_, _, buffers := passed(t, task)
	_, weights, err := ReadWeights(filepath.Join(task.Dir, WeightsFile(0)))
	if err != nil {
		t.Fatal(err)
	}
	fresh := task
	fresh.Dir = t.TempDir()
	tr, err := newTrainer(&fresh)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.close()
	if err := tr.store.Load(nonsenseStatistics(weights)); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(tr.store.Buffers(), buffers) {
		t.Fatal("the nonsense is that of the file")
	}
	if err := tr.recomputeStatistics(0); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tr.store.Buffers(), buffers) {
		t.Error("the file's statistics are not those of its weights")
	}
}

// TestEarlyStoppingWatchesTheAverage: what is kept must have the watched loss
// that the history says.
func TestEarlyStoppingWatchesTheAverage(t *testing.T) {
	s := smallStore(t, 60, 32)
	task := smallTask(t, s, "adam")
	task.Config.Epochs, task.Config.EarlyStopping.Patience, task.Config.Average.Method = 4, 3, "ema"
	rows := s.TrainRows()
	task.Rows, task.Watch = rows[:len(rows)*3/4], rows[len(rows)*3/4:]
	if err := Fit(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	history, err := ReadHistory(filepath.Join(task.Dir, HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	best := math.Inf(1)
	for _, h := range history {
		best = min(best, *h.WatchLoss)
	}
	d, err := Predict(context.Background(), Prediction{Dir: task.Dir, Samples: 1, Store: s, Rows: task.Watch, Views: 1, Batch: 16})
	if err != nil {
		t.Fatal(err)
	}
	if got := meanLoss(s, d); abs(got-best) > 1e-5 {
		t.Errorf("the kept weights have watched loss %v, the best epoch had %v", got, best)
	}
}

func TestTheRateStaysUpForSWA(t *testing.T) {
	c := Default()
	c.Epochs, c.Average = 8, Average{Method: "swa", Decay: 0.9, LearningRate: 5e-4}
	for step := range 80 {
		want := c.Schedule.At(step, 10, 8)
		if step >= 60 { // the last quarter
			want = 5e-4
		}
		if got := c.rate(step, 10); got != want {
			t.Errorf("step %d: rate %g, want %g", step, got, want)
		}
	}
}
