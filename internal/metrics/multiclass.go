package metrics

import (
	"fmt"
	"math"
)

// MulticlassLogLoss returns the mean of -log prob[target] and the number of
// rows whose probability of the true class was clipped at [MinProb]. prob is
// [N,K] with rows that sum to 1.
func MulticlassLogLoss(prob []float64, classes int, target []int32) (loss float64, clipped int, err error) {
	if err := checkSimplex(prob, classes, target); err != nil {
		return 0, 0, err
	}
	var sum float64
	for i, y := range target {
		p := prob[i*classes+int(y)]
		if p < MinProb {
			p = MinProb
			clipped++
		}
		sum -= math.Log(p)
	}
	return sum / float64(len(target)), clipped, nil
}

// MulticlassBrier returns the mean over rows of the sum over classes of
// (prob - indicator)^2, in [0, 2]. prob is [N,K] with rows that sum to 1.
func MulticlassBrier(prob []float64, classes int, target []int32) (float64, error) {
	if err := checkSimplex(prob, classes, target); err != nil {
		return 0, err
	}
	var sum float64
	for i, p := range prob {
		if i%classes == int(target[i/classes]) {
			p = 1 - p
		}
		sum += p * p
	}
	return sum / float64(len(target)), nil
}

// Confusion counts rows by true class (first index) and predicted class
// (second index). The prediction is the class of the highest value, of equal
// ones the first. value is [N,K], probabilities or logits.
func Confusion(value []float64, classes int, target []int32) ([][]int, error) {
	if err := checkMatrix(value, classes, target); err != nil {
		return nil, err
	}
	counts := make([][]int, classes)
	for k := range counts {
		counts[k] = make([]int, classes)
	}
	for i, y := range target {
		counts[y][argmax(value[i*classes:(i+1)*classes])]++
	}
	return counts, nil
}

// Accuracy returns the share of rows whose highest value is that of the true
// class; ties as in [Confusion]. value is [N,K], probabilities or logits.
func Accuracy(value []float64, classes int, target []int32) (float64, error) {
	counts, err := Confusion(value, classes, target)
	if err != nil {
		return 0, err
	}
	right := 0
	for k := range counts {
		right += counts[k][k]
	}
	return float64(right) / float64(len(target)), nil
}

// ClassAUC returns each class's AUC against all others (Hand and Till 2001,
// one-versus-rest), NaN for a class that no row or every row has.
func ClassAUC(prob []float64, classes int, target []int32) ([]float64, error) {
	if err := checkMatrix(prob, classes, target); err != nil {
		return nil, err
	}
	out := make([]float64, classes)
	score := make([]float64, len(target))
	positive := make([]bool, len(target))
	for k := range out {
		for i, y := range target {
			score[i], positive[i] = prob[i*classes+k], int(y) == k
		}
		auc, err := AUC(score, positive)
		if err != nil {
			auc = math.NaN() // the scores were checked: one class only
		}
		out[k] = auc
	}
	return out, nil
}

// MacroAUC returns the unweighted mean of [ClassAUC] over the classes that
// have one, and their number. It returns [ErrOneClass] where none has.
// prob must be comparable across rows: probabilities, not logits.
func MacroAUC(prob []float64, classes int, target []int32) (mean float64, counted int, err error) {
	each, err := ClassAUC(prob, classes, target)
	if err != nil {
		return 0, 0, err
	}
	var sum float64
	for _, auc := range each {
		if !math.IsNaN(auc) {
			sum += auc
			counted++
		}
	}
	if counted == 0 {
		return 0, 0, fmt.Errorf("%w: %d rows", ErrOneClass, len(target))
	}
	return sum / float64(counted), counted, nil
}

func argmax(row []float64) int {
	best := 0
	for k, v := range row {
		if v > row[best] {
			best = k
		}
	}
	return best
}

// checkSimplex is checkMatrix that also asks for rows in [0, 1] that sum to 1
// within what float32 probabilities round to.
func checkSimplex(prob []float64, classes int, target []int32) error {
	if err := checkMatrix(prob, classes, target); err != nil {
		return err
	}
	for i := range target {
		var sum float64
		for _, p := range prob[i*classes : (i+1)*classes] {
			if p < 0 || p > 1 {
				return fmt.Errorf("%w: probability %v of row %d", ErrRange, p, i)
			}
			sum += p
		}
		if math.Abs(sum-1) > 1e-4 {
			return fmt.Errorf("%w: probabilities of row %d sum to %v", ErrRange, i, sum)
		}
	}
	return nil
}
