package augment

import "melanoma/internal/rng"

// stream is one step's random numbers for one picture: a function of the
// picture's key and the step's label alone, so that what other steps draw
// never moves them. It allocates nothing.
type stream struct{ key, used uint64 }

// label derives what tells one step's stream from another's: the names of the
// steps around it, its own, and how many of its name stand before it there.
func label(around uint64, name string, occurrence int) uint64 {
	return rng.Key(around, "step", name, occurrence)
}

// unit returns a number in [0, 1).
func (s *stream) unit() float64 {
	u := rng.Uniform(s.key, s.used)
	s.used++
	return u
}

// between returns a number in [low, high).
func (s *stream) between(low, high float64) float64 { return low + (high-low)*s.unit() }

// around returns a number in [-limit, limit).
func (s *stream) around(limit float64) float64 { return s.between(-limit, limit) }

// below returns a whole number in [0, n).
func (s *stream) below(n int) int { return min(int(s.unit()*float64(n)), n-1) }

// odd returns 3, 5, ..., limit, each as likely.
func (s *stream) odd(limit int) int { return 3 + 2*s.below((limit-1)/2) }

// seed returns 32 bits: few enough to be exact in anybody's JSON.
func (s *stream) seed() uint64 { return uint64(s.unit() * (1 << 32)) }
