package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"melanoma/internal/metrics"
)

// namedInterval is an AUC with its interval, for one line of a plot.
type namedInterval struct {
	Name string
	metrics.Interval
}

// forestFigure draws one interval a line, the last one (all folds) apart.
func forestFigure(lines []namedInterval) (figure, error) {
	c := newChart("AUC", "")
	low, n := 1.0, len(lines)
	var ticks plot.ConstantTicks
	for i, l := range lines {
		y := float64(n - 1 - i)
		low = min(low, l.Low)
		r := roleA
		if i == n-1 {
			r = roleB
		}
		c.segments([][2]plotter.XY{{{X: l.Low, Y: y}, {X: l.High, Y: y}}}, r, 2)
		c.dots("", plotter.XYs{{X: l.Value, Y: y}}, r, 4)
		ticks = append(ticks, plot.Tick{Value: y, Label: l.Name})
	}
	c.plot.Y.Min, c.plot.Y.Max = -0.6, float64(n)-0.4
	c.plot.Y.Tick.Marker = ticks
	c.plot.Y.Tick.Length = 0
	c.plot.X.Min, c.plot.X.Max = math.Floor(low*20)/20, 1
	pooled := lines[n-1]
	return c.figure("AUC of each fold",
		"Dots are the AUC, bars the 95% interval. Where the bars overlap widely, the folds do not differ beyond chance.",
		fmt.Sprintf("Intervals of the AUC by fold; over all folds %.3f (%s).", pooled.Value, span(pooled.Low, pooled.High, nil)))
}
