package bayes

import (
	"math"
	"testing"

	"melanoma/internal/numtest"
	"melanoma/internal/rng"
)

const (
	optimSteps  = 50
	optimLength = 7
)

// gradient is a deterministic, rough gradient that depends on the parameter,
// so that mistakes in a step feed back into the next ones.
func gradient(step, i int, p float64) float64 {
	return math.Sin(3*p+float64(i)) + 2*rng.Uniform(11, uint64(step*optimLength+i)) - 1
}

// rate is a learning rate that changes from step to step.
func rate(step int) float64 { return 0.05 * (1 + 0.5*math.Cos(float64(step))) }

// scalarRule is one parameter's update written out by hand.
type scalarRule func(step int, lr, p, g, mask float64, state *[2]float64) float64

func TestOptimisersEqualTheirScalarForm(t *testing.T) {
	base := Default()
	with := func(change func(*Config)) Config { c := base; change(&c); return c }
	for _, test := range []struct {
		name   string
		config Config
		scalar scalarRule
	}{
		{"adam", base, scalarAdam(0, 0)},
		{"adam with weight decay", with(func(c *Config) { c.WeightDecay = 0.1 }), scalarAdam(0.1, 0)},
		{"adamw", with(func(c *Config) { c.Name, c.WeightDecay = "adamw", 0.1 }), scalarAdam(0, 0.1)},
		{"sgd", with(func(c *Config) { c.Name, c.Momentum = "sgd", 0 }), scalarSGD(0, 0, false)},
		{"sgd with momentum", with(func(c *Config) { c.Name = "sgd" }), scalarSGD(0, 0.9, false)},
		{"sgd with nesterov momentum and decay",
			with(func(c *Config) { c.Name, c.Nesterov, c.WeightDecay = "sgd", true, 0.1 }), scalarSGD(0.1, 0.9, true)},
	} {
		t.Run(test.name, func(t *testing.T) {
			compareOptimiser[float64](t, test.config, test.scalar, 1e-12)
			compareOptimiser[float32](t, test.config, test.scalar, 1e-4)
		})
	}
}

func compareOptimiser[T Float](t *testing.T, c Config, scalar scalarRule, tolerance float64) {
	t.Helper()
	rule, err := NewRule(c)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, optimLength)
	state := make([][2]float64, optimLength)
	for i := range want {
		want[i] = float64(i)/3 - 1
	}
	v := newVectors[T](rule, want, 1)
	for i := range v.Decay {
		v.Decay[i] = T(i % 2)
	}
	for step := range optimSteps {
		for i := range want {
			v.Grad[i] = T(gradient(step, i, float64(v.Param[i])))
			want[i] = scalar(step, rate(step), want[i], gradient(step, i, want[i]), float64(i%2), &state[i])
		}
		Run(rule.Program(), v, rule.Scalars(step, rate(step)), nil)
		if d := numtest.MaxRelative(v.Param, want); d > tolerance {
			t.Fatalf("%T, step %d: relative difference %.2g > %.2g", v.Param, step, d, tolerance)
		}
	}
}

// scalarAdam is torch.optim.Adam's documented algorithm for one parameter.
func scalarAdam(coupled, decoupled float64) scalarRule {
	return func(step int, lr, p, g, mask float64, s *[2]float64) float64 {
		p *= 1 - lr*decoupled*mask
		g += coupled * mask * p
		s[0] = 0.9*s[0] + 0.1*g
		s[1] = 0.999*s[1] + 0.001*g*g
		first := s[0] / (1 - math.Pow(0.9, float64(step+1)))
		second := s[1] / (1 - math.Pow(0.999, float64(step+1)))
		return p - lr*first/(math.Sqrt(second)+1e-8)
	}
}

// scalarSGD is torch.optim.SGD's documented algorithm with dampening 0: the
// buffer starts as the first gradient.
func scalarSGD(decay, momentum float64, nesterov bool) scalarRule {
	return func(step int, lr, p, g, mask float64, s *[2]float64) float64 {
		g += decay * mask * p
		if momentum == 0 {
			return p - lr*g
		}
		if step == 0 {
			s[0] = g
		} else {
			s[0] = momentum*s[0] + g
		}
		if nesterov {
			return p - lr*(g+momentum*s[0])
		}
		return p - lr*s[0]
	}
}

func TestAdamsFirstStepIsTheLearningRate(t *testing.T) {
	c := Default()
	rule, err := NewRule(c)
	if err != nil {
		t.Fatal(err)
	}
	v := newVectors[float64](rule, []float64{0, 0}, 1)
	v.Grad[0], v.Grad[1] = 1e-3, -40
	Run(rule.Program(), v, rule.Scalars(0, 0.01), nil)
	// |g|/(|g|+epsilon) of the learning rate: epsilon stands outside the root.
	for i, want := range []float64{-0.01 * 1e-3 / (1e-3 + 1e-8), 0.01 * 40 / (40 + 1e-8)} {
		if math.Abs(v.Param[i]-want) > 1e-13 {
			t.Errorf("parameter %d moved to %.16g, want %.16g", i, v.Param[i], want)
		}
	}
}
