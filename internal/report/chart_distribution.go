package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// distributionFigure draws where each class's probabilities lie, on a logit
// axis so that rare and certain ones do not fall into one bar.
func distributionFigure(s *scored, test []float64, name string) (figure, error) {
	var pos, neg []float64
	for i, p := range s.score {
		if s.positive[i] {
			pos = append(pos, p)
		} else {
			neg = append(neg, p)
		}
	}
	c := newChart("probability of "+name+" (logit scale)", "share of the group")
	low, high := logitRange(pos, neg, test)
	c.line(name, logitSteps(pos, low, high), roleB, 2, false)
	c.line("others", logitSteps(neg, low, high), roleA, 2, false)
	c.line("test set", logitSteps(test, low, high), roleInk, 1.2, true)
	c.plot.X.Min, c.plot.X.Max, c.plot.Y.Min = low, high, 0
	c.plot.X.Tick.Marker = logitTicks(low, high)
	return c.figure("Probabilities by class",
		"The less the two overlap, the better the ranking. Each line's steps add up to 1.",
		fmt.Sprintf("Histograms of the probability of %s for %s and for other images.", name, name))
}

const logitBins = 24

// logit clips at 1e-5 and 1 - 1e-5: beyond, a float32 softmax is rounding.
func logit(p float64) float64 {
	p = min(max(p, 1e-5), 1-1e-5)
	return math.Log(p) - math.Log1p(-p)
}

func logitRange(sets ...[]float64) (low, high float64) {
	low, high = -1, 1
	for _, set := range sets {
		for _, p := range set {
			low, high = min(low, logit(p)), max(high, logit(p))
		}
	}
	return low - 0.01, high + 0.01
}

func logitSteps(prob []float64, low, high float64) plotter.XYs {
	value := make([]float64, len(prob))
	for i, p := range prob {
		value[i] = logit(p)
	}
	return shareSteps(value, low, high, logitBins)
}

// shareSteps returns the outline of a histogram whose bars add up to 1;
// values above high count in the last bar. No values, no outline.
func shareSteps(value []float64, low, high float64, bins int) plotter.XYs {
	if len(value) == 0 {
		return nil
	}
	share := make([]float64, bins)
	width := (high - low) / float64(bins)
	for _, v := range value {
		b := min(max(int((v-low)/width), 0), bins-1)
		share[b] += 1 / float64(len(value))
	}
	xy := plotter.XYs{{X: low, Y: 0}}
	for b, h := range share {
		xy = append(xy, plotter.XY{X: low + width*float64(b), Y: h}, plotter.XY{X: low + width*float64(b+1), Y: h})
	}
	return append(xy, plotter.XY{X: high, Y: 0})
}

func logitTicks(low, high float64) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for _, p := range []float64{0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999} {
		if x := logit(p); x >= low && x <= high {
			ticks = append(ticks, plot.Tick{Value: x, Label: fmt.Sprint(p)})
		}
	}
	return ticks
}
