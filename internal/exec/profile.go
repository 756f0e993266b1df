package exec

import (
	"fmt"
	"time"

	"melanoma/internal/graph"
)

// StepCost is what one step of a machine takes.
type StepCost struct {
	Name    string
	Kind    string  // what it does, without its numbers
	Seconds float64 // of one run
	Bytes   int64   // of its inputs and its result, each counted once
	FLOPs   int64   // of convolutions and matrix products, 2 a multiply-add; 0 for the others
}

// Profile runs the machine `runs` times and returns the mean cost of every
// step, in the order in which they run.
func (m *Machine) Profile(key uint64, runs int) ([]StepCost, error) {
	if err := m.Run(key); err != nil { // packs the weights and warms the caches
		return nil, err
	}
	costs := make([]StepCost, len(m.steps))
	for i, s := range m.steps {
		costs[i] = s.cost
	}
	for range runs {
		for i, s := range m.steps {
			start := time.Now()
			s.run()
			costs[i].Seconds += time.Since(start).Seconds() / float64(runs)
		}
	}
	return costs, nil
}

// costOf counts a step's bytes and operations from its shapes.
func costOf(v *value) StepCost {
	c := StepCost{Name: v.op.String(), Kind: kindOfStep(v), Bytes: 4 * int64(v.size)}
	for _, in := range v.in {
		c.Bytes += 4 * int64(in.size)
	}
	for _, also := range v.also {
		if also != nil {
			c.Bytes += 4 * int64(also.size)
		}
	}
	switch s := v.op.(type) {
	case graph.Conv:
		c.FLOPs = convFLOPs(v, v.in[1])
	case convolution:
		c.FLOPs = convFLOPs(v, v.in[s.weights()])
		if _, ok := s.x.op.(convolution); ok { // x, w of the one that is loaded
			positions := v.in[0].size / v.in[1].shape[1]
			c.FLOPs += 2 * int64(positions) * int64(v.in[1].size)
		}
	case graph.ConvGradInput: // dy, w
		c.FLOPs = convFLOPs(v.in[0], v.in[1])
	case graph.ConvGradWeights: // x, dy
		c.FLOPs = convFLOPs(v.in[1], v)
	case convGradients:
		c.FLOPs = 2 * convFLOPs(v.in[0], v.in[s.dy.n+s.x.n])
	case graph.MatMul:
		_, _, inner, _ := s.Dims(v.in[0].shape, v.in[1].shape)
		c.FLOPs = 2 * int64(v.size) * int64(inner)
	}
	return c
}

// convFLOPs is 2 for each element of y [N,H,W,O] and of a filter of w.
func convFLOPs(y, w *value) int64 { return 2 * int64(y.size) * int64(w.size/w.shape[0]) }

// kindOfStep names what a step does: two convolutions of one kind differ by
// their shapes alone.
func kindOfStep(v *value) string {
	switch o := v.op.(type) {
	case convolution:
		return fmt.Sprintf("%v convolution", kindOf(o.ConvAttrs, o.x.shape(shapesOf(v.in)), v.in[o.weights()].shape))
	case graph.Conv:
		return fmt.Sprintf("%v convolution", kindOf(o.ConvAttrs, v.in[0].shape, v.in[1].shape))
	case convGradients:
		return fmt.Sprintf("%v gradients", kindOf(o.ConvAttrs, v.shape, v.in[o.dy.n+o.x.n].shape))
	case graph.ConvGradInput:
		return fmt.Sprintf("%v gradient of input", kindOf(o.ConvAttrs, v.shape, v.in[1].shape))
	case graph.ConvGradWeights:
		return fmt.Sprintf("%v gradient of weights", kindOf(o.ConvAttrs, v.in[0].shape, v.shape))
	default:
		return v.op.String()
	}
}

func shapesOf(values []*value) [][]int {
	shapes := make([][]int, len(values))
	for i, v := range values {
		shapes[i] = v.shape
	}
	return shapes
}
