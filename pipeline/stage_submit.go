package pipeline

import (
	"context"
	"fmt"

	"melanoma/cv"
)

const (
	submitVersion  = 1
	submissionFile = "submission.csv"
)

// submitTasks writes the test list's scores in its order. Without a test list
// there is no file, and the run says so.
func (r *Run) submitTasks() ([]*task, error) {
	return []*task{{
		name: "submit", stage: "submit", version: submitVersion, fold: -1,
		config: map[string]any{"method": r.Config.Ensemble.Submit},
		needs:  []need{{task: "ensemble", match: ensembleFile}, {task: "ingest", match: "*.arrow"}},
		run:    func(_ context.Context, a *attempt) error { return r.submit(a) },
	}}, nil
}

func (r *Run) submit(a *attempt) error {
	store, err := r.store()
	if err != nil {
		return err
	}
	names := testNames(store)
	if len(names) == 0 {
		a.note = "no test list, so no " + submissionFile
		return nil
	}
	if store.Positive() < 0 {
		a.note = "no positive class (data.positive), so no " + submissionFile
		return nil
	}
	ensemble, err := cv.ReadEnsemble(r.path(ensembleFile))
	if err != nil {
		return err
	}
	var imageName []string
	var score []float64
	for _, i := range ensemble.RowsOf(cv.SplitTest) {
		imageName = append(imageName, ensemble.ImageName[i])
		score = append(score, ensemble.Scores[r.Config.Ensemble.Submit][i])
	}
	if err := cv.WriteSubmission(r.path(submissionFile), names, imageName, score); err != nil {
		return err
	}
	a.wrote(submissionFile)
	a.note = fmt.Sprintf("%d rows by method %s", len(names), r.Config.Ensemble.Submit)
	return cv.CheckSubmission(r.path(submissionFile), names)
}
