package exec

import "melanoma/internal/kernel"

// Accumulator adds up the gradients of several runs over one store: the
// gradient of a batch from those of its parts.
type Accumulator struct {
	store  *Store
	pool   *Pool
	sum    []float32 // of weight times gradient
	weight float64   // of all that was added; 0 if nothing was
}

// NewAccumulator returns one that holds nothing yet.
func NewAccumulator(s *Store, pool *Pool) *Accumulator {
	return &Accumulator{store: s, pool: pool, sum: floats(len(s.params))}
}

// Drop forgets what was added.
func (a *Accumulator) Drop() { a.weight = 0 }

// Add adds the store's gradient, weight times.
func (a *Accumulator) Add(weight float64) {
	g, w, first := a.store.Grads(), float32(weight), a.weight == 0
	a.pool.over(len(g), blockSize, func(lo, hi, _, _ int) {
		if first {
			kernel.Scale(a.sum[lo:hi], g[lo:hi], w)
			return
		}
		kernel.Axpy(a.sum[lo:hi], w, g[lo:hi])
	})()
	a.weight += weight
}

// Mean sets the store's gradient to the weighted mean of those added, and
// forgets them.
func (a *Accumulator) Mean() {
	g, s := a.store.Grads(), float32(1/a.weight)
	a.pool.over(len(g), blockSize, func(lo, hi, _, _ int) { kernel.Scale(g[lo:hi], a.sum[lo:hi], s) })()
	a.weight = 0
}
