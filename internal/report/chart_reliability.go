package report

import (
	"fmt"
	"html/template"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"melanoma/internal/metrics"
)

// reliabilityFigure draws the share of positives against the probability
// given, with Wilson intervals, above the number of images in each bin.
func reliabilityFigure(s *scored, bins []metrics.Bin) (figure, error) {
	ece, err := metrics.ECE(s.score, s.positive, len(bins))
	if err != nil {
		return figure{}, err
	}
	top := newChart("", "share of positives")
	top.line("perfect", plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}}, roleMuted, 1, true)
	var at plotter.XYs
	for _, b := range bins {
		if b.Count == 0 {
			continue
		}
		low, high := wilson(b.Positives, b.Count)
		top.segments([][2]plotter.XY{{{X: b.MeanProb, Y: low}, {X: b.MeanProb, Y: high}}}, roleBandA, 2)
		at = append(at, plotter.XY{X: b.MeanProb, Y: b.Rate})
	}
	top.dots("a bin, with its 95% interval", at, roleA, 3)
	unitAxis(&top.plot.X)
	unitAxis(&top.plot.Y)
	below := countsChart(bins)
	body, err := stack(top, below)
	return figure{Title: "Reliability", Alt: fmt.Sprintf("Reliability diagram; the calibration error is %.3f.", ece),
		Caption: fmt.Sprintf("Points on the diagonal mean that the probability can be taken at its word. Expected calibration error %.3f; below, the images in each bin on a log scale.", ece),
		Keys:    top.keys, Width: chartWidth, Height: stackHeight, Body: body}, err
}

// countsChart draws the number of images of each bin on a log scale.
func countsChart(bins []metrics.Bin) *chart {
	c := newChart("probability given", "images")
	most := 1
	for _, b := range bins {
		most = max(most, b.Count)
		if b.Count > 0 {
			c.bar(b.Low, b.High, 0.5, float64(b.Count), roleA)
		}
	}
	unitAxis(&c.plot.X)
	c.plot.Y.Min, c.plot.Y.Max = 0.5, 2*float64(most)
	c.plot.Y.Scale = plot.LogScale{}
	var ticks plot.ConstantTicks
	step := 1
	if most > 2000 {
		step = 2 // the strip has room for four labels
	}
	for e := 0; math.Pow10(e) <= 2*float64(most); e += step {
		ticks = append(ticks, plot.Tick{Value: math.Pow10(e), Label: fmt.Sprintf("%.0f", math.Pow10(e))})
	}
	c.plot.Y.Tick.Marker = ticks
	return c
}

// bar adds a filled rectangle between x0 and x1 from base to top, with a gap.
func (c *chart) bar(x0, x1, base, top float64, r role) {
	if c.err != nil {
		return
	}
	gap := (x1 - x0) * 0.08
	poly, err := plotter.NewPolygon(plotter.XYs{
		{X: x0 + gap, Y: base}, {X: x1 - gap, Y: base}, {X: x1 - gap, Y: top}, {X: x0 + gap, Y: top},
	})
	if err != nil {
		c.err = err
		return
	}
	poly.Color, poly.LineStyle.Width = r, 0
	c.plot.Add(poly)
}

// stackHeight is the height of two charts above one another, of which the
// lower takes stripHeight.
const (
	stackHeight = 340
	stripHeight = 110
)

// stack draws two charts above one another with their data areas aligned.
func stack(top, below *chart) (template.HTML, error) {
	for _, c := range []*chart{top, below} {
		if c.err != nil {
			return "", fmt.Errorf("report: draw two charts: %w", c.err)
		}
	}
	return paint(chartWidth, stackHeight, func(dc draw.Canvas) {
		upper := draw.Crop(dc, 0, 0, stripHeight, 0)
		lower := draw.Crop(dc, 0, 0, 0, stripHeight-stackHeight)
		inUpper := top.plot.DataCanvas(upper).Min.X
		inLower := below.plot.DataCanvas(lower).Min.X
		wide := max(inUpper, inLower)
		upper = draw.Crop(upper, wide-inUpper, 0, 0, 0)
		lower = draw.Crop(lower, wide-inLower, 0, 0, 0)
		top.plot.Draw(upper)
		below.plot.Draw(lower)
	})
}
