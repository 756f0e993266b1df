package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// task is one restartable piece of a stage: a whole stage, or one (model,
// fold) of it. Its key is a hash of everything its outputs depend on.
type task struct {
	name    string
	stage   string
	version int // raise it when the code changes what the outputs hold
	model   string
	fold    int // -1: not of one fold
	config  any // part of the configuration that the outputs depend on, without paths
	needs   []need
	outside func(context.Context) (map[string]string, error) // hashes of files that are not the run's
	check   func(context.Context) error                      // of outside files, before anything runs
	dir     string                                           // folder under DIR that is this task's alone, or ""
	afresh  func(broken string) bool                         // whether losing this output means to start from nothing
	run     func(context.Context, *attempt) error
}

// need names an earlier task and which of its outputs are read.
type need struct {
	task  string
	match string // path.Match pattern on the base name; "" is every output
}

// needsAny reports whether one of the tasks comes before t.
func (t *task) needsAny(tasks []*task) bool {
	return slices.ContainsFunc(t.needs, func(n need) bool {
		return slices.ContainsFunc(tasks, func(other *task) bool { return other.name == n.task })
	})
}

// attempt is what a running task reports back.
type attempt struct {
	key     string
	inputs  map[string]string
	outputs []string // paths under DIR
	note    string
	remarks []string
}

func (a *attempt) wrote(paths ...string) { a.outputs = append(a.outputs, paths...) }

// decision says whether a task has to run, and why.
type decision struct {
	run    bool
	why    string
	key    string
	inputs map[string]string
	record *Record
	broken []string // outputs that are missing or differ from the record
}

// decide compares a task with its record.
func (r *Run) decide(ctx context.Context, t *task) (*decision, error) {
	inputs, err := r.gather(ctx, t)
	if err != nil {
		return nil, err
	}
	rec, err := r.readRecord(t.name)
	if err != nil {
		return nil, err
	}
	d := &decision{run: true, inputs: inputs, record: rec, key: taskKey(t, inputs)}
	switch {
	case rec == nil:
		d.why = "not done yet"
	case rec.Key != d.key:
		d.why = whyDifferent(rec, t, inputs)
	default:
		if d.broken, err = r.brokenOutputs(rec); err != nil {
			return nil, err
		}
		if len(d.broken) > 0 {
			d.why = "missing or damaged: " + strings.Join(d.broken, ", ")
		} else {
			d.run, d.why = false, "up to date"
		}
	}
	return d, nil
}

func taskKey(t *task, inputs map[string]string) string {
	return artifact.HashJSON(map[string]any{
		"task": t.name, "stage": t.stage, "version": t.version, "config": asTree(t.config), "inputs": inputs,
	})
}

// gather hashes the inputs of a task. An output of an earlier task that is
// missing or not what that task wrote is an error: the stage is not to run on it.
func (r *Run) gather(ctx context.Context, t *task) (map[string]string, error) {
	inputs := map[string]string{}
	for _, n := range t.needs {
		rec, err := r.readRecord(n.task)
		if err != nil {
			return nil, err
		}
		if rec == nil {
			return nil, fault.New(fault.Input, fmt.Sprintf("run `melanoma %s` on this folder first, or `melanoma run` for all stages", stageOfTask(n.task)),
				"pipeline: %s needs the results of %s, which are not in %s", t.name, n.task, r.Dir)
		}
		for _, path := range sortedKeys(rec.Outputs) {
			if ok, _ := filepath.Match(n.match, filepath.Base(path)); n.match != "" && !ok {
				continue
			}
			hash, err := r.hashes.file(r.path(path))
			if err != nil {
				return nil, fmt.Errorf("pipeline: hash %s: %w", path, err)
			}
			if hash != rec.Outputs[path] {
				return nil, fault.New(fault.Input, fmt.Sprintf("`melanoma %s` or `melanoma run` on this folder makes it again", rec.Stage),
					"pipeline: %s is not what %s wrote (%s)", r.path(path), n.task, stateOf(hash))
			}
			inputs[path] = hash
		}
	}
	if t.outside != nil {
		more, err := t.outside(ctx)
		if err != nil {
			return nil, err
		}
		for name, hash := range more {
			inputs[name] = hash
		}
	}
	return inputs, nil
}

func stateOf(hash string) string {
	if hash == "" {
		return "missing"
	}
	return "damaged"
}

// brokenOutputs lists the recorded outputs that are missing or changed.
func (r *Run) brokenOutputs(rec *Record) ([]string, error) {
	var broken []string
	for _, path := range sortedKeys(rec.Outputs) {
		hash, err := r.hashes.file(r.path(path))
		if err != nil {
			return nil, fmt.Errorf("pipeline: hash %s: %w", path, err)
		}
		if hash != rec.Outputs[path] {
			broken = append(broken, path)
		}
	}
	return broken, nil
}

// whyDifferent names the first things that changed since the record.
func whyDifferent(rec *Record, t *task, inputs map[string]string) string {
	if rec.Version != t.version {
		return fmt.Sprintf("written by another version of the stage (%d, now %d)", rec.Version, t.version)
	}
	var changed []string
	diffTrees("", normal(rec.Config), normal(asTree(t.config)), &changed)
	if len(changed) > 0 {
		return "configuration changed: " + strings.Join(changed[:min(3, len(changed))], ", ")
	}
	for _, name := range sortedKeys(inputs) {
		if rec.Inputs[name] != inputs[name] {
			return "input changed: " + name
		}
	}
	for _, name := range sortedKeys(rec.Inputs) {
		if _, still := inputs[name]; !still {
			return "input gone: " + name
		}
	}
	return "inputs changed"
}

func diffTrees(path string, a, b any, changed *[]string) {
	am, aok := a.(map[string]any)
	bm, bok := b.(map[string]any)
	if !aok || !bok {
		if !reflect.DeepEqual(a, b) {
			*changed = append(*changed, path)
		}
		return
	}
	keys := append(sortedKeys(am), sortedKeys(bm)...)
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		diffTrees(join(path, key), am[key], bm[key], changed)
	}
}

// perform runs one task under its lock, unless it turns out to be done.
func (r *Run) perform(ctx context.Context, t *task, l *taskLock) (*decision, error) {
	d, err := r.decide(ctx, t)
	if err != nil || !d.run {
		return d, err
	}
	if err := r.clear(t, d, l.attempt()); err != nil {
		return nil, err
	}
	if err := l.setAttempt(d.key); err != nil {
		return nil, unwritable(err, r.Dir)
	}
	a := &attempt{key: d.key, inputs: d.inputs}
	if err := t.run(ctx, a); err != nil {
		return nil, err
	}
	rec := &Record{Task: t.name, Stage: t.stage, Version: t.version, Key: d.key, Config: asTree(t.config),
		Inputs: d.inputs, Outputs: map[string]string{}, Note: a.note, Remarks: a.remarks}
	for _, path := range a.outputs {
		hash, err := r.hashes.file(r.path(path))
		if err != nil || hash == "" {
			return nil, fmt.Errorf("pipeline: %s did not leave %s behind: %w", t.name, path, err)
		}
		rec.Outputs[path] = hash
	}
	d.record = rec
	return d, r.writeRecord(rec)
}

// clear removes what an attempt with another key left, and of one with this
// key only the files that are damaged: the rest may be a checkpoint to go on
// from.
func (r *Run) clear(t *task, d *decision, lastAttempt string) error {
	var gone []string
	switch {
	case d.record != nil && d.record.Key == d.key:
		gone = d.broken
		if t.afresh != nil && slices.ContainsFunc(d.broken, t.afresh) {
			gone = append(gone, t.dir)
		}
	case d.record != nil:
		// The record goes first: a kill from here on leaves an unknown folder,
		// which the next attempt clears, never a half-valid one.
		if err := os.Remove(r.recordPath(t.name)); err != nil {
			return unwritable(err, r.Dir)
		}
		gone = sortedKeys(d.record.Outputs)
	}
	if t.dir != "" && lastAttempt != d.key {
		gone = append(gone, t.dir)
	}
	for _, path := range gone {
		if err := os.RemoveAll(r.path(path)); err != nil {
			return unwritable(err, r.Dir)
		}
	}
	return nil
}

// normal gives a value the form it has after a trip through JSON, so that a
// stored configuration compares with a fresh one.
func normal(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if json.Unmarshal(text, &out) != nil {
		return v
	}
	return out
}
