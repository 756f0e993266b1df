package eval

import (
	"fmt"
	"slices"
)

// numbers returns the values of an integer input that the result's shape
// depends on; nil if it is absent.
func (c *call) numbers(i int) ([]int, error) {
	if !c.has(i) {
		return nil, nil
	}
	a := c.in[i]
	switch {
	case !a.known:
		return nil, errNeedsValues
	case !a.Type.IsInteger():
		return nil, fmt.Errorf("its input %d has elements of %s, not integers", i, a.Type)
	case len(a.Shape) > 1:
		return nil, fmt.Errorf("its input %d has shape %v, not one dimension", i, a.Shape)
	}
	return clamped(a.i64), nil
}

// maxNumber bounds sizes, bounds and indices: slices to the end are written
// with the largest integer.
const maxNumber = 1 << 40

func clamped(v []int64) []int {
	out := make([]int, len(v))
	for i, x := range v {
		out[i] = int(max(-maxNumber, min(maxNumber, x)))
	}
	return out
}

// number returns a single integer input, or missing.
func (c *call) number(i, missing int) (int, error) {
	v, err := c.numbers(i)
	if err != nil || v == nil {
		return missing, err
	}
	if len(v) != 1 {
		return 0, fmt.Errorf("its input %d has %d values, not one", i, len(v))
	}
	return v[0], nil
}

// scalar returns the single value of a float input, or missing. In a dry call
// an unknown one is missing too.
func (c *call) scalar(i int, missing float64) (float64, error) {
	if !c.has(i) || c.dry && !c.in[i].known {
		return missing, nil
	}
	if c.in[i].Len() != 1 {
		return 0, fmt.Errorf("its input %d has shape %v, not one value", i, c.in[i].Shape)
	}
	return c.in[i].Float64s()[0], nil
}

// attributeInts returns an attribute of integers, bounded as sizes are.
func (c *call) attributeInts(name string) []int {
	a := c.node.Attribute(name)
	if a == nil {
		return nil
	}
	return clamped(a.Ints)
}

// axis returns an attribute that names an axis of an array of the given rank.
func (c *call) axis(name string, missing int64, rank int) (int, error) {
	return checkAxis(c.node.Int(name, missing), rank)
}

func checkAxis[T int | int64](axis T, rank int) (int, error) {
	a := axis
	if a < 0 {
		a += T(rank)
	}
	if a < 0 || a >= T(rank) {
		return 0, fmt.Errorf("axis %d is outside of %d dimensions", axis, rank)
	}
	return int(a), nil
}

// checkAxes returns axes of an array of the given rank, sorted, each once.
func checkAxes(axes []int, rank int) ([]int, error) {
	out := make([]int, len(axes))
	for i, axis := range axes {
		a, err := checkAxis(axis, rank)
		if err != nil {
			return nil, err
		}
		out[i] = a
	}
	slices.Sort(out)
	if len(slices.Compact(slices.Clone(out))) != len(out) {
		return nil, fmt.Errorf("the axes %v repeat", axes)
	}
	return out, nil
}

// axes returns the axes of an operator that got them from an attribute once
// and from an input later; nil if there are none.
func (c *call) axes(input int) ([]int, error) {
	if a := c.attributeInts("axes"); a != nil {
		return a, nil
	}
	return c.numbers(input)
}

// rank fails unless input i has one of the ranks low to high.
func (c *call) rank(i, low, high int) error {
	if r := len(c.in[i].Shape); r < low || r > high {
		return fmt.Errorf("its input %d has %d dimensions, not %d to %d", i, r, low, high)
	}
	return nil
}

// float fails unless input i is of a float type.
func (c *call) float(i int) error {
	if !c.in[i].Type.IsFloat() {
		return fmt.Errorf("its input %d has elements of %s, not floats", i, c.in[i].Type)
	}
	return nil
}

// sameType fails unless the inputs that are there, from the first one to but
// not including the last, have the type of the first.
func (c *call) sameType(from, to int) error {
	for i := from; i < min(to, len(c.in)); i++ {
		if c.has(i) && c.in[i].Type != c.in[from].Type {
			return fmt.Errorf("its inputs have elements of %s and %s", c.in[from].Type, c.in[i].Type)
		}
	}
	return nil
}

// spend counts the work of a product of factors, unless the call is dry.
func (c *call) spend(factors ...int) error {
	if c.dry {
		return nil
	}
	return c.scope.budget.spend(factors...)
}
