package cv

import (
	"errors"
	"math"

	"melanoma/internal/metrics"
)

// ranksOf replaces each model's scores by their ranks, 1 for the smallest.
func ranksOf(scores [][]float64) [][]float64 {
	ranks := make([][]float64, len(scores))
	for m := range scores {
		ranks[m] = metrics.Ranks(scores[m])
	}
	return ranks
}

func equalWeights(models int) []float64 {
	w := make([]float64, models)
	for m := range w {
		w[m] = 1 / float64(models)
	}
	return w
}

// meanOf returns the mean over models of every row.
func meanOf(scores [][]float64) []float64 {
	mean := make([]float64, len(scores[0]))
	for _, model := range scores {
		for i, v := range model {
			mean[i] += v
		}
	}
	for i := range mean {
		mean[i] /= float64(len(scores))
	}
	return mean
}

// weightedShare returns the weighted mean of every row's ranks over their
// number, in (0, 1]. unitsOf gives the row's weights up to a factor.
func weightedShare(ranks [][]float64, unitsOf func(row int) []float64) []float64 {
	out := make([]float64, len(ranks[0]))
	for i := range out {
		var sum, units float64
		for m, u := range unitsOf(i) {
			sum += float64(u * ranks[m][i])
			units += u
		}
		out[i] = sum / (units * float64(len(out)))
	}
	return out
}

// constant gives every row the same weights.
func constant(weights []float64) func(int) []float64 {
	units := exactUnits(weights)
	return func(int) []float64 { return units }
}

// exactUnits scales weights to the whole numbers that they come from, if they
// come from any: whole numbers times ranks add up without rounding, so equal
// mixtures stay ties in any order of the models.
func exactUnits(weights []float64) []float64 {
	units := make([]float64, len(weights))
	for m, w := range weights {
		units[m] = w * float64(weightUnits*len(weights))
		if whole := math.Round(units[m]); math.Abs(units[m]-whole) < 1e-6 {
			units[m] = whole
		}
	}
	return units
}

// aucOf returns the AUC of the weighted ranks; both classes are there.
func aucOf(ranks [][]float64, weights []float64, positive []bool) (*float64, error) {
	auc, err := metrics.AUC(weightedShare(ranks, constant(weights)), positive)
	return &auc, err
}

func take[T any](values []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = values[r]
	}
	return out
}

func takeAll(values [][]float64, rows []int) [][]float64 {
	out := make([][]float64, len(values))
	for m := range values {
		out[m] = take(values[m], rows)
	}
	return out
}

// interval returns the AUC with its interval, nil where it is not defined.
func interval(score []float64, positive []bool) (*metrics.Interval, error) {
	v, err := metrics.DeLong(score, positive, IntervalLevel)
	if errors.Is(err, metrics.ErrOneClass) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}
