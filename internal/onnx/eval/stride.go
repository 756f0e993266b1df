package eval

import (
	"fmt"
	"slices"
)

// offsets fills index with base plus the sum of place times stride, for every
// place of a shape in row-major order. len(index) is the shape's size.
func offsets(index []int, shape, strides []int, base int) {
	if len(index) == 0 {
		return
	}
	if len(shape) == 0 {
		index[0] = base
		return
	}
	last := len(shape) - 1
	width, step := shape[last], strides[last]
	place := make([]int, last)
	for i := 0; i < len(index); i += width {
		at := base
		for k := range width {
			index[i+k] = at
			at += step
		}
		for axis := last - 1; axis >= 0; axis-- {
			base += strides[axis]
			if place[axis]++; place[axis] < shape[axis] {
				break
			}
			base -= strides[axis] * shape[axis]
			place[axis] = 0
		}
	}
}

// offsetsOf is offsets into a new slice, from place 0.
func offsetsOf(shape, strides []int) []int {
	index := make([]int, size(shape))
	offsets(index, shape, strides, 0)
	return index
}

// broadcast returns the shape that all shapes stretch to: aligned at the last
// axis, lengths of 1 repeat.
func broadcast(shapes ...[]int) ([]int, error) {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out := slices.Repeat([]int{1}, rank)
	for _, s := range shapes {
		for i, d := range s {
			o := &out[rank-len(s)+i]
			switch {
			case *o == 1:
				*o = d
			case d != 1 && d != *o:
				return nil, fmt.Errorf("shapes %v do not broadcast", shapes)
			}
		}
	}
	return out, nil
}

// stretched returns, for every element of the shape out, the place of the
// element of an array of the given shape that is broadcast there.
func stretched(shape, out []int) []int {
	strides := make([]int, len(out))
	own := stridesOf(shape)
	for i, d := range shape {
		if d != 1 {
			strides[len(out)-len(shape)+i] = own[i]
		}
	}
	return offsetsOf(out, strides)
}

// lanes cuts a shape into the places that a reduction over some axes keeps
// (outer) and those that it runs over (inner): an element lies at the sum of
// one of each. axes are checked and sorted.
func lanes(shape, axes []int) (outer, inner []int) {
	strides := stridesOf(shape)
	var keptShape, keptStrides, runShape, runStrides []int
	for i, d := range shape {
		if slices.Contains(axes, i) {
			runShape, runStrides = append(runShape, d), append(runStrides, strides[i])
		} else {
			keptShape, keptStrides = append(keptShape, d), append(keptStrides, strides[i])
		}
	}
	return offsetsOf(keptShape, keptStrides), offsetsOf(runShape, runStrides)
}

// reducedShape is a shape after a reduction over axes.
func reducedShape(shape, axes []int, keep bool) []int {
	out := []int{}
	for i, d := range shape {
		switch {
		case !slices.Contains(axes, i):
			out = append(out, d)
		case keep:
			out = append(out, 1)
		}
	}
	return out
}
