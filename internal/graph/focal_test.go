package graph

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"gorgonia.org/gorgonia"
)

// focalAndGradient runs the loss and its symbolic gradient on the TapeMachine.
func focalAndGradient(t *testing.T, gamma float64, classes int, logits, targets, weights []float64) (float64, []float64) {
	t.Helper()
	g := gorgonia.NewGraph()
	n := len(weights)
	l := leaf(g, "logits", []int{n, classes}, logits)
	loss := FocalLoss(l, leaf(g, "targets", []int{n, classes}, targets), leaf(g, "weights", []int{n}, weights), gamma)
	grads, err := gorgonia.Grad(loss, l)
	if err != nil {
		t.Fatal(err)
	}
	run(t, g)
	return loss.Value().Data().(float64), grads[0].Value().Data().([]float64)
}

// TestFocalLossAgainstTorch compares losses and gradients with those that
// testdata/focal.py computes by torch and torchvision in float64.
func TestFocalLossAgainstTorch(t *testing.T) {
	raw, err := os.ReadFile("testdata/focal.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Name                               string
			Gamma, Loss                        float64
			Classes                            int
			Logits, Targets, Weights, Gradient []float64
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			loss, grad := focalAndGradient(t, c.Gamma, c.Classes, c.Logits, c.Targets, c.Weights)
			near(t, "loss", loss, c.Loss)
			for i := range grad {
				near(t, "gradient", grad[i], c.Gradient[i])
			}
		})
	}
}

// near allows what torch's 1-exp(log p) loses by cancellation.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-13+1e-12*math.Abs(want)) {
		t.Errorf("%s = %.15g, torch has %.15g", what, got, want)
	}
}

func TestFocalLossGradient(t *testing.T) {
	logits := []float64{0.3, -1, 2, 0.1, 0.2, 0.3, 5, 0, -5}
	targets := []float64{1, 0, 0, 0.1, 0.1, 0.8, 0, 1, 0}
	weights := []float64{1, 2.5, 0.4}
	for _, gamma := range []float64{0, 0.5, 2} {
		_, grad := focalAndGradient(t, gamma, 3, logits, targets, weights)
		for i := range logits {
			compare(t, "logits", i, grad[i], func(d float64) float64 {
				x := append([]float64{}, logits...)
				x[i] += d
				loss, _ := focalAndGradient(t, gamma, 3, x, targets, weights)
				return loss
			})
		}
	}
}

// TestFocalLossOfCertainRowsStaysFinite looks at probabilities of exactly 0
// and 1 in floating point, where log p, 1-p and their quotient have to be
// taken to their limits.
func TestFocalLossOfCertainRowsStaysFinite(t *testing.T) {
	logits := []float64{800, 0, 0, 800}
	targets := []float64{1, 0, 1, 0} // the first certainly right, the second certainly wrong
	for _, gamma := range []float64{0, 0.5, 1, 2} {
		loss, grad := focalAndGradient(t, gamma, 2, logits, targets, []float64{1, 1})
		if math.Abs(loss-400) > 1e-9 {
			t.Errorf("gamma %g: loss %g, want half of 800", gamma, loss)
		}
		for i, want := range []float64{0, 0, -0.5, 0.5} {
			if math.Abs(grad[i]-want) > 1e-12 {
				t.Errorf("gamma %g: gradient %d is %g, want %g", gamma, i, grad[i], want)
			}
		}
	}
}

// TestFocalLossAllocatesNothing: machines run it by its plain loops at every
// step.
func TestFocalLossAllocatesNothing(t *testing.T) {
	in := []Array{{Shape: []int{2, 3}, Data: []float64{1, 2, 3, 3, 2, 1}}, {Shape: []int{2, 3}, Data: []float64{1, 0, 0, 0, 0, 1}},
		{Shape: []int{2}, Data: []float64{1, 1}}, {Data: []float64{1}}}
	loss, grad := Array{Data: make([]float64, 1)}, Array{Shape: []int{2, 3}, Data: make([]float64, 6)}
	if n := testing.AllocsPerRun(10, func() {
		Focal{2}.Eval(loss, in[:3])
		FocalGrad{2}.Eval(grad, in)
	}); n > 0 {
		t.Errorf("%v allocations a run", n)
	}
}
