package metrics

import "sort"

// AUC returns the area under the ROC curve: the chance that a random positive
// scores higher than a random negative, a tie counting half (Mann-Whitney).
// It is the ratio of two exact counts, so row order never changes it.
// It returns [ErrOneClass] where it is not defined.
func AUC(score []float64, positive []bool) (float64, error) {
	pos, neg, err := checkClasses(score, positive)
	if err != nil {
		return 0, err
	}
	fewer := newCounter(score, positive, pos <= neg)
	var twice int64
	for i, s := range score {
		if positive[i] == fewer.label {
			continue
		}
		twice += fewer.twiceAbove(s)
	}
	auc := float64(twice) / float64(2*int64(pos)*int64(neg))
	if !fewer.label {
		// Negatives above positives were counted: the complement.
		auc = float64(2*int64(pos)*int64(neg)-twice) / float64(2*int64(pos)*int64(neg))
	}
	return auc, nil
}

// counter holds the sorted scores of the rarer class, against which each row
// of the other is looked up: n log(rare) beats sorting all rows at a
// prevalence of 2%.
type counter struct {
	label  bool
	sorted []float64
}

func newCounter(score []float64, positive []bool, label bool) counter {
	c := counter{label: label}
	for i, s := range score {
		if positive[i] == label {
			c.sorted = append(c.sorted, s)
		}
	}
	sort.Float64s(c.sorted)
	return c
}

// twiceAbove returns twice the number of scores above s plus the number of
// equal ones.
func (c counter) twiceAbove(s float64) int64 {
	n := len(c.sorted)
	notBelow := sort.SearchFloat64s(c.sorted, s)
	above := notBelow
	if above < n && c.sorted[above] == s {
		above += sort.Search(n-above, func(i int) bool { return c.sorted[notBelow+i] > s })
	}
	return int64(2*(n-above) + (above - notBelow))
}
