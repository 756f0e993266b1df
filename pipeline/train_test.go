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
