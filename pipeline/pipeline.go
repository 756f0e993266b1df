package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"melanoma/internal/fault"
)

// Stage is one step of the way from pictures to a submission.
type Stage struct {
	Name    string
	Summary string // one line for help texts
	In, Out string // what it reads and writes, for the stage table
	tasks   func(*Run) ([]*task, error)
}

// Stages is the order of the work. Each stage reads and writes only files of
// the run's folder (ingest and train also the data and model files that the
// configuration names), so each can run alone, and on another machine.
var Stages = []Stage{
	{"ingest", "decode, check and resize the images", "train.csv, test.csv, *.jpg", "images/*.arrow", (*Run).ingestTasks},
	{"folds", "assign every training image to a fold, groups kept together", "images/*.arrow", "folds.arrow", (*Run).foldsTasks},
	{"train", "fit every model on every fold's training images", "images/*.arrow, folds.arrow", "train/<model>-f<k>/", (*Run).trainTasks},
	{"predict", "write every view's and posterior sample's logits", "train/<model>-f<k>/weights-*.arrow", "draws/<model>-f<k>-{valid,test}.arrow", (*Run).predictTasks},
	{"oof", "collect exactly one out-of-fold row per training image", "draws/<model>-f<k>-valid.arrow", "oof/<model>.arrow", (*Run).oofTasks},
	{"ensemble", "blend the models on their out-of-fold rows", "oof/*.arrow, draws/*-test.arrow", "ensemble.arrow, blend.json", (*Run).ensembleTasks},
	{"submit", "write the test list's predictions in its order", "ensemble.arrow, images/*.arrow", "submission.csv", (*Run).submitTasks},
	{"report", "draw the page", "everything", "report/index.html", (*Run).reportTasks},
}

// StageNames lists the stages in order.
func StageNames() []string {
	names := make([]string, len(Stages))
	for i, s := range Stages {
		names[i] = s.Name
	}
	return names
}

// Step is what happened, or in a dry run would happen, to one task.
type Step struct {
	Task   string `json:"task"`
	Stage  string `json:"stage"`
	Action string `json:"action"` // "run", "skip", or in a dry run "after" (decided once its inputs are there)
	Why    string `json:"why"`
	Note   string `json:"note,omitempty"`
}

// Execute runs the named stages (all if none is named) in order, skipping
// every task whose inputs and outputs are what the ledger says. On a
// cancelled context the error has kind [fault.Stopped] and the same call
// goes on from there.
func (r *Run) Execute(ctx context.Context, stages ...string) ([]Step, error) {
	chosen, err := chooseStages(stages)
	if err != nil {
		return nil, err
	}
	if err := r.preflight(ctx, chosen); err != nil {
		return nil, err
	}
	if r.options.DryRun {
		return r.plan(ctx, chosen)
	}
	if err := r.begin(); err != nil {
		return nil, err
	}
	defer r.closeStore()
	var steps []Step
	for _, stage := range chosen {
		done, err := r.executeStage(ctx, stage)
		steps = append(steps, done...)
		if err != nil {
			r.log("error", stage.Name, map[string]any{"error": err.Error()})
			return steps, stopped(ctx, stage.Name, err)
		}
	}
	return steps, nil
}

// preflight looks at files that later stages need from outside the run, so
// that a wrong model file is named now and not after hours of work.
func (r *Run) preflight(ctx context.Context, stages []Stage) error {
	for _, stage := range stages {
		tasks, err := r.tasksOf(stage)
		if err != nil {
			return err
		}
		for _, t := range tasks {
			if t.check == nil {
				continue
			}
			if err := t.check(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func chooseStages(names []string) ([]Stage, error) {
	if len(names) == 0 {
		return Stages, nil
	}
	for _, name := range names {
		if !slices.Contains(StageNames(), name) {
			return nil, fault.New(fault.Usage, "stages: "+strings.Join(StageNames(), ", "), "pipeline: unknown stage %q", name)
		}
	}
	var out []Stage
	for _, s := range Stages {
		if slices.Contains(names, s.Name) {
			out = append(out, s)
		}
	}
	return out, nil
}

// stopped turns an error after a cancellation into the one that says so.
func stopped(ctx context.Context, stage string, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return fault.New(fault.Stopped, "the work so far is kept; run the same command again to go on", "stopped in %s", stage)
}

func (r *Run) executeStage(ctx context.Context, stage Stage) ([]Step, error) {
	tasks, err := r.tasksOf(stage)
	if err != nil {
		return nil, err
	}
	clock := r.stageClock(stage.Name)
	var steps []Step
	var later []*task // held by another process: come back when the free ones are done
	for _, t := range tasks {
		if err := ctx.Err(); err != nil {
			return steps, err
		}
		if t.needsAny(later) {
			later = append(later, t)
			continue
		}
		l, err := r.tryLock(t.name)
		if err != nil {
			return steps, err
		}
		if l == nil {
			later = append(later, t)
			continue
		}
		step, err := r.step(ctx, t, l)
		if err != nil {
			return steps, err
		}
		steps = append(steps, step)
	}
	for _, t := range later {
		l, err := r.lock(ctx, t.name)
		if err != nil {
			return steps, err
		}
		step, err := r.step(ctx, t, l)
		if err != nil {
			return steps, err
		}
		steps = append(steps, step)
	}
	return steps, clock.stop(steps)
}

// step performs one task and releases its lock.
func (r *Run) step(ctx context.Context, t *task, l *taskLock) (Step, error) {
	defer l.release()
	start := r.now()
	d, err := r.perform(ctx, t, l)
	if err != nil {
		return Step{}, err
	}
	step := Step{Task: t.name, Stage: t.stage, Action: "run", Why: d.why}
	if d.record != nil {
		step.Note = d.record.Note
	}
	if d.run {
		r.say("%s: done in %s%s", t.name, r.now().Sub(start).Round(10*time.Millisecond), remark(step.Note))
	} else {
		step.Action = "skip"
		r.say("%s: up to date", t.name)
	}
	r.log(step.Action, t.name, map[string]any{"why": d.why})
	return step, nil
}

func remark(note string) string {
	if note == "" {
		return ""
	}
	return " (" + note + ")"
}

// tasksOf lists a stage's tasks, less those of other folds than the one asked for.
func (r *Run) tasksOf(stage Stage) ([]*task, error) {
	tasks, err := stage.tasks(r)
	if err != nil || r.options.Fold < 0 {
		return tasks, err
	}
	tasks = slices.DeleteFunc(tasks, func(t *task) bool { return t.fold >= 0 && t.fold != r.options.Fold })
	if !slices.Contains(r.folds(), r.options.Fold) {
		return nil, fault.New(fault.Usage, fmt.Sprintf("folds of this run: %v", r.folds()), "pipeline: fold %d is not among the folds of this run", r.options.Fold)
	}
	return tasks, nil
}

// plan says what Execute would do. A task whose inputs will change is decided
// only when they are there.
func (r *Run) plan(ctx context.Context, stages []Stage) ([]Step, error) {
	var steps []Step
	pending := map[string]bool{}
	for _, stage := range stages {
		tasks, err := r.tasksOf(stage)
		if err != nil {
			return nil, err
		}
		for _, t := range tasks {
			step, err := r.planTask(ctx, t, pending)
			if err != nil {
				return nil, err
			}
			steps = append(steps, step)
		}
	}
	return steps, nil
}

func (r *Run) planTask(ctx context.Context, t *task, pending map[string]bool) (Step, error) {
	step := Step{Task: t.name, Stage: t.stage, Action: "run"}
	var waits []string
	for _, n := range t.needs {
		if pending[n.task] && !slices.Contains(waits, n.task) {
			waits = append(waits, n.task)
		}
	}
	if r.forced(t.stage) {
		step.Why = "forced"
	} else if len(waits) > 0 {
		step.Action, step.Why = "after", "decided by the results of "+someOf(waits)
	} else {
		d, err := r.decide(ctx, t)
		if err != nil {
			return step, err
		}
		step.Why = d.why
		if !d.run {
			step.Action = "skip"
		}
	}
	pending[t.name] = step.Action != "skip"
	return step, nil
}

// someOf names the last tasks that are waited for: the nearest ones.
func someOf(tasks []string) string {
	const most = 3
	if len(tasks) <= most {
		return strings.Join(tasks, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(tasks[len(tasks)-most:], ", "), len(tasks)-most)
}

// forced reports whether a stage is the forced one or lies after it.
func (r *Run) forced(stage string) bool {
	if r.options.Force == "" {
		return false
	}
	names := StageNames()
	return slices.Index(names, stage) >= slices.Index(names, r.options.Force)
}
