package bayes

import "math"

// newSGLD builds stochastic gradient Langevin dynamics (Welling, Teh 2011) at
// temperature T = Temperature/Observations; beta is the estimate of the
// variance of the gradient noise, which is subtracted from the injected one.
func newSGLD(c Config) Rule {
	b := newBuilder(nil)
	param, grad := b.load(Param), b.load(Grad)
	if c.decay() > 0 {
		grad = b.decayed(grad, param, "weight_decay")
	}
	moved := b.add(param, b.times(grad, "-learning_rate"))
	if c.Temperature > 0 {
		moved = b.add(moved, b.times(b.noise(), "noise_sd"))
	}
	b.store(Param, moved)
	return &rule{
		name: "sgld", program: b.done(),
		scalars: func(_ int, learningRate float64) map[string]float64 {
			return map[string]float64{
				"weight_decay":   c.decay(),
				"-learning_rate": -learningRate,
				"noise_sd":       math.Sqrt(max(0, c.noiseVariance(learningRate))),
			}
		},
	}
}
