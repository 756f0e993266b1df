package train

import (
	"fmt"
	"math"

	"melanoma/data"
	"melanoma/internal/bayes"
	"melanoma/internal/exec"
	"melanoma/internal/fault"
	"melanoma/internal/rng"
	"melanoma/models"
)

// trainer is a task in progress.
type trainer struct {
	task     *Task
	net      *models.Net
	pool     *exec.Pool
	store    *exec.Store
	updater  *exec.Updater
	machines map[int]*exec.Machine // by batch size
	loader   data.LoaderConfig
	batches  *data.Loader    // of the training rows; made when first asked for
	schedule bayes.Schedule  // of posterior samples
	weights  []float64       // of a row, by class
	alpha    []float64       // of a term of the loss, by class
	frozen   map[string]bool // parameters that keep their values
	steps    int             // an epoch
	rate     func(step int) float64
	pending  pending       // the step in progress
	limits   []exec.Option // of the memory of machines
	remarks  []Remark      // to be told
	unbound  func()        // takes back the bound on the heap; nil if there is none
	state    state
	average  *exec.Average // of the weights; nil without
	best     []float32     // parameters and buffers of the best watched epoch
	now      func() float64
	started  float64
	saved    float64 // time of the last checkpoint
	waits    waits   // of steps for their batches
}

// state is the position of a training: everything but arrays.
type state struct {
	Epoch        int        `json:"epoch"`                // epochs done
	Accumulate   int        `json:"accumulate,omitempty"` // micro-batches of a step, where memory decided
	Step         int        `json:"step"`                 // steps done
	LossSum      float64    `json:"loss_sum"`
	NormSum      float64    `json:"norm_sum"`
	LearningRate float64    `json:"learning_rate"`
	History      []EpochRow `json:"history"`
	BestEpoch    int        `json:"best_epoch"`              // 1-based; 0 without early stopping
	Stopped      bool       `json:"stopped"`                 // early
	Averaged     int        `json:"averaged,omitempty"`      // weights in the average
	AverageEpoch int        `json:"average_epoch,omitempty"` // the last that swa counted, 1-based
}

func newTrainer(t *Task) (*trainer, error) {
	tr := &trainer{task: t, machines: map[int]*exec.Machine{}, now: t.Now}
	tr.rate = func(step int) float64 { return t.Config.rate(step, tr.steps) }
	if tr.now == nil {
		tr.now = clock
	}
	tr.started = tr.now()
	if err := tr.prepareData(); err != nil {
		return nil, err
	}
	net, weights, err := models.Build(networkConfig(t.Model, t.Store, t.Metadata, rng.Key(t.Seed, "weights")))
	if err != nil {
		return nil, err
	}
	tr.net = net
	if tr.frozen, err = t.Config.frozen(net); err != nil {
		return nil, err
	}
	tr.loader.Normalize.Mean, tr.loader.Normalize.Std, tr.loader.Size = net.Mean, net.Std, net.InputSize
	tr.pool = exec.NewPool(t.Workers)
	if err := tr.prepareEngine(weights); err != nil {
		tr.close()
		return nil, err
	}
	return tr, nil
}

// networkConfig fills in what the data decide.
func networkConfig(c models.Config, s *data.Store, meta *data.MetaEncoder, seed uint64) models.Config {
	c.Classes, c.Seed = len(s.Classes()), seed
	if c.Size == 0 {
		c.Size = s.Size()
	}
	if c.Meta != nil && meta != nil {
		m := *c.Meta
		m.Inputs = meta.Width()
		c.Meta = &m
	}
	return c
}

func (tr *trainer) prepareData() error {
	t := tr.task
	if len(t.Rows) < 2 {
		return fault.New(fault.Input, "give the fold more images or use fewer folds", "train: %d training rows are too few", len(t.Rows))
	}
	strata, err := t.Config.Sampling.strata(t.Store, t.Rows)
	if err != nil {
		return err
	}
	tr.loader = data.LoaderConfig{Rows: t.Rows, Strata: strata, Batch: t.Config.Batch / t.Config.Accumulate, Seed: rng.Key(t.Seed, "data"),
		Augment: t.Augment, Meta: t.Metadata, Workers: t.Workers, Shuffle: true}
	if t.Config.Mix.P > 0 {
		tr.loader.Mix = &t.Config.Mix
	}
	tr.loader.DropLast = t.Config.DropLast && tr.loader.Len() >= t.Config.Batch
	tr.steps = t.Config.steps(tr.loader.Len())
	counts := make([]float64, len(t.Store.Classes()))
	for _, row := range t.Rows {
		target := t.Store.Row(row).Target
		if target < 0 {
			return fault.New(fault.Input, "training rows need a class: check the labels", "train: %s has no class", t.Store.Row(row).ImageName)
		}
		counts[target]++
	}
	tr.weights = classWeights(t.Config.ClassWeights, counts)
	tr.alpha, err = t.Config.Loss.factors(len(counts))
	return err
}

// classWeights returns the weight of a row by its class: 1, N/(K*count) or
// the root of that, with 0 for a class that does not occur.
func classWeights(kind string, counts []float64) []float64 {
	total := 0.0
	for _, c := range counts {
		total += c
	}
	w := make([]float64, len(counts))
	for k, c := range counts {
		balanced := 0.0
		if c > 0 {
			balanced = total / (float64(len(counts)) * c)
		}
		switch kind {
		case "balanced":
			w[k] = balanced
		case "sqrt":
			w[k] = math.Sqrt(balanced)
		default:
			w[k] = 1
		}
	}
	return w
}

func (tr *trainer) prepareEngine(weights models.Weights) error {
	t := tr.task
	update := t.Config.Update
	update.Observations = len(t.Rows)
	factors, err := t.Config.rateFactors(tr.net)
	if err != nil {
		return err
	}
	if err := update.CheckLearningRate(tr.peakRate() * largest(factors)); err != nil {
		return err
	}
	rule, err := bayes.NewRule(update)
	if err != nil {
		return err
	}
	if err := tr.fitMemory(len(rule.Slots())); err != nil {
		return err
	}
	if err := tr.store.Load(weights); err != nil {
		return err
	}
	if tr.schedule, err = update.Schedule(tr.steps * t.Config.Epochs); err != nil {
		return err
	}
	tr.updater, err = exec.NewUpdater(rule, tr.store, tr.pool, tr.store.DecayMask(!t.Config.DecayAll), rng.Key(t.Seed, "rule"))
	if t.Config.Average.Method != "none" {
		tr.average = exec.NewAverage(tr.store, tr.pool)
	}
	if err == nil && factors != nil {
		tr.updater.SetRateFactors(func(name string) float64 { return factors[name] })
	}
	return err
}

// peakRate is the highest learning rate of the training.
func (tr *trainer) peakRate() float64 {
	top := 0.0
	for step := range tr.steps * tr.task.Config.Epochs {
		top = max(top, tr.task.Config.rate(step, tr.steps))
	}
	return top
}

// machine returns the training machine for a batch of n images; the last
// batch of an epoch may be smaller than the others.
func (tr *trainer) machine(n int) (*exec.Machine, error) {
	if m := tr.machines[n]; m != nil {
		return m, nil
	}
	c := tr.task.Config
	p, err := tr.net.Instantiate(models.Instance{Batch: n, Size: tr.net.InputSize, Train: true, Targets: true,
		Frozen: tr.frozen, FrozenNorm: c.FreezeBatchNorm, Gamma: c.Loss.exponent()})
	if err != nil {
		return nil, err
	}
	if err := p.Differentiate(); err != nil {
		return nil, err
	}
	if tr.store == nil {
		tr.store = exec.NewStore(p)
	}
	var options []exec.Option
	if c.GradientCheckpointing {
		options = append(options, exec.Checkpoint())
	}
	m, err := exec.Compile(p, tr.store, tr.pool, append(options, tr.limits...)...)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	tr.machines[n] = m
	return m, nil
}

func (tr *trainer) key(purpose string, step int) uint64 {
	return rng.Key(tr.task.Seed, purpose, step)
}

func (tr *trainer) close() {
	if tr.unbound != nil {
		tr.unbound()
	}
	if tr.pool != nil {
		tr.pool.Close()
	}
}
