package train

import (
	"fmt"
	"math"

	"melanoma/augment"
	"melanoma/internal/bayes"
)

// Config says how a network is trained.
type Config struct {
	Epochs         int          `yaml:"epochs" json:"epochs"`                   // passes over the rows, at least 1
	Batch          int          `yaml:"batch" json:"batch"`                     // images a step, at least 2, with FreezeBatchNorm 1
	Accumulate     int          `yaml:"accumulate" json:"accumulate"`           // micro-batches that a step's images are cut into; divides Batch
	DropLast       bool         `yaml:"drop_last" json:"drop_last"`             // leave out the last, smaller batch of an epoch
	Update         bayes.Config `yaml:"update" json:"update"`                   // optimiser or sampler
	Sampling       Sampling     `yaml:"sampling" json:"sampling"`               // how often an epoch shows a row of each class
	Average        Average      `yaml:"average" json:"average"`                 // mean of the weights in place of the last ones
	DecayAll       bool         `yaml:"decay_all" json:"decay_all"`             // weight decay and prior also on biases and normalisation
	Schedule       Schedule     `yaml:"schedule" json:"schedule"`               // learning rate
	ClipNorm       float64      `yaml:"clip_norm" json:"clip_norm"`             // largest L2 norm of the gradient; 0 does not clip
	ClipValue      float64      `yaml:"clip_value" json:"clip_value"`           // largest absolute element of the gradient, before clip_norm; 0 does not clip
	Loss           Loss         `yaml:"loss" json:"loss"`                       // cross-entropy or focal
	LabelSmoothing float64      `yaml:"label_smoothing" json:"label_smoothing"` // share of the target spread over all classes, in [0, 1)
	ClassWeights   string       `yaml:"class_weights" json:"class_weights"`     // none, balanced (N/(K*count)) or sqrt (its root)
	// Mix blends the pictures of a batch, or of a micro-batch, with one another
	// and their targets alike; off by default.
	Mix             augment.MixConfig `yaml:"mix" json:"mix"`
	EarlyStopping   EarlyStop         `yaml:"early_stopping" json:"early_stopping"` // off by default
	BatchNormPasses int               `yaml:"batchnorm_batches" json:"batchnorm_batches"`

	// Freeze has patterns of parameters that keep their values: as a file's
	// name in a shell, * for any characters, dots too.
	Freeze []string `yaml:"freeze" json:"freeze,omitempty"`
	// FreezeBatchNorm normalises by the running statistics that the network
	// came with, in training too, and leaves them as they are: for small
	// batches and for data like those it was trained on.
	FreezeBatchNorm bool `yaml:"freeze_batchnorm" json:"freeze_batchnorm"`
	// FreezeBatchNormAffine freezes its scale and shift too.
	FreezeBatchNormAffine bool `yaml:"freeze_batchnorm_affine" json:"freeze_batchnorm_affine"`

	// LayerDecay multiplies the learning rate once for every block that a
	// parameter stands before the head, see models.Net.Depths; 1 leaves it.
	LayerDecay float64 `yaml:"layer_decay" json:"layer_decay"`

	// RateFactors multiply the learning rate of the parameters that they
	// match, besides LayerDecay.
	RateFactors []RateFactor `yaml:"rate_factors" json:"rate_factors,omitempty"`

	// GradientCheckpointing computes activations a second time in the backward
	// pass: half the memory, a quarter more time, the same results.
	GradientCheckpointing bool `yaml:"gradient_checkpointing" json:"-"`

	// ShortMemory says what to do where a step needs more memory than there is:
	// adapt (compute activations again, then cut the step's images into more
	// micro-batches), fail, or ignore.
	ShortMemory string `yaml:"short_memory" json:"-"`

	// MemoryGB is the memory, in 10^9 bytes, that the process may take; 0 is
	// what the machine and its control groups have left.
	MemoryGB float64 `yaml:"memory_gb" json:"-"`

	// CheckpointSeconds is the time between checkpoints within an epoch; it
	// changes no result.
	CheckpointSeconds float64 `yaml:"checkpoint_seconds" json:"-"`
}

// EarlyStop stops when the loss on watched rows has not fallen for Patience
// epochs, and keeps the best epoch. The watched rows are a grouped share of
// the training rows.
type EarlyStop struct {
	Patience int     `yaml:"patience" json:"patience"` // epochs; 0 trains all epochs and keeps the last
	Fraction float64 `yaml:"fraction" json:"fraction"` // share of the training rows to watch, in (0, 0.5]
}

// Default returns the settings before any configuration: Adam at 1e-3 with one
// epoch of warm-up and a cosine by step, batches of 32.
func Default() Config {
	return Config{
		Epochs: 5, Batch: 32, Accumulate: 1, DropLast: true, Update: bayes.Default(),
		Schedule: Schedule{Name: "cosine", LearningRate: 1e-3, WarmupEpochs: 1},
		Loss:     Loss{Name: "cross_entropy", Gamma: 2}, ClassWeights: "none", Mix: augment.DefaultMix(), EarlyStopping: EarlyStop{Fraction: 0.1},
		Sampling: Sampling{Method: "natural"}, Average: Average{Method: "none", Decay: 0.999}, BatchNormPasses: 16, LayerDecay: 1, ShortMemory: "adapt", CheckpointSeconds: 20,
	}
}

// ConfigError is a setting that no training can run with.
type ConfigError struct {
	Key     string // key of the setting, as in YAML
	Problem string // what is wrong
	Advice  string // what to write instead
}

func (e *ConfigError) Error() string { return fmt.Sprintf("train: %s %s", e.Key, e.Problem) }

// Hint returns what to write instead.
func (e *ConfigError) Hint() string { return e.Advice }

// Validate reports the first setting outside its range.
func (c Config) Validate() error {
	checks := []struct {
		ok              bool
		key, is, advice string
	}{
		{c.Epochs >= 1, "epochs", fmt.Sprintf("is %d", c.Epochs), "at least 1"},
		{c.Batch >= 2 || c.Batch == 1 && c.FreezeBatchNorm, "batch", fmt.Sprintf("is %d", c.Batch), "batch statistics need at least 2 images; with freeze_batchnorm 1 is enough"},
		{c.Accumulate >= 1 && c.Batch%max(c.Accumulate, 1) == 0, "accumulate", fmt.Sprintf("is %d, batch is %d", c.Accumulate, c.Batch), "a divisor of batch: a step's images are cut into so many micro-batches"},
		{c.ClipNorm >= 0, "clip_norm", fmt.Sprintf("is %g", c.ClipNorm), "0 does not clip"},
		{c.ClipValue >= 0, "clip_value", fmt.Sprintf("is %g", c.ClipValue), "0 does not clip"},
		{c.LabelSmoothing >= 0 && c.LabelSmoothing < 1, "label_smoothing", fmt.Sprintf("is %g", c.LabelSmoothing), "a share in [0, 1)"},
		{c.ClassWeights == "none" || c.ClassWeights == "balanced" || c.ClassWeights == "sqrt", "class_weights", fmt.Sprintf("is %q", c.ClassWeights), "none, balanced or sqrt"},
		{c.EarlyStopping.Patience >= 0, "early_stopping.patience", fmt.Sprintf("is %d", c.EarlyStopping.Patience), "0 switches early stopping off"},
		{c.EarlyStopping.Fraction > 0 && c.EarlyStopping.Fraction <= 0.5, "early_stopping.fraction", fmt.Sprintf("is %g", c.EarlyStopping.Fraction), "a share in (0, 0.5]"},
		{c.FreezeBatchNorm || !c.FreezeBatchNormAffine, "freeze_batchnorm_affine", "goes with freeze_batchnorm", "set train.freeze_batchnorm to true, or name the parameters in train.freeze"},
		{c.BatchNormPasses >= 1, "batchnorm_batches", fmt.Sprintf("is %d", c.BatchNormPasses), "16 is usual"},
		{c.ShortMemory == "adapt" || c.ShortMemory == "fail" || c.ShortMemory == "ignore", "short_memory", fmt.Sprintf("is %q", c.ShortMemory), "adapt, fail or ignore"},
		{c.MemoryGB >= 0 && !math.IsInf(c.MemoryGB, 0), "memory_gb", fmt.Sprintf("is %g", c.MemoryGB), "0 is what the machine has left"},
		{c.CheckpointSeconds > 0, "checkpoint_seconds", fmt.Sprintf("is %g", c.CheckpointSeconds), "20 is usual"},
		{!c.Update.Sampler() || c.Average.Method == "none", "average.method", "goes with an optimiser, not with a sampler", "a sampler's predictions are averaged over its samples: set it to none"},
		{!c.Update.Sampler() || c.EarlyStopping.Patience == 0, "early_stopping.patience", "goes with an optimiser, not with a sampler", "a sampler needs all its steps: set it to 0"},
	}
	for _, k := range checks {
		if !k.ok {
			return &ConfigError{k.key, k.is, k.advice}
		}
	}
	for _, section := range []interface{ Validate() error }{c.Loss, c.Schedule} {
		if err := section.Validate(); err != nil {
			return err
		}
	}
	for _, check := range []func() error{c.Mix.Validate, c.validateRates, c.Sampling.validate, func() error { return c.Average.validate(c.Epochs) }} {
		if err := check(); err != nil {
			return err
		}
	}
	return c.Update.Validate()
}
