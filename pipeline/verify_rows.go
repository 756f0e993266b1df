package pipeline

import (
	"context"
	"fmt"
	"slices"

	"melanoma/cv"
)

// images opens the ingested images, which checks names and classes, and holds
// stored files against their hashes.
func (v *verifier) images(ctx context.Context) []string {
	store, err := v.run.store()
	if err != nil {
		return []string{err.Error()}
	}
	v.store = store
	var problems []string
	for _, i := range store.TrainRows() {
		if row := store.Row(i); row.Target < 0 {
			problems = append(problems, fmt.Sprintf("training image %s has no class", row.ImageName))
		}
	}
	if err := store.CheckFiles(ctx); err != nil {
		problems = append(problems, err.Error())
	}
	return problems
}

const needsImages = "not checked: the images are broken"
const needsFolds = "not checked: the folds are broken"

// foldsHold proves the promises of the fold file and that it covers the
// training images, each with its group.
func (v *verifier) foldsHold(context.Context) []string {
	folds, err := cv.ReadFolds(v.run.path(foldsFile))
	if err != nil {
		return []string{err.Error()}
	}
	v.folds = folds
	var problems []string
	if err := folds.Verify(); err != nil {
		problems = append(problems, err.Error())
	}
	if v.store == nil {
		return append(problems, needsImages)
	}
	if rows := v.store.TrainRows(); len(rows) != len(folds.ImageName) {
		problems = append(problems, fmt.Sprintf("%s has %d rows for %d training images", foldsFile, len(folds.ImageName), len(rows)))
	}
	for i, name := range folds.ImageName {
		row, ok := v.store.Index(name)
		if !ok {
			problems = append(problems, notIngested(name).Error())
		} else if r := v.store.Row(row); r.Test || r.Group != folds.Group[i] || r.Target != folds.Target[i] {
			problems = append(problems, fmt.Sprintf("%s: image %s has group %q and target %d, ingested were %q and %d", foldsFile, name, folds.Group[i], folds.Target[i], r.Group, r.Target))
		}
	}
	return problems
}

// draws counts: images times views times samples, each once.
func (v *verifier) draws(context.Context) []string {
	if v.store == nil || v.folds == nil {
		return []string{needsFolds}
	}
	var problems []string
	for _, m := range v.run.modelNames() {
		for _, k := range v.run.folds() {
			var valid []string
			for _, i := range v.folds.RowsOf(k) {
				valid = append(valid, v.folds.ImageName[i])
			}
			problems = append(problems, v.checkDraws(m, k, "valid", valid)...)
			if test := testNames(v.store); len(test) > 0 {
				problems = append(problems, v.checkDraws(m, k, "test", test)...)
			}
		}
	}
	return problems
}

func (v *verifier) checkDraws(model string, fold int, set string, names []string) []string {
	file := drawsPath(model, fold, set)
	d, err := cv.ReadDraws(v.run.path(file))
	if err != nil {
		return []string{err.Error()}
	}
	rec, err := v.run.readRecord(foldTask("predict", model, fold))
	if err != nil || rec == nil {
		return []string{fmt.Sprintf("%s: no record of how many samples there are", file)}
	}
	samples, views := countWeights(rec.Inputs), v.run.Config.Predict.Views
	if want := len(names) * views * samples; len(d.ImageName) != want {
		return []string{fmt.Sprintf("%s has %d rows, not %d (%d images, %d views, %d samples)", file, len(d.ImageName), want, len(names), views, samples)}
	}
	// Collating checks that each image has each view of each sample once, with
	// finite logits, and that these are the images wanted.
	if _, err := cv.CollateTest(model, []cv.FoldDraws{{Fold: fold, Draws: d}}, names, v.store.Classes(), v.store.Positive()); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// oof checks the table of every model against the folds and the draws that
// it was made from.
func (v *verifier) oof(context.Context) []string {
	if v.folds == nil || v.store == nil {
		return []string{needsFolds}
	}
	var problems []string
	for _, m := range v.run.modelNames() {
		o, err := cv.ReadOOF(v.run.path(oofPath(m)))
		if err == nil {
			err = o.Verify(v.folds, v.run.folds())
		}
		if err == nil {
			err = v.recollate(m, o)
		}
		if err != nil {
			problems = append(problems, err.Error())
		}
	}
	return problems
}

// recollate computes the table anew from the draws.
func (v *verifier) recollate(model string, o *cv.OOF) error {
	draws, err := v.run.readDraws(model, "valid")
	if err != nil {
		return err
	}
	again, err := cv.CollateOOF(model, draws, v.folds, v.store.Classes(), v.store.Positive())
	if err != nil {
		return err
	}
	if !slices.Equal(again.ImageName, o.ImageName) || !slices.Equal(again.Prob, o.Prob) || !slices.Equal(again.MutualInformation, o.MutualInformation) {
		return fmt.Errorf("%s does not follow from the draws", oofPath(model))
	}
	return nil
}

func (v *verifier) ensemble(context.Context) []string {
	if v.folds == nil || v.store == nil {
		return []string{needsFolds}
	}
	e, err := cv.ReadEnsemble(v.run.path(ensembleFile))
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	wanted := 0
	for _, k := range v.run.folds() {
		wanted += len(v.folds.RowsOf(k))
	}
	if n := len(e.RowsOf(cv.SplitOOF)); n != wanted {
		problems = append(problems, fmt.Sprintf("%s has %d out-of-fold rows, not %d", ensembleFile, n, wanted))
	}
	if n := len(e.RowsOf(cv.SplitTest)); n != len(v.store.TestRows()) {
		problems = append(problems, fmt.Sprintf("%s has %d test rows, not %d", ensembleFile, n, len(v.store.TestRows())))
	}
	for _, method := range sortedKeys(e.Scores) {
		for i, s := range e.Scores[method] {
			if !(s >= 0 && s <= 1) {
				problems = append(problems, fmt.Sprintf("%s: image %s scores %v by %s", ensembleFile, e.ImageName[i], s, method))
			}
		}
	}
	if _, err := cv.ReadBlend(v.run.path(blendFile)); err != nil {
		problems = append(problems, err.Error())
	}
	return problems
}

// submission checks the file, or that there is none without a test list.
func (v *verifier) submission(context.Context) []string {
	if v.store == nil {
		return []string{needsImages}
	}
	names := testNames(v.store)
	if len(names) == 0 || v.store.Positive() < 0 {
		if hash, _ := v.run.hashes.file(v.run.path(submissionFile)); hash != "" {
			return []string{submissionFile + " is there without a test list"}
		}
		return nil
	}
	if err := cv.CheckSubmission(v.run.path(submissionFile), names); err != nil {
		return []string{err.Error()}
	}
	return nil
}
