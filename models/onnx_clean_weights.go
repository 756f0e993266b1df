package models

import (
	"fmt"
	"slices"
)

// loaded is a parameter's values in our layout.
type loaded struct {
	name   string
	shape  []int
	values []float32
	role   Role
}

// weight loads a parameter of the given rank, transposed if it must be. A
// second use of one tensor becomes a parameter of its own: exporters merge
// tensors of equal values, such as fresh running means, that train apart.
func (c *cleaner) weight(name string, role Role, rank int, transpose bool) (*loaded, error) {
	l, err := c.load(name)
	if err != nil {
		return nil, err
	}
	l.name, l.role = name, role
	if c.loaded[name] != nil {
		l.name, l.values = c.fresh(name), slices.Clone(l.values)
	}
	// A bias of [1,C] or [C,1,1] is meant as [C].
	if rank == 1 && len(l.shape) > 1 && slices.Max(l.shape) == len(l.values) {
		l.shape = []int{len(l.values)}
	}
	if len(l.shape) != rank || len(l.values) == 0 {
		return nil, fmt.Errorf("its parameter %s has shape %v, not %d dimensions", name, l.shape, rank)
	}
	if transpose {
		l.transpose()
	}
	c.loaded[l.name] = l
	return l, nil
}

// load returns the values of an initializer or of a computed constant.
func (c *cleaner) load(name string) (*loaded, error) {
	if t, ok := c.initial[c.resolve(name)]; ok {
		shape, err := t.Shape()
		if err != nil {
			return nil, err
		}
		values, err := t.Float32s()
		return &loaded{shape: shape, values: values}, err
	}
	v, err := c.constant(name)
	if err != nil || v == nil {
		return nil, fmt.Errorf("its parameter %q is not in the file", name)
	}
	return &loaded{shape: v.dims, values: convert[float32](v.v)}, nil
}

func (l *loaded) transpose() {
	rows, cols := l.shape[0], l.shape[1]
	v := make([]float32, len(l.values))
	for i := range rows {
		for j := range cols {
			v[j*rows+i] = l.values[i*cols+j]
		}
	}
	l.shape, l.values = []int{cols, rows}, v
}

// vectors loads parameters of the given length, one for each role.
func (c *cleaner) vectors(names []string, roles []Role, length int) ([]string, error) {
	resolved := make([]string, len(names))
	for i, name := range names {
		l, err := c.weight(name, roles[i], 1, false)
		if err != nil {
			return nil, err
		}
		if l.shape[0] != length {
			return nil, fmt.Errorf("its parameter %s has %d values, not %d", name, l.shape[0], length)
		}
		resolved[i] = l.name
	}
	return resolved, nil
}
