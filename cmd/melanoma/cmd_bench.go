package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"melanoma/augment"
	"melanoma/internal/kernel"
	"melanoma/internal/rng"
	"melanoma/pipeline"
)

type benchOptions struct {
	model               string
	size, batch, source int
	seconds             float64
	mode, preset        string
	profile             bool
	checkpoint          bool
	bfloat16            bool
	without             []string // fusion rules
	load                loadOptions
}

// throughput is what every bench prints; figures that do not apply are absent.
type throughput struct {
	Bench           string  `json:"bench"`
	Model           string  `json:"model,omitempty"`
	Size            int     `json:"size"`
	Batch           int     `json:"batch,omitempty"`
	ImagesPerSecond float64 `json:"images_per_second"`                // at the median step
	Best            float64 `json:"best_images_per_second,omitempty"` // at the fastest
	MsPerStep       float64 `json:"ms_per_step,omitempty"`            // the median
	FirstStepS      float64 `json:"first_step_s,omitempty"`           // from the start of the program to the end of the first step
	GFLOPS          float64 `json:"gflops,omitempty"`                 // floating-point operations a second, in 1e9
	PeakGFLOPS      float64 `json:"peak_gflops,omitempty"`            // of a large matrix product on this machine, measured at start
	PeakShare       float64 `json:"peak_share,omitempty"`             // GFLOPS of PeakGFLOPS
	PeakRSSGB       float64 `json:"peak_rss_gb"`
	Workers         int     `json:"workers"`
	Kernels         string  `json:"kernels"`
	Steps           int     `json:"steps"`
	Seconds         float64 `json:"seconds"`
	*loading
}

// bench is one of the subcommands.
type bench struct {
	name, short string
	run         func(context.Context, benchOptions) (*throughput, error)
	flags       func(*pflag.FlagSet, *benchOptions)
}

func (a *app) benchCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "bench", Short: "Throughput and peak memory: train, infer, augment, load",
		Args: unknownCommand, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	for _, b := range []bench{
		{"train", "Training steps on synthetic weights and images", a.benchTrain, trainFlags},
		{"infer", "Evaluation on synthetic weights and images", a.benchInfer, inferFlags},
		{"augment", "Training augmentation of decoded pictures", a.benchAugment, augmentFlags},
		{"load", "Training steps on pictures that a loader prepares beside them: waiting and computing", a.benchLoad, loadFlags},
	} {
		cmd.AddCommand(a.benchSubcommand(b))
	}
	return cmd
}

func (a *app) benchSubcommand(b bench) *cobra.Command {
	o := benchOptions{model: "tf_efficientnet_b0", size: 224, batch: 16, seconds: 5, source: 1024, mode: "fast"}
	cmd := &cobra.Command{
		Use: b.name, Short: b.short, Example: fmt.Sprintf("  melanoma bench %s --seconds 10 --json", b.name),
		Args: wants(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.size < 8 || o.batch < 1 || !(o.seconds > 0) || o.source < 8 {
				return usage("--size 224 --batch 16 --seconds 5", "sizes and seconds of a bench must be positive")
			}
			result, err := b.run(cmd.Context(), o)
			if err != nil {
				return err
			}
			return a.tellThroughput(b.name, result)
		},
	}
	cmd.Flags().IntVar(&o.size, "size", o.size, "image size in pixels")
	cmd.Flags().Float64Var(&o.seconds, "seconds", o.seconds, "how long to measure")
	b.flags(cmd.Flags(), &o)
	return cmd
}

func networkFlags(flags *pflag.FlagSet, o *benchOptions) {
	flags.StringVar(&o.model, "model", o.model, "architecture (melanoma models list) or ONNX file")
	flags.IntVar(&o.batch, "batch", o.batch, "images a step")
	flags.BoolVar(&o.profile, "profile", false, "print where the time of a step goes, on stderr")
	addWithout(flags, &o.without)
}

func trainFlags(flags *pflag.FlagSet, o *benchOptions) {
	networkFlags(flags, o)
	flags.BoolVar(&o.checkpoint, "checkpoint", false, "compute activations again in the backward pass: less memory, more time")
}

func inferFlags(flags *pflag.FlagSet, o *benchOptions) {
	networkFlags(flags, o)
	flags.BoolVar(&o.bfloat16, "bfloat16", false, "multiply in bfloat16, as predict.precision: bfloat16 does")
}

func augmentFlags(flags *pflag.FlagSet, o *benchOptions) {
	flags.IntVar(&o.source, "source", o.source, "size of the picture before it is resized")
	flags.StringVar(&o.mode, "mode", o.mode, "fast, or parity for ElasticTransform's field as well")
	flags.StringVar(&o.preset, "preset", augment.Winner2020, strings.Join(augment.Presets(), ", "))
}

func (a *app) tellThroughput(name string, t *throughput) error {
	t.Bench, t.Workers, t.Kernels, t.PeakRSSGB = name, a.workers(), kernel.Selected(), peakRSS()
	if a.common.json {
		return a.printJSON(t)
	}
	a.printf("%s", name)
	if t.Model != "" {
		a.printf(" %s, batch %d", t.Model, t.Batch)
	}
	a.printf(" at %d px: %.1f images/s", t.Size, t.ImagesPerSecond)
	if t.MsPerStep > 0 {
		a.printf(", %.1f ms a step, the first after %.1f s", t.MsPerStep, t.FirstStepS)
	}
	if t.PeakShare > 0 {
		a.printf(", %.1f GFLOP/s (%.0f%% of a large matrix product)", t.GFLOPS, 100*t.PeakShare)
	}
	a.printf(", peak memory %.2f GB, %d workers, kernels %s\n", t.PeakRSSGB, t.Workers, t.Kernels)
	if t.loading != nil {
		a.printf("%s", t.loading.tell())
	}
	return nil
}

// measure calls step until the time is over, after one call that does not
// count, and returns how long each call took.
func measure(ctx context.Context, seconds float64, step func() error) (times []float64, err error) {
	if err := step(); err != nil {
		return nil, err
	}
	for start := time.Now(); len(times) == 0 || time.Since(start).Seconds() < seconds; {
		from := time.Now()
		if err := cmp.Or(step(), ctx.Err()); err != nil {
			return nil, err
		}
		times = append(times, time.Since(from).Seconds())
	}
	return times, nil
}

// peakRSS is the largest resident size of the process so far, in GB.
func peakRSS() float64 { return float64(pipeline.PeakMemoryKiB()) * 1024 / 1e9 }

// benchPictures is how many pictures a bench of the augmentation goes round:
// too many for the caches, as in training.
const benchPictures = 40

// benchAugment applies a recipe, drawn anew for each picture, and normalises,
// as the loader does: one Augmenter a worker.
func (a *app) benchAugment(ctx context.Context, o benchOptions) (*throughput, error) {
	config := augment.Config{Preset: o.preset, Mode: o.mode}
	if err := config.Validate(); err != nil {
		return nil, usage(adviceOf(err), "%w", err)
	}
	n := a.workers()
	augmenters, results := make([]*augment.Augmenter, n), make([][]float32, n)
	pictures := make([]augment.Image, benchPictures)
	for i := range pictures {
		pictures[i] = syntheticPicture(o.source, uint64(i))
	}
	for worker := range n {
		var err error
		if augmenters[worker], err = augment.NewAugmenter(config, o.size); err != nil {
			return nil, usage("--size 384", "%w", err)
		}
		results[worker] = make([]float32, 3*o.size*o.size)
	}
	normalize := augment.Normalize{Mean: [3]float32{0.485, 0.456, 0.406}, Std: [3]float32{0.229, 0.224, 0.225}}
	return a.benchParallel(ctx, o, func(worker, i int) error {
		augmenter, im := augmenters[worker], pictures[i%benchPictures]
		draw := augmenter.Draw(rng.Key(1, "bench", worker, i), im.Width, im.Height)
		augmenter.Apply(results[worker], im.Pix, im.Width, im.Height, draw, normalize)
		return nil
	})
}
