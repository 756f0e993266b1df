package main

import (
	"github.com/spf13/cobra"

	"melanoma/cv"
)

type scoreOptions struct {
	truth, pred, column string
	columns             cv.TruthColumns
}

func (a *app) scoreCommand() *cobra.Command {
	var o scoreOptions
	cmd := &cobra.Command{
		Use:   "score --truth CSV --pred CSV [--column NAME] [--json]",
		Short: "AUC with its interval and every other metric, for any two CSV files joined by id",
		Long: `Scores a column of predictions against labels. The files are joined by id
(image_name, image_id, isic_id, image, id, else the first column), never by
position; they may be the same file. An out-of-fold table (.arrow) works too.`,
		Example: `  melanoma score --truth labels.csv --pred submission.csv
  melanoma score --truth oof.csv --pred oof.csv --column b1_prob --json
  melanoma score --truth metadata.csv --target dx --positive mel --pred runs/ham10000/oof/lite0.arrow`,
		Args: wants(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error { return a.runScore(o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.truth, "truth", "", "CSV file with the labels")
	flags.StringVar(&o.pred, "pred", "", "CSV file with the predictions")
	flags.StringVar(&o.column, "column", "", "column of the predictions (default: the one that looks like it)")
	addTruthFlags(flags, &o.columns)
	return cmd
}

func (a *app) runScore(o scoreOptions) error {
	if o.truth == "" || o.pred == "" {
		return usage("melanoma score --truth labels.csv --pred submission.csv", "score wants --truth and --pred")
	}
	truth, err := cv.ReadTruth(o.truth, o.columns)
	if err != nil {
		return err
	}
	pred, err := cv.ReadPredictions(o.pred, o.column)
	if err != nil {
		return err
	}
	score, err := cv.ScorePredictions(truth, pred)
	if err != nil {
		return err
	}
	if a.common.json {
		return a.printJSON(score)
	}
	a.tellScore(score)
	return nil
}

func (a *app) tellScore(s *cv.Score) {
	a.printf("images             %d, %d positive\n", s.N, s.Positives)
	a.printf("column             %s\n", s.Column)
	a.printf("AUC                %.5f (95%% interval %.5f to %.5f)\n", s.AUC, s.AUCLow, s.AUCHigh)
	a.printf("average precision  %.5f\n", s.AveragePrecision)
	if s.LogLoss != nil {
		a.printf("log loss           %.5f\n", *s.LogLoss)
		a.printf("Brier score        %.5f\n", *s.Brier)
		a.printf("calibration error  %.5f (15 bins, positive class)\n", *s.ECE)
	}
	for _, p := range []struct {
		name string
		at   cv.OperatingPoint
	}{
		{"sensitivity at 90% specificity", s.SensitivityAt90Specificity}, {"sensitivity at 95% specificity", s.SensitivityAt95Specificity},
		{"specificity at 90% sensitivity", s.SpecificityAt90Sensitivity}, {"specificity at 95% sensitivity", s.SpecificityAt95Sensitivity},
	} {
		a.printf("%s  %.4f", p.name, p.at.Value)
		if p.at.Threshold != nil {
			a.printf(" (score >= %.6g)", *p.at.Threshold)
		}
		a.printf("\n")
	}
	for _, note := range s.Notes {
		a.printf("note: %s\n", note)
	}
}
