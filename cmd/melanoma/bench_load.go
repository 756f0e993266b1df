package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"melanoma/augment"
	"melanoma/data"
	"melanoma/internal/fault"
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
	Waiting      float64 `json:"waiting_share"`               // of the steps' time
	WaitingMs    float64 `json:"waiting_ms_per_step"`         // mean
	ComputingMs  float64 `json:"computing_ms_per_step"`       // mean
	Alone        float64 `json:"loader_images_per_second"`    // without a network beside it
	StepAlone    float64 `json:"computing_alone_ms_per_step"` // without a loader beside it, the median
	Sharing      float64 `json:"sharing_efficiency"`          // what both take alone, one after the other, over what they take together
	Decoding     float64 `json:"decode_files_per_second,omitempty"`
	Standard     float64 `json:"image_jpeg_files_per_second,omitempty"` // of Go's image/jpeg, decoding alone
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

// benchStore opens a run's images, or draws some; done closes and removes them.
func (a *app) benchStore(ctx context.Context, o benchOptions) (store *data.Store, done func(), err error) {
	if o.load.run != "" {
		store, err = data.OpenStore(filepath.Join(o.load.run, "images"), 0)
		if err != nil {
			return nil, nil, err
		}
		return store, func() { store.Close() }, nil
	}
	if o.load.images < 1 || o.load.images > 1e5 {
		return nil, nil, usage("--images 64", "--images %d: not 1 to 100000", o.load.images)
	}
	dir, err := os.MkdirTemp("", "melanoma-bench-")
	if err != nil {
		return nil, nil, fault.New(fault.Program, "set TMPDIR to a folder with room", "bench load: %w", err)
	}
	remove := func() { os.RemoveAll(dir) }
	if store, err = a.drawnStore(ctx, o, dir); err != nil {
		remove()
		return nil, nil, err
	}
	return store, func() { store.Close(); remove() }, nil
}

// drawnStore writes JPEG files and ingests them.
func (a *app) drawnStore(ctx context.Context, o benchOptions, dir string) (*data.Store, error) {
	table := "image_name,diagnosis\n"
	for i := range o.load.images {
		name := fmt.Sprintf("%06d", i)
		table += name + "," + []string{"nevus", "melanoma"}[i%2] + "\n"
		content, err := syntheticJPEG(o.source, uint64(i))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".jpg"), content, 0o600); err != nil {
			return nil, fault.New(fault.Program, "set TMPDIR to a folder with room", "bench load: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte(table), 0o600); err != nil {
		return nil, fault.New(fault.Program, "set TMPDIR to a folder with room", "bench load: %w", err)
	}
	c := data.Default()
	c.Root, c.TestCSV, c.Images, c.Size, c.Store = dir, "", ".", o.load.stored, o.load.store
	c.Columns = data.ColumnMap{ImageName: "image_name", Diagnosis: "diagnosis"}
	images := filepath.Join(dir, "images")
	if _, err := data.Ingest(ctx, c, images, data.Options{Workers: a.workers()}); err != nil {
		return nil, err
	}
	return data.OpenStore(images, 0)
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

// loadBeside measures training steps on the loader's batches.
func (a *app) loadBeside(ctx context.Context, o benchOptions, loader *data.Loader, t *throughput) error {
	b, step, err := a.trainingStep(o)
	if err != nil {
		return err
	}
	defer b.pool.Close()
	alone, err := measure(ctx, o.seconds/3, step)
	if err != nil {
		return err
	}
	slices.Sort(alone)
	t.loading.StepAlone = 1000 * alone[len(alone)/2]
	images := b.machine.Input("images")
	var waited, computed float64
	last := time.Now()
	for batch, err := range loader.Epoch(ctx, 1, 0) {
		if err != nil {
			return err
		}
		got := time.Now()
		copy(images, batch.X)
		if err := step(); err != nil {
			return err
		}
		now := time.Now()
		if t.FirstStepS == 0 { // it waits for a whole batch, and fills caches
			t.FirstStepS = now.Sub(a.started).Seconds()
		} else {
			waited, computed, t.Steps = waited+got.Sub(last).Seconds(), computed+now.Sub(got).Seconds(), t.Steps+1
		}
		if t.Steps > 0 && waited+computed >= o.seconds {
			break
		}
		last = now
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	steps := float64(t.Steps)
	t.Seconds = waited + computed
	t.MsPerStep, t.ImagesPerSecond = 1000*t.Seconds/steps, float64(o.batch)*steps/t.Seconds
	t.GFLOPS = t.ImagesPerSecond * float64(b.summary.FLOPs) * 3 / 1e9
	t.loading.Sharing = (t.loading.StepAlone + 1000*float64(o.batch)/t.loading.Alone) / t.MsPerStep
	t.loading.Waiting, t.loading.WaitingMs, t.loading.ComputingMs = waited/t.Seconds, 1000*waited/steps, 1000*computed/steps
	return nil
}

// decodeRates measures decoding and resizing of the drawn files, and Go's
// image/jpeg decoding them, on one worker each and in turn.
func (a *app) decodeRates(ctx context.Context, o benchOptions, t *throughput) error {
	if o.load.run != "" {
		return nil
	}
	content, err := syntheticJPEG(o.source, 1)
	if err != nil {
		return err
	}
	decoder := data.NewDecoder(o.load.stored)
	rate := func(decode func() error) (float64, error) {
		times, err := measure(ctx, o.seconds/20, decode)
		if err != nil {
			return 0, err
		}
		sum := 0.0
		for _, v := range times {
			sum += v
		}
		return float64(len(times)) / sum, nil
	}
	for range 3 {
		ours, err := rate(func() error { _, err := decoder.Decode(ctx, content); return err })
		if err != nil {
			return err
		}
		theirs, err := rate(func() error { _, err := jpeg.Decode(bytes.NewReader(content)); return err })
		if err != nil {
			return err
		}
		t.loading.Decoding, t.loading.Standard = max(t.loading.Decoding, ours), max(t.loading.Standard, theirs)
	}
	return nil
}

func (l *loading) tell() string {
	var s strings.Builder
	fmt.Fprintf(&s, "a step waits %.1f ms for its batch and computes %.1f ms: %.1f%% waiting\n", l.WaitingMs, l.ComputingMs, 100*l.Waiting)
	fmt.Fprintf(&s, "computing alone takes %.1f ms; loader and network take %.0f%% of their times alone\n", l.StepAlone, 100/l.Sharing)
	fmt.Fprintf(&s, "the loader alone: %.1f images/s, stored as %s of %d px, %.0f bytes an image\n", l.Alone, l.Store, l.Stored, l.BytesPerFile)
	if l.Decoding > 0 {
		fmt.Fprintf(&s, "one worker decodes and resizes %.1f files/s; Go's image/jpeg decodes %.1f\n", l.Decoding, l.Standard)
	}
	return s.String()
}

func syntheticJPEG(size int, seed uint64) ([]byte, error) {
	var file bytes.Buffer
	err := jpeg.Encode(&file, pipeline.ToRGBA(syntheticPicture(size, seed)), &jpeg.Options{Quality: 90})
	return file.Bytes(), err
}
