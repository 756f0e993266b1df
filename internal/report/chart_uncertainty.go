package report

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// referralFigure draws one referral line a measure.
func referralFigure(s *scored, all []measure) (figure, error) {
	what := "AUC of the rest"
	if s.score == nil {
		what = "accuracy of the rest"
	}
	c := newChart("most uncertain part referred", what)
	random, ok := retained(s, byUncertainty(all[0].Value), s.wrong(), 1)
	if ok {
		c.line("at random", plotter.XYs{{X: 0, Y: random}, {X: 0.9, Y: random}}, roleMuted, 1, true)
	}
	for _, m := range all {
		xy := referralLine(s, m)
		c.line(m.Name, xy, m.Color, 1.8, false)
	}
	c.plot.X.Min, c.plot.X.Max = 0, 0.9
	c.plot.X.Tick.Marker = plot.ConstantTicks{{Value: 0, Label: "0%"}, {Value: 0.25, Label: "25%"},
		{Value: 0.5, Label: "50%"}, {Value: 0.75, Label: "75%"}}
	c.plot.Y.Max = 1
	return c.figure("Referral",
		"If the most uncertain images went to a person, how well the model does on the rest. A useful uncertainty makes the line rise; a flat line is no better than referring at random. Lines end where fewer than five images of a class remain.",
		"Referral curves: "+what+" against the part referred.")
}

// errorFigure draws the share of wrong predictions by slice of uncertainty.
func errorFigure(s *scored, m measure) (figure, error) {
	c := newChart("images by "+m.Name+", 1 = most certain", "share wrong")
	parts := tenths(s, m)
	var at plotter.XYs
	highest := 0.0
	for i, t := range parts {
		x, rate := float64(i+1), float64(t.Wrong)/float64(t.Rows)
		low, high := wilson(t.Wrong, t.Rows)
		c.segments([][2]plotter.XY{{{X: x, Y: low}, {X: x, Y: high}}}, roleBandA, 3)
		at = append(at, plotter.XY{X: x, Y: rate})
		highest = max(highest, high)
	}
	c.dots("share wrong, with its 95% interval", at, roleA, 3.5)
	c.plot.X.Min, c.plot.X.Max = 0.5, float64(len(parts))+0.5
	c.plot.X.Tick.Marker = wholeTicks(1, len(parts), 1)
	c.plot.Y.Min, c.plot.Y.Max = 0, min(1, highest*1.05)
	return c.figure("Error by uncertainty",
		fmt.Sprintf("The images in %d equal parts. Errors should gather on the right, where the model says that it is unsure.", len(parts)),
		"Share of wrong predictions by slice of "+m.Name+".")
}

// separationFigure draws the histograms of an uncertainty for right and wrong
// predictions up to the 99.5th percentile, the rest in the last bar.
func separationFigure(s *scored, m measure) (figure, error) {
	var right, bad []float64
	for i, w := range s.wrong() {
		if w {
			bad = append(bad, m.Value[i])
		} else {
			right = append(right, m.Value[i])
		}
	}
	order := byUncertainty(m.Value)
	high := m.Value[order[(len(order)-1)*995/1000]]
	if high <= 0 {
		high = 1e-6
	}
	c := newChart(m.Name+" (nats)", "share of the group")
	c.line("right", shareSteps(right, 0, high, 20), roleA, 2, false)
	c.line("wrong", shareSteps(bad, 0, high, 20), roleB, 2, false)
	c.plot.X.Min, c.plot.X.Max, c.plot.Y.Min = 0, high, 0
	return c.figure("Uncertainty of right and wrong",
		fmt.Sprintf("%s and %s. Each line's steps add up to 1.",
			count(len(right), "right prediction", "right predictions"), count(len(bad), "wrong one", "wrong ones")),
		"Histograms of "+m.Name+" for right and wrong predictions.")
}
