package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image/jpeg"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"melanoma/augment"
	"melanoma/data"
	"melanoma/pipeline"
)

// loadOptions are those of bench load alone.
type loadOptions struct {
	run    string // a run's folder, in place of drawn pictures
	stored int    // side of the stored pictures
	store  string // pixels or files
	images int    // drawn ones
}

func loadFlags(flags *pflag.FlagSet, o *benchOptions) {
	networkFlags(flags, o)
	o.load = loadOptions{stored: 512, store: data.StorePixels, images: 64}
	flags.StringVar(&o.load.run, "run", "", "folder of a run: load its images (default: drawn ones)")
	flags.StringVar(&o.preset, "preset", "", strings.Join(augment.Presets(), ", ")+" (default: that of the run, else "+augment.Winner2020+")")
	flags.StringVar(&o.mode, "mode", o.mode, "fast, or parity for ElasticTransform's field as well")
	flags.IntVar(&o.source, "source", o.source, "size of the drawn JPEG files")
	flags.IntVar(&o.load.stored, "stored", o.load.stored, "size of the stored pictures (data.size)")
	flags.StringVar(&o.load.store, "store", o.load.store, "pixels or files (data.store)")
	flags.IntVar(&o.load.images, "images", o.load.images, "how many pictures to draw")
}

// loading is what bench load prints besides.
type loading struct {
	Store        string  `json:"store"`
	Stored       int     `json:"stored_size"`
	BytesPerFile float64 `json:"stored_bytes_per_image"`
	Waiting      float64 `json:"waiting_share"`                            // of the steps' time
	WaitingMs    float64 `json:"waiting_ms_per_step"`                      // mean
	ComputingMs  float64 `json:"computing_ms_per_step"`                    // mean
	Alone        float64 `json:"loader_images_per_second"`                 // without a network beside it
	StepAlone    float64 `json:"computing_alone_ms_per_step"`              // without a loader beside it
	Sharing      float64 `json:"sharing_efficiency"`                       // what both take alone, one after the other, over what they take together
	Decoding     float64 `json:"decode_files_per_second,omitempty"`        // one worker
	Standard     float64 `json:"image_jpeg_files_per_second,omitempty"`    // Go's image/jpeg, to planes
	Resizing     float64 `json:"decode_resize_files_per_second,omitempty"` // decoding and resizing to the stored size
}

// benchLoad trains a network on pictures that a loader prepares beside it, and
// splits the time of a step into waiting for the batch and computing.
func (a *app) benchLoad(ctx context.Context, o benchOptions) (*throughput, error) {
	recipe, err := o.recipe()
	if err != nil {
		return nil, err
	}
	store, done, err := a.benchStore(ctx, o)
	if err != nil {
		return nil, err
	}
	defer done()
	config := data.LoaderConfig{Batch: o.batch, Size: o.size, Seed: a.common.seed, Workers: a.workers(), Shuffle: true,
		Normalize: augment.Normalize{Mean: [3]float32{0.485, 0.456, 0.406}, Std: [3]float32{0.229, 0.224, 0.225}},
		Strata:    []data.Stratum{{Rows: store.TrainRows(), Draws: 1 << 16}}}
	config.Augment = recipe
	loader, err := store.NewLoader(config)
	if err != nil {
		return nil, usage("--size 224 --batch 16", "%w", err)
	}
	t := &throughput{Model: o.model, Size: o.size, Batch: o.batch, loading: &loading{Store: o.load.store, Stored: store.Size()}}
	if t.loading.Store = data.StorePixels; store.Encoded() {
		t.loading.Store = data.StoreFiles
	}
	t.loading.BytesPerFile = float64(store.PictureBytes()) / float64(store.Len())
	if err := a.loadAlone(ctx, o, loader, t); err != nil {
		return nil, err
	}
	if err := a.loadBeside(ctx, o, loader, t); err != nil {
		return nil, err
	}
	return t, a.decodeRates(ctx, o, t)
}

// recipe is the augmentation of the flags, or of the run.
func (o benchOptions) recipe() (*augment.Config, error) {
	if o.load.run != "" && o.preset == "" {
		c, err := pipeline.LoadStored(o.load.run, nil)
		if err == nil && c == nil {
			_, err = pipeline.ReadManifest(o.load.run)
		}
		if err != nil {
			return nil, err
		}
		return &c.Augment, nil
	}
	c := augment.Config{Preset: cmp.Or(o.preset, augment.Winner2020), Mode: o.mode}
	if err := c.Validate(); err != nil {
		return nil, usage(adviceOf(err), "%w", err)
	}
	return &c, nil
}

// loadAlone measures the loader without a network.
func (a *app) loadAlone(ctx context.Context, o benchOptions, loader *data.Loader, t *throughput) error {
	n, start := 0, time.Time{}
	for b, err := range loader.Epoch(ctx, 0, 0) {
		if err != nil {
			return err
		}
		if start.IsZero() { // the first batch waits for all of its rows
			start = time.Now()
			continue
		}
		if n += b.N; time.Since(start).Seconds() >= o.seconds/3 {
			break
		}
	}
	t.loading.Alone = float64(n) / time.Since(start).Seconds()
	return ctx.Err()
}

// split is how the time of steps divides.
type split struct {
	waited, computed float64 // seconds
	steps            int
}

func (s *split) seconds() float64 { return s.waited + s.computed }

// add counts a step that ends now: it asked for its batch, and got it.
func (s *split) add(asked, got time.Time) {
	s.waited, s.computed, s.steps = s.waited+got.Sub(asked).Seconds(), s.computed+time.Since(got).Seconds(), s.steps+1
}

// repeat runs steps that need no batch.
func (s *split) repeat(seconds float64, step func() error) error {
	for start := time.Now(); time.Since(start).Seconds() < seconds; {
		from := time.Now()
		if err := step(); err != nil {
			return err
		}
		s.add(from, from)
	}
	return nil
}

// turns is how often the two ways are measured in turn.
const turns = 4

// loadBeside measures training steps on the loader's batches, in turn with
// steps on a batch that is there while the loader has nothing to do: other
// programs on the machine slow both alike.
func (a *app) loadBeside(ctx context.Context, o benchOptions, loader *data.Loader, t *throughput) error {
	b, step, err := a.trainingStep(o)
	if err != nil {
		return err
	}
	defer b.pool.Close()
	images := b.machine.Input("images")
	var with, without split
	asked, turn := time.Now(), 1
	for batch, err := range loader.Epoch(ctx, 1, 0) {
		if err != nil {
			return err
		}
		got := time.Now()
		copy(images, batch.X)
		if err := step(); err != nil {
			return err
		}
		if t.FirstStepS == 0 { // it waits for a whole batch, and fills caches
			t.FirstStepS = time.Since(a.started).Seconds()
		} else {
			with.add(asked, got)
		}
		if with.seconds() >= float64(turn)*o.seconds/turns {
			if err := without.repeat(o.seconds/turns/2, step); err != nil {
				return err
			}
			if turn++; turn > turns {
				break
			}
		}
		asked = time.Now()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	t.Steps, t.Seconds = with.steps, with.seconds()
	t.MsPerStep, t.ImagesPerSecond = 1000*t.Seconds/float64(t.Steps), float64(o.batch*t.Steps)/t.Seconds
	t.GFLOPS = t.ImagesPerSecond * float64(b.summary.FLOPs) * 3 / 1e9
	l := t.loading
	l.Waiting, l.WaitingMs, l.ComputingMs = with.waited/t.Seconds, 1000*with.waited/float64(t.Steps), 1000*with.computed/float64(t.Steps)
	l.StepAlone = 1000 * without.computed / float64(without.steps)
	l.Sharing = (l.StepAlone + 1000*float64(o.batch)/l.Alone) / t.MsPerStep
	return nil
}

// decodeRates measures on one worker, in turn, how fast a drawn file is
// decoded, alone and with resizing, and how fast by Go's image/jpeg.
func (a *app) decodeRates(ctx context.Context, o benchOptions, t *throughput) error {
	if o.load.run != "" {
		return nil
	}
	content, err := syntheticJPEG(o.source, 1)
	if err != nil {
		return err
	}
	whole, resized := data.NewDecoder(0), data.NewDecoder(o.load.stored)
	decoders := []struct {
		best   *float64
		decode func() error
	}{
		{&t.loading.Decoding, func() error { _, err := whole.Decode(ctx, content); return err }},
		{&t.loading.Standard, func() error { _, err := jpeg.Decode(bytes.NewReader(content)); return err }},
		{&t.loading.Resizing, func() error { _, err := resized.Decode(ctx, content); return err }},
	}
	for range 3 {
		for _, d := range decoders {
			times, err := measure(ctx, o.seconds/20, d.decode)
			if err != nil {
				return err
			}
			sum := 0.0
			for _, v := range times {
				sum += v
			}
			*d.best = max(*d.best, float64(len(times))/sum)
		}
	}
	return nil
}

func (l *loading) tell() string {
	var s strings.Builder
	fmt.Fprintf(&s, "a step waits %.1f ms for its batch and computes %.1f ms: %.1f%% waiting\n", l.WaitingMs, l.ComputingMs, 100*l.Waiting)
	fmt.Fprintf(&s, "computing alone takes %.1f ms; loader and network take %.0f%% of their times alone\n", l.StepAlone, 100/l.Sharing)
	fmt.Fprintf(&s, "the loader alone: %.1f images/s, stored as %s of %d px, %.0f bytes an image\n", l.Alone, l.Store, l.Stored, l.BytesPerFile)
	if l.Decoding > 0 {
		fmt.Fprintf(&s, "one worker decodes %.1f files/s, with resizing %.1f; Go's image/jpeg decodes %.1f\n", l.Decoding, l.Resizing, l.Standard)
	}
	return s.String()
}
