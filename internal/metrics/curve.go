package metrics

import (
	"fmt"
	"math"
)

// ROCPoint is a vertex of the ROC curve: the rates where a row counts as
// positive at score >= Threshold.
type ROCPoint struct{ Threshold, FalsePositiveRate, TruePositiveRate float64 }

// PRPoint is a vertex of the precision-recall curve: the rates where a row
// counts as positive at score >= Threshold.
type PRPoint struct{ Threshold, Recall, Precision float64 }

// Operating is a decision threshold with what it reaches; a row counts as
// positive at score >= Threshold. A threshold of +Inf counts no row.
type Operating struct{ Threshold, Sensitivity, Specificity float64 }

// cut counts the rows that are positive at score >= threshold.
type cut struct {
	threshold float64
	tp, fp    int
}

// cuts returns one cut a distinct score, by falling threshold, behind the cut
// at +Inf that counts none (a row that scores +Inf belongs to the second cut).
func cuts(score []float64, positive []bool) []cut {
	blocks := tieBlocks(score)
	out := make([]cut, 1, len(blocks)+1)
	out[0] = cut{threshold: math.Inf(1)}
	for b := len(blocks) - 1; b >= 0; b-- {
		c := out[len(out)-1]
		c.threshold = score[blocks[b].rows[0]]
		for _, i := range blocks[b].rows {
			if positive[i] {
				c.tp++
			} else {
				c.fp++
			}
		}
		out = append(out, c)
	}
	return out
}

// ROC returns the curve from (0, 0) to (1, 1) by falling threshold. Only its
// vertices are kept: the points left out lie exactly on the line between
// their neighbours, so the trapezoid area is the AUC.
func ROC(score []float64, positive []bool) ([]ROCPoint, error) {
	pos, neg, err := checkClasses(score, positive)
	if err != nil {
		return nil, err
	}
	var kept []cut
	for _, c := range cuts(score, positive) {
		for n := len(kept); n >= 2 && onLine(kept[n-2], kept[n-1], c); n = len(kept) {
			kept = kept[:n-1]
		}
		kept = append(kept, c)
	}
	points := make([]ROCPoint, len(kept))
	for i, c := range kept {
		points[i] = ROCPoint{c.threshold, float64(c.fp) / float64(neg), float64(c.tp) / float64(pos)}
	}
	return points, nil
}

// onLine tells whether b lies on the line from a to c, in whole counts.
func onLine(a, b, c cut) bool {
	return int64(b.fp-a.fp)*int64(c.tp-b.tp) == int64(c.fp-b.fp)*int64(b.tp-a.tp)
}

// PrecisionRecall returns the curve by rising recall. Of each run of points
// with one recall only the first and the last are kept, which leaves the step
// curve as it is: AveragePrecision is the sum of rises in recall times the
// precision at which they end. No point is invented at recall 0.
func PrecisionRecall(score []float64, positive []bool) ([]PRPoint, error) {
	pos, _, err := checkClasses(score, positive)
	if err != nil {
		return nil, err
	}
	all := cuts(score, positive)[1:]
	var points []PRPoint
	for i, c := range all {
		inner := i > 0 && i+1 < len(all) && all[i-1].tp == c.tp && all[i+1].tp == c.tp
		if !inner {
			points = append(points, PRPoint{c.threshold, float64(c.tp) / float64(pos), float64(c.tp) / float64(c.tp+c.fp)})
		}
	}
	return points, nil
}

// AveragePrecision returns the area under the precision-recall step curve:
// the sum over thresholds of (recall - previous recall) * precision. Tied rows
// enter together, as in scikit-learn's average_precision_score.
func AveragePrecision(score []float64, positive []bool) (float64, error) {
	pos, _, err := checkClasses(score, positive)
	if err != nil {
		return 0, err
	}
	var sum float64
	before := 0
	for _, c := range cuts(score, positive)[1:] {
		sum += float64(c.tp-before) * (float64(c.tp) / float64(c.tp+c.fp))
		before = c.tp
	}
	return sum / float64(pos), nil
}

// SensitivityAtSpecificity returns the highest sensitivity that any threshold
// reaches at a specificity of at least the given one, in [0, 1]; of the
// thresholds that reach it the highest.
func SensitivityAtSpecificity(score []float64, positive []bool, specificity float64) (Operating, error) {
	points, err := operating(score, positive, specificity)
	if err != nil {
		return Operating{}, err
	}
	best := points[0]
	for _, p := range points {
		if p.Specificity >= specificity && p.Sensitivity > best.Sensitivity {
			best = p
		}
	}
	return best, nil
}

// SpecificityAtSensitivity returns the highest specificity that any threshold
// reaches at a sensitivity of at least the given one, in [0, 1]; of the
// thresholds that reach it the one with the highest sensitivity.
func SpecificityAtSensitivity(score []float64, positive []bool, sensitivity float64) (Operating, error) {
	points, err := operating(score, positive, sensitivity)
	if err != nil {
		return Operating{}, err
	}
	best := points[len(points)-1]
	for i := len(points) - 1; i >= 0; i-- {
		if p := points[i]; p.Sensitivity >= sensitivity && p.Specificity > best.Specificity {
			best = p
		}
	}
	return best, nil
}

// operating returns every cut as rates, by falling threshold.
func operating(score []float64, positive []bool, wanted float64) ([]Operating, error) {
	pos, neg, err := checkClasses(score, positive)
	if err != nil {
		return nil, err
	}
	if !(wanted >= 0 && wanted <= 1) {
		return nil, fmt.Errorf("%w: wanted rate %v", ErrRange, wanted)
	}
	all := cuts(score, positive)
	points := make([]Operating, len(all))
	for i, c := range all {
		points[i] = Operating{c.threshold, float64(c.tp) / float64(pos), float64(neg-c.fp) / float64(neg)}
	}
	return points, nil
}
