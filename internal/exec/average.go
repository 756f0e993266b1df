package exec

import "melanoma/internal/kernel"

// Average is a running mean of a store's parameters over the steps of a
// training.
type Average struct {
	store   *Store
	pool    *Pool
	mean    []float32
	scratch [][]float32 // [worker][updateBlock]
}

// NewAverage returns one that holds zeros.
func NewAverage(s *Store, pool *Pool) *Average {
	a := &Average{store: s, pool: pool, mean: floats(len(s.params))}
	for range pool.Workers() {
		a.scratch = append(a.scratch, make([]float32, updateBlock))
	}
	return a
}

// Values returns the mean in the layout of the parameters, inside the average
// (not a copy).
func (a *Average) Values() []float32 { return a.mean }

// Add moves the mean by weight, in (0, 1], of the way to the present
// parameters; 1 sets it to them. The mean of n equal shares takes weights 1,
// 1/2, ..., 1/n.
func (a *Average) Add(weight float64) {
	p, w := a.store.params, float32(weight)
	if weight == 1 {
		copy(a.mean, p)
		return
	}
	a.pool.over(len(p), updateBlock, func(lo, hi, _, worker int) {
		way := a.scratch[worker][:hi-lo]
		kernel.Sub(way, p[lo:hi], a.mean[lo:hi])
		kernel.Axpy(a.mean[lo:hi], w, way)
	})()
}

// Swap exchanges the mean and the parameters; a second call puts both back.
func (a *Average) Swap() {
	p := a.store.params
	a.pool.over(len(p), updateBlock, func(lo, hi, _, worker int) {
		kept := a.scratch[worker][:hi-lo]
		copy(kept, p[lo:hi])
		copy(p[lo:hi], a.mean[lo:hi])
		copy(a.mean[lo:hi], kept)
	})()
	a.store.Changed()
}
