package train

import (
	"fmt"
	"math"
)

// Schedule is the learning rate over a training.
//
//   - "winners": by epoch e = 1..E as the winners' code did it: e = 1 the
//     stated rate, e = 2 ten times that, then 10x(1+cos(pi(e-2)/(E-1)))/2.
//     The rate in their table is that of the warm-up, a tenth of the peak.
//   - "cosine": by step: linear from 0 to the stated rate over WarmupEpochs,
//     then half a cosine down to 0 at the end.
//   - "constant": the stated rate after the same warm-up.
type Schedule struct {
	Name         string  `yaml:"name" json:"name"`
	LearningRate float64 `yaml:"learning_rate" json:"learning_rate"` // above 0
	WarmupEpochs float64 `yaml:"warmup_epochs" json:"warmup_epochs"` // at least 0; not for winners
}

// Validate reports the first setting outside its range.
func (s Schedule) Validate() error {
	switch {
	case s.Name != "winners" && s.Name != "cosine" && s.Name != "constant":
		return &ConfigError{"schedule.name", fmt.Sprintf("is %q", s.Name), "winners, cosine or constant"}
	case !(s.LearningRate > 0) || math.IsInf(s.LearningRate, 0):
		return &ConfigError{"schedule.learning_rate", fmt.Sprintf("is %g", s.LearningRate), "1e-3 is usual for Adam"}
	case !(s.WarmupEpochs >= 0):
		return &ConfigError{"schedule.warmup_epochs", fmt.Sprintf("is %g", s.WarmupEpochs), "0 starts at the full rate"}
	}
	return nil
}

// At returns the rate of 0-based step `step` of a training of `epochs` epochs
// of stepsPerEpoch steps.
func (s Schedule) At(step, stepsPerEpoch, epochs int) float64 {
	if s.Name == "winners" {
		return s.winners(step/stepsPerEpoch+1, epochs)
	}
	warmup := s.WarmupEpochs * float64(stepsPerEpoch)
	done := float64(step)
	if done+1 < warmup {
		return s.LearningRate * (done + 1) / warmup
	}
	if s.Name == "constant" {
		return s.LearningRate
	}
	rest := float64(epochs*stepsPerEpoch) - warmup
	if rest <= 0 {
		return s.LearningRate
	}
	return s.LearningRate * 0.5 * (1 + math.Cos(math.Pi*max(0, done-warmup)/rest))
}

func (s Schedule) winners(epoch, epochs int) float64 {
	switch {
	case epoch == 1:
		return s.LearningRate
	case epoch == 2 || epochs < 2:
		return 10 * s.LearningRate
	default:
		return 10 * s.LearningRate * (1 + math.Cos(math.Pi*float64(epoch-2)/float64(epochs-1))) / 2
	}
}
