package train

import (
	"context"
	"errors"
	"math"
	"testing"

	"melanoma/internal/bayes"
)

// TestFocalLossOfABatch computes the loss of a machine's logits by the formula,
// with alpha, smoothed targets and class weights.
func TestFocalLossOfABatch(t *testing.T) {
	task := smallTask(t, smallStore(t, 30, 32), "adam")
	task.Config.Loss = Loss{Name: "focal", Gamma: 1.5, Alpha: []float64{0.3, 2, 1, 0.5}}
	task.Config.LabelSmoothing, task.Config.ClassWeights = 0.2, "balanced"
	tr, err := newTrainer(&task)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.close()
	for b, err := range tr.epochBatches(context.Background(), 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		m, err := tr.machine(b.N)
		if err != nil {
			t.Fatal(err)
		}
		tr.fill(m, b)
		if err := m.Run(1); err != nil {
			t.Fatal(err)
		}
		sum, weights := 0.0, 0.0
		prob := make([]float64, 4)
		for i := range b.N {
			bayes.Softmax(prob, m.Logits()[4*i:4*i+4])
			loss := 0.0
			for k, p := range prob {
				target := 0.05
				if int(b.Target[i]) == k {
					target += 0.8
				}
				loss -= task.Config.Loss.Alpha[k] * target * math.Pow(1-p, 1.5) * math.Log(p)
			}
			w := tr.weights[b.Target[i]]
			sum, weights = sum+w*loss, weights+w
		}
		if got, want := float64(m.Loss()), sum/weights; math.Abs(got-want) > 1e-6*want {
			t.Errorf("loss %v, by the formula %v", got, want)
		}
		break
	}
}

func TestAlphaHasOneFactorAClass(t *testing.T) {
	task := smallTask(t, smallStore(t, 30, 32), "adam")
	task.Config.Loss = Loss{Name: "focal", Gamma: 2, Alpha: []float64{0.3, 0.3, 0.4}}
	var wrong *ConfigError
	if err := Fit(context.Background(), task); !errors.As(err, &wrong) || wrong.Key != "loss.alpha" {
		t.Errorf("error %v, want one of loss.alpha", err)
	}
}
