package data

import (
	"context"
	"fmt"
	"iter"
	"runtime"

	"melanoma/augment"
	"melanoma/internal/rng"
)

// LoaderConfig says which rows an epoch visits and how they become batches.
type LoaderConfig struct {
	Rows      []int              // of the store; a row may stand there more than once
	Strata    []Stratum          // in place of Rows: sets of which an epoch shows more or less
	Batch     int                // rows a batch
	Size      int                // side of a batch's pictures in pixels; 0 is that of the stored ones
	Seed      uint64             // of the order and the augmentation
	Augment   *augment.Config    // nil: pictures as they are
	Mix       *augment.MixConfig // of the pictures of a batch with one another; nil: none
	Normalize augment.Normalize  // from levels to network inputs
	Meta      *MetaEncoder       // nil: no metadata
	Workers   int                // goroutines; 0 is one per processor; changes no result
	Shuffle   bool               // else in the order of Rows
	DropLast  bool               // leave out a last batch that is not full
}

// Batch is what a network takes. All of it is valid until the loop that ranges
// over the epoch goes on, when its memory is used again.
type Batch struct {
	X      []float32 // [N, S, S, 3]
	Meta   []float32 // [N, M]; nil without metadata
	Target []int32   // [N] class indices, -1 unknown
	Row    []int     // [N] rows of the store
	Mix    []Mixed   // [N] how the pictures were mixed; nil without mixing
	N      int

	repeat []int // [N] how often the epoch showed the row before; nil: never
}

// Mixed says what a picture of a batch is made of: Share of its own row's
// picture and 1-Share of that of the batch's row Partner. Its target is meant
// to be mixed alike. Metadata is not mixed: it stays that of its own row.
type Mixed struct {
	Partner int     // place in the batch; its own for a picture that is not mixed
	Share   float64 // in [0, 1]; 1 for a picture that is not mixed
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
	if c.Size < 0 {
		return fmt.Errorf("data: pictures of %d pixels", c.Size)
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

// Loader makes batches of a store's rows. It keeps its memory from epoch to
// epoch, so that once it is warm it allocates nothing for a picture (but for PNG
// files, JPEG files that are turned or take more than 16 MiB to decode, and what
// the cache keeps, where the store holds files): Held batches, and for each
// worker one stored picture, its file and what augmenting it takes. It serves
// one epoch at a time.
type Loader struct {
	store   *Store
	config  LoaderConfig
	size    int
	batches []*pending
	workers []*worker
}

// NewLoader returns a loader; a configuration that does not fit the store is
// an error.
func (s *Store) NewLoader(c LoaderConfig) (*Loader, error) {
	if err := c.check(s); err != nil {
		return nil, err
	}
	l := &Loader{store: s, config: c, size: c.Size}
	if l.size == 0 {
		l.size = s.size
	}
	for range Held {
		l.batches = append(l.batches, &pending{done: make(chan struct{}, 1)})
	}
	workers := c.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range workers {
		w, err := l.newWorker()
		if err != nil {
			return nil, err
		}
		l.workers = append(l.workers, w)
	}
	return l, nil
}

// LoaderBytes is an estimate from above of the memory of a loader: its batches
// and, for each worker, the stored picture, the file that it may come from,
// what decoding keeps, and five copies in four bytes a pixel, on which the
// augmentation works. What decoding takes for large files besides, 384 MiB at
// most, is for the workers together.
func (s *Store) LoaderBytes(c LoaderConfig) int64 {
	size := int64(c.Size)
	if size == 0 {
		size = int64(s.size)
	}
	workers := int64(c.Workers)
	if workers < 1 {
		workers = int64(runtime.GOMAXPROCS(0))
	}
	stored, largest := int64(s.size)*int64(s.size), int64(0)
	if s.encoded {
		largest = keptMemory
		for _, p := range s.places {
			largest = max(largest, keptMemory+int64(p.at.Len()))
		}
	}
	return Held*int64(c.Batch)*size*size*3*4 + workers*(3*stored+largest+5*4*stored)
}

// Epoch returns the batches of an epoch from batch firstBatch on, prepared
// ahead by the loader's workers. The batches are the same for any number of
// workers, and those from firstBatch on the tail of the whole epoch. An error,
// of a row or of ctx, is the last thing that is yielded. When ctx ends, so does
// the loop, as soon as the pictures that the workers are at are done. No
// goroutine outlives the loop, however it ends.
func (l *Loader) Epoch(ctx context.Context, epoch, firstBatch int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		e := l.start(ctx, epoch, max(0, firstBatch))
		defer e.group.Wait()
		defer cancel()
		for range l.config.Batches() - max(0, firstBatch) {
			p, err := e.next(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&p.batch, nil) {
				return
			}
			e.free <- p // has room for all
		}
	}
}
