package train

import (
	"context"
	"testing"

	"melanoma/data"
	"melanoma/internal/bayes"
	"melanoma/internal/fault"
)

func meanLoss(s *data.Store, d *Draws) float64 {
	total := 0.0
	prob := make([]float64, d.Classes)
	for i, row := range d.Rows {
		bayes.Softmax(prob, d.at(i, 0, 0))
		total += crossEntropy(prob[s.Row(row).Target])
	}
	return total / float64(len(d.Rows))
}

// TestPredictionDoesNotDependOnItsBatches predicts the same rows in batches of
// several sizes, with a remainder, and by several workers.
func TestPredictionDoesNotDependOnItsBatches(t *testing.T) {
	s := smallStore(t, 40, 32)
	task := smallTask(t, s, "sghmc")
	if err := Fit(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	samples, err := task.Config.Samples(len(task.Rows))
	if err != nil {
		t.Fatal(err)
	}
	var want *Draws
	for _, c := range []struct{ batch, workers int }{{8, 1}, {8, 3}, {5, 2}, {100, 2}} {
		d, err := Predict(context.Background(), Prediction{Dir: task.Dir, Samples: samples, Store: s, Rows: s.TestRows(), Views: 8, Batch: c.batch, Workers: c.workers})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = d
		}
		for i := range want.Logits {
			if d.Logits[i] != want.Logits[i] {
				t.Fatalf("batch %d, %d workers: logit %d is %v, want %v", c.batch, c.workers, i, d.Logits[i], want.Logits[i])
			}
		}
	}
	distinct := false
	for i := range want.Rows {
		distinct = distinct || want.at(i, 0, 0)[0] != want.at(i, 0, 1)[0]
	}
	if !distinct {
		t.Error("all posterior samples give the same logits")
	}
}

func TestCancelledPredictionCanBeResumed(t *testing.T) {
	s := smallStore(t, 30, 32)
	task := smallTask(t, s, "adam")
	task.Config.Epochs = 1
	if err := Fit(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := Prediction{Dir: task.Dir, Samples: 1, Store: s, Rows: s.TrainRows(), Views: 2, Batch: 4, Progress: func(int, int) { cancel() }}
	if _, err := Predict(ctx, p); fault.KindOf(err) != fault.Stopped {
		t.Errorf("error %v, want a stopped fault", err)
	}
}
