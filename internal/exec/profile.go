package exec

import (
	"time"

	"melanoma/internal/graph"
)

// StepCost is what one step of a machine takes.
type StepCost struct {
	Name    string
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
		costs[i].Name = s.name
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
	c := StepCost{Bytes: 4 * int64(v.size)}
	for _, in := range v.in {
		c.Bytes += 4 * int64(in.size)
	}
	switch s := v.op.(type) {
	case graph.Conv: // y [N,H,W,O] times the length of a patch
		c.FLOPs = 2 * int64(v.size) * int64(v.in[1].size/v.in[1].shape[0])
	case graph.ConvGradInput: // dy, w
		c.FLOPs = 2 * int64(v.in[0].size) * int64(v.in[1].size/v.in[1].shape[0])
	case graph.ConvGradWeights: // x, dy
		c.FLOPs = 2 * int64(v.in[1].size) * int64(v.size/v.shape[0])
	case graph.MatMul:
		_, _, inner, _ := s.Dims(v.in[0].shape, v.in[1].shape)
		c.FLOPs = 2 * int64(v.size) * int64(inner)
	}
	return c
}
