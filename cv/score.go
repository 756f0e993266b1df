package cv

import (
	"encoding/json"
	"fmt"
	"math"

	"melanoma/internal/fault"
	"melanoma/internal/metrics"
)

// Score is what `melanoma score --json` prints (see MarshalJSON for the
// operating points). Pointers are nil (null) where a figure is not defined,
// and a note says why. A row counts as positive at
// score >= threshold; logarithms are natural.
type Score struct {
	N                int     `json:"n"`
	Positives        int     `json:"positives"`
	Column           string  `json:"column"`
	AUC              float64 `json:"auc"`
	AUCLow           float64 `json:"auc_low"`  // 95% interval, DeLong on the logit scale
	AUCHigh          float64 `json:"auc_high"` // rows count as independent
	AveragePrecision float64 `json:"average_precision"`

	LogLoss *float64 `json:"log_loss"`
	Clipped int      `json:"log_loss_clipped"` // probabilities clipped to [1e-12, 1-1e-12]
	Brier   *float64 `json:"brier"`
	ECE     *float64 `json:"ece"` // positive class, 15 bins of equal width

	SensitivityAt90Specificity OperatingPoint `json:"-"`
	SensitivityAt95Specificity OperatingPoint `json:"-"`
	SpecificityAt90Sensitivity OperatingPoint `json:"-"`
	SpecificityAt95Sensitivity OperatingPoint `json:"-"`

	Notes []string `json:"notes,omitempty"`
}

// OperatingPoint is a rate at a threshold; the threshold is nil where no row
// counts as positive.
type OperatingPoint struct {
	Value     float64
	Threshold *float64
}

// MarshalJSON writes one flat object: each operating point as a number such as
// sensitivity_at_90_specificity, with its threshold beside it.
func (s Score) MarshalJSON() ([]byte, error) {
	type figures Score // without this method
	return json.Marshal(struct {
		figures
		Sensitivity90 float64  `json:"sensitivity_at_90_specificity"`
		Threshold90   *float64 `json:"threshold_at_90_specificity"`
		Sensitivity95 float64  `json:"sensitivity_at_95_specificity"`
		Threshold95   *float64 `json:"threshold_at_95_specificity"`
		Specificity90 float64  `json:"specificity_at_90_sensitivity"`
		ThresholdTo90 *float64 `json:"threshold_at_90_sensitivity"`
		Specificity95 float64  `json:"specificity_at_95_sensitivity"`
		ThresholdTo95 *float64 `json:"threshold_at_95_sensitivity"`
	}{figures(s),
		s.SensitivityAt90Specificity.Value, s.SensitivityAt90Specificity.Threshold,
		s.SensitivityAt95Specificity.Value, s.SensitivityAt95Specificity.Threshold,
		s.SpecificityAt90Sensitivity.Value, s.SpecificityAt90Sensitivity.Threshold,
		s.SpecificityAt95Sensitivity.Value, s.SpecificityAt95Sensitivity.Threshold})
}

// ScorePredictions scores predictions against the truth, joined by id: both
// must hold the same images.
func ScorePredictions(truth *Truth, pred *Column) (*Score, error) {
	order, err := joinTo(truth.ImageName, pred.ImageName, truth.Path, pred.Path)
	if err != nil {
		return nil, err
	}
	s, err := ScoreRows(take(pred.Value, order), truth.Positive)
	if err != nil {
		return nil, fault.New(fault.Input, "the truth needs positives and negatives", "cv: score %s against %s: %w", pred.Path, truth.Path, err)
	}
	s.Column = pred.Name
	return s, nil
}

// ScoreRows scores values against labels of the same rows.
func ScoreRows(value []float64, positive []bool) (*Score, error) {
	s := &Score{N: len(value)}
	for _, p := range positive {
		if p {
			s.Positives++
		}
	}
	auc, err := metrics.DeLong(value, positive, IntervalLevel)
	if err != nil {
		return nil, err
	}
	s.AUC, s.AUCLow, s.AUCHigh = auc.Value, auc.Low, auc.High
	if s.AveragePrecision, err = metrics.AveragePrecision(value, positive); err != nil {
		return nil, err
	}
	if err := s.scoreDecisions(value, positive); err != nil {
		return nil, err
	}
	return s, s.scoreProbabilities(value, positive)
}

func (s *Score) scoreDecisions(value []float64, positive []bool) error {
	for _, at := range []struct {
		given float64
		into  *OperatingPoint
	}{{.90, &s.SensitivityAt90Specificity}, {.95, &s.SensitivityAt95Specificity}} {
		o, err := metrics.SensitivityAtSpecificity(value, positive, at.given)
		if err != nil {
			return err
		}
		*at.into = point(o.Sensitivity, o.Threshold)
	}
	for _, at := range []struct {
		given float64
		into  *OperatingPoint
	}{{.90, &s.SpecificityAt90Sensitivity}, {.95, &s.SpecificityAt95Sensitivity}} {
		o, err := metrics.SpecificityAtSensitivity(value, positive, at.given)
		if err != nil {
			return err
		}
		*at.into = point(o.Specificity, o.Threshold)
	}
	return nil
}

func point(value, threshold float64) OperatingPoint {
	if math.IsInf(threshold, 1) {
		return OperatingPoint{Value: value}
	}
	return OperatingPoint{value, &threshold}
}

// scoreProbabilities fills the figures that only probabilities have.
func (s *Score) scoreProbabilities(value []float64, positive []bool) error {
	outside := 0
	for _, v := range value {
		if v < 0 || v > 1 {
			outside++
		}
	}
	if outside > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d of %d values are outside [0, 1], so these are no probabilities: no log loss, Brier score or calibration error", outside, len(value)))
		return nil
	}
	loss, clipped, err := metrics.LogLoss(value, positive)
	if err != nil {
		return err
	}
	brier, err := metrics.Brier(value, positive)
	if err != nil {
		return err
	}
	ece, err := metrics.ECE(value, positive, metrics.DefaultBins)
	if err != nil {
		return err
	}
	s.LogLoss, s.Clipped, s.Brier, s.ECE = &loss, clipped, &brier, &ece
	if clipped > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d probabilities of 0 or 1 were clipped at 1e-12 for the log loss", clipped))
	}
	return nil
}
