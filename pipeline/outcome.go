package pipeline

import (
	"errors"
	"path/filepath"

	"melanoma/cv"
	"melanoma/internal/metrics"
)

// Outcome is what a finished run has to say in a few lines.
type Outcome struct {
	Scores   []OutcomeScore `json:"scores"` // of every model, and of the submitted blend where there are several
	Files    []string       `json:"files"`  // what to look at first
	Example  string         `json:"example"`
	Positive string         `json:"positive"`
	Notes    []string       `json:"notes,omitempty"` // such as why there is no submission
}

// OutcomeScore is an out-of-fold AUC with its 95% interval (DeLong).
type OutcomeScore struct {
	Name      string  `json:"name"`
	AUC       float64 `json:"auc"`
	Low       float64 `json:"auc_low"`
	High      float64 `json:"auc_high"`
	Images    int     `json:"images"`
	Positives int     `json:"positives"`
}

// Outcome reads the results of a finished run.
func (r *Run) Outcome() (*Outcome, error) {
	ensemble, err := cv.ReadEnsemble(r.path(ensembleFile))
	if err != nil {
		return nil, err
	}
	o := &Outcome{Example: ensemble.ImageName[0]}
	if rec, err := r.readRecord("submit"); err == nil && rec != nil && len(rec.Outputs) == 0 {
		o.Notes = append(o.Notes, rec.Note)
	}
	for _, file := range []string{reportFile, submissionFile} {
		if hash, _ := r.hashes.file(r.path(file)); hash != "" {
			o.Files = append(o.Files, filepath.Join(r.Dir, file))
		}
	}
	if ensemble.Positive < 0 {
		return o, nil
	}
	o.Positive = ensemble.Classes[ensemble.Positive]
	tables, err := r.readOOFs()
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if err := o.score(t.Model, t.ProbPositive, t.Target, t.Positive); err != nil {
			return nil, err
		}
	}
	if len(tables) > 1 {
		var score []float64
		var target []int32
		for _, i := range ensemble.RowsOf(cv.SplitOOF) {
			score = append(score, ensemble.Scores[r.Config.Ensemble.Submit][i])
			target = append(target, ensemble.Target[i])
		}
		return o, o.score("the blend", score, target, ensemble.Positive)
	}
	return o, nil
}

// score adds one line; rows of one class only have no AUC and add none.
func (o *Outcome) score(name string, score []float64, target []int32, positive int) error {
	labels := make([]bool, len(target))
	s := OutcomeScore{Name: name, Images: len(target)}
	for i, t := range target {
		labels[i] = int(t) == positive
		if labels[i] {
			s.Positives++
		}
	}
	interval, err := metrics.DeLong(score, labels, cv.IntervalLevel)
	if errors.Is(err, metrics.ErrOneClass) {
		return nil
	}
	if err != nil {
		return err
	}
	s.AUC, s.Low, s.High = interval.Value, interval.Low, interval.High
	o.Scores = append(o.Scores, s)
	return nil
}
