package pipeline

import (
	"context"
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
