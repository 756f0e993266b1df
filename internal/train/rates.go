package train

import (
	"fmt"
	"math"

	"melanoma/models"
)

// RateFactor multiplies the learning rate of some parameters.
type RateFactor struct {
	Pattern string  `yaml:"pattern" json:"pattern"` // of their names, as in freeze
	Factor  float64 `yaml:"factor" json:"factor"`   // above 0
}

// rateFactors returns what the learning rate of each trained parameter is
// multiplied by: LayerDecay to the power of how many blocks it stands before
// the head, times the factor of every pattern that matches it. nil where
// nothing is set.
func (c Config) rateFactors(net *models.Net) (map[string]float64, error) {
	if c.LayerDecay == 1 && len(c.RateFactors) == 0 {
		return nil, nil
	}
	factors := map[string]float64{}
	depths, count := net.Depths()
	for name, depth := range depths {
		factors[name] = math.Pow(c.LayerDecay, float64(count-1-depth))
	}
	for i, r := range c.RateFactors {
		names, err := named(net, fmt.Sprintf("rate_factors.%d.pattern", i), r.Pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			factors[name] *= r.Factor
		}
	}
	return factors, nil
}

// validateRates reports the first factor outside its range.
func (c Config) validateRates() error {
	if !(c.LayerDecay > 0 && c.LayerDecay <= 1) {
		return &ConfigError{"layer_decay", fmt.Sprintf("is %g", c.LayerDecay), "1 gives every layer the same rate, 0.8 each block a fifth less than the one after it"}
	}
	for i, r := range c.RateFactors {
		if !(r.Factor > 0) || math.IsInf(r.Factor, 0) {
			return &ConfigError{fmt.Sprintf("rate_factors.%d.factor", i), fmt.Sprintf("is %g", r.Factor), "a number above 0; train.freeze keeps parameters as they are"}
		}
	}
	return nil
}

// largest is the largest factor of a parameter, 1 where nothing is set.
func largest(factors map[string]float64) float64 {
	if factors == nil {
		return 1
	}
	top := 0.0
	for _, f := range factors {
		top = max(top, f)
	}
	return top
}
