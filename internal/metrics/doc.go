// Package metrics computes AUC, log loss, Brier score, calibration error,
// curves and intervals from scores and labels.
//
// Data in: equally long slices, one element a row: a score (any number, higher
// means more likely positive), a probability in [0, 1], a label. Matrices are
// flat and row-major [N,K]. Data out: plain numbers and small structs.
//
// Terms: a score becomes a decision by a threshold, and a row counts as
// positive where score >= threshold. Sensitivity is the share of positives
// that count as positive, specificity the share of negatives that do not.
// Logarithms are natural. An interval's level is its coverage, as 0.95.
//
// Invariants: results do not depend on the order of rows beyond rounding, and
// the AUC not even by that, because it is a ratio of two counts. Equal scores
// are ties and share their middle rank; no row order breaks them.
//
// Errors: [ErrOneClass] where a result needs positives and negatives,
// [ErrEmpty], [ErrLength], [ErrNaN] and [ErrRange] for wrong input. Infinite
// scores are allowed where only the order counts. Nothing panics.
//
// Determinism: no clock and no random stream but the one that is passed in.
//
// References: DeLong, DeLong, Clarke-Pearson (1988); Sun and Xu, Fast
// implementation of DeLong's algorithm (2014); Pepe, The Statistical
// Evaluation of Medical Tests (2003); Hand and Till (2001); Guo et al., On
// Calibration of Modern Neural Networks (2017).
package metrics
