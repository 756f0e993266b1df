package exec

import (
	"fmt"
	"math"

	"melanoma/internal/bayes"
	"melanoma/internal/kernel"
	"melanoma/internal/rng"
)

// updateBlock is the number of elements that pass through a whole update
// program at a time: its arrays then stay in the first-level cache.
const updateBlock = 1024

// Updater applies an update rule to the parameters of a Store.
type Updater struct {
	rule    bayes.Rule
	code    []updateOp
	store   *Store
	pool    *Pool
	seed    uint64
	vectors bayes.Vectors[float32]
	rates   []rateRange   // of the parameters, in order
	scratch [][][]float32 // [worker][array][updateBlock]
}

// NewUpdater allocates the rule's slots and sets them to their initial values.
// decay marks the elements that weight decay and the prior act on (see
// [Store.DecayMask]). seed keys the noise and the random initial values.
func NewUpdater(rule bayes.Rule, s *Store, pool *Pool, decay []float32, seed uint64) (*Updater, error) {
	program := rule.Program()
	if err := program.Validate(); err != nil {
		return nil, fmt.Errorf("exec: update rule %s: %w", rule.Name(), err)
	}
	if len(decay) != len(s.params) {
		return nil, fmt.Errorf("exec: update rule %s: decay mask has %d elements, want %d", rule.Name(), len(decay), len(s.params))
	}
	u := &Updater{rule: rule, store: s, pool: pool, seed: seed, rates: []rateRange{{hi: len(s.params), factor: 1}}}
	u.vectors = bayes.Vectors[float32]{Param: s.params, Grad: s.Grads(), Decay: decay}
	for _, slot := range rule.Slots() {
		v := floats(len(s.params))
		if slot.InitNormalSD > 0 {
			rng.Normal(v, rng.Key(seed, "slot", slot.Name), 0)
		}
		for i := range v {
			v[i] = slot.InitConst + slot.InitNormalSD*v[i]
		}
		u.vectors.Slots = append(u.vectors.Slots, v)
	}
	var arrays int
	u.code, arrays = assemble(program)
	for range pool.Workers() {
		own := make([][]float32, arrays)
		for i := range own {
			own[i] = make([]float32, updateBlock)
		}
		u.scratch = append(u.scratch, own)
	}
	return u, nil
}

// Slots returns the rule's state by name, inside the updater (not a copy), in
// the layout of the parameters.
func (u *Updater) Slots() map[string][]float32 {
	out := map[string][]float32{}
	for i, s := range u.rule.Slots() {
		out[s.Name] = u.vectors.Slots[i]
	}
	return out
}

// Step applies the rule once at 0-based step `step`, after clipping the
// gradient. It returns the gradient's L2 norm before clipping; a norm that is
// not finite is returned without an update.
func (u *Updater) Step(step int, learningRate float64, clip Clip) float64 {
	norm := u.GradientNorm()
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm
	}
	u.clip(clip, norm)
	scalars := u.scalars(step, learningRate)
	key := rng.Key(u.seed, "update", step)
	u.pool.over(len(u.store.params), updateBlock, func(lo, hi, _, worker int) {
		u.ranges(lo, hi, u.scratch[worker], scalars, key)
	})()
	u.store.Changed()
	return norm
}

// GradientNorm returns the L2 norm of the gradient.
func (u *Updater) GradientNorm() float64 { return math.Sqrt(u.sumSquares()) }

// sumSquares adds the squares of the gradient in fixed parts and order.
func (u *Updater) sumSquares() float64 {
	g := u.store.Grads()
	parts := make([]float64, partsOf(len(g), blockSize))
	u.pool.over(len(g), blockSize, func(lo, hi, part, _ int) { parts[part] = kernel.SumSquares(g[lo:hi]) })()
	total := 0.0
	for _, p := range parts {
		total += p
	}
	return total
}

// block runs the program on the elements [lo, hi).
func (u *Updater) block(lo, hi int, arrays [][]float32, scalars []float64, key uint64) {
	at := func(p place) []float32 {
		if p.vector >= 0 {
			return u.vectors.At(bayes.Vector(p.vector))[lo:hi]
		}
		return arrays[p.array][:hi-lo]
	}
	for _, o := range u.code {
		d, a, s := at(o.d), at(o.a), float32(0)
		if o.s < len(scalars) {
			s = float32(scalars[o.s])
		}
		switch o.op {
		case bayes.Load, bayes.Store:
			copy(d, a)
		case bayes.Add:
			kernel.Add(d, a, at(o.b))
		case bayes.Sub:
			kernel.Sub(d, a, at(o.b))
		case bayes.Mul:
			kernel.Mul(d, a, at(o.b))
		case bayes.Div:
			kernel.Div(d, a, at(o.b))
		case bayes.Sqrt:
			kernel.Sqrt(d, a)
		case bayes.Neg:
			kernel.MulScalar(d, a, -1)
		case bayes.AddScalar:
			kernel.AddScalar(d, a, s)
		case bayes.MulScalar:
			kernel.MulScalar(d, a, s)
		case bayes.Noise:
			rng.Normal(d, key, uint64(lo))
		default:
			panic(fmt.Sprintf("exec: update rule %s: unknown operation %v", u.rule.Name(), o.op))
		}
	}
}
