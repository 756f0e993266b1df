package augment

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Config is a training augmentation: a preset by its name, or a list of steps
// that run in order, each with its own probability.
type Config struct {
	Preset string `yaml:"preset"` // of Presets; empty where Steps says it all
	Mode   string `yaml:"mode"`   // ModeFast or ModeParity
	Steps  []Step `yaml:"steps"`  // in place of a preset
}

// The modes. Both compute to the last bit what albumentations 0.4.6 does;
// parity also moves pixels by ElasticTransform's field, which costs more than
// the rest of the winners' recipe and does not show.
const (
	ModeFast   = "fast"
	ModeParity = "parity"
)

// Default returns the preset light.
func Default() Config { return Config{Preset: Light, Mode: ModeFast} }

// None returns the augmentation that changes nothing but the size.
func None() Config { return Config{Preset: NoSteps, Mode: ModeFast} }

// Recipe returns the steps of the configuration, those of its preset if it
// has one. The configuration has been validated.
func (c Config) Recipe() []Step {
	if preset, ok := presets[c.Preset]; ok {
		return preset()
	}
	return c.Steps
}

// ConfigError is a value of a Config that lies outside its range.
type ConfigError struct {
	Key     string // path of the key within the configuration, as in YAML
	Problem string // what is wrong
	Advice  string // what to write instead
}

func (e *ConfigError) Error() string { return fmt.Sprintf("augment: %s %s", e.Key, e.Problem) }

// Hint returns what to write instead.
func (e *ConfigError) Hint() string { return e.Advice }

// Validate reports the first value outside its range as a *ConfigError.
func (c Config) Validate() error {
	if c.Mode != ModeFast && c.Mode != ModeParity {
		return &ConfigError{Key: "mode", Problem: fmt.Sprintf("is %q", c.Mode), Advice: "fast, or parity for ElasticTransform's field as well"}
	}
	if _, known := presets[c.Preset]; !known && c.Preset != "" {
		return &ConfigError{Key: "preset", Problem: fmt.Sprintf("is %q", c.Preset), Advice: suggest(c.Preset, Presets(), "presets")}
	}
	if c.Preset != "" && c.Steps != nil {
		return &ConfigError{Key: "steps", Problem: fmt.Sprintf("goes without a preset, but preset is %q", c.Preset), Advice: "keep one of them; docs/augmentation.md lists the presets' steps"}
	}
	return validate("steps", c.Steps)
}

// inKey puts the keys around it before the key of a *ConfigError.
func inKey(at string, err error) error {
	var wrong *ConfigError
	if errors.As(err, &wrong) {
		out := *wrong
		out.Key = at + "." + wrong.Key
		return &out
	}
	return err
}

// limits reports a setting outside [low, high]; not a number is outside.
func limits(key string, v, low, high float64) error {
	if math.IsNaN(v) || v < low || v > high {
		return &ConfigError{Key: key, Problem: fmt.Sprintf("is %g, not in [%g, %g]", v, low, high), Advice: fmt.Sprintf("set it to a number from %g to %g", low, high)}
	}
	return nil
}

// share reports a setting outside [0, 1].
func share(key string, v float64) error { return limits(key, v, 0, 1) }

// interval reports a pair that is no interval within [low, high].
func interval(key string, v [2]float64, low, high float64) error {
	if err := firstOf(limits(key+".0", v[0], low, high), limits(key+".1", v[1], low, high)); err != nil {
		return err
	}
	if v[0] > v[1] {
		return &ConfigError{Key: key, Problem: fmt.Sprintf("is %g, more than its end %g", v[0], v[1]), Advice: "write the smaller number first"}
	}
	return nil
}

// chosen reports a setting that is none of the allowed.
func chosen(key string, v int, allowed ...int) error {
	if slices.Contains(allowed, v) {
		return nil
	}
	list := strings.Trim(fmt.Sprint(allowed), "[]")
	return &ConfigError{Key: key, Problem: fmt.Sprintf("is %d, not one of %s", v, list), Advice: "set it to one of " + list}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
