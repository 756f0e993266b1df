package exec

import (
	"fmt"
	"slices"

	"melanoma/internal/graph"
)

// Store holds the state of one network: its trainable parameters in one
// array, their gradients in a second of the same layout, and its buffers
// (running statistics) in a third.
type Store struct {
	params, grads, buffers []float32
	entries                []entry
	index                  map[string]int
	paramCount             int    // entries[:paramCount] are trainable
	generation             uint64 // counts changes of the parameters
	packs                  map[packKey]*pack
	fills                  []func()  // of all packs
	room                   []float32 // for the packs to come
	packed                 uint64    // the generation that the packs hold, 0 for none
}

type entry struct {
	name   string
	shape  []int
	offset int
	size   int
}

// NewStore lays out the arrays of a program, all zero.
func NewStore(p *graph.Program) *Store {
	s := &Store{index: map[string]int{}, paramCount: len(p.Params), generation: 1}
	s.params = floats(s.layOut(p.Params))
	s.buffers = floats(s.layOut(p.Buffers))
	return s
}

func (s *Store) layOut(params []graph.Param) int {
	offset := 0
	for _, p := range params {
		s.index[p.Name] = len(s.entries)
		s.entries = append(s.entries, entry{p.Name, slices.Clone(p.Shape), offset, p.Size()})
		offset += p.Size()
	}
	return offset
}

// Params returns the trainable parameters, one after the other.
func (s *Store) Params() []float32 { return s.params }

// Grads returns the gradients in the layout of Params.
func (s *Store) Grads() []float32 {
	if s.grads == nil { // a store that only predicts never has any
		s.grads = floats(len(s.params))
	}
	return s.grads
}

// Buffers returns the running statistics.
func (s *Store) Buffers() []float32 { return s.buffers }

// Names returns the names of the parameters, then of the buffers, in layout
// order.
func (s *Store) Names() []string {
	names := make([]string, len(s.entries))
	for i, e := range s.entries {
		names[i] = e.name
	}
	return names
}

// Shape returns the shape of the named array, nil if there is none.
func (s *Store) Shape(name string) []int {
	if i, ok := s.index[name]; ok {
		return s.entries[i].shape
	}
	return nil
}

// View returns the named array inside the store (not a copy), and whether
// there is one.
func (s *Store) View(name string) ([]float32, bool) {
	i, ok := s.index[name]
	if !ok {
		return nil, false
	}
	return s.at(i), true
}

// Grad returns the gradient of the named parameter inside the store.
func (s *Store) Grad(name string) ([]float32, bool) {
	i, ok := s.index[name]
	if !ok || i >= s.paramCount {
		return nil, false
	}
	e := s.entries[i]
	return s.Grads()[e.offset : e.offset+e.size], true
}

func (s *Store) at(i int) []float32 {
	e := s.entries[i]
	if i < s.paramCount {
		return s.params[e.offset : e.offset+e.size : e.offset+e.size]
	}
	return s.buffers[e.offset : e.offset+e.size : e.offset+e.size]
}

// Load copies every array of the store from weights by name. A missing name
// or a wrong length is an error and leaves the store unchanged.
func (s *Store) Load(weights map[string][]float32) error {
	for _, e := range s.entries {
		w, ok := weights[e.name]
		if !ok {
			return fmt.Errorf("exec: load: no weights named %s", e.name)
		}
		if len(w) != e.size {
			return fmt.Errorf("exec: load: %s has %d values, want %d (shape %v)", e.name, len(w), e.size, e.shape)
		}
	}
	for i, e := range s.entries {
		copy(s.at(i), weights[e.name])
	}
	s.Changed()
	return nil
}

// Changed tells the machines that parameters or buffers were written through
// Params, Buffers or View, so that they pack them anew.
func (s *Store) Changed() { s.generation++ }

// Export returns a copy of every array by name.
func (s *Store) Export() map[string][]float32 {
	out := make(map[string][]float32, len(s.entries))
	for i, e := range s.entries {
		out[e.name] = slices.Clone(s.at(i))
	}
	return out
}

// DecayMask returns 1 for every parameter element that weight decay applies
// to and 0 for the others: biases and normalisation parameters, which have at
// most one dimension, are left out if matricesOnly is set.
func (s *Store) DecayMask(matricesOnly bool) []float32 {
	mask := make([]float32, len(s.params))
	for _, e := range s.entries[:s.paramCount] {
		if matricesOnly && len(e.shape) <= 1 {
			continue
		}
		for i := range e.size {
			mask[e.offset+i] = 1
		}
	}
	return mask
}
