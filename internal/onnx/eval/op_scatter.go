package eval

import (
	"fmt"
	"slices"
)

// scattered returns x with updates written, or combined, at places.
func (c *call) scattered(x, updates *Array, at []int) (*Array, error) {
	combine := c.node.Text("reduction", "none")
	if x.Type != updates.Type {
		return nil, fmt.Errorf("its inputs have elements of %s and %s", x.Type, updates.Type)
	}
	if x.Type.IsFloat() {
		f, ok := map[string]func(a, b float64) float64{"none": latter[float64], "add": addFloat, "mul": mulFloat, "max": maxFloat, "min": minFloat}[combine]
		if !ok {
			return nil, fmt.Errorf("the reduction %q is not supported", combine)
		}
		return c.floats(x.Type, x.Shape, func(out []float64) {
			copy(out, x.Float64s())
			for i, v := range updates.Float64s() {
				out[at[i]] = f(out[at[i]], v)
			}
		})
	}
	f, ok := map[string]func(a, b int64) int64{"none": latter[int64], "add": addInt, "mul": mulInt,
		"max": func(a, b int64) int64 { v, _ := maxInt(x.Type, a, b); return v },
		"min": func(a, b int64) int64 { v, _ := minInt(x.Type, a, b); return v }}[combine]
	if !ok {
		return nil, fmt.Errorf("the reduction %q is not supported", combine)
	}
	return c.ints(x.Type, x.Shape, func(out []int64) {
		copy(out, x.i64)
		for i, v := range updates.i64 {
			out[at[i]] = f(out[at[i]], v)
		}
	})
}

func latter[T any](_, b T) T { return b }

func scatterElements(c *call) (*Array, error) {
	if !slices.Equal(c.in[1].Shape, c.in[2].Shape) {
		return nil, fmt.Errorf("indices of shape %v and updates of %v do not agree", c.in[1].Shape, c.in[2].Shape)
	}
	at, err := c.elementPlaces(c.in[0].Shape)
	if err != nil {
		return nil, err
	}
	return c.scattered(c.in[0], c.in[2], at)
}

func scatterND(c *call) (*Array, error) {
	x, indices, updates := c.in[0], c.in[1].Shape, c.in[2]
	begins, block, err := c.blockPlaces(x.Shape, 0)
	if err != nil {
		return nil, err
	}
	want := slices.Concat(indices[:len(indices)-1], x.Shape[indices[len(indices)-1]:])
	if !slices.Equal(want, updates.Shape) {
		return nil, fmt.Errorf("updates have shape %v, not %v", updates.Shape, want)
	}
	var at []int
	for _, b := range begins {
		for i := range block {
			at = append(at, b+i)
		}
	}
	return c.scattered(x, updates, at)
}
