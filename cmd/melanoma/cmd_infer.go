package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"melanoma/pipeline"
)

type inferOptions struct{ run, output string }

func (a *app) inferCommand() *cobra.Command {
	var o inferOptions
	cmd := &cobra.Command{
		Use:   "infer --run DIR IMAGE_OR_FOLDER... [--output CSV]",
		Short: "Apply a finished run to new pictures",
		Long: `Applies a finished run to new pictures: all models, folds, views and posterior
samples, through the run's own preprocessing. One row a picture: the
probability of every class and the uncertainty columns. Without --output the
table goes to stdout. The result is no diagnosis.`,
		Example: `  melanoma infer --run runs/ham10000 picture.jpg
  melanoma infer --run runs/ham10000 pictures/ --output predictions.csv`,
		Args: wants(1, -1, "pictures or folders"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runInfer(cmd.Context(), o, args) },
	}
	cmd.Flags().StringVar(&o.run, "run", "", "folder of the finished run")
	cmd.Flags().StringVar(&o.output, "output", "", "CSV file to write (default: stdout)")
	return cmd
}

func (a *app) runInfer(ctx context.Context, o inferOptions, paths []string) error {
	if o.run == "" {
		return usage("melanoma infer --run runs/demo picture.jpg", "infer wants the folder of a finished run")
	}
	config, err := pipeline.LoadStored(o.run, nil)
	if err != nil {
		return err
	}
	if config == nil {
		_, err := pipeline.ReadManifest(o.run)
		return err
	}
	if a.dry("apply %d models of %s to %s", len(config.Models), o.run, strings.Join(paths, ", ")) {
		return nil
	}
	progress, wait := a.progress()
	r, err := a.open(config, runFlags{out: o.run, fold: -1}, progress)
	if err != nil {
		return err
	}
	result, err := r.Infer(ctx, paths)
	wait()
	if err != nil {
		return err
	}
	if o.output != "" {
		if err := result.WriteFile(o.output); err != nil {
			return err
		}
	}
	switch {
	case a.common.json:
		return a.printJSON(inferJSON(result))
	case o.output == "":
		return result.WriteCSV(a.stdout)
	}
	a.printf("%s: %d pictures, %d posterior samples each\n", o.output, len(result.Files), result.Members)
	return nil
}

// inferJSON is the result with one object a picture.
func inferJSON(in *pipeline.Inference) any {
	type row struct {
		ImageName         string             `json:"image_name"`
		File              string             `json:"file"`
		Prob              map[string]float32 `json:"prob"`
		PredictiveEntropy float64            `json:"predictive_entropy"`
		ExpectedEntropy   float64            `json:"expected_entropy"`
		MutualInformation float64            `json:"mutual_information"`
		ViewVariance      float64            `json:"view_variance"`
	}
	e := in.Ensemble
	rows := make([]row, len(in.Files))
	for i := range rows {
		prob := map[string]float32{}
		for k, class := range e.Classes {
			prob[class] = e.Prob[i*len(e.Classes)+k]
		}
		rows[i] = row{in.Names[i], in.Files[i], prob, e.PredictiveEntropy[i], e.ExpectedEntropy[i], e.MutualInformation[i], e.ViewVariance[i]}
	}
	return map[string]any{"members": in.Members, "classes": e.Classes, "images": rows}
}
