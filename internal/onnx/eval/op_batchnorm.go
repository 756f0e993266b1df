package eval

import (
	"fmt"
	"math"
	"slices"

	"melanoma/internal/onnx"
)

// channelVectors checks that inputs from..to have one value a channel.
func (c *call) channelVectors(from, to, channels int) error {
	for i := from; i < to; i++ {
		if len(c.in[i].Shape) != 1 || c.in[i].Shape[0] != channels {
			return fmt.Errorf("its input %d has shape %v, not [%d]", i, c.in[i].Shape, channels)
		}
		if err := c.float(i); err != nil {
			return err
		}
	}
	return nil
}

// batchNorm normalises channels by given statistics, or in training mode by
// the batch's own. Training is a flag from opset 14 on; before, a node trains
// if it has more than one output.
func batchNorm(c *call) ([]*Array, error) {
	x := c.in[0]
	if len(x.Shape) < 1 {
		return nil, fmt.Errorf("its input is a scalar")
	}
	if err := c.float(0); err != nil {
		return nil, err
	}
	channels := 1
	if len(x.Shape) > 1 {
		channels = x.Shape[1]
	}
	if err := c.channelVectors(1, 5, channels); err != nil {
		return nil, err
	}
	training := c.node.Int("training_mode", 0) != 0
	if c.op.Since < 14 {
		training = slices.ContainsFunc(c.node.Outputs[1:], func(s string) bool { return s != "" })
	}
	if c.scope.options.Eval {
		training = false
	}
	if !training {
		y, err := c.normalized(channels, c.in[3], c.in[4])
		return []*Array{y, c.in[3], c.in[4], c.in[3], c.in[4]}[:max(1, len(c.node.Outputs))], err
	}
	return c.trainingNorm(channels)
}

// trainingNorm returns the result, the running statistics and, before opset
// 14, the batch's own.
func (c *call) trainingNorm(channels int) ([]*Array, error) {
	x := c.in[0]
	mean, variance := Unknown(onnx.Double, channels), Unknown(onnx.Double, channels)
	if !c.dry {
		means, variances := make([]float64, channels), make([]float64, channels)
		values := x.Float64s()
		outer, inner := lanes(x.Shape, butChannels(len(x.Shape)))
		for ch, base := range outer {
			means[ch], variances[ch] = moments(values, base, inner)
		}
		mean, variance = Doubles(means, channels), Doubles(variances, channels)
	}
	y, err := c.normalized(channels, mean, variance)
	if err != nil {
		return nil, err
	}
	out := []*Array{y}
	momentum := number(c.node, "momentum", 0.9)
	for i, batch := range []*Array{mean, variance} {
		running := c.in[3+i]
		a, err := c.floats(running.Type, running.Shape, func(out []float64) {
			for ch, v := range running.Float64s() {
				out[ch] = v*momentum + batch.f64[ch]*(1-momentum)
			}
		})
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	for i, batch := range []*Array{mean, variance} {
		a, err := c.floats(c.in[3+i].Type, []int{channels}, func(out []float64) { copy(out, batch.f64) })
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// butChannels returns all axes but the second.
func butChannels(rank int) []int {
	return slices.DeleteFunc(every(rank), func(a int) bool { return a == 1 })
}

func (c *call) normalized(channels int, mean, variance *Array) (*Array, error) {
	x, epsilon := c.in[0], number(c.node, "epsilon", 1e-5)
	return c.floats(x.Type, x.Shape, func(out []float64) {
		m, v, scale, bias := mean.Float64s(), variance.Float64s(), c.in[1].Float64s(), c.in[2].Float64s()
		inner := size(x.Shape[min(2, len(x.Shape)):])
		for i, value := range x.Float64s() {
			ch := i / inner % channels
			out[i] = (value-m[ch])/math.Sqrt(v[ch]+epsilon)*scale[ch] + bias[ch]
		}
	})
}
