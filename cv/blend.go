package cv

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
	"melanoma/internal/metrics"
)

// IntervalLevel is the coverage of every confidence interval here.
const IntervalLevel = 0.95

// Blend is blend.json: the models, what each way of combining them reaches on
// out-of-fold rows, and the fitted weights with a nested estimate of what
// they gain.
type Blend struct {
	Rows      int           `json:"rows"`
	Positives int           `json:"positives"`
	Models    []BlendModel  `json:"models"`
	Methods   []BlendMethod `json:"methods"`
	Weights   *BlendWeights `json:"weights,omitempty"` // nil unless MethodWeights was asked for
	Notes     []string      `json:"notes,omitempty"`
}

// BlendModel is one model with its own AUC on the rows of the blend, nil
// where the AUC is not defined.
type BlendModel struct {
	Model string            `json:"model"`
	AUC   *metrics.Interval `json:"auc"`
}

// BlendMethod is one way to combine the models with its AUC, nil where it is
// not defined. For [MethodWeights] this is the nested estimate: no row is
// scored by weights that were fitted on its fold.
type BlendMethod struct {
	Method string            `json:"method"`
	AUC    *metrics.Interval `json:"auc"`
}

// BlendWeights are weights of the models' ranks, in the order of Models; they
// sum to 1.
type BlendWeights struct {
	Weights []float64 `json:"weights"`
	// FittedAUC is measured on the rows that the weights were fitted on, so it
	// is too good.
	FittedAUC float64 `json:"fitted_auc"`
	// Nested is nil where fewer than two folds ran.
	Nested *NestedGain `json:"nested,omitempty"`
}

// NestedGain estimates what fitted weights gain: for each fold they are fitted
// on the other folds and applied to it.
type NestedGain struct {
	AUC     float64      `json:"auc"`      // of all rows, each scored by its fold's weights
	RankAUC float64      `json:"rank_auc"` // of the plain rank mean on the same rows
	Gain    float64      `json:"gain"`     // AUC - RankAUC
	Folds   []NestedFold `json:"folds"`
}

// NestedFold is one left-out fold; its AUCs are nil where it holds one class
// only.
type NestedFold struct {
	Fold      int       `json:"fold"`
	Rows      int       `json:"rows"`
	Positives int       `json:"positives"`
	Weights   []float64 `json:"weights"` // fitted on the other folds
	AUC       *float64  `json:"auc"`
	RankAUC   *float64  `json:"rank_auc"`
}

// labelled are the scores of several models on rows with labels; every slice
// of rows has the same order.
type labelled struct {
	models   []string
	scores   [][]float64 // [models][rows]
	positive []bool
	fold     []int32
}

// fit computes the blend and the score of every row by each method.
func (l labelled) fit(chosen []string) (*Blend, map[string][]float64, error) {
	b := &Blend{Rows: len(l.positive)}
	for _, p := range l.positive {
		if p {
			b.Positives++
		}
	}
	for m, name := range l.models {
		auc, err := interval(l.scores[m], l.positive)
		if err != nil {
			return nil, nil, fmt.Errorf("cv: blend: model %s: %w", name, err)
		}
		b.Models = append(b.Models, BlendModel{name, auc})
	}
	ranks := ranksOf(l.scores)
	if slices.Contains(chosen, MethodWeights) {
		if err := l.fitNested(b, ranks); err != nil {
			return nil, nil, err
		}
	}
	out := make(map[string][]float64)
	for _, method := range chosen {
		score := b.combine(method, l.scores, ranks, l.fold)
		auc, err := interval(score, l.positive)
		if err != nil {
			return nil, nil, fmt.Errorf("cv: blend: method %s: %w", method, err)
		}
		out[method] = score
		b.Methods = append(b.Methods, BlendMethod{method, auc})
	}
	return b, out, nil
}

// fitNested fits the weights on all rows and, fold by fold, on the others.
// Ranks are those among all rows: they use no label, so they leak none.
func (l labelled) fitNested(b *Blend, ranks [][]float64) error {
	if b.Positives == 0 || b.Positives == b.Rows {
		return fault.New(fault.Input, "leave out the method weights", "cv: blend: weights need rows of both classes, %d of %d are positive", b.Positives, b.Rows)
	}
	all, err := fitWeights(ranks, l.positive)
	if err != nil {
		return fmt.Errorf("cv: blend: fit weights: %w", err)
	}
	fittedAUC, err := metrics.AUC(weightedShare(ranks, constant(all)), l.positive)
	if err != nil {
		return fmt.Errorf("cv: blend: %w", err)
	}
	b.Weights = &BlendWeights{Weights: all, FittedAUC: fittedAUC}
	folds := slices.Compact(slices.Sorted(slices.Values(l.fold)))
	if len(folds) < 2 {
		b.Notes = append(b.Notes, "one fold only: the AUC of the fitted weights is measured on the rows they were fitted on")
		return nil
	}
	nested := &NestedGain{}
	for _, fold := range folds {
		one, err := l.leaveOut(fold, ranks)
		if err != nil {
			return err
		}
		nested.Folds = append(nested.Folds, one)
	}
	b.Weights.Nested = nested
	mean := weightedShare(ranks, constant(equalWeights(len(ranks))))
	if nested.AUC, err = metrics.AUC(b.combine(MethodWeights, nil, ranks, l.fold), l.positive); err == nil {
		nested.RankAUC, err = metrics.AUC(mean, l.positive)
	}
	nested.Gain = nested.AUC - nested.RankAUC
	return err
}

// leaveOut fits weights on the other folds and scores this one. Where the
// others hold one class only the weights are equal.
func (l labelled) leaveOut(fold int32, ranks [][]float64) (NestedFold, error) {
	var inside, outside []int
	for i, f := range l.fold {
		if f == fold {
			inside = append(inside, i)
		} else {
			outside = append(outside, i)
		}
	}
	one := NestedFold{Fold: int(fold), Rows: len(inside), Weights: equalWeights(len(ranks))}
	positive := take(l.positive, outside)
	if slices.Contains(positive, true) && slices.Contains(positive, false) {
		var err error
		if one.Weights, err = fitWeights(takeAll(ranks, outside), positive); err != nil {
			return one, fmt.Errorf("cv: blend: fit weights without fold %d: %w", fold, err)
		}
	}
	positive = take(l.positive, inside)
	for _, p := range positive {
		if p {
			one.Positives++
		}
	}
	if one.Positives > 0 && one.Positives < one.Rows {
		own := takeAll(ranks, inside)
		var err error
		if one.AUC, err = aucOf(own, one.Weights, positive); err == nil {
			one.RankAUC, err = aucOf(own, equalWeights(len(ranks)), positive)
		}
		if err != nil {
			return one, fmt.Errorf("cv: blend: fold %d: %w", fold, err)
		}
	}
	return one, nil
}

// combine returns the score of every row by one method. With folds and a
// nested estimate the weights are those fitted without the row's fold.
func (b *Blend) combine(method string, scores, ranks [][]float64, fold []int32) []float64 {
	switch method {
	case MethodProb:
		return meanOf(scores)
	case MethodRank:
		return weightedShare(ranks, constant(equalWeights(len(ranks))))
	}
	if fold == nil || b.Weights.Nested == nil {
		return weightedShare(ranks, constant(b.Weights.Weights))
	}
	ofFold := make(map[int32][]float64)
	for _, f := range b.Weights.Nested.Folds {
		ofFold[int32(f.Fold)] = exactUnits(f.Weights)
	}
	return weightedShare(ranks, func(i int) []float64 { return ofFold[fold[i]] })
}

// WriteBlend writes blend.json.
func WriteBlend(path string, b *Blend) error { return artifact.WriteJSON(path, b) }

// ReadBlend reads a file of [WriteBlend].
func ReadBlend(path string) (*Blend, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.Input, "run melanoma ensemble first", "cv: read blend: %w", err)
	}
	b := &Blend{}
	if err := json.Unmarshal(raw, b); err != nil {
		return nil, fault.New(fault.Input, "remake it with melanoma ensemble", "cv: %s: %w", path, err)
	}
	if b.Weights != nil && len(b.Weights.Weights) != len(b.Models) {
		return nil, fault.New(fault.Input, "remake it with melanoma ensemble", "cv: %s: %d weights for %d models", path, len(b.Weights.Weights), len(b.Models))
	}
	return b, nil
}
