package bayes

import "math"

// newSGHMC builds stochastic gradient Hamiltonian Monte Carlo (Chen, Fox,
// Guestrin 2014) at temperature T = Temperature/Observations, with friction
// alpha, momentum scale sigma (momenta are N(0, T*sigma^2) in equilibrium) and
// beta as for SGLD. Parameters move by the momenta from before the step.
func newSGHMC(c Config) Rule {
	sd := c.Sigma * math.Sqrt(c.temperature())
	if c.InitialMomentaSD != nil {
		sd = *c.InitialMomentaSD
	}
	slots := []Slot{{Name: "momenta", InitConst: float32(c.InitialMomenta), InitNormalSD: float32(sd)}}
	b := newBuilder(slots)
	param, grad, momenta := b.load(Param), b.load(Grad), b.load(FirstSlot)
	if c.decay() > 0 {
		grad = b.decayed(grad, param, "weight_decay")
	}
	kicked := b.add(b.times(momenta, "1-learning_rate*alpha/sigma^2"), b.times(grad, "-learning_rate"))
	if c.Temperature > 0 {
		kicked = b.add(kicked, b.times(b.noise(), "noise_sd"))
	}
	b.store(Param, b.add(param, b.times(momenta, "learning_rate/sigma^2")))
	b.store(FirstSlot, kicked)
	variance := c.Sigma * c.Sigma
	return &rule{
		name: "sghmc", slots: slots, program: b.done(),
		scalars: func(_ int, learningRate float64) map[string]float64 {
			return map[string]float64{
				"weight_decay":                  c.decay(),
				"-learning_rate":                -learningRate,
				"learning_rate/sigma^2":         learningRate / variance,
				"1-learning_rate*alpha/sigma^2": 1 - learningRate*c.Friction/variance,
				"noise_sd":                      math.Sqrt(max(0, c.noiseVariance(learningRate))),
			}
		},
	}
}
