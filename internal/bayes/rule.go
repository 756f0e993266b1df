package bayes

// Rule is an update rule: what an optimiser and a sampler have in common. A
// training loop does not know which of them it runs.
type Rule interface {
	// Name is the rule's name in a configuration.
	Name() string
	// Slots lists the vectors of state, in the order of the program.
	Slots() []Slot
	// Program is the update of one element. Callers must not change it.
	Program() *Program
	// Scalars returns the program's scalars at 0-based step `step`, in the
	// order of Program().Scalars. It depends on its arguments alone, so a
	// resumed run continues exactly.
	Scalars(step int, learningRate float64) []float64
	// Stochastic reports whether the program draws noise.
	Stochastic() bool
}

// Slot is a vector of state of length P. Element i starts as InitConst +
// InitNormalSD*z, z standard normal number i of a stream of the slot's own.
type Slot struct {
	Name         string
	InitConst    float32
	InitNormalSD float32
}

// rule is a Rule whose program was built once and whose scalars are a
// function.
type rule struct {
	name    string
	slots   []Slot
	program *Program
	scalars func(step int, learningRate float64) map[string]float64
}

func (r *rule) Name() string      { return r.name }
func (r *rule) Slots() []Slot     { return r.slots }
func (r *rule) Program() *Program { return r.program }
func (r *rule) Stochastic() bool  { return r.program.Stochastic() }

func (r *rule) Scalars(step int, learningRate float64) []float64 {
	values := r.scalars(step, learningRate)
	out := make([]float64, len(r.program.Scalars))
	for i, name := range r.program.Scalars {
		v, ok := values[name]
		if !ok {
			panic("bayes: " + r.name + ": no value for scalar " + name)
		}
		out[i] = v
	}
	return out
}

// NewRule builds the rule that the configuration names. A sampler with
// Observations below 1, like anything that Validate refuses, is an error.
func NewRule(c Config) (Rule, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Sampler() && c.Observations < 1 {
		return nil, &ConfigError{
			Key:     "observations",
			Problem: "is not set: a sampler needs the number of training images",
			Advice:  "set Config.Observations before building the rule",
		}
	}
	return builders[c.Name](c), nil
}

// builders holds one constructor a rule.
var builders = map[string]func(Config) Rule{
	"adam":  newAdam,
	"adamw": newAdamW,
	"sgd":   newSGD,
	"sgld":  newSGLD,
	"sghmc": newSGHMC,
}
