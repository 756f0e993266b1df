package train

import (
	"melanoma/data"
	"melanoma/internal/exec"
)

// A step's images may be computed in several micro-batches, one after the
// other, for want of memory. The gradient is then the mean over all rows of
// the step as if they had been one batch: each micro-batch's mean counts by
// the sum of its rows' weights. Steps, schedules, clipping, checkpoints and
// samples count steps, never micro-batches.
//
// Dropout's masks are those of the whole. The statistics of BatchNorm are of
// the micro-batch, and running ones move once with each.

// pending is the step in progress.
type pending struct {
	rows    int     // computed so far; 0 between two steps
	loss    float64 // sum over the rows, by weight
	weight  float64 // sum of the rows' weights
	sum     *exec.Accumulator
	buffers []float32 // running statistics before the step
	last    computed  // the newest micro-batch
}

// drop forgets what was computed of a step.
func (p *pending) drop() {
	p.rows, p.loss, p.weight = 0, 0, 0
	if p.sum != nil {
		p.sum.Drop()
	}
}

// withdraw undoes a step that was not finished: the running statistics are
// all that it changed.
func (tr *trainer) withdraw() {
	if tr.pending.rows == 0 {
		return
	}
	copy(tr.store.Buffers(), tr.pending.buffers)
	tr.store.Changed()
	tr.pending.drop()
}

// rowsOfStep is the number of images of the step in progress.
func (tr *trainer) rowsOfStep() int {
	b := tr.task.Config.Batch
	return min(b, tr.loader.Len()-(tr.state.Step-tr.state.Epoch*tr.steps)*b)
}

// microBatch computes the gradient of a micro-batch, and updates the weights
// with the last one of a step.
func (tr *trainer) microBatch(b *data.Batch) error {
	m, err := tr.machine(b.N)
	if err != nil {
		return err
	}
	tr.fill(m, b)
	p := &tr.pending
	whole := b.N == tr.rowsOfStep()
	if !whole && p.rows == 0 {
		p.buffers = append(p.buffers[:0], tr.store.Buffers()...)
	}
	p.last = computed{m, b, tr.key("dropout", tr.state.Step)}
	m.FirstRow(p.rows)
	if err := m.Run(p.last.key); err != nil {
		return err
	}
	loss := float64(m.Loss())
	if !finite(loss) || !whole && !finite(tr.updater.GradientNorm()) {
		return tr.diverged(loss)
	}
	m.UpdateRunningStatistics(0)
	if whole {
		return tr.update(loss)
	}
	weight := sum(m.Input("row_weights"))
	p.rows += b.N
	p.loss, p.weight = p.loss+weight*loss, p.weight+weight
	if p.sum == nil {
		p.sum = exec.NewAccumulator(tr.store, tr.pool)
	}
	p.sum.Add(weight)
	if p.rows < tr.rowsOfStep() {
		return nil
	}
	p.sum.Mean()
	loss = p.loss / p.weight
	p.drop()
	return tr.update(loss)
}

func sum(x []float32) float64 {
	total := 0.0
	for _, v := range x {
		total += float64(v)
	}
	return total
}
