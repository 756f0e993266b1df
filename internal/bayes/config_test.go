package bayes

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestWrongSettingsAreNamedWithAHint(t *testing.T) {
	for _, test := range []struct {
		key    string
		change func(*Config)
		hint   string
	}{
		{"name", func(c *Config) { c.Name = "sgdl" }, `"sgd"`},
		{"name", func(c *Config) { c.Name = "SGLD " }, `"sgld"`},
		{"name", func(c *Config) { c.Name = "AdamsW" }, `"adamw"`},
		{"name", func(c *Config) { c.Name = "hmc" }, `"sghmc"`},
		{"beta1", func(c *Config) { c.Beta1 = 1 }, "[0, 1)"},
		{"epsilon", func(c *Config) { c.Epsilon = 0 }, "above 0"},
		{"weight_decay", func(c *Config) { c.WeightDecay = -1 }, "at least 0"},
		{"temperature", func(c *Config) { c.Temperature = math.NaN() }, "at least 0"},
		{"friction", func(c *Config) { c.Friction = 0 }, "above 0"},
		{"sigma", func(c *Config) { c.Sigma = math.Inf(1) }, "above 0"},
		{"samples", func(c *Config) { c.Samples = 0 }, "at least 1"},
		{"burn_in", func(c *Config) { c.BurnIn = -1 }, "at least 0"},
		{"initial_momenta_sd", func(c *Config) { sd := -1.0; c.InitialMomentaSD = &sd }, "at least 0"},
		{"nesterov", func(c *Config) { c.Name, c.Nesterov, c.Momentum = "sgd", true, 0 }, "momentum"},
	} {
		c := Default()
		test.change(&c)
		var wrong *ConfigError
		if err := c.Validate(); !errors.As(err, &wrong) || wrong.Key != test.key || !strings.Contains(wrong.Hint(), test.hint) {
			t.Errorf("%s: error %v with %+v, want a hint with %q", test.key, err, wrong, test.hint)
		}
		if _, err := NewRule(c); err == nil {
			t.Errorf("%s: NewRule accepts it", test.key)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

func TestASamplerNeedsTheNumberOfImages(t *testing.T) {
	c := Default()
	c.Name = "sghmc"
	var wrong *ConfigError
	if _, err := NewRule(c); !errors.As(err, &wrong) || wrong.Key != "observations" {
		t.Errorf("error %v, want one about observations", err)
	}
}

func TestMomentaStartInEquilibrium(t *testing.T) {
	c := Default()
	c.Name, c.Observations, c.Sigma = "sghmc", 100, 3
	rule, err := NewRule(c)
	if err != nil {
		t.Fatal(err)
	}
	if sd := rule.Slots()[0].InitNormalSD; math.Abs(float64(sd)-0.3) > 1e-7 {
		t.Errorf("momenta start with standard deviation %g, want 3/sqrt(100)", sd)
	}
	zero := 0.0
	c.InitialMomentaSD, c.InitialMomenta = &zero, 0.5
	rule, _ = NewRule(c)
	if s := rule.Slots()[0]; s.InitNormalSD != 0 || s.InitConst != 0.5 {
		t.Errorf("momenta start as %+v, want the constant 0.5", s)
	}
}

func TestLearningRatesThatCannotRun(t *testing.T) {
	for _, test := range []struct {
		name string
		rate float64
		set  func(*Config)
		key  string
	}{
		{"adam", 0, func(*Config) {}, "learning_rate"},
		{"adam", math.NaN(), func(*Config) {}, "learning_rate"},
		{"sgld", 1, func(c *Config) { c.NoiseEstimate = 3 }, "noise_estimate"},
		{"sghmc", 2, func(c *Config) { c.Friction = 0.6 }, "friction"},
		{"sghmc", 2, func(c *Config) { c.Friction = 0.4 }, ""},
		{"adam", 1, func(*Config) {}, ""},
	} {
		c := Default()
		c.Name, c.Observations = test.name, 1
		test.set(&c)
		var wrong *ConfigError
		err := c.CheckLearningRate(test.rate)
		if (test.key == "") != (err == nil) || test.key != "" && (!errors.As(err, &wrong) || wrong.Key != test.key) {
			t.Errorf("%s at %g: error %v, want one about %q", test.name, test.rate, err, test.key)
		}
	}
}

func TestSchedules(t *testing.T) {
	for _, test := range []struct {
		s    Schedule
		want string
	}{
		{Schedule{BurnIn: 10, Thinning: 5, Samples: 3, Total: 100}, "[15 20 25]"},
		{Schedule{BurnIn: 90, Thinning: 4, Samples: 9, Total: 100}, "[94 98]"},
		{Schedule{BurnIn: 40, Samples: 4, Total: 100}, "[55 70 85 100]"},
		{Schedule{BurnIn: 97, Samples: 8, Total: 100}, "[98 99 100]"},
		{Schedule{BurnIn: 3, Samples: 4, Total: 10}, "[4 6 8 10]"},
		{Schedule{Samples: 1, Total: 7}, "[7]"},
		{Schedule{BurnIn: 7, Samples: 1, Total: 7}, "[]"},
	} {
		got := []int{}
		for updates := range test.s.Total + 1 {
			if index, ok := test.s.Keep(updates); ok {
				if index != len(got) {
					t.Errorf("%+v: sample %d after %d updates, want index %d", test.s, index, updates, len(got))
				}
				got = append(got, updates)
			}
		}
		if fmt.Sprint(got) != test.want || test.s.Count() != len(got) {
			t.Errorf("%+v keeps %v (count %d), want %s", test.s, got, test.s.Count(), test.want)
		}
	}
}

func TestOptimisersKeepTheirLastState(t *testing.T) {
	c := Default()
	c.BurnIn = 1000
	s, err := c.Schedule(12)
	if err != nil || s.Count() != 1 || s.After(0) != 12 {
		t.Errorf("schedule %+v, %v", s, err)
	}
	c.Name = "sgld"
	var wrong *ConfigError
	if _, err := c.Schedule(12); !errors.As(err, &wrong) || wrong.Key != "burn_in" {
		t.Errorf("error %v, want one about burn_in", err)
	}
}
