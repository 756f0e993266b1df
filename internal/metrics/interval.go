package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is an estimate with its confidence bounds, Low <= Value <= High.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// DeLong returns the AUC with DeLong's confidence interval at the given level.
//
// The variance is that of DeLong et al. (1988), from middle ranks (Sun and Xu
// 2014, equations 5 to 8); the bounds are symmetric on the logit scale (Pepe
// 2003, section 5.2), so they stay inside [0, 1]. Rows count as independent:
// for several rows a patient see [BootstrapAUC].
//
// Where DeLong's variance says nothing the interval is honest instead of
// narrow: with a single row of a class it is [0, 1]; at an AUC of exactly 1 or
// 0 the far bound is that of m successes in m trials (Clopper and Pearson
// 1934), m being the size of the smaller class.
func DeLong(score []float64, positive []bool, level float64) (Interval, error) {
	pos, neg, err := checkClasses(score, positive)
	if err != nil {
		return Interval{}, err
	}
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	auc, err := AUC(score, positive)
	if err != nil {
		return Interval{}, err
	}
	smaller := min(pos, neg)
	switch {
	case smaller == 1:
		return Interval{auc, 0, 1}, nil
	case auc == 1:
		return Interval{1, allOfThem(smaller, level), 1}, nil
	case auc == 0:
		return Interval{0, 0, 1 - allOfThem(smaller, level)}, nil
	}
	return logitInterval(auc, math.Sqrt(deLongVariance(score, positive)), level), nil
}

// deLongVariance returns the variance of the AUC; both classes have at least
// two rows.
func deLongVariance(score []float64, positive []bool) float64 {
	var ofPos, ofNeg, rankPos, rankNeg []float64
	all := Ranks(score)
	for i, p := range positive {
		if p {
			ofPos, rankPos = append(ofPos, score[i]), append(rankPos, all[i])
		} else {
			ofNeg, rankNeg = append(ofNeg, score[i]), append(rankNeg, all[i])
		}
	}
	pos, neg := float64(len(ofPos)), float64(len(ofNeg))
	// The placement of a row is the share of the other class that it beats.
	placePos, placeNeg := Ranks(ofPos), Ranks(ofNeg)
	for i := range placePos {
		placePos[i] = (rankPos[i] - placePos[i]) / neg
	}
	for j := range placeNeg {
		placeNeg[j] = 1 - (rankNeg[j]-placeNeg[j])/pos
	}
	return stat.Variance(placePos, nil)/pos + stat.Variance(placeNeg, nil)/neg
}

func logitInterval(auc, se, level float64) Interval {
	z := distuv.UnitNormal.Quantile((1 + level) / 2)
	centre := math.Log(auc) - math.Log1p(-auc)
	half := z * se / (auc * (1 - auc))
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	return Interval{auc, min(auc, logistic(centre-half)), max(auc, logistic(centre+half))}
}

// allOfThem returns the lower bound of a share after m successes in m trials.
func allOfThem(m int, level float64) float64 {
	return math.Pow((1-level)/2, 1/float64(m))
}

// BootstrapAUC returns the AUC with a percentile interval from resampling
// whole groups (patients) with replacement, for rows that are not independent.
// Resamples of one class only are drawn again. It needs at least two groups,
// 100 replicates, and a stream of its own; the same stream and the same row
// order give the same result.
func BootstrapAUC(score []float64, positive []bool, group []string, level float64, replicates int, stream *rand.Rand) (Interval, error) {
	if _, _, err := checkClasses(score, positive); err != nil {
		return Interval{}, err
	}
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	if len(group) != len(score) {
		return Interval{}, fmt.Errorf("%w: %d scores, %d groups", ErrLength, len(score), len(group))
	}
	index, groups := numberGroups(group)
	if groups < 2 || replicates < 100 {
		return Interval{}, fmt.Errorf("%w: bootstrap of %d groups, %d replicates", ErrRange, groups, replicates)
	}
	auc, err := AUC(score, positive)
	if err != nil {
		return Interval{}, err
	}
	blocks := tieBlocks(score)
	draws := make([]float64, 0, replicates)
	weight := make([]int64, groups)
	for tries := 0; len(draws) < replicates && tries < 100*replicates; tries++ {
		clear(weight)
		for range groups {
			weight[stream.IntN(groups)]++
		}
		if a, ok := weightedAUC(blocks, positive, index, weight); ok {
			draws = append(draws, a)
		}
	}
	if len(draws) < replicates {
		return Interval{}, fmt.Errorf("%w: almost every resample of %d groups", ErrOneClass, groups)
	}
	sort.Float64s(draws)
	low := stat.Quantile((1-level)/2, stat.LinInterp, draws, nil)
	high := stat.Quantile((1+level)/2, stat.LinInterp, draws, nil)
	return Interval{auc, min(auc, low), max(auc, high)}, nil
}

// numberGroups numbers the groups by first appearance.
func numberGroups(group []string) (index []int, groups int) {
	seen := make(map[string]int)
	index = make([]int, len(group))
	for i, g := range group {
		n, ok := seen[g]
		if !ok {
			n = len(seen)
			seen[g] = n
		}
		index[i] = n
	}
	return index, len(seen)
}

// weightedAUC is the AUC where row i stands weight[index[i]] times; ok is
// false where a class has no weight.
func weightedAUC(blocks []tieBlock, positive []bool, index []int, weight []int64) (auc float64, ok bool) {
	var twice, below, pos int64 // below counts negatives with smaller scores
	for _, b := range blocks {
		var p, n int64
		for _, i := range b.rows {
			if positive[i] {
				p += weight[index[i]]
			} else {
				n += weight[index[i]]
			}
		}
		twice += p * (2*below + n)
		below += n
		pos += p
	}
	if pos == 0 || below == 0 {
		return 0, false
	}
	return float64(twice) / float64(2*pos*below), true
}
