package pipeline

import (
	"context"
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/fault"
)

// TestFindRateNeedsNoRunAndHarmsNone: on a folder where nothing is done yet it
// ingests and assigns folds; the curve is that of a finished run, which stays
// verified and up to date.
func TestFindRateNeedsNoRunAndHarmsNone(t *testing.T) {
	ctx, dir := context.Background(), copyOfRun(t)
	span := RateRange{From: 1e-6, To: 0.1, Steps: 12}
	done, err := openRun(t, dir, Options{Fold: 1}).FindRate(ctx, "b", span)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := openRun(t, t.TempDir(), Options{Fold: 1, Workers: 1}).FindRate(ctx, "b", span)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(done.Points, fresh.Points) || len(done.Points) != span.Steps {
		t.Errorf("%d and %d points, not the same", len(done.Points), len(fresh.Points))
	}
	f, err := os.Open(done.CSV)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := csv.NewReader(f).ReadAll()
	if err != nil || len(table) != 1+span.Steps || table[0][1] != "learning_rate" || table[1][1] != "1e-06" {
		t.Errorf("table %v (%v)", table, err)
	}
	if svg, err := os.ReadFile(done.Plot); err != nil || !strings.Contains(string(svg), "model b, fold 1") {
		t.Errorf("no drawing (%v)", err)
	}
	v, err := Verify(ctx, dir)
	if err != nil || !v.OK {
		t.Errorf("the run is no longer verified: %+v (%v)", v, err)
	}
	steps, err := openRun(t, dir, Options{Fold: -1}).Execute(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if s.Action != "skip" {
			t.Errorf("%s has to run again: %s", s.Task, s.Why)
		}
	}
}

func TestFindRateRefuses(t *testing.T) {
	good := DefaultRateRange()
	for what, c := range map[string]struct {
		model string
		fold  int
		span  RateRange
		hint  string
	}{
		"a model that the run lacks": {"c", -1, good, "models of this run: a, b"},
		"a fold that it lacks":       {"a", 7, good, "folds of this run"},
		"a range that falls":         {"a", -1, RateRange{From: 1, To: 0.1, Steps: 50}, "above the smallest"},
	} {
		dir := t.TempDir()
		_, err := openRun(t, dir, Options{Fold: c.fold}).FindRate(context.Background(), c.model, c.span)
		if fault.KindOf(err) != fault.Usage || !strings.Contains(fault.HintOf(err), c.hint) {
			t.Errorf("%s: %v; %s", what, err, fault.HintOf(err))
		}
		if files, _ := os.ReadDir(dir); len(files) > 0 {
			t.Errorf("%s: %v is left behind", what, files)
		}
	}
}
