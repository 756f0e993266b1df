package metrics

import (
	"errors"
	"fmt"
	"math"
)

var (
	// ErrOneClass is returned where positives and negatives are both needed
	// and one of them is absent.
	ErrOneClass = errors.New("metrics: labels of one class only")
	// ErrEmpty is returned where there is no row.
	ErrEmpty = errors.New("metrics: no rows")
	// ErrLength is returned where slices that belong together differ in length.
	ErrLength = errors.New("metrics: lengths differ")
	// ErrNaN is returned where a score or probability is not a number.
	ErrNaN = errors.New("metrics: not a number")
	// ErrRange is returned where a probability is outside [0, 1], a label
	// outside the classes, or an argument outside its range.
	ErrRange = errors.New("metrics: out of range")
)

// checkScores returns the number of positives and negatives.
func checkScores(score []float64, positive []bool) (pos, neg int, err error) {
	if len(score) != len(positive) {
		return 0, 0, fmt.Errorf("%w: %d scores, %d labels", ErrLength, len(score), len(positive))
	}
	if len(score) == 0 {
		return 0, 0, ErrEmpty
	}
	for i, s := range score {
		if math.IsNaN(s) {
			return 0, 0, fmt.Errorf("%w: score of row %d", ErrNaN, i)
		}
		if positive[i] {
			pos++
		}
	}
	return pos, len(score) - pos, nil
}

// checkClasses is checkScores that also asks for both classes.
func checkClasses(score []float64, positive []bool) (pos, neg int, err error) {
	pos, neg, err = checkScores(score, positive)
	if err != nil {
		return 0, 0, err
	}
	if pos == 0 || neg == 0 {
		return 0, 0, fmt.Errorf("%w: %d positives, %d negatives", ErrOneClass, pos, neg)
	}
	return pos, neg, nil
}

// checkProbs asks for probabilities in [0, 1], one a label.
func checkProbs(prob []float64, positive []bool) error {
	if _, _, err := checkScores(prob, positive); err != nil {
		return err
	}
	for i, p := range prob {
		if p < 0 || p > 1 {
			return fmt.Errorf("%w: probability %v of row %d", ErrRange, p, i)
		}
	}
	return nil
}

// checkMatrix asks for a flat [N,K] matrix without NaN and targets in [0, K).
func checkMatrix(value []float64, classes int, target []int32) error {
	if classes < 1 {
		return fmt.Errorf("%w: %d classes", ErrRange, classes)
	}
	if len(value) != len(target)*classes {
		return fmt.Errorf("%w: %d values for %d rows of %d classes", ErrLength, len(value), len(target), classes)
	}
	if len(target) == 0 {
		return ErrEmpty
	}
	for i, v := range value {
		if math.IsNaN(v) {
			return fmt.Errorf("%w: row %d, class %d", ErrNaN, i/classes, i%classes)
		}
	}
	for i, y := range target {
		if y < 0 || int(y) >= classes {
			return fmt.Errorf("%w: target %d of row %d, %d classes", ErrRange, y, i, classes)
		}
	}
	return nil
}

func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("%w: interval level %v", ErrRange, level)
	}
	return nil
}
