package train

import (
	"fmt"
	"math"
	"slices"
)

// Average keeps a mean of the weights that an optimiser passes through in
// place of its last ones (Polyak and Juditsky 1992). The statistics of
// BatchNorm are computed anew for it from training images, since those that
// followed the training belong to other weights.
//
//   - ema: after every step from StartEpoch on, the weights of k steps ago
//     count Decay^k. The mean is of the weights since then alone: sums are
//     divided by 1 - Decay^n, as in Adam, so that it does not lag behind in a
//     short training.
//   - swa: the plain mean of the weights at the end of every epoch from
//     StartEpoch on (Izmailov et al. 2018), which a learning rate that stays
//     up serves better than one that falls to 0: see LearningRate.
type Average struct {
	Method       string  `yaml:"method" json:"method"`               // none, ema or swa
	Decay        float64 `yaml:"decay" json:"decay"`                 // ema; in (0, 1)
	StartEpoch   int     `yaml:"start_epoch" json:"start_epoch"`     // first epoch that counts, from 1; 0 is 1 for ema, the last quarter for swa
	LearningRate float64 `yaml:"learning_rate" json:"learning_rate"` // swa; constant from StartEpoch on; 0 leaves the schedule
}

func (a Average) validate(epochs int) error {
	switch {
	case a.Method != "none" && a.Method != "ema" && a.Method != "swa":
		return &ConfigError{"average.method", fmt.Sprintf("is %q", a.Method), "none, ema or swa"}
	case !(a.Decay > 0 && a.Decay < 1):
		return &ConfigError{"average.decay", fmt.Sprintf("is %g", a.Decay), "between 0 and 1: 0.999 looks back about 1000 steps"}
	case a.StartEpoch < 0 || a.StartEpoch > epochs:
		return &ConfigError{"average.start_epoch", fmt.Sprintf("is %d of %d epochs", a.StartEpoch, epochs), "the first epoch that counts, from 1; 0 leaves the choice to the method"}
	case !(a.LearningRate >= 0) || math.IsInf(a.LearningRate, 0):
		return &ConfigError{"average.learning_rate", fmt.Sprintf("is %g", a.LearningRate), "0 leaves the schedule"}
	case a.LearningRate > 0 && a.Method != "swa":
		return &ConfigError{"average.learning_rate", fmt.Sprintf("goes with swa, method is %s", a.Method), "set it to 0"}
	}
	return nil
}

// first is the first epoch that counts, from 1.
func (a Average) first(epochs int) int {
	switch {
	case a.StartEpoch > 0:
		return a.StartEpoch
	case a.Method == "swa":
		return 1 + epochs*3/4
	}
	return 1
}

// rate is the learning rate of 0-based step `step`.
func (c Config) rate(step, stepsPerEpoch int) float64 {
	a := c.Average
	if a.Method == "swa" && a.LearningRate > 0 && step/stepsPerEpoch+1 >= a.first(c.Epochs) {
		return a.LearningRate
	}
	return c.Schedule.At(step, stepsPerEpoch, c.Epochs)
}

// averageStep counts the weights after a step of the epoch in progress.
func (tr *trainer) averageStep() {
	if a := tr.task.Config.Average; a.Method == "ema" && tr.state.Epoch+1 >= a.first(tr.task.Config.Epochs) {
		tr.state.Averaged++
		tr.average.Add((1 - a.Decay) / (1 - math.Pow(a.Decay, float64(tr.state.Averaged))))
	}
}

// averageEpoch counts the weights at the end of the epoch in progress, once: a
// run may be stopped and go on before the epoch is over.
func (tr *trainer) averageEpoch() {
	a, epoch := tr.task.Config.Average, tr.state.Epoch+1
	if a.Method == "swa" && epoch >= a.first(tr.task.Config.Epochs) && tr.state.AverageEpoch < epoch {
		tr.state.AverageEpoch = epoch
		tr.state.Averaged++
		tr.average.Add(1 / float64(tr.state.Averaged))
	}
}

// withAverage calls f while the store holds the mean weights and statistics of
// their own, if there is a mean yet; the training goes on with what it had.
func (tr *trainer) withAverage(f func() error) error {
	if tr.state.Averaged == 0 {
		return f()
	}
	running := slices.Clone(tr.store.Buffers())
	tr.average.Swap()
	defer func() {
		tr.average.Swap()
		copy(tr.store.Buffers(), running)
		tr.store.Changed()
	}()
	if err := tr.recomputeStatistics(0); err != nil {
		return err
	}
	return f()
}
