package train

import (
	"context"
	"iter"

	"melanoma/data"
)

// waits is how long the steps of a training waited for their batches.
type waits struct {
	waited float64 // seconds
	spent  float64 // seconds of those epochs, waiting and computing
}

// share is the waiting part of the time, 0 before anything was measured.
func (w waits) share() float64 {
	if w.spent <= 0 {
		return 0
	}
	return w.waited / w.spent
}

// since returns what came after an earlier reading.
func (w waits) since(earlier waits) waits {
	return waits{w.waited - earlier.waited, w.spent - earlier.spent}
}

// epochBatches ranges over the batches of an epoch from batch `first` on, and
// measures how long it waits for them. An error is the last thing it yields.
func (tr *trainer) epochBatches(ctx context.Context, epoch, first int) iter.Seq2[*data.Batch, error] {
	return func(yield func(*data.Batch, error) bool) {
		if tr.batches == nil {
			var err error
			if tr.batches, err = tr.task.Store.NewLoader(tr.loader); err != nil {
				yield(nil, err)
				return
			}
		}
		last := tr.now()
		for b, err := range tr.batches.Epoch(ctx, epoch, first) {
			got := tr.now()
			tr.waits.waited += got - last
			tr.waits.spent += got - last
			if !yield(b, err) {
				return
			}
			last = tr.now()
			tr.waits.spent += last - got
		}
	}
}
