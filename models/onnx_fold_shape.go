package models

import (
	"errors"
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

func foldGather(x, index *constant) (*constant, error) {
	if len(x.dims) != 1 {
		return nil, errors.New("only a vector of constants can be gathered from")
	}
	at, err := index.ints()
	if err != nil {
		return nil, err
	}
	c := x.like(index.dims, make([]float64, len(at)))
	for i, k := range at {
		if k < 0 {
			k += len(x.v)
		}
		if k < 0 || k >= len(x.v) {
			return nil, fmt.Errorf("index %d is outside of %d values", at[i], len(x.v))
		}
		c.v[i] = x.v[k]
	}
	return c, nil
}

func foldConcat(in []*constant) (*constant, error) {
	c := in[0].like(nil, nil)
	for _, x := range in {
		if x == nil || len(x.dims) != 1 {
			return nil, errors.New("only vectors of constants can be joined")
		}
		c.v = append(c.v, x.v...)
	}
	c.dims = []int{len(c.v)}
	if len(c.v) > maxFolded {
		return nil, errors.New("the result is too large")
	}
	return c, nil
}

// sliceParts takes starts, ends, axes and steps from the inputs, or from the
// attributes of opset 9.
func sliceParts(n *onnx.Node, in []*constant) (parts [4][]int, err error) {
	for i, name := range []string{"starts", "ends", "axes"} {
		if a := n.Attribute(name); a != nil {
			parts[i] = convert[int](a.Ints)
		}
	}
	for i, c := range in[1:] {
		if c == nil {
			continue
		}
		if parts[i], err = c.ints(); err != nil {
			return parts, err
		}
	}
	return parts, nil
}

// foldSlice cuts the first axis, at one start.
func foldSlice(n *onnx.Node, in []*constant) (*constant, error) {
	parts, err := sliceParts(n, in)
	if err != nil {
		return nil, err
	}
	x, starts, ends, axes, steps := in[0], parts[0], parts[1], parts[2], parts[3]
	if len(x.dims) == 0 || len(starts) != 1 || len(ends) != 1 || len(axes) > 1 || len(axes) == 1 && axes[0] != 0 && axes[0] != -len(x.dims) {
		return nil, errors.New("only the first axis of constants can be sliced")
	}
	step := 1
	if len(steps) == 1 {
		step = steps[0]
	}
	if step == 0 {
		return nil, errors.New("its step is zero")
	}
	rows, width := x.dims[0], count(x.dims[1:])
	from, to := sliceBounds(starts[0], ends[0], step, rows)
	c := x.like(slices.Clone(x.dims), nil)
	c.dims[0] = 0
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		c.v = append(c.v, x.v[i*width:(i+1)*width]...)
		c.dims[0]++
	}
	return c, nil
}

// sliceBounds applies ONNX's rules for negative and overlong bounds.
func sliceBounds(start, end, step, n int) (from, to int) {
	if start < 0 {
		start += n
	}
	if end < 0 {
		end += n
	}
	if step > 0 {
		return min(max(start, 0), n), min(max(end, 0), n)
	}
	return min(max(start, -1), n-1), min(max(end, -1), n-1)
}

func foldReshape(n *onnx.Node, x, shape *constant) (*constant, error) {
	want, err := shape.ints()
	if err != nil {
		return nil, err
	}
	dims, rest, known := slices.Clone(want), -1, 1
	for i, d := range dims {
		switch {
		case d == 0 && n.Int("allowzero", 0) == 0 && i < len(x.dims):
			dims[i] = x.dims[i]
		case d == -1 && rest < 0:
			rest = i
			continue
		case d < 0 || d > maxFolded:
			return nil, fmt.Errorf("the shape %v is impossible", want)
		}
		known *= dims[i]
		if known > maxFolded {
			return nil, fmt.Errorf("the shape %v is too large", want)
		}
	}
	if rest >= 0 {
		if known == 0 || len(x.v)%known != 0 {
			return nil, fmt.Errorf("%v does not fit %d values", want, len(x.v))
		}
		dims[rest] = len(x.v) / known
		known *= dims[rest]
	}
	if known != len(x.v) {
		return nil, fmt.Errorf("%v does not fit %d values", want, len(x.v))
	}
	return x.like(dims, slices.Clone(x.v)), nil
}

func foldTranspose(n *onnx.Node, x *constant) (*constant, error) {
	perm := []int64{1, 0}
	if a := n.Attribute("perm"); a != nil {
		perm = a.Ints
	}
	if len(x.dims) != 2 || !slices.Equal(perm, []int64{1, 0}) {
		return nil, errors.New("only a matrix of constants can be transposed")
	}
	rows, cols := x.dims[0], x.dims[1]
	c := x.like([]int{cols, rows}, make([]float64, len(x.v)))
	for i := range rows {
		for j := range cols {
			c.v[j*rows+i] = x.v[i*cols+j]
		}
	}
	return c, nil
}

// axesOf takes the axes from the second input, or from the attribute that
// older opsets use.
func axesOf(n *onnx.Node, in []*constant) ([]int, error) {
	if a := n.Attribute("axes"); a != nil {
		return convert[int](a.Ints), nil
	}
	if len(in) > 1 && in[1] != nil {
		return in[1].ints()
	}
	return nil, nil
}

// foldAxes adds or removes axes of length 1.
func foldAxes(n *onnx.Node, in []*constant) (*constant, error) {
	axes, err := axesOf(n, in)
	if err != nil {
		return nil, err
	}
	if n.Op == "Squeeze" {
		return squeezed(in[0], axes)
	}
	dims := slices.Clone(in[0].dims)
	rank := len(dims) + len(axes)
	if rank > 8 {
		return nil, errors.New("the result has more than 8 axes")
	}
	for i, a := range axes {
		if a < 0 {
			axes[i] += rank
		}
	}
	slices.Sort(axes)
	for _, a := range axes {
		if a < 0 || a > len(dims) {
			return nil, fmt.Errorf("axis %d is outside of %d", a, rank)
		}
		dims = slices.Insert(dims, a, 1)
	}
	return in[0].like(dims, slices.Clone(in[0].v)), nil
}

func squeezed(x *constant, axes []int) (*constant, error) {
	var dims []int
	for i, d := range x.dims {
		drop := slices.Contains(axes, i) || slices.Contains(axes, i-len(x.dims)) || len(axes) == 0 && d == 1
		if drop && d != 1 {
			return nil, fmt.Errorf("axis %d has length %d", i, d)
		}
		if !drop {
			dims = append(dims, d)
		}
	}
	return x.like(dims, slices.Clone(x.v)), nil
}
