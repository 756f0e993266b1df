package data

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"melanoma/augment"
	"melanoma/internal/rng"
)

// loading is one epoch on its way.
type loading struct {
	*Loader
	epoch   int
	order   []int // rows
	repeats []int // how often a row was shown before; nil: never
	queue   chan *pending
	free    chan *pending // batches that are done with
	jobs    chan job
	group   sync.WaitGroup
}

// pending is a batch in the making.
type pending struct {
	batch  Batch
	left   atomic.Int64
	done   chan struct{} // holds one when all rows are done
	errs   []error       // of each row
	mix    []Mixed
	memory []float32 // of X
}

type job struct {
	p *pending
	i int
}

// start starts the goroutine that lays out the batches, in order, and those
// that fill them; all end with ctx.
func (l *Loader) start(ctx context.Context, epoch, firstBatch int) *loading {
	e := &loading{Loader: l, epoch: epoch, order: l.config.order(epoch),
		queue: make(chan *pending, Held), free: make(chan *pending, Held), jobs: make(chan job)}
	e.repeats = l.config.repeats(e.order)
	for _, p := range l.batches {
		select {
		case <-p.done: // of an epoch that was broken off
		default:
		}
		e.free <- p
	}
	for _, w := range l.workers {
		e.group.Go(func() {
			for j := range e.jobs {
				e.work(ctx, w, j)
			}
		})
	}
	e.group.Go(func() {
		defer close(e.jobs)
		for b := firstBatch; b < l.config.Batches(); b++ {
			if !e.layOut(ctx, b*l.config.Batch, min(len(e.order), (b+1)*l.config.Batch)) {
				return
			}
		}
	})
	return e
}

// layOut queues the batch of rows [lo,hi) of the order and hands its rows to
// the workers; false where ctx ended.
func (e *loading) layOut(ctx context.Context, lo, hi int) bool {
	var p *pending
	select {
	case p = <-e.free:
	case <-ctx.Done():
		return false
	}
	n := hi - lo
	p.reset(n, e.size, e.config.Meta)
	copy(p.batch.Row, e.order[lo:hi])
	if e.repeats != nil {
		p.batch.repeat = e.repeats[lo:hi]
	}
	e.queue <- p // has room for all
	for i := range n {
		select {
		case e.jobs <- job{p, i}:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// reset gives the batch a number of rows.
func (p *pending) reset(n, size int, meta *MetaEncoder) {
	b := &p.batch
	p.memory = slices.Grow(p.memory[:0], n*size*size*3)
	b.X, b.N, b.Mix, b.repeat = p.memory[:n*size*size*3], n, nil, nil
	b.Target = slices.Grow(b.Target[:0], n)[:n]
	b.Row = slices.Grow(b.Row[:0], n)[:n]
	if meta != nil {
		b.Meta = slices.Grow(b.Meta[:0], n*meta.Width())[:n*meta.Width()]
	}
	p.errs = slices.Grow(p.errs[:0], n)[:n]
	clear(p.errs)
	p.left.Store(int64(n))
}

// next waits for the next batch of the order.
func (e *loading) next(ctx context.Context) (*pending, error) {
	var p *pending
	select {
	case p = <-e.queue:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return nil, err // rows may have been passed over
	}
	for _, err := range p.errs {
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// work prepares one row; who does the last one of a batch finishes it.
func (e *loading) work(ctx context.Context, w *worker, j job) {
	if ctx.Err() == nil {
		j.p.errs[j.i] = e.fill(ctx, w, &j.p.batch, j.i)
	}
	if j.p.left.Add(-1) > 0 {
		return
	}
	if e.config.Mix != nil && ctx.Err() == nil && !slices.ContainsFunc(j.p.errs, func(err error) bool { return err != nil }) {
		e.mix(j.p)
	}
	j.p.done <- struct{}{}
}

// worker is what one goroutine keeps from row to row.
type worker struct {
	memory    rowMemory
	augmenter *augment.Augmenter
}

func (l *Loader) newWorker() (*worker, error) {
	recipe := augment.None()
	if l.config.Augment != nil {
		recipe = *l.config.Augment
	}
	augmenter, err := augment.NewAugmenter(recipe, l.size)
	if err != nil {
		return nil, fmt.Errorf("data: augmentation: %w", err)
	}
	return &worker{augmenter: augmenter}, nil
}

// fill prepares row i of a batch.
func (e *loading) fill(ctx context.Context, w *worker, b *Batch, i int) error {
	s, c, row := e.store, &e.config, b.Row[i]
	pix, err := s.read(ctx, &w.memory, row)
	if err != nil {
		return err
	}
	draw := w.augmenter.Draw(e.key(b, i), s.size, s.size)
	picture := 3 * e.size * e.size
	w.augmenter.Apply(b.X[i*picture:(i+1)*picture], pix, s.size, s.size, draw, c.Normalize)
	b.Target[i] = s.rows[row].Target
	if c.Meta != nil {
		m := c.Meta.Width()
		c.Meta.Encode(row, b.Meta[i*m:(i+1)*m])
	}
	return nil
}

// key is that of the augmentation of row i of a batch.
func (e *loading) key(b *Batch, i int) uint64 {
	key := rng.Key(e.config.Seed, "augment", e.epoch, e.store.rows[b.Row[i]].ImageName)
	if b.repeat != nil && b.repeat[i] > 0 { // another look at the same picture
		key = rng.Key(key, b.repeat[i])
	}
	return key
}

// mix mixes the pictures of a finished batch in pairs: the first with the
// last, and so on; that in the middle of an odd number stays. What a pair gets
// depends on its two images alone, wherever they stand.
func (e *loading) mix(p *pending) {
	b := &p.batch
	p.mix = slices.Grow(p.mix[:0], b.N)[:b.N]
	picture := 3 * e.size * e.size
	for i := range b.N {
		p.mix[i] = Mixed{i, 1}
	}
	for i, j := 0, b.N-1; i < j; i, j = i+1, j-1 {
		m := e.config.Mix.Draw(rng.Key(e.key(b, i), "mix", e.key(b, j)), e.size)
		m.Apply(b.X[i*picture:(i+1)*picture], b.X[j*picture:(j+1)*picture], e.size)
		p.mix[i], p.mix[j] = Mixed{j, m.Share}, Mixed{i, m.Share}
	}
	b.Mix = p.mix
}
