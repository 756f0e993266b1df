package train

import (
	"context"
	"path/filepath"
	"testing"

	"melanoma/models"
)

// TestSamplesHaveStatisticsOfTheirOwn recomputes the batch statistics of a
// sample from its weights alone, starting from nonsense: the file's must be
// those, whatever the chain's running statistics were, and the chain must go
// on with its own.
func TestSamplesHaveStatisticsOfTheirOwn(t *testing.T) {
	s := smallStore(t, 40, 32)
	task := smallTask(t, s, "sghmc")
	if err := Fit(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	_, weights, err := ReadWeights(filepath.Join(task.Dir, WeightsFile(1)))
	if err != nil {
		t.Fatal(err)
	}
	fresh := task
	fresh.Dir = t.TempDir()
	tr, err := newTrainer(&fresh)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.close()
	if err := tr.store.Load(nonsenseStatistics(weights)); err != nil {
		t.Fatal(err)
	}
	before := tr.store.Buffers()[0]
	if err := tr.recomputeStatistics(1); err != nil {
		t.Fatal(err)
	}
	for name, got := range tr.store.Export() {
		for i, v := range weights[name] {
			if got[i] != v {
				t.Fatalf("%s[%d] is %v, the sample's file has %v", name, i, got[i], v)
			}
		}
	}
	if err := tr.keepSampleOf(1); err != nil {
		t.Fatal(err)
	}
	if tr.store.Buffers()[0] == before {
		t.Fatal("the statistics were not recomputed")
	}
	tr.store.Buffers()[0] = before
	if err := tr.keepSampleOf(1); err != nil {
		t.Fatal(err)
	}
	if tr.store.Buffers()[0] != before {
		t.Error("keeping a sample changed the chain's running statistics")
	}
}

// nonsenseStatistics replaces the running statistics by 7.
func nonsenseStatistics(w models.Weights) models.Weights {
	out := w.Clone()
	for name := range out {
		if filepath.Ext(name) == ".running_mean" || filepath.Ext(name) == ".running_var" {
			for i := range out[name] {
				out[name][i] = 7
			}
		}
	}
	return out
}
