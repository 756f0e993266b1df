package eval

import (
	"fmt"
	"math"
	"slices"

	"melanoma/internal/onnx"
)

// moments returns mean and variance of a lane.
func moments(values []float64, base int, inner []int) (mean, variance float64) {
	n := float64(len(inner))
	for _, at := range inner {
		mean += values[base+at] / n
	}
	for _, at := range inner {
		d := values[base+at] - mean
		variance += d * d / n
	}
	return mean, variance
}

// instanceNorm normalises each channel of each image.
func instanceNorm(c *call) (*Array, error) {
	if len(c.in[0].Shape) < 3 {
		return nil, fmt.Errorf("its input has shape %v, without an image", c.in[0].Shape)
	}
	return c.groupNormed(c.in[0].Shape[1], c.in[0].Shape[1])
}

// groupNorm normalises groups of channels of each image. Scale and bias are
// one a group in opset 18, one a channel later.
func groupNorm(c *call) (*Array, error) {
	groups := c.node.Int("num_groups", 0)
	if len(c.in[0].Shape) < 2 || groups < 1 || int64(c.in[0].Shape[1])%groups != 0 {
		return nil, fmt.Errorf("the shape %v does not divide into %d groups", c.in[0].Shape, groups)
	}
	if c.op.Since < 21 {
		return c.groupNormed(int(groups), int(groups))
	}
	return c.groupNormed(int(groups), c.in[0].Shape[1])
}

func (c *call) groupNormed(groups, scales int) (*Array, error) {
	if err := c.float(0); err != nil {
		return nil, err
	}
	if err := c.channelVectors(1, 3, scales); err != nil {
		return nil, err
	}
	x, epsilon := c.in[0], number(c.node, "epsilon", 1e-5)
	return c.floats(x.Type, x.Shape, func(out []float64) {
		if len(out) == 0 {
			return
		}
		channels := x.Shape[1]
		values, scale, bias := x.Float64s(), c.in[1].Float64s(), c.in[2].Float64s()
		pixels := size(x.Shape[2:])
		inner := every(channels / groups * pixels)
		for base := 0; base < len(values); base += len(inner) {
			mean, variance := moments(values, base, inner)
			for _, at := range inner {
				i := base + at
				s := i / pixels % channels * scales / channels
				out[i] = (values[i]-mean)/math.Sqrt(variance+epsilon)*scale[s] + bias[s]
			}
		}
	})
}

// layerNorm normalises over the axes from one on and returns, where they are
// wanted, mean and inverse deviation.
func layerNorm(c *call) ([]*Array, error) {
	x := c.in[0]
	if err := c.float(0); err != nil {
		return nil, err
	}
	axis, err := c.axis("axis", -1, len(x.Shape))
	if err != nil {
		return nil, err
	}
	if err := c.fitsTail(axis); err != nil {
		return nil, err
	}
	n, epsilon := size(x.Shape[axis:]), number(c.node, "epsilon", 1e-5)
	var means, deviations []float64
	y, err := c.floats(x.Type, x.Shape, func(out []float64) {
		values, inner := x.Float64s(), every(n)
		scale, bias := c.tail(1, axis, 1), c.tail(2, axis, 0)
		for base := 0; base < len(values); base += n {
			mean, variance := moments(values, base, inner)
			inverse := 1 / math.Sqrt(variance+epsilon)
			means, deviations = append(means, mean), append(deviations, inverse)
			for k := range n {
				out[base+k] = (values[base+k]-mean)*inverse*scale[k] + bias[k]
			}
		}
	})
	if err != nil {
		return nil, err
	}
	stash := onnx.DataType(c.node.Int("stash_type", int64(onnx.Float)))
	if !stash.IsFloat() {
		return nil, fmt.Errorf("the stash_type %s is not supported", stash)
	}
	shape := slices.Concat(x.Shape[:axis], slices.Repeat([]int{1}, len(x.Shape)-axis))
	mean, err := c.floats(stash, shape, func(out []float64) { copy(out, means) })
	if err != nil {
		return nil, err
	}
	deviation, err := c.floats(stash, shape, func(out []float64) { copy(out, deviations) })
	return []*Array{y, mean, deviation}, err
}

// fitsTail checks that scale and bias broadcast to the axes from one on.
func (c *call) fitsTail(axis int) error {
	tail := c.in[0].Shape[axis:]
	for i := 1; i < len(c.in); i++ {
		if !c.has(i) {
			continue
		}
		if err := c.float(i); err != nil {
			return err
		}
		shape, err := broadcast(tail, c.in[i].Shape)
		if err != nil || !slices.Equal(shape, tail) {
			return fmt.Errorf("its input %d of shape %v does not fit %v", i, c.in[i].Shape, tail)
		}
	}
	return nil
}

// tail returns input i broadcast to the axes from one on, or a constant.
func (c *call) tail(i, axis int, missing float64) []float64 {
	tail := c.in[0].Shape[axis:]
	if !c.has(i) {
		return slices.Repeat([]float64{missing}, size(tail))
	}
	values := c.in[i].Float64s()
	var out []float64
	for _, at := range stretched(c.in[i].Shape, tail) {
		out = append(out, values[at])
	}
	return out
}

// rmsNorm divides by the root of the mean square over the axes from one on.
func rmsNorm(c *call) (*Array, error) {
	x := c.in[0]
	if err := c.float(0); err != nil {
		return nil, err
	}
	axis, err := c.axis("axis", -1, len(x.Shape))
	if err != nil {
		return nil, err
	}
	if err := c.fitsTail(axis); err != nil {
		return nil, err
	}
	epsilon := number(c.node, "epsilon", 1e-5)
	return c.floats(x.Type, x.Shape, func(out []float64) {
		values, scale := x.Float64s(), c.tail(1, axis, 1)
		for base := 0; base < len(values); base += len(scale) {
			root := math.Sqrt(sumSquare(values[base:base+len(scale)])/float64(len(scale)) + epsilon)
			for k, s := range scale {
				out[base+k] = values[base+k] / root * s
			}
		}
	})
}

// lpNorm divides by the norm along an axis.
func lpNorm(c *call) (*Array, error) {
	if err := c.float(0); err != nil {
		return nil, err
	}
	axis, err := c.axis("axis", -1, len(c.in[0].Shape))
	if err != nil {
		return nil, err
	}
	p := c.node.Int("p", 2)
	if p != 1 && p != 2 {
		return nil, fmt.Errorf("p is %d, 1 and 2 are supported", p)
	}
	return c.along([]int{axis}, func(out, values []float64, base int, inner []int) {
		norm := 0.0
		for _, at := range inner {
			norm += math.Pow(math.Abs(values[base+at]), float64(p))
		}
		if p == 2 {
			norm = math.Sqrt(norm)
		}
		for _, at := range inner {
			if norm != 0 {
				out[base+at] = values[base+at] / norm
			}
		}
	})
}

// meanVarianceNorm normalises over axes, of [N,C,H,W] those but C.
func meanVarianceNorm(c *call) (*Array, error) {
	if err := c.float(0); err != nil {
		return nil, err
	}
	axes := c.attributeInts("axes")
	if axes == nil {
		axes = []int{0, 2, 3}
	}
	axes, err := checkAxes(axes, len(c.in[0].Shape))
	if err != nil {
		return nil, err
	}
	return c.along(axes, func(out, values []float64, base int, inner []int) {
		mean, variance := moments(values, base, inner)
		for _, at := range inner {
			out[base+at] = (values[base+at] - mean) / (math.Sqrt(variance) + 1e-9)
		}
	})
}

// localResponseNorm divides by a power of the squares in nearby channels.
func localResponseNorm(c *call) (*Array, error) {
	x := c.in[0]
	if err := c.float(0); err != nil {
		return nil, err
	}
	window := c.node.Int("size", 0)
	if len(x.Shape) < 2 || window < 1 {
		return nil, fmt.Errorf("a window of %d channels on shape %v", window, x.Shape)
	}
	if err := c.spend(x.Len(), int(min(window, int64(x.Shape[1])))); err != nil {
		return nil, err
	}
	alpha, beta, bias := number(c.node, "alpha", 1e-4), number(c.node, "beta", 0.75), number(c.node, "bias", 1)
	return c.along([]int{1}, func(out, values []float64, base int, inner []int) {
		for ch, at := range inner {
			from := max(0, int64(ch)-(window-1)/2)
			to := min(int64(len(inner)-1), int64(ch)+window/2)
			squares := 0.0
			for k := from; k <= to; k++ {
				v := values[base+inner[k]]
				squares += v * v
			}
			out[base+at] = values[base+at] / math.Pow(bias+alpha/float64(window)*squares, beta)
		}
	})
}
