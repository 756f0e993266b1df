package exec

import (
	"math"

	"melanoma/internal/kernel"
)

// Clip bounds a gradient before an update: first every element to [-Value,
// Value], then the whole to L2 norm Norm, without a change of direction. 0
// does not bound.
type Clip struct{ Value, Norm float64 }

// clip bounds the store's gradient, whose norm is given.
func (u *Updater) clip(c Clip, norm float64) {
	g := u.store.Grads()
	if c.Value > 0 {
		v := float32(c.Value)
		u.pool.over(len(g), blockSize, func(lo, hi, _, _ int) { kernel.Clip(g[lo:hi], g[lo:hi], -v, v) })()
		if c.Norm > 0 {
			norm = math.Sqrt(u.sumSquares())
		}
	}
	if c.Norm > 0 && norm > c.Norm {
		s := float32(c.Norm / norm)
		u.pool.over(len(g), blockSize, func(lo, hi, _, _ int) { kernel.Scale(g[lo:hi], g[lo:hi], s) })()
	}
}
