package models

import (
	"math"

	"melanoma/internal/rng"
)

// initialize draws every parameter from the seed and its own name, so that
// adding a layer changes no other layer's values.
func (n *Net) initialize(seed uint64) Weights {
	w := make(Weights, len(n.Params))
	for _, p := range n.Params {
		w[p.Name] = p.initial(seed)
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
