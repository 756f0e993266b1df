package report

import (
	"fmt"

	"gonum.org/v1/plot/plotter"

	"melanoma/internal/metrics"
)

// rocFigure draws the pooled ROC curve over those of the folds.
func rocFigure(s *scored, folds []*scored, iv metrics.Interval) (figure, error) {
	c := newChart("1 − specificity (false alarms)", "sensitivity (found)")
	c.line("chance", plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}}, roleMuted, 1, true)
	if len(folds) > 1 {
		for _, f := range folds {
			c.line("each fold", rocLine(f), roleBandA, 1.2, false)
		}
	}
	c.line("all folds", rocLine(s), roleA, 2, false)
	var at plotter.XYs
	for _, spec := range []float64{0.9, 0.95} {
		if o, err := metrics.SensitivityAtSpecificity(s.score, s.positive, spec); err == nil {
			at = append(at, plotter.XY{X: 1 - o.Specificity, Y: o.Sensitivity})
		}
	}
	c.dots("90% and 95% specificity", at, roleB, 3.5)
	unitAxis(&c.plot.X)
	unitAxis(&c.plot.Y)
	return c.figure("ROC curve",
		fmt.Sprintf("Area %.3f (95%% interval %s). A curve in the upper left corner is a perfect ranking.", iv.Value, span(iv.Low, iv.High, nil)),
		fmt.Sprintf("ROC curve; the area under the pooled curve is %.3f.", iv.Value))
}

func rocLine(s *scored) plotter.XYs {
	points, err := metrics.ROC(s.score, s.positive)
	if err != nil {
		return nil // a fold of one class has no curve
	}
	xy := make(plotter.XYs, len(points))
	for i, p := range points {
		xy[i] = plotter.XY{X: p.FalsePositiveRate, Y: p.TruePositiveRate}
	}
	return simplify(xy, 1, 1)
}

// recallFigure draws the pooled precision-recall steps over those of the folds.
func recallFigure(s *scored, folds []*scored) (figure, error) {
	ap, err := metrics.AveragePrecision(s.score, s.positive)
	if err != nil {
		return figure{}, err
	}
	prevalence := float64(s.positives) / float64(len(s.rows))
	c := newChart("recall (sensitivity)", "precision")
	c.line("chance", plotter.XYs{{X: 0, Y: prevalence}, {X: 1, Y: prevalence}}, roleMuted, 1, true)
	if len(folds) > 1 {
		for _, f := range folds {
			c.line("each fold", recallLine(f), roleBandA, 1.2, false)
		}
	}
	c.line("all folds", recallLine(s), roleA, 2, false)
	unitAxis(&c.plot.X)
	unitAxis(&c.plot.Y)
	return c.figure("Precision and recall",
		fmt.Sprintf("Average precision %.3f; a model without skill reaches the share of positives, %.3f.", ap, prevalence),
		fmt.Sprintf("Precision-recall curve; the average precision is %.3f.", ap))
}

// recallLine draws steps, as average precision counts them.
func recallLine(s *scored) plotter.XYs {
	points, err := metrics.PrecisionRecall(s.score, s.positive)
	if err != nil {
		return nil
	}
	var xy plotter.XYs
	before := 0.0
	for _, p := range points {
		if p.Recall == before {
			continue // more false alarms and nothing found: no step
		}
		xy = append(xy, plotter.XY{X: before, Y: p.Precision}, plotter.XY{X: p.Recall, Y: p.Precision})
		before = p.Recall
	}
	return simplify(xy, 1, 1)
}
