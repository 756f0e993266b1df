package bayes

import (
	"fmt"
	"math"
	"strings"
)

// Config names an update rule and its settings. [Default] holds the defaults;
// a rule ignores the settings that are not its own.
type Config struct {
	Name string `yaml:"name" json:"name"` // adam, adamw, sgd, sgld or sghmc

	// Optimisers.
	Momentum    float64 `yaml:"momentum" json:"momentum"`         // sgd; in [0, 1)
	Nesterov    bool    `yaml:"nesterov" json:"nesterov"`         // sgd; needs momentum
	Beta1       float64 `yaml:"beta1" json:"beta1"`               // adam, adamw; in [0, 1)
	Beta2       float64 `yaml:"beta2" json:"beta2"`               // adam, adamw; in [0, 1)
	Epsilon     float64 `yaml:"epsilon" json:"epsilon"`           // adam, adamw; above 0
	WeightDecay float64 `yaml:"weight_decay" json:"weight_decay"` // at least 0; adamw's is decoupled, samplers add it to the prior's

	// Samplers; the package comment explains the scale of the first two.
	Temperature      float64  `yaml:"temperature" json:"temperature"`               // 1 is Bayes' posterior, 0 draws no noise
	PriorPrecision   float64  `yaml:"prior_precision" json:"prior_precision"`       // of a Gaussian prior about 0 on parameters that decay; 0 is a flat one
	Friction         float64  `yaml:"friction" json:"friction"`                     // sghmc; alpha, above 0
	Sigma            float64  `yaml:"sigma" json:"sigma"`                           // sghmc; scale of the momenta, above 0
	NoiseEstimate    float64  `yaml:"noise_estimate" json:"noise_estimate"`         // beta, at least 0
	InitialMomenta   float64  `yaml:"initial_momenta" json:"initial_momenta"`       // sghmc; mean of the momenta at step 0
	InitialMomentaSD *float64 `yaml:"initial_momenta_sd" json:"initial_momenta_sd"` // sghmc; absent: that of equilibrium, sigma*sqrt(T/N)
	BurnIn           int      `yaml:"burn_in" json:"burn_in"`                       // steps before the first sample may be kept
	Thinning         int      `yaml:"thinning" json:"thinning"`                     // steps between samples; 0 spreads Samples evenly up to the last step
	Samples          int      `yaml:"samples" json:"samples"`                       // most samples kept, at least 1

	// Observations is N, the number of training images. It is a fact of the
	// data, not a setting: whoever trains fills it in.
	Observations int `yaml:"-" json:"-"`
}

// Default returns Adam with the defaults of every rule: betas .9 and .999,
// epsilon 1e-8 (Kingma, Ba 2015), sgd momentum .9, no weight decay; friction
// alpha .01, noise estimate beta 0, sigma 1, temperature 1 as in the library
// posteriors 0.1.3; prior precision 1 as in the library laplace-torch; no
// burn-in and 8 samples spread evenly. Momenta start in equilibrium, where
// posteriors draws N(0, 1) whatever the temperature is.
func Default() Config {
	return Config{
		Name: "adam", Momentum: 0.9, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8,
		Temperature: 1, PriorPrecision: 1, Friction: 0.01, Sigma: 1, Samples: 8,
	}
}

// Sampler reports whether the rule samples a posterior; the others optimise
// and keep their last state alone.
func (c Config) Sampler() bool { return c.Name == "sgld" || c.Name == "sghmc" }

// CheckLearningRate reports, as a *ConfigError, a learning rate at which the
// rule cannot run: one that is not positive, a sampler's whose noise variance
// would be negative, or one at which friction turns momenta round.
func (c Config) CheckLearningRate(learningRate float64) error {
	if !(learningRate > 0) || math.IsInf(learningRate, 1) {
		return &ConfigError{"learning_rate", fmt.Sprintf("is %g and must be positive", learningRate), "set a positive learning rate"}
	}
	if !c.Sampler() {
		return nil
	}
	if v := c.noiseVariance(learningRate); v < 0 {
		return &ConfigError{"noise_estimate",
			fmt.Sprintf("is %g, more than the noise injected at learning rate %g", c.NoiseEstimate, learningRate),
			"lower noise_estimate or the learning rate"}
	}
	if c.Name == "sghmc" && learningRate*c.Friction > c.Sigma*c.Sigma {
		return &ConfigError{"friction",
			fmt.Sprintf("is %g: times the learning rate %g it exceeds sigma^2 = %g", c.Friction, learningRate, c.Sigma*c.Sigma),
			"lower friction or the learning rate"}
	}
	return nil
}

// temperature is that of the mean log posterior, T/N.
func (c Config) temperature() float64 { return c.Temperature / float64(max(1, c.Observations)) }

// decay is a sampler's weight decay: that of the prior and the explicit one.
func (c Config) decay() float64 {
	return c.WeightDecay + c.PriorPrecision/float64(max(1, c.Observations))
}

// noiseVariance is that of one element's noise in a sampler's step.
func (c Config) noiseVariance(learningRate float64) float64 {
	t, friction := c.temperature(), 1.0
	if c.Name == "sghmc" {
		friction = c.Friction
	}
	return t * learningRate * (2*friction - t*learningRate*c.NoiseEstimate)
}

// Names returns the names of all rules: optimisers, then samplers.
func Names() []string { return []string{"adam", "adamw", "sgd", "sgld", "sghmc"} }

// ConfigError is a setting that no rule can run with.
type ConfigError struct {
	Key     string // key of the setting, as in YAML
	Problem string // what is wrong
	Advice  string // what to write instead
}

func (e *ConfigError) Error() string { return fmt.Sprintf("bayes: %s %s", e.Key, e.Problem) }

// Hint returns what to write instead.
func (e *ConfigError) Hint() string { return e.Advice }

// Validate reports the first setting outside its range, or an unknown rule,
// as a *ConfigError. All settings are checked, whichever rule is named.
func (c Config) Validate() error {
	if _, ok := builders[c.Name]; !ok {
		return &ConfigError{"name", fmt.Sprintf("%q is not an update rule", c.Name),
			fmt.Sprintf("did you mean %q? the rules are %s", nearest(c.Name, Names()), strings.Join(Names(), ", "))}
	}
	for _, s := range c.ranges() {
		if math.IsNaN(s.value) || math.IsInf(s.value, 0) || !s.ok {
			return &ConfigError{s.key, fmt.Sprintf("is %g and must be %s", s.value, s.want), "set " + s.key + " to a number " + s.want}
		}
	}
	if c.Name == "sgd" && c.Nesterov && c.Momentum == 0 {
		return &ConfigError{"nesterov", "needs momentum above 0", "set momentum, for instance 0.9, or nesterov to false"}
	}
	return nil
}

type setting struct {
	key   string
	value float64
	ok    bool
	want  string
}

func (c Config) ranges() []setting {
	fraction := func(key string, v float64) setting { return setting{key, v, v >= 0 && v < 1, "in [0, 1)"} }
	notNegative := func(key string, v float64) setting { return setting{key, v, v >= 0, "at least 0"} }
	positive := func(key string, v float64) setting { return setting{key, v, v > 0, "above 0"} }
	out := []setting{
		fraction("momentum", c.Momentum), fraction("beta1", c.Beta1), fraction("beta2", c.Beta2),
		positive("epsilon", c.Epsilon), notNegative("weight_decay", c.WeightDecay),
		notNegative("temperature", c.Temperature), notNegative("prior_precision", c.PriorPrecision),
		positive("friction", c.Friction), positive("sigma", c.Sigma),
		notNegative("noise_estimate", c.NoiseEstimate),
		{"initial_momenta", c.InitialMomenta, true, "finite"},
		notNegative("burn_in", float64(c.BurnIn)), notNegative("thinning", float64(c.Thinning)),
		{"samples", float64(c.Samples), c.Samples >= 1, "at least 1"},
		notNegative("observations", float64(c.Observations)),
	}
	if c.InitialMomentaSD != nil {
		out = append(out, notNegative("initial_momenta_sd", *c.InitialMomentaSD))
	}
	return out
}

// nearest returns the name with the smallest edit distance to the given one,
// the first of them on a tie.
func nearest(name string, names []string) string {
	best, least := names[0], math.MaxInt
	for _, n := range names {
		if d := editDistance(strings.ToLower(name), n); d < least {
			best, least = n, d
		}
	}
	return best
}

// editDistance is Levenshtein's.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
