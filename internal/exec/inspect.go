package exec

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Finding is the first array with values that are not finite.
type Finding struct {
	Kind     FindingKind
	Name     string // of the input or parameter, or the layer that made it
	Operator string // of a step; empty for inputs and parameters
	Elements int
	Bad      int         // elements that are NaN or infinite
	First    int         // index of the first of them
	Largest  float64     // largest magnitude of the finite ones
	Inputs   []Magnitude // what the step read, the largest first
}

// FindingKind says where an array stands in a step of training.
type FindingKind string

// The kinds, in the order in which they are looked at.
const (
	FoundInput     FindingKind = "input"
	FoundParameter FindingKind = "parameter" // or running statistic
	FoundForward   FindingKind = "forward pass"
	FoundBackward  FindingKind = "backward pass"
)

// Magnitude is the largest finite magnitude of a named array.
type Magnitude struct {
	Name  string
	Value float64
}

// Inspect runs everything once more, step by step, and returns the first array
// in the order of computation with a value that is not finite: of the inputs,
// the parameters, then of every step's results. It returns nil if there is
// none. What is never stored, because the step that reads it computes it, is
// looked at through that step's result. It reads all results once more and so
// takes longer than Run.
func (m *Machine) Inspect(key uint64) *Finding {
	for _, name := range slices.Sorted(maps.Keys(m.inputs)) {
		if f := look(FoundInput, name, m.inputs[name]); f != nil {
			return f
		}
	}
	if f := m.store.Inspect(); f != nil {
		return f
	}
	m.program.Draws.Key = key
	m.store.refresh(m.pool)
	for _, s := range m.steps {
		if s.v == nil {
			s.run()
			continue
		}
		inputs := m.magnitudes(s.v.in) // before: a result may take the place of an input
		s.run()
		if f := m.lookAt(s.v); f != nil {
			f.Inputs = inputs
			return f
		}
	}
	return nil
}

// Inspect returns the first array of the store with a value that is not
// finite, nil if there is none.
func (s *Store) Inspect() *Finding {
	for i, e := range s.entries {
		if f := look(FoundParameter, e.name, s.at(i)); f != nil {
			return f
		}
	}
	return nil
}

// lookAt looks at the results of one step.
func (m *Machine) lookAt(v *value) *Finding {
	kind := FoundForward
	if v.back {
		kind = FoundBackward
	}
	for _, r := range append([]*value{v}, v.also...) {
		if r == nil {
			continue
		}
		if f := look(kind, cmp.Or(r.name, v.name), m.data(r)); f != nil {
			if f.Operator = v.op.String(); r != v {
				f.Operator = fmt.Sprintf("%s of %s", r.op, v.op)
			}
			return f
		}
	}
	return nil
}

// look returns what is wrong with an array, nil if all of it is finite.
func look(kind FindingKind, name string, x []float32) *Finding {
	f := Finding{Kind: kind, Name: name, Elements: len(x)}
	for i, v := range x {
		if a := math.Abs(float64(v)); a <= math.MaxFloat32 {
			f.Largest = max(f.Largest, a)
			continue
		}
		if f.Bad++; f.Bad == 1 {
			f.First = i
		}
	}
	if f.Bad == 0 {
		return nil
	}
	return &f
}

// magnitudes measures some values, the largest first.
func (m *Machine) magnitudes(values []*value) []Magnitude {
	var out []Magnitude
	for _, v := range values {
		name := v.name
		if name == "" {
			name = v.op.String()
		}
		largest := 0.0
		for _, x := range m.data(v) {
			if a := math.Abs(float64(x)); a <= math.MaxFloat32 {
				largest = max(largest, a)
			}
		}
		out = append(out, Magnitude{name, largest})
	}
	slices.SortStableFunc(out, func(a, b Magnitude) int { return cmp.Compare(b.Value, a.Value) })
	return out
}

// String says what was found, for a sentence.
func (f *Finding) String() string {
	what := fmt.Sprintf("%s %s", f.Kind, f.Name)
	if f.Operator != "" {
		what = fmt.Sprintf("%s in the %s (%s)", orUnnamed(f.Name), f.Kind, f.Operator)
	}
	s := fmt.Sprintf("%s with %d of %d values not finite, the others up to %.3g", what, f.Bad, f.Elements, f.Largest)
	if f.Bad == f.Elements {
		s = fmt.Sprintf("%s with none of %d values finite", what, f.Elements)
	}
	const most = 3
	var from []string
	for _, in := range f.Inputs[:min(most, len(f.Inputs))] {
		from = append(from, fmt.Sprintf("%s up to %.3g", in.Name, in.Value))
	}
	if len(from) > 0 {
		s += ", made from " + strings.Join(from, ", ")
	}
	return s
}

func orUnnamed(layer string) string {
	if layer == "" {
		return "an unnamed layer"
	}
	return layer
}
