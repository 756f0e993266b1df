package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// byFold returns the history of each fold by rising epoch.
func byFold(history []Epoch) [][]Epoch {
	sorted := slices.Clone(history)
	slices.SortStableFunc(sorted, func(a, b Epoch) int {
		return cmp.Or(cmp.Compare(a.Fold, b.Fold), cmp.Compare(a.Epoch, b.Epoch))
	})
	var out [][]Epoch
	for i, e := range sorted {
		if i == 0 || e.Fold != sorted[i-1].Fold {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], e)
	}
	return out
}

// historyLine returns one column by epoch, counted from 1 as people do,
// without the entries that were not measured.
func historyLine(history []Epoch, column func(Epoch) float64) plotter.XYs {
	var xy plotter.XYs
	for _, e := range history {
		if v := column(e); !math.IsNaN(v) && !math.IsInf(v, 0) {
			xy = append(xy, plotter.XY{X: float64(e.Epoch + 1), Y: v})
		}
	}
	return xy
}

// curve adds a line with a dot at each epoch, so that a single epoch shows.
func (c *chart) curve(label string, xy plotter.XYs, r role, dashed bool) {
	c.line(label, xy, r, 1.6, dashed)
	if len(xy) == 1 {
		c.dots(label, xy, r, 3)
	} else if len(xy) <= 30 {
		c.dots("", xy, r, 2)
	}
}

// historyFigures draws the losses, the learning rate and, where an inner
// split was measured, its AUC.
func historyFigures(history []Epoch) ([]figure, error) {
	loss := newChart("epoch", "mean loss")
	rate := newChart("epoch", "learning rate")
	inner := newChart("epoch", "AUC of the inner split")
	measured := false
	for _, h := range byFold(history) {
		loss.curve("training", historyLine(h, func(e Epoch) float64 { return e.TrainLoss }), roleA, false)
		loss.curve("inner split", historyLine(h, func(e Epoch) float64 { return e.InnerLoss }), roleB, false)
		rate.curve("", historyLine(h, func(e Epoch) float64 { return e.LearningRate }), roleC, false)
		auc := historyLine(h, func(e Epoch) float64 { return e.InnerAUC })
		inner.curve("", auc, roleB, false)
		measured = measured || len(auc) > 0
	}
	loss.plot.Y.Min = 0
	rate.plot.Y.Min = 0
	charts := []struct {
		c              *chart
		title, caption string
	}{
		{loss, "Loss", "One line a fold. A training loss that does not fall means that the model did not learn."},
		{rate, "Learning rate", "As it stood at the end of each epoch; the folds share one schedule."},
		{inner, "Inner validation", "On a part of the training folds, never on the fold that is scored."},
	}
	if !measured {
		charts = charts[:2]
	}
	var out []figure
	for _, ch := range charts {
		ch.c.epochAxis(history)
		f, err := ch.c.figure(ch.title, ch.caption, ch.title+" by epoch.")
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// epochAxis puts the ticks on whole epochs.
func (c *chart) epochAxis(history []Epoch) {
	last := 1
	for _, e := range history {
		last = max(last, e.Epoch+1)
	}
	step := (last + 7) / 8
	c.plot.X.Min, c.plot.X.Max = 0.5, float64(last)+0.5
	c.plot.X.Tick.Marker = wholeTicks(1, last, step)
}

func wholeTicks(first, last, step int) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for v := first; v <= last; v += step {
		ticks = append(ticks, plot.Tick{Value: float64(v), Label: fmt.Sprint(v)})
	}
	return ticks
}
