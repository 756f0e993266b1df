package pipeline

import (
	"context"
	"fmt"

	"melanoma/cv"
	"melanoma/data"
)

const (
	ensembleVersion = 1
	ensembleFile    = "ensemble.arrow"
	blendFile       = "blend.json"
)

// ensembleTasks combines the models: fitted on out-of-fold rows, applied to
// them and to the test images.
func (r *Run) ensembleTasks() ([]*task, error) {
	names := r.modelNames()
	t := &task{
		name: "ensemble", stage: "ensemble", version: ensembleVersion, fold: -1,
		config: map[string]any{"ensemble": r.Config.Ensemble, "models": names, "folds": r.folds()},
		needs:  []need{{task: "ingest", match: "*.arrow"}},
		run:    func(_ context.Context, a *attempt) error { return r.combine(a) },
	}
	for _, m := range names {
		t.needs = append(t.needs, need{task: "oof-" + m})
		for _, k := range r.folds() {
			t.needs = append(t.needs, need{task: foldTask("predict", m, k), match: "*-test.arrow"})
		}
	}
	return []*task{t}, nil
}

func (r *Run) modelNames() []string {
	names := make([]string, len(r.Config.Models))
	for i, m := range r.Config.Models {
		names[i] = m.Name
	}
	return names
}

func (r *Run) combine(a *attempt) error {
	store, err := r.store()
	if err != nil {
		return err
	}
	tables, err := r.readOOFs()
	if err != nil {
		return err
	}
	blend, ensemble, err := cv.FitEnsemble(tables, r.Config.Ensemble)
	if err != nil {
		return err
	}
	if len(store.TestRows()) > 0 {
		test, err := r.combineTest(store, blend)
		if err != nil {
			return err
		}
		if ensemble, err = ensemble.Append(test); err != nil {
			return err
		}
	}
	if err := ensemble.Write(r.path(ensembleFile), a.inputs); err != nil {
		return err
	}
	a.wrote(ensembleFile, blendFile)
	a.note = fmt.Sprintf("%d models, %d images out of fold, %d of the test list", len(tables), len(ensemble.RowsOf(cv.SplitOOF)), len(store.TestRows()))
	return cv.WriteBlend(r.path(blendFile), blend)
}

func (r *Run) readOOFs() ([]*cv.OOF, error) {
	var tables []*cv.OOF
	for _, m := range r.modelNames() {
		o, err := cv.ReadOOF(r.path(oofPath(m)))
		if err != nil {
			return nil, err
		}
		tables = append(tables, o)
	}
	return tables, nil
}

// combineTest applies the blend to the test images.
func (r *Run) combineTest(store *data.Store, blend *cv.Blend) (*cv.Ensemble, error) {
	names := testNames(store)
	var predictions []*cv.Predictions
	for _, m := range r.modelNames() {
		draws, err := r.readDraws(m, "test")
		if err != nil {
			return nil, err
		}
		p, err := cv.CollateTest(m, draws, names, store.Classes(), store.Positive())
		if err != nil {
			return nil, err
		}
		predictions = append(predictions, p)
	}
	return cv.ApplyEnsemble(predictions, blend, r.Config.Ensemble)
}

// testNames lists the test images in the order of the test list.
func testNames(store *data.Store) []string {
	var names []string
	for _, i := range store.TestRows() {
		names = append(names, store.Row(i).ImageName)
	}
	return names
}
