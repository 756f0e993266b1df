package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"melanoma/pipeline"
)

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [-c FILE] [--set KEY=VALUE]... [--out DIR]",
		Short: "Run all stages in order; without -c the built-in demo",
		Long: `Runs all stages in order: ` + strings.Join(pipeline.StageNames(), ", ") + `.
A stage whose inputs have not changed is skipped, so the same command goes on
after an interruption and does nothing when all is done. Without -c the demo
runs: it draws a small data set of skin-lesion pictures and treats it like any
other.`,
		Example: `  melanoma run
  melanoma run -c configs/ham10000.yaml --set data.root=/data/ham10000 --set cv.only_folds=[0]
  melanoma run -c my.yaml --dry-run
  melanoma run -c my.yaml --force ensemble`,
		Args: wants(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runStages(cmd.Context(), f, nil) },
	}
	f.addRun(cmd.Flags())
	return cmd
}

// stageCommands makes one command a stage.
func (a *app) stageCommands() []*cobra.Command {
	var out []*cobra.Command
	for _, stage := range pipeline.Stages {
		var f runFlags
		cmd := &cobra.Command{
			Use:   stage.Name + " [-c FILE] [--set KEY=VALUE]... --out DIR",
			Short: "Stage: " + stage.Summary,
			Long: fmt.Sprintf(`Runs the stage %s alone: %s.
It reads  %s
and makes %s
under the run's folder, and so can run on another machine that sees it.
Without -c it takes the configuration that the folder was made with.`, stage.Name, stage.Summary, stage.In, stage.Out),
			Example: fmt.Sprintf("  melanoma %s -c configs/ham10000.yaml\n  melanoma %s --out runs/ham10000", stage.Name, stage.Name),
			Args:    wants(0, 0, "no arguments"),
		}
		flags := &f
		f.addRun(cmd.Flags())
		if stage.Name == "train" || stage.Name == "predict" {
			cmd.Flags().IntVar(&flags.fold, "fold", -1, "only this fold (default: every fold of the run)")
			cmd.Example += fmt.Sprintf("\n  melanoma %s --out runs/ham10000 --fold 2", stage.Name)
		}
		cmd.RunE = func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("fold") && flags.fold < 0 {
				return usage("folds are numbered from 0", "--fold %d is negative", flags.fold)
			}
			return a.runStages(cmd.Context(), *flags, []string{stage.Name})
		}
		out = append(out, cmd)
	}
	return out
}

// runStages executes the named stages, all if none is named, and tells the
// result.
func (a *app) runStages(ctx context.Context, f runFlags, stages []string) error {
	load := a.loadStage
	if stages == nil {
		load = a.loadConfig // `run` without -c is the demo, whatever lies in the folder
	}
	config, err := load(f)
	if err != nil {
		return err
	}
	progress, wait := a.progress()
	r, err := a.open(config, f, progress)
	if err != nil {
		return err
	}
	steps, err := r.Execute(ctx, stages...)
	wait()
	if err != nil {
		return err
	}
	if a.common.dryRun {
		return a.tellPlan(r, steps)
	}
	return a.tellResult(r, steps, stages == nil, f)
}

// tellPlan prints what a dry run found.
func (a *app) tellPlan(r *pipeline.Run, steps []pipeline.Step) error {
	if a.common.json {
		return a.printJSON(map[string]any{"out": r.Dir, "dry_run": true, "steps": steps})
	}
	for _, s := range steps {
		a.printf("%-6s %-24s %s\n", s.Action, s.Task, s.Why)
	}
	todo := slices.ContainsFunc(steps, func(s pipeline.Step) bool { return s.Action != "skip" })
	if !todo {
		a.printf("%s is up to date: nothing would run\n", r.Dir)
	}
	return nil
}

// tellResult prints what was done, and after a whole run what was made.
func (a *app) tellResult(r *pipeline.Run, steps []pipeline.Step, whole bool, f runFlags) error {
	var outcome *pipeline.Outcome
	if whole {
		var err error
		if outcome, err = r.Outcome(); err != nil {
			return err
		}
	}
	if a.common.json {
		return a.printJSON(map[string]any{"out": r.Dir, "steps": steps, "outcome": outcome})
	}
	ran := 0
	for _, s := range steps {
		if s.Action == "run" {
			ran++
		}
	}
	if ran == 0 {
		a.printf("%s is up to date: nothing had to be done\n", r.Dir)
	}
	if outcome == nil {
		for _, s := range steps {
			if s.Note != "" {
				a.printf("%s: %s\n", s.Task, s.Note)
			}
		}
		return nil
	}
	a.tellOutcome(r, outcome)
	if f.config == "" {
		a.printf("try next:\n  melanoma verify --out %s\n  melanoma trace --out %s %s\n  melanoma run -c configs/ham10000.yaml --set data.root=FOLDER\n", r.Dir, r.Dir, outcome.Example)
	} else {
		a.printf("try next:\n  melanoma verify --out %s\n  melanoma infer --run %s PICTURES...\n", r.Dir, r.Dir)
	}
	return nil
}

// tellOutcome prints the scores and the files of a finished run.
func (a *app) tellOutcome(r *pipeline.Run, o *pipeline.Outcome) {
	for _, s := range o.Scores {
		a.printf("out-of-fold AUC of %-14s %.4f (95%% interval %.4f to %.4f, %d images, %d %s)\n", s.Name, s.AUC, s.Low, s.High, s.Images, s.Positives, o.Positive)
	}
	for _, note := range o.Notes {
		a.printf("%s\n", note)
	}
	for _, file := range o.Files {
		a.printf("written: %s\n", file)
	}
}
