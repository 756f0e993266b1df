package augment

import (
	"fmt"
	"math"
)

// Config is a training augmentation. Probabilities lie in [0, 1].
type Config struct {
	Transpose          float64            `yaml:"transpose" json:"transpose"`             // probability
	VerticalFlip       float64            `yaml:"vertical_flip" json:"vertical_flip"`     // probability
	HorizontalFlip     float64            `yaml:"horizontal_flip" json:"horizontal_flip"` // probability
	BrightnessContrast BrightnessContrast `yaml:"brightness_contrast" json:"brightness_contrast"`
}

// BrightnessContrast multiplies all channels by a gain uniform in
// 1 +- Contrast (about black, not about the mean) and then adds a shift
// uniform in +-Brightness of the full scale.
type BrightnessContrast struct {
	P          float64 `yaml:"p" json:"p"`                   // probability
	Brightness float64 `yaml:"brightness" json:"brightness"` // largest shift, as a share of 255; in [0, 1]
	Contrast   float64 `yaml:"contrast" json:"contrast"`     // largest change of the gain; in [0, 1]
}

// Default returns the project's reference augmentation: each orientation step
// with probability 0.5; brightness and contrast with probability 0.75, gain
// in [0.8, 1.2) and shift in [-51, 51) levels.
func Default() Config {
	return Config{
		Transpose: 0.5, VerticalFlip: 0.5, HorizontalFlip: 0.5,
		BrightnessContrast: BrightnessContrast{P: 0.75, Brightness: 0.2, Contrast: 0.2},
	}
}

// None returns the augmentation that changes nothing.
func None() Config { return Config{} }

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
	for _, v := range []struct {
		key   string
		value float64
		what  string
	}{
		{"transpose", c.Transpose, "a probability"},
		{"vertical_flip", c.VerticalFlip, "a probability"},
		{"horizontal_flip", c.HorizontalFlip, "a probability"},
		{"brightness_contrast.p", c.BrightnessContrast.P, "a probability"},
		{"brightness_contrast.brightness", c.BrightnessContrast.Brightness, "a share of the full scale"},
		{"brightness_contrast.contrast", c.BrightnessContrast.Contrast, "a share of the gain"},
	} {
		if math.IsNaN(v.value) || v.value < 0 || v.value > 1 {
			return &ConfigError{
				Key:     v.key,
				Problem: fmt.Sprintf("is %g, but it is %s and must lie in [0, 1]", v.value, v.what),
				Advice:  fmt.Sprintf("set %s to a number from 0 (never) to 1", v.key),
			}
		}
	}
	return nil
}
