package train

import (
	"context"
	"math"
	"testing"

	"melanoma/augment"
	"melanoma/internal/bayes"
)

// TestLossOfAMixedBatch computes the loss by its definition: each picture of a
// mixed row counts by its share and the weight of its own class. Targets are
// smoothed and the loss is focal with alpha.
func TestLossOfAMixedBatch(t *testing.T) {
	task := smallTask(t, smallStore(t, 30, 32), "adam")
	c := &task.Config
	c.Loss = Loss{Name: "focal", Gamma: 1.5, Alpha: []float64{0.3, 2, 1, 0.5}}
	c.LabelSmoothing, c.ClassWeights, c.Batch = 0.2, "balanced", 9
	c.Mix = augment.MixConfig{P: 0.8, MixupAlpha: 1, CutMixAlpha: 1, CutMixShare: 0.5}
	tr, err := newTrainer(&task)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.close()
	focal := func(prob []float64, class int32) (loss float64) {
		for k, p := range prob {
			target := c.LabelSmoothing / float64(len(prob))
			if int(class) == k {
				target += 1 - c.LabelSmoothing
			}
			loss -= c.Loss.Alpha[k] * target * math.Pow(1-p, c.Loss.Gamma) * math.Log(p)
		}
		return loss
	}
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
		sum, weights, mixed := 0.0, 0.0, 0
		prob := make([]float64, 4)
		for i := range b.N {
			bayes.Softmax(prob, m.Logits()[4*i:4*i+4])
			x := b.Mix[i]
			if x.Share < 1 && b.Target[i] != b.Target[x.Partner] {
				mixed++
			}
			for class, share := range map[int]float64{i: x.Share, x.Partner: 1 - x.Share} {
				if x.Partner == i {
					share = 1
				}
				w := share * tr.weights[b.Target[class]]
				sum, weights = sum+w*focal(prob, b.Target[class]), weights+w
			}
		}
		if got, want := float64(m.Loss()), sum/weights; math.Abs(got-want) > 1e-6*want {
			t.Errorf("loss %v, by the definition %v", got, want)
		}
		if mixed < 2 {
			t.Errorf("%d rows are of two classes: the test shows little", mixed)
		}
		break
	}
}

// The targets of a batch that is not mixed are those of before there was
// mixing: its class and what smoothing spreads.
func TestTargetsOfPlainRows(t *testing.T) {
	task := smallTask(t, smallStore(t, 30, 32), "adam")
	task.Config.LabelSmoothing = 0.1
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
		for i := range b.N {
			for k := range 4 {
				want := float32(0.1 / 4)
				if int(b.Target[i]) == k {
					want += float32(0.9)
				}
				if got := m.Input("targets")[4*i+k]; got != want || m.Input("row_weights")[i] != 1 {
					t.Errorf("row %d, class %d: %v, want %v", i, k, got, want)
				}
			}
		}
		break
	}
}
