package pipeline

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"melanoma/internal/fault"
)

// TestNamesOfParametersAreCheckedBeforeAnythingRuns: a misspelt layer must not
// come to light after an hour of ingest.
func TestNamesOfParametersAreCheckedBeforeAnythingRuns(t *testing.T) {
	for _, c := range []struct{ set, sentence, hint string }{
		{`train.freeze=["conv_stm*"]`, `section models.0.train: train: freeze.0 "conv_stm*" matches no parameter`, "did you mean conv_stem.weight?"},
		{`models.1.train.freeze=["meta.9*"]`, `section models.1.train: train: freeze.0 "meta.9*"`, "did you mean meta."},
		{`train.freeze=["*"]`, "freeze leaves no parameter of tiny to train", "classifier"},
	} {
		steps, err := openRun(t, t.TempDir(), Options{Fold: -1}, c.set).Execute(context.Background())
		if err == nil || fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), c.sentence) || !strings.Contains(fault.HintOf(err), c.hint) {
			t.Errorf("%s: %v; %s", c.set, err, fault.HintOf(err))
		}
		for _, s := range steps {
			if s.Action == "run" && s.Task != "" {
				t.Errorf("%s: %s ran", c.set, s.Task)
			}
		}
	}
}

// TestADivergenceNamesModelFoldEpochAndStep and the first array that is not
// finite.
func TestADivergenceNamesModelFoldEpochAndStep(t *testing.T) {
	r := openRun(t, t.TempDir(), Options{Fold: 1}, `models.0.train.update={name: sgd}`, "models.0.train.schedule.learning_rate=1e30")
	_, err := r.Execute(context.Background(), "ingest", "folds", "train")
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"model a, fold 1: ", "epoch 2, step 1: loss NaN", "first not finite: bn1 in the forward pass"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, want %q in it", err, part)
		}
	}
	if hint := fault.HintOf(err); !strings.Contains(hint, "learning_rate") {
		t.Errorf("hint %q", hint)
	}
}

// TestEveryTrainingFeatureIsReachable sets them as a user does and finishes a
// run with all of them at once.
func TestEveryTrainingFeatureIsReachable(t *testing.T) {
	dir := t.TempDir()
	r := openRun(t, dir, Options{Fold: -1}, "train.accumulate=2", `train.freeze=["conv_stem*", "bn1.*"]`, "train.layer_decay=0.8",
		`train.rate_factors=[{pattern: "classifier.*", factor: 3}]`, "train.clip_value=0.5", "train.clip_norm=1",
		"train.sampling={method: sqrt, upsample: {melanoma: 2}}",
		"models=[{name: a, arch: tiny, size: 40, train: {average: {method: ema, decay: 0.9}, mix: {p: 0.5, mixup_alpha: 0.4, cutmix_alpha: 0}}}, {name: c, arch: tiny, train: {average: {method: swa, start_epoch: 1, learning_rate: 1e-4}}}, {name: b, arch: tiny, train: {update: {name: sgld, temperature: 0.01, samples: 2}}}]")
	if _, err := r.Execute(context.Background()); err != nil {
		t.Fatal(err)
	}
	rec, err := r.readRecord("train-a-f0")
	if err != nil || !strings.Contains(rec.Note, "shown an epoch") {
		t.Errorf("the record of the training says %q, %v", rec.Note, err)
	}
}

// TestSmallerMicroBatchesAreTold: what memory decided stands in run.json, in
// the record of the training and on the page, since results depend on it.
func TestSmallerMicroBatchesAreTold(t *testing.T) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	const betweenOneImageAndTwenty = 95 << 20 // on top of what the process has
	dir := t.TempDir()
	r := openRun(t, dir, Options{Fold: -1}, "synth.size=96", "data.size=96", "train.batch=20", "cv.only_folds=[1]", "models=[{name: a, arch: tiny}]",
		fmt.Sprintf("train.memory_gb=%g", float64(m.HeapAlloc+betweenOneImageAndTwenty)/1e9))
	if _, err := r.Execute(context.Background()); err != nil {
		t.Fatal(err)
	}
	const words = "for want of memory the 20 images of a step are computed in"
	manifest, err := ReadManifest(dir)
	if err != nil || !strings.Contains(strings.Join(manifest.Remarks["train-a-f1"], " "), words) {
		t.Errorf("run.json: %v, %v", manifest.Remarks, err)
	}
	rec, err := r.readRecord("train-a-f1")
	if err != nil || len(rec.Remarks) != 1 || !strings.Contains(rec.Remarks[0], words) {
		t.Errorf("record: %v, %v", rec.Remarks, err)
	}
	for _, file := range []string{"report/index.html", "log.jsonl", "train/a-f1/log.jsonl"} {
		text, err := os.ReadFile(r.path(file))
		if err != nil || !strings.Contains(string(text), words) {
			t.Errorf("%s says nothing of it, %v", file, err)
		}
	}
}
