package train

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"melanoma/augment"
	"melanoma/data"
	"melanoma/internal/fault"
	"melanoma/models"
)

// smallStore draws and ingests a few pictures.
func smallStore(t *testing.T, images, size int) *data.Store {
	t.Helper()
	dir := t.TempDir()
	synth := data.DefaultSynth()
	synth.Images, synth.Size, synth.Seed, synth.Prevalence = images, size, 3, 0.4
	ctx := context.Background()
	if err := data.Synth(ctx, filepath.Join(dir, "data"), synth); err != nil {
		t.Fatal(err)
	}
	c := data.Default()
	c.Root, c.Size = filepath.Join(dir, "data"), size
	if _, err := data.Ingest(ctx, c, filepath.Join(dir, "images"), data.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := data.OpenStore(filepath.Join(dir, "images"), 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func smallTask(t *testing.T, s *data.Store, rule string) Task {
	t.Helper()
	c := Default()
	c.Epochs, c.Batch, c.Update.Name = 3, 8, rule
	if c.Update.Sampler() {
		c.Schedule.LearningRate, c.Update.Samples, c.Update.BurnIn = 1e-3, 2, 3
	}
	recipe := augment.Default()
	return Task{Model: models.Config{Arch: "tiny"}, Config: c, Store: s, Rows: s.TrainRows(), Augment: &recipe,
		Dir: t.TempDir(), Seed: 9, Inputs: map[string]string{"images": "abc"}, Workers: 2}
}

// results reads everything a training leaves behind but the times.
func results(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, e := range entries {
		if e.Name() == "log.jsonl" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = b
	}
	return out
}

func sameResults(t *testing.T, got, want map[string][]byte) {
	t.Helper()
	for name, w := range want {
		if !bytes.Equal(got[name], w) {
			t.Errorf("%s differs", name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
}

// TestResumedTrainingIsTheUnbrokenOne stops a training after every third step
// and goes on each time; the files must be those of an unbroken one.
func TestResumedTrainingIsTheUnbrokenOne(t *testing.T) {
	s := smallStore(t, 40, 32)
	for _, c := range []struct {
		name, rule string
		change     func(*Task)
	}{
		{"adam", "adam", func(*Task) {}},
		{"sgd", "sgd", func(*Task) {}},
		{"sghmc", "sghmc", func(*Task) {}},
		{"frozen layers", "adam", func(t *Task) { c := &t.Config; c.Freeze = []string{"conv_stem*", "blocks.[0-1].*"} }},
		{"rates by layer, clipped elements", "adamw", func(t *Task) {
			c := &t.Config
			c.LayerDecay, c.RateFactors, c.ClipValue = 0.7, []RateFactor{{"*.bias", 2}}, 0.01
		}},
		{"sampling by class", "adam", func(t *Task) {
			c := &t.Config
			c.Sampling = Sampling{Method: "balanced", Upsample: map[string]float64{"melanoma": 2}}
		}},
		{"ema", "adam", func(t *Task) { t.Config.Average.Method = "ema" }},
		{"swa in micro-batches that do not fill the last step, watched", "adam", func(t *Task) {
			t.Config.Batch, t.Config.Accumulate, t.Config.Average.Method, t.Config.Average.StartEpoch = 8, 4, "swa", 2
			t.Config.EarlyStopping.Patience, t.Rows, t.Watch = 2, t.Rows[:22], t.Rows[22:]
		}},
		{"mixed pictures of another size", "adam", func(t *Task) {
			t.Model.Size = 40
			t.Config.Mix = augment.MixConfig{P: 0.7, MixupAlpha: 0.4, CutMixAlpha: 1, CutMixShare: 0.5}
		}},
		{"micro-batches", "adam", func(t *Task) { c := &t.Config; c.Batch, c.Accumulate, c.DropLast = 16, 4, false }},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole := smallTask(t, s, c.rule)
			c.change(&whole)
			if err := Fit(context.Background(), whole); err != nil {
				t.Fatal(err)
			}
			broken := smallTask(t, s, c.rule)
			c.change(&broken)
			stops := 0
			for {
				ctx, cancel := context.WithCancel(context.Background())
				steps := 0
				broken.Progress = func(Progress) {
					if steps++; steps == 3 {
						cancel()
					}
				}
				err := Fit(ctx, broken)
				cancel()
				if err == nil {
					break
				}
				if fault.KindOf(err) != fault.Stopped {
					t.Fatal(err)
				}
				if stops++; stops > 50 {
					t.Fatal("the training does not get on")
				}
			}
			if stops < 2 {
				t.Fatalf("stopped %d times, want at least 2", stops)
			}
			sameResults(t, results(t, broken.Dir), results(t, whole.Dir))
		})
	}
}

func TestWorkersDoNotChangeATraining(t *testing.T) {
	s := smallStore(t, 30, 32)
	var want map[string][]byte
	for _, workers := range []int{1, 2, 4} {
		task := smallTask(t, s, "adam")
		task.Workers, task.Config.Epochs, task.Model.Size = workers, 1, 24
		task.Config.Mix = augment.MixConfig{P: 0.7, MixupAlpha: 0.4, CutMixAlpha: 1, CutMixShare: 0.5}
		if err := Fit(context.Background(), task); err != nil {
			t.Fatal(err)
		}
		got := results(t, task.Dir)
		if want == nil {
			want = got
		}
		sameResults(t, got, want)
	}
}

func TestCheckpointOfOtherInputsIsNotUsed(t *testing.T) {
	s := smallStore(t, 30, 32)
	fresh := smallTask(t, s, "adam")
	fresh.Config.Epochs = 1
	if err := Fit(context.Background(), fresh); err != nil {
		t.Fatal(err)
	}
	reused := smallTask(t, s, "adam")
	reused.Config.Epochs = 1
	reused.Inputs = map[string]string{"images": "other"}
	reused.Seed = 10
	if err := Fit(context.Background(), reused); err != nil {
		t.Fatal(err)
	}
	reused.Inputs, reused.Seed = fresh.Inputs, fresh.Seed
	if err := Fit(context.Background(), reused); err != nil {
		t.Fatal(err)
	}
	sameResults(t, results(t, reused.Dir), results(t, fresh.Dir))
}

func TestEarlyStoppingKeepsTheBestWatchedEpoch(t *testing.T) {
	s := smallStore(t, 60, 32)
	task := smallTask(t, s, "adam")
	task.Config.Epochs, task.Config.EarlyStopping.Patience = 8, 1
	task.Config.Schedule.LearningRate = 3e-2 // rough enough to get worse at times
	rows := s.TrainRows()
	task.Rows, task.Watch = rows[:len(rows)*3/4], rows[len(rows)*3/4:]
	if err := Fit(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	history, err := ReadHistory(filepath.Join(task.Dir, HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	best := 0
	for i, h := range history {
		if *h.WatchLoss < *history[best].WatchLoss {
			best = i
		}
	}
	if len(history) == task.Config.Epochs || best != len(history)-2 {
		t.Fatalf("%d epochs with the best at %d: want a stop one epoch after the best", len(history), best+1)
	}
	d, err := Predict(context.Background(), Prediction{Dir: task.Dir, Samples: 1, Store: s, Rows: task.Watch, Views: 1, Batch: 16})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := meanLoss(s, d), *history[best].WatchLoss; abs(got-want) > 1e-5 {
		t.Errorf("the kept weights have watched loss %v, the best epoch had %v", got, want)
	}
}

func abs(x float64) float64 { return max(x, -x) }

func TestPartialBatchesAreTrainedOnIfAskedFor(t *testing.T) {
	s := smallStore(t, 40, 32)
	task := smallTask(t, s, "adam")
	task.Rows = task.Rows[:19]
	task.Config.Epochs, task.Config.DropLast = 1, false
	steps := 0
	task.Progress = func(p Progress) { steps = p.Steps }
	if err := Fit(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	if steps != 3 {
		t.Errorf("%d steps for 19 rows in batches of 8, want 3", steps)
	}
}

func TestTooFewRowsAreAnInputFault(t *testing.T) {
	task := smallTask(t, smallStore(t, 30, 32), "adam")
	task.Rows = task.Rows[:1]
	if err := Fit(context.Background(), task); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "too few") {
		t.Errorf("error %v", err)
	}
}
