package main

import (
	"context"

	"github.com/spf13/cobra"

	"melanoma/pipeline"
)

type rateOptions struct {
	runFlags
	model string
	span  pipeline.RateRange
}

func (a *app) rateCommand() *cobra.Command {
	o := rateOptions{span: pipeline.DefaultRateRange()}
	cmd := &cobra.Command{
		Use:   "lr-find [-c FILE] [--model NAME] [--fold K] [--from RATE --to RATE --steps N] [--out DIR]",
		Short: "Measure which learning rates a model can be trained with, as a curve",
		Long: `Trains a throw-away copy of a model for some steps while the learning rate grows
by the same factor from step to step (Smith 2017), with the batches,
augmentation, loss and update rule of the configuration, on the training images
of one fold alone. Below a good rate the loss hardly falls, above it it
explodes, which ends the test. Writes the curve as lr-find/<model>-f<k>.csv and
.svg under the run's folder and prints two rates: where the loss falls most
steeply, and a tenth of where it is lowest.
Without -c it takes the configuration that the folder was made with, or the
demo's. Pictures are ingested and folds assigned first where that is not done.`,
		Example: `  melanoma lr-find
  melanoma lr-find -c configs/ham10000.yaml --set data.root=/data/ham10000 --fold 0
  melanoma lr-find --out runs/demo --model tiny-sghmc --from 1e-4 --to 10 --steps 150 --json`,
		Args: wants(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("fold") && o.fold < 0 {
				return usage("folds are numbered from 0", "--fold %d is negative", o.fold)
			}
			return a.runRates(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	o.addConfig(flags)
	o.addOut(flags)
	flags.StringVar(&o.model, "model", "", "model of the configuration (default: the first)")
	flags.IntVar(&o.fold, "fold", -1, "fold whose training images to use (default: the first of the run)")
	flags.Float64Var(&o.span.From, "from", o.span.From, "learning rate of the first step")
	flags.Float64Var(&o.span.To, "to", o.span.To, "learning rate of the last step")
	flags.IntVar(&o.span.Steps, "steps", o.span.Steps, "steps of the test")
	return cmd
}

func (a *app) runRates(ctx context.Context, o rateOptions) error {
	config, err := a.loadStage(o.runFlags)
	if err != nil {
		return err
	}
	progress, wait := a.progress()
	r, err := a.open(config, o.runFlags, progress)
	if err != nil {
		return err
	}
	if a.dry("test %d learning rates from %g to %g under %s", o.span.Steps, o.span.From, o.span.To, r.Dir) {
		return nil
	}
	f, err := r.FindRate(ctx, o.model, o.span)
	wait()
	if err != nil {
		return err
	}
	if a.common.json {
		return a.printJSON(f)
	}
	a.tellRates(f)
	return nil
}

func (a *app) tellRates(f *pipeline.RateFinding) {
	last := f.Points[len(f.Points)-1]
	a.printf("model %s, fold %d: %d steps on %d training images, learning rates from %.2g to %.2g\n",
		f.Model, f.Fold, len(f.Points), f.Rows, f.Points[0].LearningRate, last.LearningRate)
	if f.Ended != "" {
		a.printf("ended early: %s\n", f.Ended)
	}
	if f.Suggestion > 0 {
		a.printf("steepest descent   %g\n", f.Suggestion)
		a.printf("a tenth of lowest  %g\n", f.Cautious)
		a.printf("try: --set %s\n", f.Setting)
	} else {
		a.printf("the loss does not fall by more than its noise: try more --steps or another range\n")
	}
	a.printf("written: %s\nwritten: %s\n", f.Plot, f.CSV)
}
