package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/pflag"

	"melanoma/cv"
	"melanoma/internal/kernel"
	"melanoma/pipeline"
)

// runFlags choose a run: its configuration and its folder.
type runFlags struct {
	config string
	sets   []string
	out    string
	force  string
	fold   int
}

func (f *runFlags) addConfig(flags *pflag.FlagSet) {
	flags.StringVarP(&f.config, "config", "c", "", "YAML configuration (default: the built-in demo's)")
	flags.StringArrayVar(&f.sets, "set", nil, "KEY=VALUE that wins over the file, such as train.epochs=3 or cv.only_folds=[0]; repeatable")
}

func (f *runFlags) addOut(flags *pflag.FlagSet) {
	flags.StringVarP(&f.out, "out", "o", "", "the run's folder (default runs/<name>)")
}

func (f *runFlags) addRun(flags *pflag.FlagSet) {
	f.fold = -1
	f.addConfig(flags)
	f.addOut(flags)
	flags.StringVar(&f.force, "force", "", "redo this stage and what depends on it: "+strings.Join(pipeline.StageNames(), ", "))
}

// sets returns the assignments of the command line, --seed included.
func (a *app) sets(f runFlags) []string {
	sets := f.sets
	if a.common.seedGiven {
		sets = append(sets[:len(sets):len(sets)], fmt.Sprintf("seed=%d", a.common.seed))
	}
	return sets
}

// loadConfig reads the file of -c, or the built-in demo.
func (a *app) loadConfig(f runFlags) (*pipeline.Config, error) {
	if f.config == "" {
		return pipeline.LoadDemo(a.sets(f))
	}
	return pipeline.LoadFile(f.config, a.sets(f))
}

// loadStage reads the file of -c, or what the run's folder was made with, or
// the built-in demo.
func (a *app) loadStage(f runFlags) (*pipeline.Config, error) {
	if f.config == "" && f.out != "" {
		if stored, err := pipeline.LoadStored(f.out, a.sets(f)); stored != nil || err != nil {
			return stored, err
		}
	}
	return a.loadConfig(f)
}

// open makes the run that the flags describe.
func (a *app) open(config *pipeline.Config, f runFlags, progress pipeline.Progress) (*pipeline.Run, error) {
	dir := f.out
	if dir == "" {
		dir = filepath.Join("runs", config.Name)
	}
	workers := a.common.workers
	if workers == 0 {
		workers = config.Workers
	}
	return pipeline.New(dir, config, pipeline.Options{
		Workers: workers, Fold: f.fold, Force: f.force, DryRun: a.common.dryRun, Progress: progress, Logger: a.logger,
		Kernels: kernel.Selected(), Command: strings.Join(append([]string{"melanoma"}, a.args...), " "),
	})
}

// addTruthFlags names the columns of a file of labels.
func addTruthFlags(flags *pflag.FlagSet, c *cv.TruthColumns) {
	flags.StringVar(&c.ID, "id", "", "id column of the labels (default: the one that looks like it)")
	flags.StringVar(&c.Target, "target", "", "column of the labels (default target)")
	flags.StringVar(&c.Positive, "positive", "", "label that counts as positive, where labels are names")
}

// workers is the number of goroutines to compute with.
func (a *app) workers() int {
	if a.common.workers > 0 {
		return a.common.workers
	}
	return runtime.GOMAXPROCS(0)
}
