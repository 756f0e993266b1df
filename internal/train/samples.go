package train

import (
	"context"
	"fmt"
	"slices"

	"melanoma/internal/bayes"
	"melanoma/internal/exec"
	"melanoma/models"
)

// WeightsFile returns the name of posterior sample s in a training's folder.
func WeightsFile(s int) string { return fmt.Sprintf("weights-%03d.arrow", s) }

// Samples returns how many posterior samples a training keeps whose epochs
// show so many rows, see [Config.EpochLength]: one for an optimiser.
func (c Config) Samples(epochLength int) (int, error) {
	s, err := c.Update.Schedule(c.steps(epochLength) * c.Epochs)
	if err != nil {
		return 0, err
	}
	return s.Count(), nil
}

// steps returns the number of steps of an epoch that shows so many rows.
func (c Config) steps(epochLength int) int {
	if whole := epochLength / c.Batch; c.DropLast && whole > 0 {
		return whole
	}
	return (epochLength + c.Batch - 1) / c.Batch
}

// keepSample writes a posterior sample if the schedule asks for one after
// this step. An optimiser's only sample is written at the end.
func (tr *trainer) keepSample() error {
	if !tr.task.Config.Update.Sampler() {
		return nil
	}
	index, ok := tr.schedule.Keep(tr.state.Step)
	if !ok {
		return nil
	}
	return tr.keepSampleOf(index)
}

// keepSampleOf writes the present weights as the sample of that index, with
// statistics of its own; the chain goes on with those that it had.
func (tr *trainer) keepSampleOf(index int) error {
	running := slices.Clone(tr.store.Buffers())
	if err := tr.recomputeStatistics(index); err != nil {
		return err
	}
	err := tr.writeWeights(index)
	copy(tr.store.Buffers(), running)
	tr.store.Changed()
	return err
}

// recomputeStatistics sets the running statistics to the mean over batches of
// training images at the sample's own weights: those that followed the chain
// belong to no single sample (Maddox et al. 2019, section 3.2). Frozen ones
// followed nothing.
func (tr *trainer) recomputeStatistics(sample int) error {
	if tr.task.Config.FreezeBatchNorm {
		return nil
	}
	loader := tr.loader
	loader.DropLast = loader.Len() >= loader.Batch
	n := min(loader.Batch, loader.Len())
	batches, err := tr.task.Store.NewLoader(loader)
	if err != nil {
		return err
	}
	m, err := tr.forward(n)
	if err != nil {
		return err
	}
	done := 0
	// Its own order of images: an epoch number that training never reaches.
	for b, err := range batches.Epoch(context.Background(), -1-sample, 0) {
		if err != nil {
			return err
		}
		if done == tr.task.Config.BatchNormPasses*tr.task.Config.Accumulate {
			break
		}
		copy(m.Input("images"), b.X)
		copy(m.Input("meta"), b.Meta)
		if err := m.Run(tr.key("statistics", sample)); err != nil {
			return err
		}
		done++
		m.UpdateRunningStatistics(1 / float64(done))
	}
	return nil
}

// forwardOnly is its place among the machines: batch sizes are positive.
const forwardOnly = -1

// forward returns a machine that computes batch statistics and no gradients.
func (tr *trainer) forward(n int) (*exec.Machine, error) {
	if m := tr.machines[forwardOnly]; m != nil {
		return m, nil
	}
	p, err := tr.net.Instantiate(models.Instance{Batch: n, Size: tr.net.InputSize, Train: true, Frozen: tr.frozen})
	if err != nil {
		return nil, err
	}
	if tr.store == nil {
		tr.store = exec.NewStore(p)
	}
	m, err := exec.Compile(p, tr.store, tr.pool, tr.limits...)
	if err != nil {
		return nil, err
	}
	tr.machines[forwardOnly] = m
	return m, nil
}

// finish writes what the training is for: the last weights of an optimiser or
// their average (the best watched ones with early stopping) and the history.
func (tr *trainer) finish() error {
	if !tr.task.Config.Update.Sampler() {
		if tr.best != nil {
			n := copy(tr.store.Params(), tr.best)
			copy(tr.store.Buffers(), tr.best[n:])
			tr.store.Changed()
		}
		write := func() error { return tr.writeWeights(0) }
		if tr.best == nil {
			if err := tr.withAverage(write); err != nil {
				return err
			}
		} else if err := write(); err != nil {
			return err
		}
	}
	return tr.writeHistory()
}

// watch scores the watched rows by the weights that would be kept, remembers the best epoch and decides whether
// to stop.
func (tr *trainer) watch(ctx context.Context, row *EpochRow) error {
	if tr.task.Config.EarlyStopping.Patience == 0 || len(tr.task.Watch) == 0 {
		return nil
	}
	err := tr.withAverage(func() error {
		loss, err := tr.watchLoss(ctx)
		if err != nil {
			return err
		}
		row.WatchLoss = &loss
		best := tr.state.BestEpoch
		if best == 0 || loss < *tr.state.History[best-1].WatchLoss {
			tr.state.BestEpoch = row.Epoch
			tr.best = slices.Concat(tr.store.Params(), tr.store.Buffers())
		}
		return nil
	})
	if err != nil {
		return err
	}
	tr.state.Stopped = row.Epoch-tr.state.BestEpoch >= tr.task.Config.EarlyStopping.Patience
	return nil
}

// watchLoss is the mean cross-entropy of the watched rows in evaluation mode.
func (tr *trainer) watchLoss(ctx context.Context) (float64, error) {
	e := evaluator{net: tr.net, store: tr.store, pool: tr.pool, size: tr.net.InputSize, batch: min(tr.loader.Batch, len(tr.task.Watch))}
	loader := tr.loader
	loader.Rows, loader.Strata, loader.Augment, loader.Mix, loader.Shuffle, loader.DropLast, loader.Batch = tr.task.Watch, nil, nil, nil, false, false, e.batch
	batches, err := tr.task.Store.NewLoader(loader)
	if err != nil {
		return 0, err
	}
	total := 0.0
	prob := make([]float64, tr.net.Classes)
	for b, err := range batches.Epoch(ctx, 0, 0) {
		if err != nil {
			return 0, err
		}
		logits, err := e.run(b.X, b.Meta, b.N)
		if err != nil {
			return 0, err
		}
		for i := range b.N {
			bayes.Softmax(prob, logits[i*tr.net.Classes:(i+1)*tr.net.Classes])
			total += crossEntropy(prob[b.Target[i]])
		}
	}
	return total / float64(len(tr.task.Watch)), nil
}
