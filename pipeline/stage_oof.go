package pipeline

import (
	"context"
	"fmt"

	"melanoma/cv"
)

const oofVersion = 1

func oofPath(model string) string { return "oof/" + model + ".arrow" }

// drawsPath names the draws of one (model, fold) on its "valid" or "test" images.
func drawsPath(model string, fold int, set string) string {
	return fmt.Sprintf("draws/%s-f%d-%s.arrow", model, fold, set)
}

// oofTasks collects the out-of-fold rows of each model.
func (r *Run) oofTasks() ([]*task, error) {
	var tasks []*task
	for _, m := range r.Config.Models {
		t := &task{
			name: "oof-" + m.Name, stage: "oof", version: oofVersion, model: m.Name, fold: -1,
			config: map[string]any{"folds": r.folds()},
			needs:  []need{{task: "folds"}, {task: "ingest", match: "*.arrow"}},
			run:    func(_ context.Context, a *attempt) error { return r.collateOOF(m.Name, a) },
		}
		for _, k := range r.folds() {
			t.needs = append(t.needs, need{task: foldTask("predict", m.Name, k), match: "*-valid.arrow"})
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// foldTask names a task of one model and fold.
func foldTask(stage, model string, fold int) string {
	return fmt.Sprintf("%s-%s-f%d", stage, model, fold)
}

func (r *Run) collateOOF(model string, a *attempt) error {
	store, err := r.store()
	if err != nil {
		return err
	}
	folds, err := cv.ReadFolds(r.path(foldsFile))
	if err != nil {
		return err
	}
	draws, err := r.readDraws(model, "valid")
	if err != nil {
		return err
	}
	oof, err := cv.CollateOOF(model, draws, folds, store.Classes(), store.Positive())
	if err != nil {
		return err
	}
	if err := oof.Verify(folds, r.folds()); err != nil {
		return err
	}
	if err := r.mkdir("oof"); err != nil {
		return err
	}
	a.wrote(oofPath(model))
	return oof.Write(r.path(oofPath(model)), a.inputs)
}

// readDraws reads the draws of a model on its "valid" or "test" images, every
// fold that ran.
func (r *Run) readDraws(model, set string) ([]cv.FoldDraws, error) {
	var out []cv.FoldDraws
	for _, k := range r.folds() {
		d, err := cv.ReadDraws(r.path(drawsPath(model, k, set)))
		if err != nil {
			return nil, err
		}
		out = append(out, cv.FoldDraws{Fold: k, Draws: d})
	}
	return out, nil
}
