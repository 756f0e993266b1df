package eval

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"melanoma/internal/onnx"
)

// reduction says how to reduce a list of numbers to one. ints is nil where
// integers go through floats.
type reduction struct {
	floats func(v []float64) float64
	ints   func(t onnx.DataType, v []int64) int64
}

var (
	sumOf       = reduction{floats: sum[float64], ints: func(_ onnx.DataType, v []int64) int64 { return sum(v) }}
	meanOf      = reduction{floats: mean, ints: func(_ onnx.DataType, v []int64) int64 { return sum(v) / max(1, int64(len(v))) }}
	productOf   = reduction{floats: product[float64], ints: func(_ onnx.DataType, v []int64) int64 { return product(v) }}
	largestOf   = reduction{floats: largest, ints: extreme(maxInt)}
	smallestOf  = reduction{floats: smallest, ints: extreme(minInt)}
	sumSquareOf = reduction{floats: sumSquare[float64], ints: func(_ onnx.DataType, v []int64) int64 { return sumSquare(v) }}
	l1Of        = reduction{floats: sumAbs}
	l2Of        = reduction{floats: func(v []float64) float64 { return math.Sqrt(sumSquare(v)) }}
	logSumOf    = reduction{floats: func(v []float64) float64 { return math.Log(sum(v)) }}
	logSumExpOf = reduction{floats: logSumExp}
)

func sum[T float64 | int64](v []T) (s T) {
	for _, x := range v {
		s += x
	}
	return s
}

func largest(v []float64) float64 {
	top := math.Inf(-1)
	for _, x := range v {
		top = max(top, x)
	}
	return top
}

func smallest(v []float64) float64 {
	top := math.Inf(1)
	for _, x := range v {
		top = min(top, x)
	}
	return top
}

func mean(v []float64) float64 { return sum(v) / float64(len(v)) }

func product[T float64 | int64](v []T) T {
	p := T(1)
	for _, x := range v {
		p *= x
	}
	return p
}

func sumSquare[T float64 | int64](v []T) (s T) {
	for _, x := range v {
		s += x * x
	}
	return s
}

func sumAbs(v []float64) (s float64) {
	for _, x := range v {
		s += math.Abs(x)
	}
	return s
}

func logSumExp(v []float64) float64 {
	top := largest(v)
	if math.IsInf(top, 0) {
		return top
	}
	s := 0.0
	for _, x := range v {
		s += math.Exp(x - top)
	}
	return top + math.Log(s)
}

// extreme is the largest or smallest integer; of none it is the one at the
// type's other end.
func extreme(pick func(t onnx.DataType, a, b int64) (int64, error)) func(onnx.DataType, []int64) int64 {
	return func(t onnx.DataType, v []int64) int64 {
		low, high := limits(t)
		best := low
		if top, _ := pick(t, low, high); top == low {
			best = high
		}
		for _, x := range v {
			best, _ = pick(t, best, x) // does not fail
		}
		return best
	}
}

// reduce runs a reduction over the axes that the node names; all of them if it
// names none, unless noop_with_empty_axes is set.
func reduce(r reduction) runner {
	return one(func(c *call) (*Array, error) {
		x := c.in[0]
		axes, err := c.axes(1)
		if err != nil {
			return nil, err
		}
		if len(axes) == 0 {
			if c.node.Int("noop_with_empty_axes", 0) != 0 {
				return c.reduce(r, nil, x.Shape) // squares, logarithms and signs still apply
			}
			axes = every(len(x.Shape))
		}
		if axes, err = checkAxes(axes, len(x.Shape)); err != nil {
			return nil, err
		}
		return c.reduce(r, axes, reducedShape(x.Shape, axes, c.node.Int("keepdims", 1) != 0))
	})
}

// every returns all axes.
func every(rank int) []int {
	axes := make([]int, rank)
	for i := range axes {
		axes[i] = i
	}
	return axes
}

var errEmptyReduction = errors.New("it has no largest or smallest of nothing")

func (c *call) reduce(r reduction, axes, shape []int) (*Array, error) {
	x := c.in[0]
	if err := c.spend(x.Len()); err != nil {
		return nil, err
	}
	if !x.Type.IsFloat() && r.ints != nil {
		return c.ints(x.Type, shape, func(out []int64) {
			outer, inner := lanes(x.Shape, axes)
			lane := make([]int64, len(inner))
			for i, base := range outer {
				for k, at := range inner {
					lane[k] = x.i64[base+at]
				}
				out[i] = r.ints(x.Type, lane)
			}
		})
	}
	fill := func(out []float64) {
		values := x.Float64s()
		outer, inner := lanes(x.Shape, axes)
		lane := make([]float64, len(inner))
		for i, base := range outer {
			for k, at := range inner {
				lane[k] = values[base+at]
			}
			out[i] = r.floats(lane)
		}
	}
	if x.Type.IsFloat() {
		return c.floats(x.Type, shape, fill)
	}
	if x.Type == onnx.Bool {
		return nil, fmt.Errorf("elements of bool are not supported")
	}
	return c.ints(x.Type, shape, func(out []int64) {
		v := make([]float64, len(out))
		fill(v)
		for i := range out {
			out[i] = integral(x.Type, v[i])
		}
	})
}

// arg returns the place of the largest or smallest element along an axis.
func arg(better func(a, b float64) bool) runner {
	return one(func(c *call) (*Array, error) {
		x := c.in[0]
		axis, err := c.axis("axis", 0, len(x.Shape))
		if err != nil {
			return nil, err
		}
		if x.Shape[axis] == 0 {
			return nil, errEmptyReduction
		}
		last := c.node.Int("select_last_index", 0) != 0
		shape := reducedShape(x.Shape, []int{axis}, c.node.Int("keepdims", 1) != 0)
		return c.ints(onnx.Int64, shape, func(out []int64) {
			values := x.Float64s()
			outer, inner := lanes(x.Shape, []int{axis})
			for i, base := range outer {
				best := 0
				for k, at := range inner {
					v, top := values[base+at], values[base+inner[best]]
					if better(v, top) || last && v == top {
						best = k
					}
				}
				out[i] = int64(best)
			}
		})
	})
}

func larger(a, b float64) bool  { return a > b }
func smaller(a, b float64) bool { return a < b }

// cumSum adds up along an axis.
func cumSum(c *call) (*Array, error) {
	x := c.in[0]
	axis, err := c.number(1, 0)
	if err != nil {
		return nil, err
	}
	if axis, err = checkAxis(axis, len(x.Shape)); err != nil {
		return nil, err
	}
	exclusive, reverse := c.node.Int("exclusive", 0) != 0, c.node.Int("reverse", 0) != 0
	places := func() (outer, inner []int) {
		outer, inner = lanes(x.Shape, []int{axis})
		if reverse {
			slices.Reverse(inner)
		}
		return outer, inner
	}
	if x.Type.IsFloat() {
		return c.floats(x.Type, x.Shape, func(out []float64) {
			outer, inner := places()
			accumulate(out, x.Float64s(), outer, inner, exclusive)
		})
	}
	if x.Type == onnx.Bool {
		return nil, fmt.Errorf("elements of bool are not supported")
	}
	return c.ints(x.Type, x.Shape, func(out []int64) {
		outer, inner := places()
		accumulate(out, x.i64, outer, inner, exclusive)
	})
}

func accumulate[T float64 | int64](out, x []T, outer, inner []int, exclusive bool) {
	for _, base := range outer {
		var s T
		for _, at := range inner {
			if exclusive {
				out[base+at] = s
				s += x[base+at]
			} else {
				s += x[base+at]
				out[base+at] = s
			}
		}
	}
}
