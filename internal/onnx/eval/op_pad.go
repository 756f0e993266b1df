package eval

import (
	"errors"
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

// pad adds places around an array, or with negative numbers cuts them off.
func pad(c *call) (*Array, error) {
	x := c.in[0]
	begin, end, value, err := c.padding()
	if err != nil {
		return nil, err
	}
	from, err := padder(c.node.Text("mode", "constant"))
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(x.Shape)
	for i := range shape {
		if shape[i] += begin[i] + end[i]; shape[i] < 0 {
			return nil, fmt.Errorf("pads %v and %v leave nothing of %v", begin, end, x.Shape)
		}
		if x.Shape[i] == 0 && shape[i] > 0 && c.node.Text("mode", "constant") != "constant" {
			return nil, fmt.Errorf("axis %d of %v has nothing to copy into the padding", i, x.Shape)
		}
	}
	strides := stridesOf(x.Shape)
	return c.take(x, shape, value, func(index []int) {
		sources := make([][]int, len(shape)) // for each axis the place that a result's place copies, or -1
		for a, n := range shape {
			for i := range n {
				sources[a] = append(sources[a], from(i-begin[a], x.Shape[a]))
			}
		}
		i := 0
		each(shape, func(place []int) {
			for a, p := range place {
				s := sources[a][p]
				if s < 0 {
					index[i] = -1
					break
				}
				index[i] += s * strides[a]
			}
			i++
		})
	})
}

// padder returns the place that place i, counted from an axis of length n,
// copies; -1 for the fill value.
func padder(mode string) (func(i, n int) int, error) {
	switch mode {
	case "constant":
		return func(i, n int) int {
			if i < 0 || i >= n {
				return -1
			}
			return i
		}, nil
	case "edge":
		return func(i, n int) int { return max(0, min(n-1, i)) }, nil
	case "reflect":
		return func(i, n int) int {
			if n < 2 {
				return n - 1
			}
			period := 2 * (n - 1)
			i = (i%period + period) % period
			return min(i, period-i)
		}, nil
	case "wrap":
		return func(i, n int) int { return (i%n + n) % n }, nil
	}
	return nil, fmt.Errorf("the mode %q is not supported", mode)
}

// padding reads the pads of every axis and the fill value: attributes before
// opset 11, inputs later.
func (c *call) padding() (begin, end []int, value *Array, err error) {
	x := c.in[0]
	rank := len(x.Shape)
	pads, axes := c.attributeInts("pads"), every(rank)
	if c.op.Since < 11 {
		fill := Doubles([]float64{number(c.node, "value", 0)})
		if value, err = (&call{node: c.node, op: c.op, scope: c.scope}).cast(fill, x.Type); err != nil {
			return nil, nil, nil, err
		}
	} else {
		if pads, err = c.numbers(1); err != nil {
			return nil, nil, nil, err
		}
		if c.has(2) {
			if value = c.in[2]; value.Type != x.Type || value.Len() != 1 {
				return nil, nil, nil, fmt.Errorf("its value %v does not fit %v", value, x)
			}
		}
		if c.has(3) {
			if axes, err = c.numbers(3); err != nil {
				return nil, nil, nil, err
			}
			if _, err := checkAxes(axes, rank); err != nil {
				return nil, nil, nil, err
			}
		}
	}
	if len(pads) != 2*len(axes) {
		return nil, nil, nil, fmt.Errorf("%d pads do not fit %d axes", len(pads), len(axes))
	}
	begin, end = make([]int, rank), make([]int, rank)
	for i, a := range axes {
		if a < 0 {
			a += rank
		}
		begin[a], end[a] = pads[i], pads[len(axes)+i]
		if max(begin[a], end[a]) > maxElements || min(begin[a], end[a]) < -maxElements {
			return nil, nil, nil, errors.New("its pads are too large")
		}
	}
	return begin, end, value, nil
}

// dropout returns its input, or in training mode a random part of it, scaled,
// and what it kept. Before opset 12 it never trains.
func dropout(c *call) ([]*Array, error) {
	x := c.in[0]
	if err := c.float(0); err != nil {
		return nil, err
	}
	ratio, err := c.scalar(1, 0.5)
	if err != nil {
		return nil, err
	}
	training, err := c.flag(2)
	if err != nil {
		return nil, err
	}
	var kept []float64 // nil: everything
	y := x.reshaped(x.Shape)
	if training && ratio > 0 && !c.scope.options.Eval {
		if ratio >= 1 {
			return nil, fmt.Errorf("the ratio is %g", ratio)
		}
		if y, err = c.floats(x.Type, x.Shape, func(out []float64) {
			kept = c.drop(out, x.Float64s(), ratio)
		}); err != nil {
			return nil, err
		}
	}
	if !c.wants(1) {
		return []*Array{y}, nil
	}
	maskType := onnx.Bool
	if c.op.Since < 10 {
		maskType = x.Type
	}
	mask, err := c.floats(onnx.Float, x.Shape, func(out []float64) {
		for i := range out {
			if out[i] = 1; kept != nil {
				out[i] = kept[i]
			}
		}
	})
	if err != nil {
		return nil, err
	}
	mask, err = c.cast(mask, maskType)
	return []*Array{y, mask}, err
}

// flag returns a single bool input, false if it is absent.
func (c *call) flag(i int) (bool, error) {
	if !c.has(i) {
		return false, nil
	}
	a := c.in[i]
	if a.Type != onnx.Bool || a.Len() != 1 {
		return false, fmt.Errorf("its input %d is %v, not one bool", i, a)
	}
	return a.known && a.i64[0] != 0, nil
}
