package train

import (
	"context"
	"math"
	"os"
	"time"

	"melanoma/augment"
	"melanoma/data"
	"melanoma/internal/exec"
	"melanoma/internal/fault"
	"melanoma/models"
)

// Task is one training: a network, its data and where the results go.
type Task struct {
	Model  models.Config // Classes, the metadata's width and a Size of 0 are filled in from the store
	Config Config
	Store  *data.Store
	Rows   []int // indices of the training rows in the store
	Watch  []int // rows that early stopping watches, none of Rows; empty without it
	// Metadata encodes the rows' metadata; nil if the network takes none.
	Metadata *data.MetaEncoder
	Augment  *augment.Config // nil trains on the pictures as they are

	Dir    string            // folder of the results; created if absent
	Seed   uint64            // of all random streams of this training
	Inputs map[string]string // provenance of the results: name -> sha256
	Extra  map[string]string // further facts for the results' metadata

	Workers  int                              // goroutines; changes no result
	Progress func(Progress)                   // called after every step; may be nil
	Remark   func(Remark)                     // called where the training has to differ from its configuration; may be nil
	Memory   func() (bytes int64, known bool) // what may still be taken; nil asks the system
	Now      func() float64                   // seconds, for checkpoints and log.jsonl alone; nil is the clock
}

// Progress is the state after a step.
type Progress struct {
	Step, Steps  int // done and in all
	Epoch        int // 1-based
	Loss         float64
	LearningRate float64
	Waiting      float64 // share of the time so far that steps waited for their batches
}

// Fit trains until the end, going on from the checkpoint in the task's folder
// if there is one. Cancelling ctx ends it after the step in progress, with a
// checkpoint and a fault.Stopped error.
func Fit(ctx context.Context, t Task) (err error) {
	tr, err := newTrainer(&t)
	if err != nil {
		return err
	}
	defer tr.close()
	if err := os.MkdirAll(t.Dir, 0o755); err != nil {
		return fault.New(fault.Program, "check the permissions of the run's folder", "train: create %s: %w", t.Dir, err)
	}
	if err := tr.resume(); err != nil {
		return err
	}
	if err := tr.tellRemarks(); err != nil {
		return err
	}
	for tr.state.Epoch < t.Config.Epochs && !tr.state.Stopped {
		if err := tr.epoch(ctx); err != nil {
			return err
		}
	}
	return tr.finish()
}

// epoch runs the rest of the epoch in progress.
func (tr *trainer) epoch(ctx context.Context) error {
	s := &tr.state
	first := s.Step - s.Epoch*tr.steps
	tr.pending.drop()
	before := tr.waits
	for batch, err := range tr.epochBatches(ctx, s.Epoch, first*tr.task.Config.Accumulate) {
		if ctx.Err() != nil {
			return tr.stop()
		}
		if err != nil {
			return err
		}
		if s.Step == (s.Epoch+1)*tr.steps {
			break // what is left does not fill a batch
		}
		if err := tr.microBatch(batch); err != nil {
			return err
		}
		if tr.pending.rows > 0 {
			continue
		}
		if tr.sinceCheckpoint() >= tr.task.Config.CheckpointSeconds {
			if err := tr.save(); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return tr.stop()
	}
	return tr.endEpoch(ctx, tr.waits.since(before))
}

// stop writes a checkpoint of the last whole step.
func (tr *trainer) stop() error {
	tr.withdraw()
	if err := tr.save(); err != nil {
		return err
	}
	return fault.New(fault.Stopped, "run the same command again to go on from here",
		"train: stopped at step %d of %d", tr.state.Step, tr.steps*tr.task.Config.Epochs)
}

// update changes the weights by the gradient of a step, whose mean loss is
// given.
func (tr *trainer) update(loss float64) error {
	s := &tr.state
	rate := tr.rate(s.Step)
	norm := tr.updater.Step(s.Step, rate, exec.Clip{Value: tr.task.Config.ClipValue, Norm: tr.task.Config.ClipNorm})
	if !finite(norm) { // nothing was updated
		return tr.diverged(loss)
	}
	s.Step++
	s.LossSum += loss
	s.NormSum += norm
	s.LearningRate = rate
	tr.averageStep()
	if tr.task.Progress != nil {
		tr.task.Progress(Progress{Step: s.Step, Steps: tr.steps * tr.task.Config.Epochs, Epoch: s.Epoch + 1, Loss: loss, LearningRate: rate, Waiting: tr.waits.share()})
	}
	return tr.keepSample()
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// endEpoch scores the watched rows, writes the history and the checkpoint. w is
// how long the epoch waited for data.
func (tr *trainer) endEpoch(ctx context.Context, w waits) error {
	s := &tr.state
	row := EpochRow{Epoch: s.Epoch + 1, Step: s.Step, LearningRate: s.LearningRate,
		TrainLoss: s.LossSum / float64(tr.steps), GradientNorm: s.NormSum / float64(tr.steps)}
	tr.averageEpoch()
	if err := tr.watch(ctx, &row); err != nil {
		if ctx.Err() != nil {
			return tr.stop()
		}
		return err
	}
	s.History = append(s.History, row)
	s.Epoch++
	s.LossSum, s.NormSum = 0, 0
	if err := tr.log(row, w); err != nil {
		return err
	}
	return tr.save()
}

func (tr *trainer) sinceCheckpoint() float64 { return tr.now() - tr.saved }

func clock() float64 { return float64(time.Now().UnixNano()) / 1e9 }
