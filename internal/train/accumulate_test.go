package train

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"melanoma/internal/fault"
	"melanoma/models"
)

// plainNet writes a small network without batch statistics and returns its
// file.
func plainNet(t *testing.T) string {
	t.Helper()
	net := &models.Net{
		Name: "plain", Classes: 2, InputSize: 32, Std: [3]float32{1, 1, 1}, Input: "input", Pooled: "pooled", Output: "logits",
		Layers: []models.Layer{
			{Name: "conv1", Op: models.OpConv, Inputs: []string{"input"}, Params: []string{"conv1.weight", "conv1.bias"}, Stride: [2]int{2, 2}, Pad: [4]int{1, 1, 1, 1}, Groups: 1},
			{Name: "act1", Op: models.OpSwish, Inputs: []string{"conv1"}},
			{Name: "conv2", Op: models.OpConv, Inputs: []string{"act1"}, Params: []string{"conv2.weight", "conv2.bias"}, Stride: [2]int{2, 2}, Pad: [4]int{1, 1, 1, 1}, Groups: 8},
			{Name: "act2", Op: models.OpSwish, Inputs: []string{"conv2"}},
			{Name: "conv3", Op: models.OpConv, Inputs: []string{"act2"}, Params: []string{"conv3.weight", "conv3.bias"}, Stride: [2]int{1, 1}, Groups: 1},
			{Name: "act3", Op: models.OpSwish, Inputs: []string{"conv3"}},
			{Name: "pool", Op: models.OpGlobalMean, Inputs: []string{"act3"}},
			{Name: "pooled", Op: models.OpFlatten, Inputs: []string{"pool"}},
			{Name: "logits", Op: models.OpLinear, Inputs: []string{"pooled"}, Params: []string{"fc.weight", "fc.bias"}},
		},
		Params: []models.Param{
			{Name: "conv1.weight", Shape: []int{8, 3, 3, 3}, Role: models.RoleWeight}, {Name: "conv1.bias", Shape: []int{8}, Role: models.RoleBias},
			{Name: "conv2.weight", Shape: []int{8, 1, 3, 3}, Role: models.RoleWeight}, {Name: "conv2.bias", Shape: []int{8}, Role: models.RoleBias},
			{Name: "conv3.weight", Shape: []int{24, 8, 1, 1}, Role: models.RoleWeight}, {Name: "conv3.bias", Shape: []int{24}, Role: models.RoleBias},
			{Name: "fc.weight", Shape: []int{2, 24}, Role: models.RoleWeight}, {Name: "fc.bias", Shape: []int{2}, Role: models.RoleBias},
		},
	}
	weights := models.Weights{}
	for k, p := range net.Params {
		values := make([]float32, p.Len())
		for i := range values {
			values[i] = float32(0.5 * math.Sin(float64(3*i+7*k+1)))
		}
		weights[p.Name] = values
	}
	path := filepath.Join(t.TempDir(), "plain.onnx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := models.WriteONNX(f, net, weights, 32); err != nil {
		t.Fatal(err)
	}
	return path
}

// trained runs a task and returns the weights that it left.
func trained(t *testing.T, task Task) models.Weights {
	t.Helper()
	if err := Fit(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	_, weights, err := ReadWeights(filepath.Join(task.Dir, WeightsFile(0)))
	if err != nil {
		t.Fatal(err)
	}
	return weights
}

// away is how far two trainings from one start ended from each other, as a
// share of the way that the second went: L2 norms over the arrays of start.
func away(start, got, want models.Weights) float64 {
	apart, moved := 0.0, 0.0
	for name, v := range start {
		for i := range v {
			apart += math.Pow(float64(got[name][i]-want[name][i]), 2)
			moved += math.Pow(float64(v[i]-want[name][i]), 2)
		}
	}
	return math.Sqrt(apart / moved)
}

// TestMicroBatchesMakeTheStepOfTheirWhole trains a network without batch
// statistics on steps of 16 images, the last of an epoch smaller, whole and in
// micro-batches. What the training moved the weights by may differ by rounding
// alone, although rows of the classes count differently and dropout draws masks.
func TestMicroBatchesMakeTheStepOfTheirWhole(t *testing.T) {
	s, path := smallStore(t, 60, 32), plainNet(t)
	for _, c := range []struct {
		rule string
		rate float64
		clip float64
		loss Loss
	}{
		{"sgd", 0.1, 0, Default().Loss}, {"sgd", 0.1, 0.2, Default().Loss}, {"adamw", 1e-3, 0, Default().Loss}, {"sghmc", 0.1, 0, Default().Loss},
		{"sgd", 0.1, 0, Loss{Name: "focal", Gamma: 2, Alpha: []float64{0.25, 0.75, 0.5, 1}}},
	} {
		run := func(accumulate int) models.Weights {
			task := smallTask(t, s, c.rule)
			task.Model = models.Config{ONNX: path, Dropout: 0.4, DropoutSamples: 3}
			task.Rows = task.Rows[:39] // steps of 16, 16 and 7
			task.Config.Epochs, task.Config.Batch, task.Config.Accumulate, task.Config.DropLast = 2, 16, accumulate, false
			task.Config.Schedule, task.Config.Loss = Schedule{Name: "constant", LearningRate: c.rate}, c.loss
			task.Config.ClassWeights, task.Config.ClipNorm, task.Config.LabelSmoothing = "balanced", c.clip, 0.1
			task.Config.Update.BurnIn, task.Config.Update.Samples = 0, 1
			task.Config.Update.Temperature = 1e-4 // the gradient counts, not the noise alone
			return trained(t, task)
		}
		_, start, err := models.Build(networkConfig(models.Config{ONNX: path}, s, nil, 0))
		if err != nil {
			t.Fatal(err)
		}
		for name := range start {
			if !strings.HasPrefix(name, "conv") {
				delete(start, name) // the new classifier's are drawn from the task's seed
			}
		}
		whole := run(1)
		for _, k := range []int{2, 4, 8, 16} {
			d := away(start, run(k), whole)
			t.Logf("%s, clip %g, %s: %d micro-batches end %.2g away", c.rule, c.clip, c.loss.Name, k, d)
			if !(d <= 1e-5) { // a few roundings of the weights
				t.Errorf("%s, clip %g, %s: with %d micro-batches the weights end %.2g of the way elsewhere", c.rule, c.clip, c.loss.Name, k, d)
			}
		}
	}
}

// TestAStepThatWasNotFinishedLeavesNothing stops between two micro-batches:
// the running statistics, which the first of them moved, go back.
func TestAStepThatWasNotFinishedLeavesNothing(t *testing.T) {
	s := smallStore(t, 40, 32)
	task := func() Task {
		task := smallTask(t, s, "adam")
		task.Config.Epochs, task.Config.Batch, task.Config.Accumulate = 1, 16, 4
		return task
	}
	whole, broken := task(), task()
	if err := Fit(context.Background(), whole); err != nil {
		t.Fatal(err)
	}
	tr, err := newTrainer(&broken)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.close()
	for b, err := range tr.epochBatches(context.Background(), 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.microBatch(b); err != nil {
			t.Fatal(err)
		}
		if tr.state.Step == 1 && tr.pending.rows > 0 {
			break
		}
	}
	if err := tr.stop(); fault.KindOf(err) != fault.Stopped {
		t.Fatal(err)
	}
	if err := Fit(context.Background(), broken); err != nil {
		t.Fatal(err)
	}
	sameResults(t, results(t, broken.Dir), results(t, whole.Dir))
}
