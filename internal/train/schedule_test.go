package train

import (
	"math"
	"testing"
)

// The winners' printed rates for 15 epochs from 3e-5.
func TestWinnersScheduleByEpoch(t *testing.T) {
	s := Schedule{Name: "winners", LearningRate: 3e-5}
	for epoch, want := range map[int]float64{1: 3.0e-5, 2: 3.0e-4, 3: 2.96e-4, 4: 2.85e-4, 14: 1.49e-5, 15: 3.76e-6} {
		for _, step := range []int{(epoch - 1) * 7, epoch*7 - 1} {
			if got := s.At(step, 7, 15); math.Abs(got/want-1) > 4e-3 { // three digits are printed
				t.Errorf("epoch %d, step %d: rate %.4g, want %.4g", epoch, step, got, want)
			}
		}
	}
}

// The schedule of the reference training on HAM10000, written as there.
func TestCosineScheduleByStep(t *testing.T) {
	const lr, spe, epochs = 1e-3, 25, 5
	s := Schedule{Name: "cosine", LearningRate: lr, WarmupEpochs: 1}
	for it := range spe * epochs {
		want := lr * math.Min(1, float64(it+1)/spe)
		if it > spe {
			want *= 0.5 * (1 + math.Cos(math.Pi*float64(it-spe)/float64(epochs*spe-spe)))
		}
		if got := s.At(it, spe, epochs); math.Abs(got-want) > 1e-15 {
			t.Errorf("step %d: rate %v, want %v", it, got, want)
		}
	}
}

func TestScheduleIsPositiveAtEveryStep(t *testing.T) {
	for _, s := range []Schedule{{"winners", 1e-3, 0}, {"cosine", 1e-3, 0}, {"cosine", 1e-3, 1}, {"cosine", 1e-3, 2.5}, {"constant", 1e-3, 1}} {
		for epochs := 1; epochs < 5; epochs++ {
			for step := range epochs * 4 {
				if r := s.At(step, 4, epochs); !(r > 0) || r > 1e-2+1e-12 {
					t.Errorf("%+v: step %d of %d epochs has rate %v", s, step, epochs, r)
				}
			}
		}
	}
}

func TestClassWeights(t *testing.T) {
	counts := []float64{90, 10, 0}
	for kind, want := range map[string][]float64{
		"none":     {1, 1, 1},
		"balanced": {100.0 / 270, 100.0 / 30, 0},
		"sqrt":     {math.Sqrt(100.0 / 270), math.Sqrt(100.0 / 30), 0},
	} {
		for k, w := range classWeights(kind, counts) {
			if math.Abs(w-want[k]) > 1e-12 {
				t.Errorf("%s: weight of class %d is %v, want %v", kind, k, w, want[k])
			}
		}
	}
}

func TestConfigNamesTheWrongKey(t *testing.T) {
	for key, change := range map[string]func(*Config){
		"epochs":                  func(c *Config) { c.Epochs = 0 },
		"batch":                   func(c *Config) { c.Batch = 1 },
		"class_weights":           func(c *Config) { c.ClassWeights = "equal" },
		"label_smoothing":         func(c *Config) { c.LabelSmoothing = 1 },
		"schedule.name":           func(c *Config) { c.Schedule.Name = "step" },
		"schedule.learning_rate":  func(c *Config) { c.Schedule.LearningRate = math.NaN() },
		"early_stopping.patience": func(c *Config) { c.EarlyStopping.Patience = 3; c.Update.Name = "sgld" },
		"early_stopping.fraction": func(c *Config) { c.EarlyStopping.Fraction = 0.9 },
		"checkpoint_seconds":      func(c *Config) { c.CheckpointSeconds = 0 },
		"clip_value":              func(c *Config) { c.ClipValue = math.NaN() },
		"layer_decay":             func(c *Config) { c.LayerDecay = 1.1 },
		"rate_factors.1.factor":   func(c *Config) { c.RateFactors = []RateFactor{{"*", 1}, {"*", 0}} },
		"sampling.method":         func(c *Config) { c.Sampling.Method = "even" },
		"sampling.upsample.mel":   func(c *Config) { c.Sampling.Upsample = map[string]float64{"mel": 0} },
		"average.method":          func(c *Config) { c.Average.Method, c.Update.Name = "ema", "sghmc" },
		"average.decay":           func(c *Config) { c.Average.Decay = 1 },
		"average.start_epoch":     func(c *Config) { c.Average.StartEpoch = 6 },
		"average.learning_rate":   func(c *Config) { c.Average.Method, c.Average.LearningRate = "ema", 1 },
		"accumulate":              func(c *Config) { c.Accumulate = 5 },
		"loss.name":               func(c *Config) { c.Loss.Name = "hinge" },
		"loss.gamma":              func(c *Config) { c.Loss.Gamma = -1 },
		"loss.alpha":              func(c *Config) { c.Loss.Alpha = []float64{1, 2} },
		"loss.alpha.1":            func(c *Config) { c.Loss = Loss{Name: "focal", Alpha: []float64{1, math.NaN()}} },
		"freeze_batchnorm_affine": func(c *Config) { c.FreezeBatchNormAffine = true },
		"clip_norm":               func(c *Config) { c.ClipNorm = -1 },
		"batchnorm_batches":       func(c *Config) { c.BatchNormPasses = 0 },
	} {
		c := Default()
		change(&c)
		e, ok := c.Validate().(*ConfigError)
		if !ok || e.Key != key || e.Hint() == "" {
			t.Errorf("%s: error %v", key, c.Validate())
		}
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}
