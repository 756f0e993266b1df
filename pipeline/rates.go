package pipeline

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
	"melanoma/internal/report"
	"melanoma/internal/train"
)

// RateRange is the learning rates of a range test, see [train.Range].
type RateRange = train.Range

// DefaultRateRange is train's.
func DefaultRateRange() RateRange { return train.DefaultRange() }

// RateFinding is a range test of learning rates on the training rows of one
// fold, and what to set by it.
type RateFinding struct {
	Model string `json:"model"`
	Fold  int    `json:"fold"`
	Rows  int    `json:"rows"` // training images
	train.RateTest
	// Suggestion is the rate of steepest descent to two digits, Cautious a
	// tenth of that of the lowest loss; 0 where the loss does not fall.
	Suggestion float64 `json:"suggestion"`
	Cautious   float64 `json:"cautious"`
	Setting    string  `json:"setting"` // the suggestion as --set takes it
	CSV        string  `json:"csv"`     // paths of what was written
	Plot       string  `json:"plot"`
}

// FindRate runs a range test of learning rates for a model ("" is the first) on
// the training rows of the run's fold, the first if none is chosen, with the
// weights, batches and order that the training begins with. It ingests and
// assigns folds where that is not done, and leaves lr-find/<model>-f<k>.csv and
// .svg in the run's folder; nothing else reads or counts them.
func (r *Run) FindRate(ctx context.Context, model string, span RateRange) (*RateFinding, error) {
	m, fold, err := r.chosen(model)
	if err != nil {
		return nil, err
	}
	if err := span.Validate(); err != nil {
		return nil, sectioned(err, "range test")
	}
	if err := r.checkModel(m); err != nil {
		return nil, err
	}
	if _, err := r.Execute(ctx, "ingest", "folds"); err != nil {
		return nil, err
	}
	defer r.closeStore()
	if m.ViaONNX {
		if err := r.exportOnce(ctx, m); err != nil {
			return nil, err
		}
	}
	f, err := r.testRates(ctx, m, fold, span)
	if err != nil {
		return nil, stopped(ctx, "lr-find", trainError(err, m.Name, fold))
	}
	return f, r.writeRates(f)
}

// chosen returns the model of that name and the fold that the options choose.
func (r *Run) chosen(model string) (ModelConfig, int, error) {
	fold := r.options.Fold
	if fold < 0 {
		fold = r.folds()[0]
	}
	if !slices.Contains(r.folds(), fold) {
		return ModelConfig{}, 0, fault.New(fault.Usage, fmt.Sprintf("folds of this run: %v", r.folds()), "pipeline: fold %d is not among the folds of this run", fold)
	}
	var names []string
	for _, m := range r.Config.Models {
		if model == "" || m.Name == model {
			return m, fold, nil
		}
		names = append(names, m.Name)
	}
	return ModelConfig{}, 0, fault.New(fault.Usage, "models of this run: "+strings.Join(names, ", "), "pipeline: no model %q", model)
}

// exportOnce writes the ONNX file that the training of a model reads.
func (r *Run) exportOnce(ctx context.Context, m ModelConfig) error {
	tasks, err := r.trainTasks()
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.name != "export-"+m.Name {
			continue
		}
		l, err := r.lock(ctx, t.name)
		if err != nil {
			return err
		}
		if _, err := r.step(ctx, t, l); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) testRates(ctx context.Context, m ModelConfig, fold int, span RateRange) (*RateFinding, error) {
	t, _, err := r.trainingOf(m, fold)
	if err != nil {
		return nil, err
	}
	bar := r.options.Progress.Start(foldTask("lr-find", m.Name, fold), "steps", 0)
	defer bar.Done("")
	t.Progress = func(p train.Progress) {
		bar.Note(fmt.Sprintf("rate %.2g, loss %.4f", p.LearningRate, p.Loss))
		bar.Set(p.Step, p.Steps)
	}
	test, err := train.FindRate(ctx, t, span)
	if err != nil {
		return nil, err
	}
	f := &RateFinding{Model: m.Name, Fold: fold, Rows: len(t.Rows), RateTest: *test,
		Suggestion: twoDigits(test.Steepest), Cautious: twoDigits(test.Lowest / 10)}
	if f.Suggestion > 0 {
		f.Setting = fmt.Sprintf("%s.train.schedule.learning_rate=%g", r.modelPath(m.Name), f.Suggestion)
		if m.Train.Schedule.Name == "winners" { // its stated rate is a tenth of the peak
			f.Setting = fmt.Sprintf("%s.train.schedule.learning_rate=%g", r.modelPath(m.Name), twoDigits(test.Steepest/10))
		}
	}
	return f, nil
}

func twoDigits(x float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 1, 64), 64)
	if err != nil {
		return x
	}
	return v
}

// writeRates writes the table and the drawing of a range test.
func (r *Run) writeRates(f *RateFinding) error {
	if err := r.mkdir("lr-find"); err != nil {
		return err
	}
	base := r.path("lr-find", fmt.Sprintf("%s-f%d", f.Model, f.Fold))
	f.CSV, f.Plot = base+".csv", base+".svg"
	drawing := report.Rates{Title: fmt.Sprintf("Loss over the learning rate: model %s, fold %d", f.Model, f.Fold), Steepest: f.Steepest, Lowest: f.Lowest}
	for _, p := range f.Points {
		drawing.Points = append(drawing.Points, report.RatePoint{Rate: p.LearningRate, Loss: p.Loss, Smoothed: p.Smoothed})
	}
	if err := report.WriteRates(f.Plot, drawing); err != nil {
		return err
	}
	return artifact.WriteFile(f.CSV, func(w io.Writer) error {
		if _, err := fmt.Fprintln(w, "step,learning_rate,loss,smoothed_loss"); err != nil {
			return err
		}
		for i, p := range f.Points {
			if _, err := fmt.Fprintf(w, "%d,%g,%g,%g\n", i, p.LearningRate, p.Loss, p.Smoothed); err != nil {
				return err
			}
		}
		return nil
	})
}
