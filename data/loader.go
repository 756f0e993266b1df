package data

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"melanoma/augment"
	"melanoma/internal/rng"
)

// LoaderConfig says which rows an epoch visits and how they become batches.
type LoaderConfig struct {
	Rows      []int             // of the store; a row may stand there more than once
	Strata    []Stratum         // in place of Rows: sets of which an epoch shows more or less
	Batch     int               // rows a batch
	Seed      uint64            // of the order and the augmentation
	Augment   *augment.Config   // nil: pictures as they are
	Normalize augment.Normalize // from levels to network inputs
	Meta      *MetaEncoder      // nil: no metadata
	View      int               // test-time view, 0 to augment.Views-1; 0 is the picture itself
	Workers   int               // goroutines; 0 is one per processor; changes no result
	Shuffle   bool              // else in the order of Rows
	DropLast  bool              // leave out a last batch that is not full
}

// Batch is what a network takes. X is valid until the loop that ranges over
// the epoch goes on, when its memory is used again; the rest is the caller's.
type Batch struct {
	X      []float32 // [N, S, S, 3]
	Meta   []float32 // [N, M]; nil without metadata
	Target []int32   // [N] class indices, -1 unknown
	Row    []int     // [N] rows of the store
	N      int

	repeat []int // [N] how often the epoch showed the row before; nil: never
}

// Held is the number of batches that a loader holds: the caller's, one that
// is ready and one in the making.
const Held = 3

// Batches returns the number of batches of an epoch.
func (c LoaderConfig) Batches() int {
	if c.Batch < 1 {
		return 0
	}
	if c.DropLast {
		return c.Len() / c.Batch
	}
	return (c.Len() + c.Batch - 1) / c.Batch
}

func (c LoaderConfig) check(s *Store) error {
	if c.Batch < 1 {
		return fmt.Errorf("data: batches of %d rows", c.Batch)
	}
	if c.View < 0 || c.View >= augment.Views {
		return fmt.Errorf("data: view %d of %d", c.View, augment.Views)
	}
	rows := c.Rows
	for _, stratum := range c.Strata {
		if len(stratum.Rows) == 0 || stratum.Draws < 0 {
			return fmt.Errorf("data: %d draws of %d rows", stratum.Draws, len(stratum.Rows))
		}
		rows = append(rows[:len(rows):len(rows)], stratum.Rows...)
	}
	for _, r := range rows {
		if r < 0 || r >= s.Len() {
			return fmt.Errorf("data: row %d of %d", r, s.Len())
		}
	}
	return nil
}

// order returns the rows of an epoch in their order, a permutation keyed by
// the seed and the epoch.
func (c LoaderConfig) order(epoch int) []int {
	rows := c.drawn(epoch)
	if c.Shuffle {
		rng.New(rng.Key(c.Seed, "shuffle", epoch)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	return rows
}

// Epoch returns the batches of an epoch from batch firstBatch on, prepared
// ahead by Workers goroutines. The batches are the same for any number of
// workers, and those from firstBatch on the tail of the whole epoch. An error,
// of a row or of ctx, is the last thing that is yielded. No goroutine outlives
// the loop, however it ends.
func (s *Store) Epoch(ctx context.Context, c LoaderConfig, epoch, firstBatch int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		if err := c.check(s); err != nil {
			yield(nil, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		l := &loading{store: s, config: c, epoch: epoch, queue: make(chan *pending, Held), free: make(chan []float32, Held), jobs: make(chan job)}
		for range Held {
			l.free <- nil
		}
		l.start(ctx, c.order(epoch), firstBatch)
		defer l.group.Wait()
		defer cancel()
		for range c.Batches() - max(0, firstBatch) {
			p, err := l.next(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&p.batch, nil) {
				return
			}
			l.free <- p.batch.X // has room: every batch in flight took its memory from here
		}
	}
}

// loading is one epoch on its way.
type loading struct {
	store  *Store
	config LoaderConfig
	epoch  int
	queue  chan *pending  // batches in order
	free   chan []float32 // memory of batches that are done with
	jobs   chan job
	group  sync.WaitGroup
}

// pending is a batch in the making.
type pending struct {
	batch Batch
	left  atomic.Int64
	done  chan struct{}
	errs  []error // of each row
}

type job struct {
	p *pending
	i int
}

// start starts the goroutine that lays out the batches and those that fill
// them; all end with ctx.
func (l *loading) start(ctx context.Context, order []int, firstBatch int) {
	workers := l.config.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range workers {
		l.group.Go(func() {
			for j := range l.jobs {
				if ctx.Err() == nil {
					j.p.errs[j.i] = l.fill(&j.p.batch, j.i)
				}
				if j.p.left.Add(-1) == 0 {
					close(j.p.done)
				}
			}
		})
	}
	repeats := l.config.repeats(order)
	l.group.Go(func() {
		defer close(l.jobs)
		for b := max(0, firstBatch); b < l.config.Batches(); b++ {
			lo, hi := b*l.config.Batch, min(len(order), (b+1)*l.config.Batch)
			var repeat []int
			if repeats != nil {
				repeat = repeats[lo:hi]
			}
			if !l.layOut(ctx, order[lo:hi], repeat) {
				return
			}
		}
	})
}

// layOut queues one batch and hands out its rows; false where ctx ended.
func (l *loading) layOut(ctx context.Context, rows, repeat []int) bool {
	var x []float32
	select {
	case x = <-l.free:
	case <-ctx.Done():
		return false
	}
	n, s := len(rows), l.store
	if picture := 3 * s.size * s.size; cap(x) < n*picture {
		x = make([]float32, n*picture)
	} else {
		x = x[:n*picture]
	}
	p := &pending{batch: Batch{X: x, Target: make([]int32, n), Row: slices.Clone(rows), N: n, repeat: repeat}, done: make(chan struct{}), errs: make([]error, n)}
	if l.config.Meta != nil {
		p.batch.Meta = make([]float32, n*l.config.Meta.Width())
	}
	p.left.Store(int64(n))
	l.queue <- p // has room: no more batches are about than it holds
	for i := range rows {
		select {
		case l.jobs <- job{p, i}:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// next waits for the next batch of the order.
func (l *loading) next(ctx context.Context) (*pending, error) {
	var p *pending
	select {
	case p = <-l.queue:
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

// fill prepares row i of a batch.
func (l *loading) fill(b *Batch, i int) error {
	s, c, row := l.store, &l.config, b.Row[i]
	im, err := s.Image(row)
	if err != nil {
		return err
	}
	if c.Augment != nil {
		key := rng.Key(c.Seed, "augment", l.epoch, s.rows[row].ImageName)
		if b.repeat != nil && b.repeat[i] > 0 { // another look at the same picture
			key = rng.Key(key, b.repeat[i])
		}
		im = c.Augment.Draw(rng.New(key)).Apply(im)
	}
	picture := len(im.Pix)
	dst := b.X[i*picture : (i+1)*picture]
	if c.View == 0 {
		c.Normalize.Into(dst, im)
	} else {
		plain := make([]float32, picture)
		c.Normalize.Into(plain, im)
		augment.View(dst, plain, s.size, 3, c.View)
	}
	b.Target[i] = s.rows[row].Target
	if c.Meta != nil {
		m := c.Meta.Width()
		c.Meta.Encode(row, b.Meta[i*m:(i+1)*m])
	}
	return nil
}
