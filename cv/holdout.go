package cv

import (
	"math"

	"melanoma/internal/fault"
	"melanoma/internal/rng"
)

// GroupHoldout marks about the given share of rows, in (0, 0.5], such that no
// group stands on both sides and the classes keep their shares: the inner
// split that early stopping watches, so that it never sees the fold that its
// model scores. The share is rounded to the nearest 1/k, because the rows are
// those of one of k shuffled stratified folds.
func GroupHoldout(class []int32, group []string, share float64, seed uint64) ([]bool, error) {
	if !(share > 0 && share <= 0.5) {
		return nil, fault.New(fault.Usage, "0.1 is usual", "cv: cannot hold out a share of %v", share)
	}
	k := int(math.Round(1 / share))
	fold, err := StratifiedGroupKFold(class, group, k, rng.New(rng.Key(seed, "holdout")))
	if err != nil {
		return nil, err
	}
	held := make([]bool, len(fold))
	for i, f := range fold {
		held[i] = f == 0
	}
	return held, nil
}
