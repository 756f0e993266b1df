package pipeline

import (
	"context"
	"fmt"
	"path"

	"melanoma/cv"
	"melanoma/data"
	"melanoma/internal/fault"
	"melanoma/internal/train"
)

const predictVersion = 1

// predictTasks applies each trained fold to the images that it has not seen
// and to the test images.
func (r *Run) predictTasks() ([]*task, error) {
	var tasks []*task
	for _, m := range r.Config.Models {
		for _, k := range r.folds() {
			tasks = append(tasks, &task{
				name: foldTask("predict", m.Name, k), stage: "predict", version: predictVersion, model: m.Name, fold: k,
				config: map[string]any{"views": r.Config.Predict.Views, "precision": r.Config.Predict.Precision, "meta": m.Meta},
				needs: []need{{task: "ingest", match: "*.arrow"}, {task: "folds"},
					{task: foldTask("train", m.Name, k), match: "weights-*.arrow"}},
				run: func(ctx context.Context, a *attempt) error { return r.predictFold(ctx, m, k, a) },
			})
		}
	}
	return tasks, nil
}

func (r *Run) predictFold(ctx context.Context, m ModelConfig, fold int, a *attempt) error {
	store, err := r.store()
	if err != nil {
		return err
	}
	folds, err := cv.ReadFolds(r.path(foldsFile))
	if err != nil {
		return err
	}
	valid, err := rowsByName(store, folds, folds.RowsOf(fold))
	if err != nil {
		return err
	}
	if err := r.mkdir("draws"); err != nil {
		return err
	}
	for _, set := range []struct {
		name string
		rows []int
	}{{"valid", valid}, {"test", store.TestRows()}} {
		if len(set.rows) == 0 {
			continue
		}
		if err := r.predictSet(ctx, m, fold, store, set.name, set.rows, a); err != nil {
			return trainError(err, m.Name, fold)
		}
	}
	return nil
}

// predictSet writes the draws of one set of images.
func (r *Run) predictSet(ctx context.Context, m ModelConfig, fold int, store *data.Store, set string, rows []int, a *attempt) error {
	bar := r.options.Progress.Start(fmt.Sprintf("%s %s", foldTask("predict", m.Name, fold), set), "images", 0)
	defer bar.Done("")
	draws, err := train.Predict(ctx, train.Prediction{
		Dir: r.path(trainDir(m.Name, fold)), Samples: countWeights(a.inputs), Store: store, Rows: rows, Metadata: metadata(m, store),
		Views: r.Config.Predict.Views, Batch: r.Config.Predict.Batch, BFloat16: r.Config.Predict.Precision == "bfloat16", Workers: r.options.Workers, Progress: bar.Set,
	})
	if err != nil {
		return err
	}
	file := drawsPath(m.Name, fold, set)
	a.wrote(file)
	return drawsTable(draws, store).Write(r.path(file), a.inputs)
}

// drawsTable lays draws out as one row an image, view and sample.
func drawsTable(d *train.Draws, store *data.Store) *cv.Draws {
	n := len(d.Rows) * d.Views * d.Samples
	out := &cv.Draws{Classes: store.Classes(), ImageName: make([]string, 0, n), View: make([]int32, 0, n), Sample: make([]int32, 0, n), Logits: d.Logits}
	for _, row := range d.Rows {
		name := store.Row(row).ImageName
		for v := range d.Views {
			for s := range d.Samples {
				out.ImageName = append(out.ImageName, name)
				out.View = append(out.View, int32(v))
				out.Sample = append(out.Sample, int32(s))
			}
		}
	}
	return out
}

// countWeights counts the posterior samples among a task's inputs.
func countWeights(inputs map[string]string) int {
	n := 0
	for name := range inputs {
		if ok, _ := path.Match("weights-*.arrow", path.Base(name)); ok {
			n++
		}
	}
	return n
}

func notIngested(image string) error {
	return fault.New(fault.Input, "run the stages ingest and folds again", "pipeline: image %s of %s is not among the ingested images", image, foldsFile)
}
