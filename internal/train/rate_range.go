package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"melanoma/internal/bayes"
	"melanoma/internal/exec"
	"melanoma/internal/fault"
)

// Range is a range test of learning rates (Smith 2017, arXiv 1506.01186,
// section 3.3): a copy of the network that is thrown away is trained for some
// steps while the rate grows from one end to the other, by the same factor
// from step to step.
type Range struct {
	From, To float64 // above 0
	Steps    int     // at least 10
}

// DefaultRange covers what rules and networks use, in the steps of a few
// epochs of a small data set.
func DefaultRange() Range { return Range{From: 1e-7, To: 1, Steps: 100} }

// Validate reports the first setting outside its range.
func (r Range) Validate() error {
	switch {
	case !(r.From > 0) || math.IsInf(r.From, 0):
		return &ConfigError{"from", fmt.Sprintf("is %g", r.From), "the smallest rate, above 0: 1e-7"}
	case !(r.To > r.From) || math.IsInf(r.To, 0):
		return &ConfigError{"to", fmt.Sprintf("is %g, from is %g", r.To, r.From), "the largest rate, above the smallest: 1"}
	case r.Steps < 10:
		return &ConfigError{"steps", fmt.Sprintf("is %d", r.Steps), "at least 10; 100 shows the curve"}
	}
	return nil
}

// At returns the rate of 0-based step `step`.
func (r Range) At(step int) float64 {
	return r.From * math.Pow(r.To/r.From, float64(step)/float64(r.Steps-1))
}

// RatePoint is one step of a range test.
type RatePoint struct {
	LearningRate float64 `json:"learning_rate"`
	Loss         float64 `json:"loss"`     // of the step's images, before it
	Smoothed     float64 `json:"smoothed"` // by a line through its neighbours
}

// RateTest is the outcome of a range test.
type RateTest struct {
	Points []RatePoint `json:"points"`
	// Steepest is the rate at which the smoothed loss falls most over the
	// logarithm of the rate, Lowest that of its lowest value. Both are 0 where
	// the loss does not fall by more than its noise.
	Steepest float64 `json:"steepest"`
	Lowest   float64 `json:"lowest"`
	Ended    string  `json:"ended,omitempty"` // why it ended before the largest rate
}

// FindRate runs a range test on the task's rows with its batches, augmentation,
// loss and update rule. It writes nothing: Dir, Watch and the schedule are not
// used. A loss that explodes ends the test, as it should; a *DivergedError is
// returned where no rate is to blame. Progress counts the test's steps.
func FindRate(ctx context.Context, t Task, r Range) (*RateTest, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	ramp := &ramp{r: r, progress: t.Progress, best: math.Inf(1)}
	t.Progress = ramp.record
	tr, err := newTrainer(&t)
	if err != nil {
		return nil, err
	}
	defer tr.close()
	factors, err := t.Config.rateFactors(tr.net)
	if err != nil {
		return nil, err
	}
	ramp.factor = largest(factors)
	tr.rate, tr.schedule = r.At, bayes.Schedule{} // no sample is kept
	for ramp.test.Ended == "" && len(ramp.test.Points) < r.Steps {
		if err := tr.rampEpoch(ctx, ramp); err != nil {
			return nil, err
		}
	}
	ramp.test.suggest()
	return &ramp.test, nil
}

// ramp is a range test in progress.
type ramp struct {
	r        Range
	test     RateTest
	factor   float64 // largest of a parameter's learning rate
	progress func(Progress)
	sum      float64 // running mean of the loss, not yet corrected
	best     float64 // lowest running mean
}

// The test ends where the running mean of the loss has grown to four times its
// lowest value. It forgets with a factor of 0.9 a step.
const explosion, memory = 4, 0.9

func (a *ramp) record(p Progress) {
	a.test.Points = append(a.test.Points, RatePoint{LearningRate: p.LearningRate, Loss: p.Loss})
	a.sum = memory*a.sum + (1-memory)*p.Loss
	mean := a.sum / (1 - math.Pow(memory, float64(len(a.test.Points))))
	if a.best = min(a.best, mean); mean > explosion*a.best {
		a.test.Ended = fmt.Sprintf("the loss grew to %d times its lowest value", explosion)
	}
	if a.progress != nil {
		p.Step, p.Steps = len(a.test.Points), a.r.Steps
		a.progress(p)
	}
}

// rampEpoch goes once through the rows, or as far as the test goes.
func (tr *trainer) rampEpoch(ctx context.Context, a *ramp) error {
	s := &tr.state
	tr.pending.drop()
	for batch, err := range tr.epochBatches(ctx, s.Epoch, 0) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		rate := tr.rate(s.Step)
		if tr.task.Config.Update.CheckLearningRate(rate*a.factor) != nil {
			a.test.Ended = fmt.Sprintf("%s takes no learning rate of %.3g", tr.task.Config.Update.Name, rate)
			return nil
		}
		if err := tr.microBatch(batch); err != nil {
			return a.explain(err)
		}
		if a.test.Ended != "" || len(a.test.Points) == a.r.Steps {
			return nil
		}
		if tr.pending.rows == 0 && s.Step == (s.Epoch+1)*tr.steps {
			break // what is left does not fill a batch
		}
	}
	if ctx.Err() != nil {
		return fault.New(fault.Stopped, "run the same command again", "train: the range test stopped at step %d of %d", len(a.test.Points), a.r.Steps)
	}
	s.Epoch++
	return nil
}

// explain ends the test with a divergence that a rate caused.
func (a *ramp) explain(err error) error {
	var diverged *DivergedError
	if !errors.As(err, &diverged) || diverged.Step == 0 || diverged.Finding != nil && diverged.Finding.Kind == exec.FoundInput {
		return err
	}
	a.test.Ended = "the loss was no longer finite"
	return nil
}
