package metrics

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"melanoma/internal/numtest"
)

// golden mirrors the parts of metrics.json (scikit-learn 1.9.1) that this
// package computes.
type golden struct {
	AUC []struct {
		Name             string
		Y                []any
		Score            []float64
		AUC              float64
		AveragePrecision float64 `json:"average_precision"`
	} `json:"auc_cases"`
	Probability struct {
		Y       []int
		P       []float64
		LogLoss float64 `json:"log_loss"`
		Brier   float64
		ECE     float64 `json:"positive_class_ece_15_equal_width"`
	}
	Multiclass struct {
		Logits    [][]float64
		Target    []int32
		NLL       float64 `json:"nll_before"`
		MacroAUC  float64 `json:"auc_macro_ovr"`
		Accuracy  float64
		Confusion [][]int
	}
}

func readGolden(t *testing.T) golden {
	t.Helper()
	raw, err := os.ReadFile(numtest.Golden(t, "metrics/metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.17g, want %.17g", what, got, want)
	}
}

func TestGoldenAUCAndAveragePrecision(t *testing.T) {
	for _, c := range readGolden(t).AUC {
		t.Run(c.Name, func(t *testing.T) {
			positive := make([]bool, len(c.Y))
			for i, y := range c.Y {
				positive[i] = y == true || y == 1.0
			}
			auc, err := AUC(c.Score, positive)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "auc", auc, c.AUC, 1e-15)
			ap, err := AveragePrecision(c.Score, positive)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "average precision", ap, c.AveragePrecision, 1e-14)
		})
	}
}

func TestGoldenProbabilityScores(t *testing.T) {
	g := readGolden(t).Probability
	positive := make([]bool, len(g.Y))
	for i, y := range g.Y {
		positive[i] = y == 1
	}
	loss, clipped, err := LogLoss(g.P, positive)
	if err != nil || clipped != 0 {
		t.Fatalf("log loss: %d clipped, %v", clipped, err)
	}
	near(t, "log loss", loss, g.LogLoss, 1e-14)
	brier, err := Brier(g.P, positive)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "brier", brier, g.Brier, 1e-14)
	ece, err := ECE(g.P, positive, DefaultBins)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "ece", ece, g.ECE, 1e-14)
}

func TestGoldenMulticlass(t *testing.T) {
	g := readGolden(t).Multiclass
	classes := len(g.Confusion)
	var prob []float64
	for _, row := range g.Logits {
		prob = append(prob, softmax(row)...)
	}
	loss, _, err := MulticlassLogLoss(prob, classes, g.Target)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "log loss", loss, g.NLL, 1e-13)
	auc, counted, err := MacroAUC(prob, classes, g.Target)
	if err != nil || counted != classes {
		t.Fatalf("macro AUC over %d classes: %v", counted, err)
	}
	near(t, "macro AUC", auc, g.MacroAUC, 1e-14)
	accuracy, err := Accuracy(prob, classes, g.Target)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "accuracy", accuracy, g.Accuracy, 0)
	counts, err := Confusion(prob, classes, g.Target)
	if err != nil {
		t.Fatal(err)
	}
	for i := range counts {
		for j := range counts[i] {
			if counts[i][j] != g.Confusion[i][j] {
				t.Errorf("confusion[%d][%d] = %d, want %d", i, j, counts[i][j], g.Confusion[i][j])
			}
		}
	}
}

func softmax(logits []float64) []float64 {
	out := make([]float64, len(logits))
	top, sum := math.Inf(-1), 0.0
	for _, v := range logits {
		top = max(top, v)
	}
	for k, v := range logits {
		out[k] = math.Exp(v - top)
		sum += out[k]
	}
	for k := range out {
		out[k] /= sum
	}
	return out
}
