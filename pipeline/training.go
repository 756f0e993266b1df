package pipeline

import (
	"melanoma/cv"
	"melanoma/data"
	"melanoma/internal/rng"
	"melanoma/internal/train"
)

// trainingOf is the training of a model on a fold, but for what it leaves
// behind.
func (r *Run) trainingOf(m ModelConfig, fold int) (train.Task, error) {
	store, err := r.store()
	if err != nil {
		return train.Task{}, err
	}
	rows, err := r.trainingRows(store, fold)
	if err != nil {
		return train.Task{}, err
	}
	rows, watch, err := r.splitWatched(store, m.Train, rows, fold)
	return train.Task{
		Model: r.network(m), Config: m.Train, Store: store, Rows: rows, Watch: watch, Metadata: metadata(m, store), Augment: &r.Config.Augment,
		Seed: trainSeed(r.Config.Seed, m.Name, fold), Workers: r.options.Workers,
	}, err
}

// trainingRows are the rows of every other fold, by name: never by position.
func (r *Run) trainingRows(store *data.Store, fold int) ([]int, error) {
	folds, err := cv.ReadFolds(r.path(foldsFile))
	if err != nil {
		return nil, err
	}
	return rowsByName(store, folds, folds.TrainingRows(fold))
}

func rowsByName(store *data.Store, folds *cv.Folds, positions []int) ([]int, error) {
	rows := make([]int, 0, len(positions))
	for _, i := range positions {
		row, ok := store.Index(folds.ImageName[i])
		if !ok {
			return nil, notIngested(folds.ImageName[i])
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// splitWatched takes the rows that early stopping watches out of the training
// rows, group by group; the fold that is scored has no part in it.
func (r *Run) splitWatched(store *data.Store, c train.Config, rows []int, fold int) (fit, watch []int, err error) {
	if c.EarlyStopping.Patience == 0 {
		return rows, nil, nil
	}
	class, group := make([]int32, len(rows)), make([]string, len(rows))
	for i, row := range rows {
		class[i], group[i] = store.Row(row).Target, store.Row(row).Group
	}
	held, err := cv.GroupHoldout(class, group, c.EarlyStopping.Fraction, rng.Key(r.Config.Seed, "watch", fold))
	if err != nil {
		return nil, nil, err
	}
	for i, row := range rows {
		if held[i] {
			watch = append(watch, row)
		} else {
			fit = append(fit, row)
		}
	}
	return fit, watch, nil
}
