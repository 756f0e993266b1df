package cv

import (
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// The ways to combine models. Each gives one score a row.
const (
	// MethodProb is the mean of the models' probabilities: the one result that
	// is a probability, and the one that uncertainty speaks of.
	MethodProb = "prob"
	// MethodRank is the mean of the models' percentile ranks.
	MethodRank = "rank"
	// MethodWeights is the weighted mean of the models' percentile ranks, with
	// weights fitted on out-of-fold rows.
	MethodWeights = "weights"
)

// Methods lists the ways to combine models, in the order of their columns.
var methods = []string{MethodProb, MethodRank, MethodWeights}

// BlendConfig says how the models of a run are combined.
type BlendConfig struct {
	Methods []string `yaml:"methods" json:"methods"` // what is computed
	Submit  string   `yaml:"submit" json:"submit"`   // the method whose scores are submitted
}

// DefaultBlend computes every method and submits the probability mean.
func DefaultBlend() BlendConfig {
	return BlendConfig{Methods: slices.Clone(methods), Submit: MethodProb}
}

// Validate returns a fault of kind Usage that names the wrong setting.
func (c BlendConfig) Validate() error {
	if err := checkMethods(c.Methods); err != nil {
		return err
	}
	if !slices.Contains(c.Methods, c.Submit) {
		return fault.New(fault.Usage, "ensemble.submit is one of ensemble.methods", "cv: submission by method %q, which is not computed", c.Submit)
	}
	return nil
}

func checkMethods(given []string) error {
	hint := "the methods are " + strings.Join(methods, ", ")
	if len(given) == 0 {
		return fault.New(fault.Usage, hint, "cv: no method to combine models by")
	}
	for i, m := range given {
		if !slices.Contains(methods, m) {
			return fault.New(fault.Usage, hint, "cv: unknown method %q", m)
		}
		if slices.Contains(given[:i], m) {
			return fault.New(fault.Usage, hint, "cv: method %q is named twice", m)
		}
	}
	return nil
}
