package models

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"melanoma/internal/rng"
)

// initialize draws every parameter from the seed and its own name, so that
// adding a layer changes no other layer's values, nor does the number of
// goroutines that draw.
func (n *Net) initialize(seed uint64) Weights {
	values := make([][]float32, len(n.Params))
	var next atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(values); i = int(next.Add(1)) - 1 {
				values[i] = n.Params[i].initial(seed)
			}
		})
	}
	group.Wait()
	w := make(Weights, len(n.Params))
	for i, p := range n.Params {
		w[p.Name] = values[i]
	}
	return w
}

// initial returns a parameter's first value: convolutions are normal with
// variance 2/fan-out (the EfficientNet authors' rule; fan-out counts one
// group), linear weights uniform within 1/sqrt(inputs), BatchNorm the
// identity, biases zero.
func (p Param) initial(seed uint64) []float32 {
	v := make([]float32, p.Len())
	switch p.Role {
	case RoleBNScale, RoleRunningVar:
		for i := range v {
			v[i] = 1
		}
	case RoleWeight:
		key := rng.Key(seed, "init", p.Name)
		if len(p.Shape) == 4 {
			p.normal(v, key)
		} else {
			bound := 1 / math.Sqrt(float64(p.Shape[len(p.Shape)-1]))
			for i := range v {
				v[i] = float32((2*rng.Uniform(key, uint64(i)) - 1) * bound)
			}
		}
	}
	return v
}

// normal fills a convolution's weights. A depthwise one has one input channel
// per group and as many groups as outputs, hence a fan-out of its kernel.
func (p Param) normal(v []float32, key uint64) {
	fanOut := p.Shape[0] * p.Shape[2] * p.Shape[3]
	if p.Shape[1] == 1 {
		fanOut = p.Shape[2] * p.Shape[3]
	}
	rng.Normal(v, key, 0)
	sd := float32(math.Sqrt(2 / float64(fanOut)))
	for i := range v {
		v[i] *= sd
	}
}
