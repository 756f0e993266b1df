package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"melanoma/cv"
	"melanoma/internal/numtest"
)

// quietApp writes its stdout to a file and returns how to read it.
func quietApp(t *testing.T) (*app, func() []byte) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	a := &app{stdout: out, stderr: os.Stderr}
	a.common.json = true
	return a, func() []byte {
		text, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// TestScoreAndBlendOfRealPredictions: three competitors' out-of-fold
// predictions on ISIC 2020; the figures are scikit-learn's.
func TestScoreAndBlendOfRealPredictions(t *testing.T) {
	file := numtest.Shared(t, "data/predictions/oof_2020_three_models.csv")
	for column, want := range map[string]float64{"b1ns_a_prob": .89978, "pei_1_prob": .90854, "pei_2_prob": .86421} {
		a, stdout := quietApp(t)
		if err := a.runScore(scoreOptions{truth: file, pred: file, column: column}); err != nil {
			t.Fatal(err)
		}
		var score cv.Score
		if err := json.Unmarshal(stdout(), &score); err != nil {
			t.Fatal(err)
		}
		if score.N != 33126 || score.Positives != 584 || math.Abs(score.AUC-want) > 5e-6 || !(score.AUCLow < want && want < score.AUCHigh) {
			t.Errorf("%s: %+v, want AUC %v", column, score, want)
		}
	}
	a, stdout := quietApp(t)
	output := filepath.Join(t.TempDir(), "blend.csv")
	if err := a.runBlend(blendOptions{methods: "prob,rank", truth: file, output: output}, []string{file}); err != nil {
		t.Fatal(err)
	}
	var result struct{ Blend cv.Blend }
	if err := json.Unmarshal(stdout(), &result); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{.90819, .91843} {
		if got := result.Blend.Methods[i].AUC.Value; math.Abs(got-want) > 5e-6 {
			t.Errorf("%s: %v, want %v", result.Blend.Methods[i].Method, got, want)
		}
	}
}

// TestBlendOfRealSubmissions joins eight submissions of one competitor.
func TestBlendOfRealSubmissions(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(numtest.Shared(t, "data/predictions/submissions"), "*.csv"))
	if err != nil || len(files) != 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	a, _ := quietApp(t)
	output := filepath.Join(t.TempDir(), "blend.csv")
	if err := a.runBlend(blendOptions{methods: "rank", output: output}, files); err != nil {
		t.Fatal(err)
	}
	first, err := cv.ReadPredictions(files[0], "")
	if err != nil {
		t.Fatal(err)
	}
	if err := cv.CheckSubmission(output, first.ImageName); err != nil {
		t.Error(err)
	}
}

// TestGoldenModelsRun compares `models run` on the pretrained network, which
// was exported for training, with PyTorch's float64 logits in both modes.
func TestGoldenModelsRun(t *testing.T) {
	text, err := os.ReadFile(numtest.Golden(t, "models/pretrained_lite0@128.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Weights     string
		Input       []int
		EvalLogits  [][]float64 `json:"eval_logits"`
		TrainLogits [][]float64 `json:"train_logits"`
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	file := numtest.Shared(t, golden.Weights)
	dir := t.TempDir()
	x, y := filepath.Join(dir, "x.npy"), filepath.Join(dir, "y.npy")
	input := make([]float32, golden.Input[0]*golden.Input[1]*golden.Input[2]*golden.Input[3])
	for i := range input {
		input[i] = float32(numtest.FormulaUnit("input", i))
	}
	if err := writeNPY(x, &array{shape: golden.Input, data: input}); err != nil {
		t.Fatal(err)
	}
	for evaluation, logits := range map[bool][][]float64{true: golden.EvalLogits, false: golden.TrainLogits} {
		a, _ := quietApp(t)
		if err := a.runModelsRun(modelsOptions{inputs: []string{x}, output: []string{y}, eval: evaluation}, file); err != nil {
			t.Fatal(err)
		}
		got, err := readNPY(y)
		if err != nil {
			t.Fatal(err)
		}
		var want []float64
		for _, row := range logits {
			want = append(want, row...)
		}
		if fmt.Sprint(got.shape) != fmt.Sprint([]int{len(logits), len(logits[0])}) {
			t.Fatalf("shape %v", got.shape)
		}
		if d := numtest.MaxRelative(got.data, want); d > 1e-4 {
			t.Errorf("evaluation %t: logits differ by %g of the largest", evaluation, d)
		}
	}
}
