package cv

import (
	"math"
	"slices"
	"strconv"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// Write writes ensemble.arrow; the methods' columns bear their names.
func (e *Ensemble) Write(path string, inputs map[string]string) error {
	meta := artifact.Meta{Kind: "ensemble", Producer: "melanoma ensemble", Inputs: inputs, Extra: map[string]string{
		"classes": encodeNames(e.Classes), "positive": strconv.Itoa(e.Positive), "models": encodeNames(e.Models)}}
	t := artifact.NewTable(meta).String("image_name", e.ImageName).String("split", e.Split).
		Int32("fold", e.Fold).Int32("target", e.Target)
	for _, method := range methods {
		if scores, ok := e.Scores[method]; ok {
			t.Float64(method, scores)
		}
	}
	t.Lists("class_prob", e.Prob, max(1, len(e.Classes))).Float64("predictive_entropy", e.PredictiveEntropy).
		Float64("expected_entropy", e.ExpectedEntropy).Float64("mutual_information", e.MutualInformation).
		Float64("view_variance", e.ViewVariance)
	return artifact.Write(path, t)
}

// ReadEnsemble reads a file of [Ensemble.Write].
func ReadEnsemble(path string) (*Ensemble, error) {
	t, err := artifact.Read(path, "ensemble")
	if err != nil {
		return nil, err
	}
	c := columns{table: t}
	e := &Ensemble{Classes: c.classes(), Positive: c.number("positive"), Models: c.names("models"), Scores: make(map[string][]float64),
		Split: c.strings("split"), ImageName: c.strings("image_name"), Fold: c.int32s("fold"), Target: c.int32s("target")}
	for _, method := range methods {
		if slices.Contains(t.Names(), method) {
			e.Scores[method] = c.float64s(method)
		}
	}
	var width int
	e.Prob, width = c.lists("class_prob")
	e.PredictiveEntropy, e.ExpectedEntropy = c.float64s("predictive_entropy"), c.float64s("expected_entropy")
	e.MutualInformation, e.ViewVariance = c.float64s("mutual_information"), c.float64s("view_variance")
	if c.err == nil && width != len(e.Classes) {
		c.err = fault.New(fault.Input, "remake it with melanoma ensemble", "cv: %s: %d probabilities for %d classes", path, width, len(e.Classes))
	}
	return e, c.err
}

// Verify checks the table: every image once, scores and probabilities in
// [0, 1], entropies that agree with one another.
func (e *Ensemble) Verify() error {
	broken := func(format string, args ...any) error {
		return fault.New(fault.Input, "remake it with melanoma ensemble", "cv: ensemble: "+format, args...)
	}
	rowOf := make(map[string]int, len(e.ImageName))
	for i, name := range e.ImageName {
		if before, twice := rowOf[name]; twice {
			return broken("image %s stands in rows %d and %d", name, before+1, i+1)
		}
		rowOf[name] = i
	}
	for _, method := range methods {
		for i, v := range e.Scores[method] {
			if !(v >= 0 && v <= 1) {
				return broken("image %s scores %v by %s", e.ImageName[i], v, method)
			}
		}
	}
	for i, p := range e.Prob {
		if !(p >= 0 && p <= 1) {
			return broken("image %s has the probability %v", e.ImageName[i/len(e.Classes)], p)
		}
	}
	for i, name := range e.ImageName {
		total, expected, information := e.PredictiveEntropy[i], e.ExpectedEntropy[i], e.MutualInformation[i]
		if !(expected >= 0 && information >= 0 && math.Abs(total-expected-information) <= 1e-9) {
			return broken("image %s has entropies %v and %v and the mutual information %v", name, total, expected, information)
		}
	}
	return nil
}
