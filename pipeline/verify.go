package pipeline

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"melanoma/cv"
	"melanoma/data"
	"melanoma/internal/artifact"
)

// Verification is what Verify found.
type Verification struct {
	Out    string  `json:"out"`
	OK     bool    `json:"ok"`
	Checks []Check `json:"checks"`
}

// Check is one promise and what breaks it.
type Check struct {
	Name     string   `json:"name"`
	Text     string   `json:"text"`
	OK       bool     `json:"ok"`
	Problems []string `json:"problems,omitempty"`
}

// Broken counts the promises that do not hold.
func (v *Verification) Broken() int {
	n := 0
	for _, c := range v.Checks {
		if !c.OK {
			n++
		}
	}
	return n
}

// First is the first problem, "" if there is none.
func (v *Verification) First() string {
	for _, c := range v.Checks {
		if len(c.Problems) > 0 {
			return c.Problems[0]
		}
	}
	return ""
}

// verifier walks through the promises of one folder. A promise that needs a
// broken file is broken with it; nothing is assumed about the rest.
type verifier struct {
	run    *Run
	result *Verification
	store  *data.Store
	folds  *cv.Folds
}

// Verify checks every promise of a run's folder and changes nothing. The
// error is for a folder that holds no run; broken promises are in the result.
func Verify(ctx context.Context, dir string) (*Verification, error) {
	config, err := LoadStored(dir, nil)
	if err != nil {
		return nil, err
	}
	if config == nil {
		_, err := ReadManifest(dir)
		return nil, err
	}
	r, err := New(dir, config, Options{Fold: -1})
	if err != nil {
		return nil, err
	}
	v := &verifier{run: r, result: &Verification{Out: dir}}
	for _, promise := range []struct {
		name, text string
		check      func(context.Context) []string
	}{
		{"tasks", "every task of the run is done", v.tasks},
		{"hashes", "every file has the content that its task wrote", v.hashes},
		{"schemas", "every Arrow file is whole and of its kind", v.schemas},
		{"images", "ingested images have distinct names and a place in the classes", v.images},
		{"folds", "every training image has one fold, and no group stands in two folds", v.foldsHold},
		{"draws", "every image has every view and posterior sample in the draws, finite", v.draws},
		{"oof", "exactly one out-of-fold row for each training image of the folds that ran", v.oof},
		{"ensemble", "the ensemble covers the out-of-fold and the test images, with scores in [0, 1]", v.ensemble},
		{"submission", "the submission has the test list's ids in its order, with scores in [0, 1]", v.submission},
		{"strays", "no half-written file is left", v.strays},
	} {
		if err := ctx.Err(); err != nil {
			return nil, stopped(ctx, "verify", err)
		}
		problems := promise.check(ctx)
		v.result.Checks = append(v.result.Checks, Check{Name: promise.name, Text: promise.text, OK: len(problems) == 0, Problems: problems})
	}
	r.closeStore()
	v.result.OK = v.result.Broken() == 0
	return v.result, nil
}

// tasks looks for tasks of the stored configuration without a record.
func (v *verifier) tasks(context.Context) []string {
	var problems []string
	for _, stage := range Stages {
		tasks, err := v.run.tasksOf(stage)
		if err != nil {
			return append(problems, err.Error())
		}
		for _, t := range tasks {
			rec, err := v.run.readRecord(t.name)
			switch {
			case err != nil:
				problems = append(problems, err.Error())
			case rec == nil:
				problems = append(problems, t.name+" is not done")
			case rec.Version != t.version:
				problems = append(problems, fmt.Sprintf("%s was done by version %d of its stage, now %d", t.name, rec.Version, t.version))
			}
		}
	}
	return problems
}

// hashes compares every recorded output with the disk, and every recorded
// input with the output that it names.
func (v *verifier) hashes(context.Context) []string {
	var problems []string
	names, err := v.run.recordedTasks()
	if err != nil {
		return []string{err.Error()}
	}
	made := map[string]string{}
	records := map[string]*Record{}
	for _, name := range names {
		rec, err := v.run.readRecord(name)
		if err != nil || rec == nil {
			problems = append(problems, fmt.Sprintf("tasks/%s.json is damaged", name))
			continue
		}
		records[name] = rec
		for path, hash := range rec.Outputs {
			made[path] = hash
		}
		for _, path := range sortedKeys(rec.Outputs) {
			if hash, err := v.run.hashes.file(v.run.path(path)); err != nil || hash != rec.Outputs[path] {
				problems = append(problems, fmt.Sprintf("%s is %s (written by %s)", path, stateOf(hash), name))
			}
		}
	}
	for _, name := range sortedKeys(records) {
		for _, input := range sortedKeys(records[name].Inputs) {
			if hash, ours := made[input]; ours && hash != records[name].Inputs[input] {
				problems = append(problems, fmt.Sprintf("%s was made from another %s than the one there", name, input))
			}
		}
	}
	return problems
}

// kinds maps a file of a run to its kind, by folder and name.
var kinds = []struct{ pattern, kind string }{
	{"images/*.arrow", "images"}, {"folds.arrow", "folds"}, {"train/*/checkpoint.arrow", "checkpoint"}, {"train/*/history.arrow", "history"},
	{"train/*/weights-*.arrow", "weights"}, {"draws/*.arrow", "draws"}, {"oof/*.arrow", "oof"}, {"ensemble.arrow", "ensemble"},
}

// schemas opens every Arrow file and reads it to the end.
func (v *verifier) schemas(ctx context.Context) []string {
	var problems []string
	_ = filepath.WalkDir(v.run.Dir, func(file string, entry fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(v.run.Dir, file)
		switch {
		case err != nil || relErr != nil:
			problems = append(problems, fmt.Sprint(err, relErr))
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && rel == "data":
			return filepath.SkipDir
		case !entry.IsDir() && strings.HasSuffix(rel, ".arrow") && !strings.HasPrefix(entry.Name(), "."):
			if err := readThrough(file, filepath.ToSlash(rel)); err != nil {
				problems = append(problems, err.Error())
			}
		}
		return nil
	})
	return problems
}

// readThrough reads every record batch of an Arrow file of the run.
func readThrough(file, rel string) error {
	for _, k := range kinds {
		if ok, _ := path.Match(k.pattern, rel); !ok {
			continue
		}
		r, err := artifact.Open(file, k.kind)
		if err != nil {
			return err
		}
		defer r.Close()
		for i := range r.NumBatches() {
			if _, err := r.Batch(i); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%s is no file of a run", rel)
}

// strays looks for temporary files.
func (v *verifier) strays(context.Context) []string {
	var problems []string
	_ = filepath.WalkDir(v.run.Dir, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(entry.Name(), ".tmp") {
			problems = append(problems, file+" was never finished")
		}
		return nil
	})
	slices.Sort(problems)
	return problems
}
