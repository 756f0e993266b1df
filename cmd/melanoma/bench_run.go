package main

import (
	"context"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"melanoma/augment"
	"melanoma/internal/bayes"
	"melanoma/internal/exec"
	"melanoma/internal/kernel"
	"melanoma/internal/rng"
	"melanoma/models"
)

// subject is the network of a bench, ready to run.
type subject struct {
	machine *exec.Machine
	store   *exec.Store
	pool    *exec.Pool
	summary models.Summary
}

// buildNet builds an architecture, or reads an ONNX file.
func buildNet(name string, size int) (*models.Net, models.Weights, error) {
	config := models.Config{Arch: name, Size: size, Classes: 9, Seed: 1}
	if strings.HasSuffix(name, ".onnx") {
		config.Arch, config.ONNX = "", name
	}
	return models.Build(config)
}

// options are those of the flags.
func (o benchOptions) options() ([]exec.Option, error) {
	options, err := without(o.without)
	if o.bfloat16 {
		options = append(options, exec.BFloat16())
	}
	if o.checkpoint {
		options = append(options, exec.Checkpoint())
	}
	return options, err
}

// subject builds the network of a bench on random images. Its pool is to be
// closed.
func (a *app) subject(o benchOptions, train bool) (*subject, error) {
	options, err := o.options()
	if err != nil {
		return nil, err
	}
	net, weights, err := buildNet(o.model, o.size)
	if err != nil {
		return nil, err
	}
	program, err := net.Instantiate(models.Instance{Batch: o.batch, Size: o.size, Train: train, Targets: train})
	if err == nil && train {
		err = program.Differentiate()
	}
	if err != nil {
		return nil, err
	}
	b := &subject{store: exec.NewStore(program)}
	if b.summary, err = net.Summary(o.size); err != nil {
		return nil, err
	}
	if err := b.store.Load(weights); err != nil {
		return nil, err
	}
	weights = nil
	debug.FreeOSMemory() // what loading left behind would count as memory of the steps
	b.pool = exec.NewPool(a.workers())
	if b.machine, err = exec.Compile(program, b.store, b.pool, options...); err != nil {
		b.pool.Close()
		return nil, err
	}
	rng.Normal(b.machine.Input("images"), rng.Key(1, "bench"), 0)
	if train {
		targets, rows := b.machine.Input("targets"), b.machine.Input("row_weights")
		for i := range o.batch {
			targets[i*net.Classes+i%net.Classes] = 1
			rows[i] = 1
		}
	}
	return b, nil
}

func (a *app) benchInfer(ctx context.Context, o benchOptions) (*throughput, error) {
	b, err := a.subject(o, false)
	if err != nil {
		return nil, err
	}
	defer b.pool.Close()
	if err := a.tellProfile(o, b.machine); err != nil {
		return nil, err
	}
	return a.netThroughput(ctx, o, b.summary, 1, func() error { return b.machine.Run(0) })
}

// benchTrain measures whole steps: forward, backward and Adam.
func (a *app) benchTrain(ctx context.Context, o benchOptions) (*throughput, error) {
	b, step, err := a.trainingStep(o)
	if err != nil {
		return nil, err
	}
	defer b.pool.Close()
	// A training step costs three evaluations: forward, and the gradients by
	// the activations and by the weights.
	return a.netThroughput(ctx, o, b.summary, 3, step)
}

// trainingStep returns a network and one training step of it, on the images
// that lie in its machine. Its pool is to be closed.
func (a *app) trainingStep(o benchOptions) (*subject, func() error, error) {
	b, err := a.subject(o, true)
	if err != nil {
		return nil, nil, err
	}
	rule, err := bayes.NewRule(bayes.Default())
	var updater *exec.Updater
	if err == nil {
		updater, err = exec.NewUpdater(rule, b.store, b.pool, b.store.DecayMask(true), 1)
	}
	if err == nil {
		err = a.tellProfile(o, b.machine)
	}
	if err != nil {
		b.pool.Close()
		return nil, nil, err
	}
	done := 0
	return b, func() error {
		if err := b.machine.Run(uint64(done)); err != nil {
			return err
		}
		b.machine.UpdateRunningStatistics(0)
		updater.Step(done, 1e-4, exec.Clip{})
		done++
		return nil
	}, nil
}

// netThroughput measures steps that cost so many evaluations of a network.
func (a *app) netThroughput(ctx context.Context, o benchOptions, s models.Summary, evaluations float64, step func() error) (*throughput, error) {
	if err := step(); err != nil {
		return nil, err
	}
	t := &throughput{Model: o.model, Size: o.size, Batch: o.batch, FirstStepS: time.Since(a.started).Seconds(), PeakGFLOPS: a.matrixSpeed()}
	times, err := measure(ctx, o.seconds, step)
	if err != nil {
		return nil, err
	}
	t.Steps = len(times)
	for _, v := range times {
		t.Seconds += v
	}
	slices.Sort(times)
	median := times[len(times)/2]
	t.ImagesPerSecond, t.Best, t.MsPerStep = float64(o.batch)/median, float64(o.batch)/times[0], 1000*median
	t.GFLOPS = t.ImagesPerSecond * float64(s.FLOPs) * evaluations / 1e9
	t.PeakShare = t.GFLOPS / t.PeakGFLOPS
	return t, nil
}

// matrixSpeed is the speed in GFLOP/s that this machine reaches on a large
// matrix product that stays in the second-level cache, all workers at once:
// the best that any layer can come near. Of some trials the fastest counts:
// other programs on the machine only ever slow one down.
func (a *app) matrixSpeed() float64 {
	best := 0.0
	for range 5 {
		best = max(best, a.matrixTrial())
	}
	return best
}

func (a *app) matrixTrial() float64 {
	const m, n, k, rounds = 192, 192, 384, 200
	var group sync.WaitGroup
	start := time.Now()
	for range a.workers() {
		group.Go(func() {
			left, right, product := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
			rng.Normal(left, 1, 0)
			rng.Normal(right, 2, 0)
			packed := make([]float32, kernel.PackedLen(k, n))
			kernel.PackB(packed, right, k, n, n)
			for range rounds {
				kernel.GemmPacked(product, n, left, k, packed, m, n, k, false)
			}
		})
	}
	group.Wait()
	return 2 * m * n * k * rounds * float64(a.workers()) / time.Since(start).Seconds() / 1e9
}

// benchParallel measures work on single pictures on all workers.
func (a *app) benchParallel(ctx context.Context, o benchOptions, work func(worker, i int) error) (*throughput, error) {
	var group sync.WaitGroup
	var done atomic.Int64
	errs := make([]error, a.workers())
	start := time.Now()
	for worker := range a.workers() {
		group.Go(func() {
			for i := 0; errs[worker] == nil && ctx.Err() == nil && time.Since(start).Seconds() < o.seconds; i++ {
				errs[worker] = work(worker, i)
				done.Add(1)
			}
		})
	}
	group.Wait()
	for _, err := range append(errs, ctx.Err()) {
		if err != nil {
			return nil, err
		}
	}
	spent := time.Since(start).Seconds()
	return &throughput{Size: o.size, Steps: int(done.Load()), Seconds: spent, ImagesPerSecond: float64(done.Load()) / spent}, nil
}

// syntheticPicture is smooth like skin with some noise, so that it compresses
// as photographs do.
func syntheticPicture(size int, seed uint64) augment.Image {
	small := augment.NewImage(max(2, size/16), max(2, size/16))
	r := rng.New(rng.Key(seed, "picture"))
	for i := range small.Pix {
		small.Pix[i] = uint8(120 + r.IntN(100))
	}
	im := augment.Resize(small, size, size)
	for i := range im.Pix {
		im.Pix[i] += uint8(r.IntN(9)) // at most 219 + 8
	}
	return im
}
