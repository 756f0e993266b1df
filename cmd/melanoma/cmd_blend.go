package main

import (
	"github.com/spf13/cobra"

	"melanoma/cv"
)

type blendOptions struct {
	methods, truth, output, column string
	columns                        cv.TruthColumns
}

func (a *app) blendCommand() *cobra.Command {
	var o blendOptions
	cmd := &cobra.Command{
		Use:   "blend --method prob,rank,weights [--truth CSV] --output CSV FILE...",
		Short: "Blend submissions or out-of-fold files of anyone's models, joined by id",
		Long: `Blends predictions of any models, joined by id. A file with several columns of
predictions counts as several models; FILE:COLUMN takes one. With several
methods the output has one column a method. Weights are fitted on the labels
of --truth, and their gain is estimated on folds that they were not fitted on.`,
		Example: `  melanoma blend --method rank --output blend.csv a.csv b.csv c.csv
  melanoma blend --method prob,rank,weights --truth oof.csv --output blend.csv oof.csv`,
		Args: wants(1, -1, "files of predictions"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runBlend(o, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.methods, "method", "prob", "prob (mean), rank (mean of percentile ranks), weights (fitted on --truth); several with commas")
	flags.StringVar(&o.truth, "truth", "", "CSV file with labels: scores every blend, needed for weights")
	flags.StringVar(&o.output, "output", "", "CSV file to write")
	flags.StringVar(&o.column, "column", "", "column of the predictions in every file")
	addTruthFlags(flags, &o.columns)
	return cmd
}

func (a *app) runBlend(o blendOptions, files []string) error {
	methods, err := cv.ParseMethods(o.methods)
	if err != nil {
		return err
	}
	if o.output == "" {
		return usage("melanoma blend --method rank --output blend.csv a.csv b.csv", "blend wants --output")
	}
	var columns []*cv.Column
	for _, file := range files {
		path, column := cv.SplitSource(file)
		if column == "" {
			column = o.column
		}
		more, err := cv.ReadModels(path, column)
		if err != nil {
			return err
		}
		columns = append(columns, more...)
	}
	var truth *cv.Truth
	if o.truth != "" {
		if truth, err = cv.ReadTruth(o.truth, o.columns); err != nil {
			return err
		}
	}
	if a.dry("blend %d columns of predictions into %s", len(columns), o.output) {
		return nil
	}
	blend, err := cv.BlendColumns(columns, truth, methods)
	if err != nil {
		return err
	}
	if err := blend.WriteCSV(o.output); err != nil {
		return err
	}
	if a.common.json {
		return a.printJSON(map[string]any{"output": o.output, "rows": len(blend.ImageName), "models": len(columns), "blend": blend.Blend})
	}
	a.tellBlend(blend.Blend)
	a.printf("%s: %d rows of %d models\n", o.output, len(blend.ImageName), len(columns))
	return nil
}

// tellBlend prints what every model and method reaches; nil without labels.
func (a *app) tellBlend(b *cv.Blend) {
	if b == nil {
		return
	}
	for _, m := range b.Models {
		if m.AUC != nil {
			a.printf("AUC %.5f (%.5f to %.5f)  %s\n", m.AUC.Value, m.AUC.Low, m.AUC.High, m.Model)
		}
	}
	for _, m := range b.Methods {
		if m.AUC != nil {
			a.printf("AUC %.5f (%.5f to %.5f)  blend by %s\n", m.AUC.Value, m.AUC.Low, m.AUC.High, m.Method)
		}
	}
	if w := b.Weights; w != nil {
		for i, v := range w.Weights {
			a.printf("weight %.2f  %s\n", v, b.Models[i].Model)
		}
		if w.Nested != nil {
			a.printf("weights on rows they were not fitted on: AUC %.5f, %+.5f against the rank mean\n", w.Nested.AUC, w.Nested.Gain)
		}
	}
	for _, note := range b.Notes {
		a.printf("note: %s\n", note)
	}
}
