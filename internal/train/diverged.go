package train

import (
	"fmt"

	"melanoma/data"
	"melanoma/internal/exec"
)

// DivergedError reports a loss or gradient that is not finite, and where the
// first value of that kind stands in the step.
type DivergedError struct {
	Epoch, Step int // 1-based epoch, 0-based step
	Loss, Norm  float64
	Finding     *exec.Finding // nil if running the step again shows none
	Image       string        // that the finding is in, if it is in the inputs
	Kept        bool          // in the weights to keep after Step steps; there is no loss then
}

func (e *DivergedError) Error() string {
	if e.Kept {
		return fmt.Sprintf("train: the training diverged: after epoch %d, step %d the weights hold the %s", e.Epoch, e.Step, e.Finding)
	}
	s := fmt.Sprintf("train: the training diverged at epoch %d, step %d: loss %g, gradient norm %g", e.Epoch, e.Step, e.Loss, e.Norm)
	switch {
	case e.Finding == nil:
		return s + "; every array of the step is finite, so the sum over its micro-batches or their squares overflowed"
	case e.Image != "":
		return fmt.Sprintf("%s; first not finite: %s, in %s", s, e.Finding, e.Image)
	}
	return fmt.Sprintf("%s; first not finite: %s", s, e.Finding)
}

// Hint says what usually helps.
func (e *DivergedError) Hint() string {
	switch {
	case e.Finding != nil && e.Finding.Kind == exec.FoundInput:
		return "check the row's picture and metadata, and mean and std of the model"
	case e.Finding != nil && e.Finding.Kind == exec.FoundParameter && e.Step == 0:
		return "the weights that the training began with hold it: check the model's file"
	}
	return "lower train.schedule.learning_rate (`melanoma lr-find` measures which one is too high) or set train.clip_norm"
}

// computed is a micro-batch that was run.
type computed struct {
	machine *exec.Machine
	batch   *data.Batch
	key     uint64
}

// diverged runs the last micro-batch again, step by step, for the first array
// that is not finite. The weights must be those it was run with.
func (tr *trainer) diverged(loss float64) error {
	s, last := &tr.state, tr.pending.last
	e := &DivergedError{Epoch: s.Epoch + 1, Step: s.Step, Loss: loss, Norm: tr.updater.GradientNorm()}
	if e.Finding = last.machine.Inspect(last.key); e.Finding != nil && e.Finding.Kind == exec.FoundInput {
		row := last.batch.Row[e.Finding.First/(e.Finding.Elements/last.batch.N)] // all inputs are [N,...]
		e.Image = tr.task.Store.Row(row).ImageName
	}
	return e
}
