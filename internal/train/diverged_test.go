package train

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"melanoma/internal/exec"
)

// divergence trains until the error that it must end with. plant changes the
// trainer before its first step.
func divergence(t *testing.T, task Task, plant func(*trainer)) *DivergedError {
	t.Helper()
	tr, err := newTrainer(&task)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.close()
	plant(tr)
	for err == nil && tr.state.Epoch < task.Config.Epochs {
		err = tr.epoch(context.Background())
	}
	var diverged *DivergedError
	if !errors.As(err, &diverged) {
		t.Fatalf("error %v, want a DivergedError", err)
	}
	t.Log(err)
	return diverged
}

// TestDivergenceIsDiagnosed plants values that are not finite, and rates that
// make them, and reads where the error finds them.
func TestDivergenceIsDiagnosed(t *testing.T) {
	s := smallStore(t, 40, 32)
	nan := float32(math.NaN())
	set := func(name string, v float32) func(*trainer) {
		return func(tr *trainer) {
			x, ok := tr.store.View(name)
			if !ok {
				t.Fatalf("no parameter %s", name)
			}
			x[len(x)/2] = v
			tr.store.Changed()
		}
	}
	for name, c := range map[string]struct {
		change func(*Config)
		plant  func(*trainer)
		kind   exec.FindingKind
		found  string // in the error
		hint   string
	}{
		"a weight that is not a number": {plant: set("blocks.1.0.conv_dw.weight", nan), kind: exec.FoundParameter, found: "parameter blocks.1.0.conv_dw.weight with 1 of", hint: "model's file"},
		"a running statistic": {change: func(c *Config) { c.FreezeBatchNorm = true }, plant: set("blocks.0.0.bn1.running_var", nan),
			kind: exec.FoundParameter, found: "blocks.0.0.bn1.running_var", hint: "model's file"},
		"a weight that overflows": {plant: set("blocks.1.0.conv_dw.weight", 3.4e38), kind: exec.FoundForward, found: "blocks.1.0.conv_dw in the forward pass (conv", hint: "lr-find"},
		"pixels divided by 0":     {plant: func(tr *trainer) { tr.loader.Normalize.Std[1] = 0 }, kind: exec.FoundInput, found: "in SYNTH_", hint: "mean and std"},
		"a rate far too high":     {change: func(c *Config) { c.Update.Name = "sgd"; c.Schedule.LearningRate = 1e30 }, plant: func(*trainer) {}, kind: exec.FoundForward, found: "made from", hint: "learning_rate"},
		"the same in micro-batches": {change: func(c *Config) { c.Update.Name = "sgd"; c.Schedule.LearningRate = 1e30; c.Accumulate = 2 },
			plant: func(*trainer) {}, kind: exec.FoundForward, found: "made from", hint: "learning_rate"},
		"a rate beyond all numbers": {change: func(c *Config) { c.Update.Name = "sgd"; c.Schedule.LearningRate = 1e45 }, plant: func(*trainer) {}, kind: exec.FoundParameter, found: "step 1:", hint: "learning_rate"},
	} {
		t.Run(name, func(t *testing.T) {
			task := smallTask(t, s, "adam")
			if c.change != nil {
				c.change(&task.Config)
			}
			e := divergence(t, task, c.plant)
			if e.Finding == nil || e.Finding.Kind != c.kind || !strings.Contains(e.Error(), c.found) {
				t.Errorf("error %q, want one with %q (%s)", e, c.found, c.kind)
			}
			if !strings.Contains(e.Hint(), c.hint) {
				t.Errorf("hint %q, want one with %q", e.Hint(), c.hint)
			}
		})
	}
}

// TestWeightsThatAreNotFiniteAreNotKept: the last update makes them, and no
// step comes after it that would see them.
func TestWeightsThatAreNotFiniteAreNotKept(t *testing.T) {
	task := smallTask(t, smallStore(t, 30, 32), "sgd")
	task.Config.Epochs, task.Config.Batch = 1, 30
	task.Config.Schedule = Schedule{Name: "constant", LearningRate: 1e45}
	var diverged *DivergedError
	if err := Fit(context.Background(), task); !errors.As(err, &diverged) || !diverged.Kept {
		t.Fatalf("error %v, want a DivergedError of the weights", err)
	}
	if files := results(t, task.Dir); files[WeightsFile(0)] != nil {
		t.Error("the weights are written all the same")
	}
}
