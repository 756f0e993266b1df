package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"

	"melanoma/cv"
	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

const (
	foldsVersion = 1
	foldsFile    = "folds.arrow"
)

// folds lists the folds that run, ascending.
func (r *Run) folds() []int { return r.Config.CV.Running() }

// foldsTasks freezes the fold of every training image.
func (r *Run) foldsTasks() ([]*task, error) {
	c := r.Config.CV
	c.OnlyFolds, c.File = nil, ""
	t := &task{
		name: "folds", stage: "folds", version: foldsVersion, fold: -1,
		config: c,
		needs:  []need{{task: "ingest", match: "*.arrow"}},
		run:    r.assignFolds,
	}
	if file := r.expand(r.Config.CV.File); file != "" {
		t.outside = func(context.Context) (map[string]string, error) { return hashOutside("cv.file", file) }
		t.check = func(context.Context) error { _, err := hashOutside("cv.file", file); return err }
	}
	return []*task{t}, nil
}

func (r *Run) assignFolds(_ context.Context, a *attempt) error {
	store, err := r.store()
	if err != nil {
		return err
	}
	var rows []cv.FoldRow
	for _, i := range store.TrainRows() {
		row := store.Row(i)
		rows = append(rows, cv.FoldRow{ImageName: row.ImageName, Group: row.Group, Class: row.Target, Positive: row.Positive, Tfrecord: row.Tfrecord})
	}
	c := r.Config.CV
	c.File = r.expand(c.File)
	folds, err := cv.AssignFolds(rows, c)
	if err != nil {
		return err
	}
	a.wrote(foldsFile)
	a.note = fmt.Sprintf("%d images in %d folds", len(rows), folds.Count)
	return folds.Write(r.path(foldsFile), a.inputs)
}

// hashOutside hashes a file that is not the run's, under the key that named it.
func hashOutside(key, path string) (map[string]string, error) {
	hash, err := artifact.HashFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Usage, "paths resolve against the working directory; set it with --set "+key+"=FILE", "pipeline: key %q: no file %s", key, path)
	}
	if err != nil {
		return nil, err
	}
	return map[string]string{key: hash}, nil
}

// mergeHashes joins two maps of hashes.
func mergeHashes(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
