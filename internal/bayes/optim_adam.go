package bayes

import "math"

// newAdam builds Adam with weight decay added to the gradient.
func newAdam(c Config) Rule { return adam("adam", c, false) }

// newAdamW builds Adam whose weight decay shrinks the parameters directly, by
// learning rate times weight decay, before the step.
func newAdamW(c Config) Rule { return adam("adamw", c, true) }

// adam builds Kingma and Ba's algorithm 1; epsilon is added to the root of
// the bias-corrected second moment.
func adam(name string, c Config, decoupled bool) Rule {
	slots := []Slot{{Name: "first_moment"}, {Name: "second_moment"}}
	b := newBuilder(slots)
	param, grad := b.load(Param), b.load(Grad)
	if c.WeightDecay > 0 && decoupled {
		param = b.add(param, b.times(b.mul(b.load(Decay), param), "-learning_rate*weight_decay"))
	} else if c.WeightDecay > 0 {
		grad = b.decayed(grad, param, "weight_decay")
	}
	first := b.add(b.times(b.load(FirstSlot), "beta1"), b.times(grad, "1-beta1"))
	second := b.add(b.times(b.load(FirstSlot+1), "beta2"), b.times(b.mul(grad, grad), "1-beta2"))
	b.store(FirstSlot, first)
	b.store(FirstSlot+1, second)
	root := b.plus(b.times(b.sqrt(second), "1/sqrt(1-beta2^t)"), "epsilon")
	b.store(Param, b.add(param, b.times(b.div(first, root), "-learning_rate/(1-beta1^t)")))
	return &rule{
		name: name, slots: slots, program: b.done(),
		scalars: func(step int, learningRate float64) map[string]float64 {
			t := float64(step + 1)
			return map[string]float64{
				"weight_decay":                c.WeightDecay,
				"-learning_rate*weight_decay": -learningRate * c.WeightDecay,
				"beta1":                       c.Beta1,
				"1-beta1":                     1 - c.Beta1,
				"beta2":                       c.Beta2,
				"1-beta2":                     1 - c.Beta2,
				"epsilon":                     c.Epsilon,
				"1/sqrt(1-beta2^t)":           1 / math.Sqrt(1-math.Pow(c.Beta2, t)),
				"-learning_rate/(1-beta1^t)":  -learningRate / (1 - math.Pow(c.Beta1, t)),
			}
		},
	}
}
