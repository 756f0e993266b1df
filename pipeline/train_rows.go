package pipeline

import (
	"melanoma/cv"
	"melanoma/data"
	"melanoma/internal/fault"
	"melanoma/internal/rng"
	"melanoma/internal/train"
)

// trainingOf is the training of a model on a fold, but for what it leaves
// behind, and how many images an epoch shows.
func (r *Run) trainingOf(m ModelConfig, fold int) (t train.Task, shown int, err error) {
	store, err := r.store()
	if err != nil {
		return t, 0, err
	}
	rows, watch, shown, err := r.foldRows(store, m, fold)
	network := r.network(m)
	network.Classes = len(store.Classes())
	return train.Task{
		Model: network, Config: m.Train, Store: store, Rows: rows, Watch: watch, Metadata: metadata(m, store), Augment: &r.Config.Augment,
		Seed: trainSeed(r.Config.Seed, m.Name, fold), Workers: r.options.Workers,
	}, shown, err
}

// foldRows are the rows that a training fits and those that it watches, and
// how many images an epoch shows.
func (r *Run) foldRows(store *data.Store, m ModelConfig, fold int) (rows, watch []int, shown int, err error) {
	if rows, err = r.trainingRows(store, fold); err != nil {
		return nil, nil, 0, err
	}
	if rows, watch, err = r.splitWatched(store, m.Train, rows, fold); err != nil {
		return nil, nil, 0, err
	}
	if shown, err = m.Train.EpochLength(store, rows); err == nil {
		err = enoughSteps(m, shown)
	}
	if err != nil {
		return nil, nil, 0, trainError(err, m.Name, fold)
	}
	return rows, watch, shown, nil
}

// enoughSteps refuses a sampler whose run is too short for its samples: folds
// of different size would keep different numbers of them.
func enoughSteps(m ModelConfig, rows int) error {
	if !m.Train.Update.Sampler() {
		return nil
	}
	samples, err := m.Train.Samples(rows)
	if err != nil || samples == m.Train.Update.Samples {
		return err
	}
	return fault.New(fault.Usage, "lower samples, burn_in or thinning of the model's train.update, or train for more epochs",
		"the steps of %d epochs of %d images give %d posterior samples, not %d", m.Train.Epochs, rows, samples, m.Train.Update.Samples)
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
