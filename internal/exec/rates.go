package exec

import (
	"cmp"
	"slices"
)

// rateRange is a stretch of the parameters with one factor on the learning
// rate.
type rateRange struct {
	lo, hi int
	factor float64
	index  int // of the factor among the distinct ones
}

// SetRateFactors multiplies the learning rate of every parameter by the factor
// that of returns for its name. Each element passes through the rule's program
// once, with the scalars of its own rate, so the cut into blocks changes
// nothing.
func (u *Updater) SetRateFactors(of func(name string) float64) {
	u.rates = nil
	index := map[float64]int{}
	for _, e := range u.store.entries[:u.store.paramCount] {
		f := of(e.name)
		if _, ok := index[f]; !ok {
			index[f] = len(index)
		}
		if n := len(u.rates); n > 0 && u.rates[n-1].factor == f {
			u.rates[n-1].hi = e.offset + e.size
			continue
		}
		u.rates = append(u.rates, rateRange{e.offset, e.offset + e.size, f, index[f]})
	}
}

// scalars returns the rule's scalars of a step for every distinct factor.
func (u *Updater) scalars(step int, learningRate float64) [][]float64 {
	var out [][]float64
	for _, r := range u.rates {
		if r.index == len(out) {
			out = append(out, u.rule.Scalars(step, learningRate*r.factor))
		}
	}
	return out
}

// ranges runs the program on the elements [lo, hi), stretch by stretch.
func (u *Updater) ranges(lo, hi int, reg [][]float32, scalars [][]float64, key uint64) {
	first, _ := slices.BinarySearchFunc(u.rates, lo, func(r rateRange, at int) int { return cmp.Compare(r.hi, at+1) })
	for _, r := range u.rates[first:] {
		if r.lo >= hi {
			return
		}
		u.block(max(lo, r.lo), min(hi, r.hi), reg, scalars[r.index], key)
	}
}
