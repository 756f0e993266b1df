package bayes

// newSGD builds stochastic gradient descent with momentum without dampening
// (Sutskever et al. 2013 in torch's form: the learning rate is outside the
// momentum) and weight decay added to the gradient.
func newSGD(c Config) Rule {
	var slots []Slot
	if c.Momentum > 0 {
		slots = []Slot{{Name: "momentum"}}
	}
	b := newBuilder(slots)
	param, grad := b.load(Param), b.load(Grad)
	if c.WeightDecay > 0 {
		grad = b.decayed(grad, param, "weight_decay")
	}
	direction := grad
	if c.Momentum > 0 {
		momentum := b.add(b.times(b.load(FirstSlot), "momentum"), grad)
		b.store(FirstSlot, momentum)
		direction = momentum
		if c.Nesterov {
			direction = b.add(grad, b.times(momentum, "momentum"))
		}
	}
	b.store(Param, b.add(param, b.times(direction, "-learning_rate")))
	return &rule{
		name: "sgd", slots: slots, program: b.done(),
		scalars: func(_ int, learningRate float64) map[string]float64 {
			return map[string]float64{
				"weight_decay":   c.WeightDecay,
				"momentum":       c.Momentum,
				"-learning_rate": -learningRate,
			}
		},
	}
}
