package eval

import (
	"math"
)

// along evaluates a function of whole lanes: f reads one from values and
// writes its result to out, element k of the lane at base+inner[k].
func (c *call) along(axes []int, f func(out, values []float64, base int, inner []int)) (*Array, error) {
	x := c.in[0]
	return c.floats(x.Type, x.Shape, func(out []float64) {
		values := x.Float64s()
		outer, inner := lanes(x.Shape, axes)
		if len(inner) == 0 {
			return
		}
		for _, base := range outer {
			f(out, values, base, inner)
		}
	})
}

// overSoftmaxAxes runs f along the axis, or, before opset 13, over all
// axes from it on.
func overSoftmaxAxes(f func(out, values []float64, base int, inner []int)) runner {
	return one(func(c *call) (*Array, error) {
		if err := c.float(0); err != nil {
			return nil, err
		}
		rank := len(c.in[0].Shape)
		missing := int64(-1)
		if c.op.Since < 13 {
			missing = 1
		}
		if axis := c.node.Int("axis", missing); c.op.Since < 13 && axis == int64(rank) {
			return c.along(nil, f) // every element by itself
		}
		axis, err := c.axis("axis", missing, rank)
		if err != nil {
			return nil, err
		}
		axes := []int{axis}
		if c.op.Since < 13 {
			axes = every(rank)[axis:]
		}
		return c.along(axes, f)
	})
}

// exponentials returns the largest element of a lane and the sum of the
// exponentials of all elements' distances to it.
func exponentials(values []float64, base int, inner []int) (top, sum float64) {
	top = math.Inf(-1)
	for _, at := range inner {
		top = max(top, values[base+at])
	}
	for _, at := range inner {
		sum += math.Exp(values[base+at] - top)
	}
	return top, sum
}

func softmax(out, values []float64, base int, inner []int) {
	top, sum := exponentials(values, base, inner)
	for _, at := range inner {
		out[base+at] = math.Exp(values[base+at]-top) / sum
	}
}

func logSoftmax(out, values []float64, base int, inner []int) {
	top, sum := exponentials(values, base, inner)
	for _, at := range inner {
		out[base+at] = values[base+at] - top - math.Log(sum)
	}
}

func hardmax(out, values []float64, base int, inner []int) {
	best := inner[0]
	for _, at := range inner {
		if values[base+at] > values[base+best] {
			best = at
		}
	}
	out[base+best] = 1
}
