package metrics

import (
	"fmt"
	"math"
)

// MinProb is where the log losses clip a probability, so that one certain
// mistake costs 27.6 and not infinity. They report how often they did.
const MinProb = 1e-12

// DefaultBins is the number of equal-width bins of the calibration error.
const DefaultBins = 15

// LogLoss returns the mean of -log(probability of the true class) and the
// number of rows whose probability was clipped to [MinProb, 1-MinProb].
// prob is the probability of the positive class, in [0, 1].
func LogLoss(prob []float64, positive []bool) (loss float64, clipped int, err error) {
	if err := checkProbs(prob, positive); err != nil {
		return 0, 0, err
	}
	var sum float64
	for i, p := range prob {
		q := min(max(p, MinProb), 1-MinProb)
		if q != p {
			clipped++
		}
		if positive[i] {
			sum -= math.Log(q)
		} else {
			sum -= math.Log1p(-q)
		}
	}
	return sum / float64(len(prob)), clipped, nil
}

// Brier returns the mean of (probability - label)^2 over rows, in [0, 1]:
// half of the two-class [MulticlassBrier].
func Brier(prob []float64, positive []bool) (float64, error) {
	if err := checkProbs(prob, positive); err != nil {
		return 0, err
	}
	var sum float64
	for i, p := range prob {
		d := p
		if positive[i] {
			d = 1 - p
		}
		sum += d * d
	}
	return sum / float64(len(prob)), nil
}

// Bin is one bar of a reliability diagram, over probabilities in (Low, High];
// the first bin also holds 0. MeanProb and Rate are 0 where Count is.
type Bin struct {
	Low, High float64
	Count     int
	Positives int
	MeanProb  float64 // mean probability of the positive class
	Rate      float64 // share of positives
}

// Reliability cuts [0, 1] into bins of equal width and compares in each the
// mean probability of the positive class with the share of positives.
func Reliability(prob []float64, positive []bool, bins int) ([]Bin, error) {
	if err := checkProbs(prob, positive); err != nil {
		return nil, err
	}
	if bins < 1 {
		return nil, fmt.Errorf("%w: %d bins", ErrRange, bins)
	}
	out := make([]Bin, bins)
	for b := range out {
		out[b].Low, out[b].High = float64(b)/float64(bins), float64(b+1)/float64(bins)
	}
	for i, p := range prob {
		b := binOf(p, out)
		out[b].Count++
		out[b].MeanProb += p
		if positive[i] {
			out[b].Positives++
		}
	}
	for b := range out {
		if n := float64(out[b].Count); n > 0 {
			out[b].MeanProb /= n
			out[b].Rate = float64(out[b].Positives) / n
		}
	}
	return out, nil
}

// binOf returns the bin whose (Low, High] holds p; the product below can be
// off by one at an edge, so the edges themselves decide.
func binOf(p float64, bins []Bin) int {
	b := min(max(int(math.Ceil(p*float64(len(bins))))-1, 0), len(bins)-1)
	for b > 0 && p <= bins[b].Low {
		b--
	}
	for b < len(bins)-1 && p > bins[b].High {
		b++
	}
	return b
}

// ECE returns the expected calibration error of the positive class: the mean
// over rows of |mean probability - share of positives| of the row's bin
// (Naeini et al. 2015). At a low prevalence the usual top-label form says
// nothing about the rare class.
func ECE(prob []float64, positive []bool, bins int) (float64, error) {
	all, err := Reliability(prob, positive, bins)
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, b := range all {
		sum += float64(b.Count) * math.Abs(b.MeanProb-b.Rate)
	}
	return sum / float64(len(prob)), nil
}
