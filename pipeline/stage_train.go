package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"melanoma/augment"
	"melanoma/data"
	"melanoma/internal/artifact"
	"melanoma/internal/rng"
	"melanoma/internal/train"
	"melanoma/models"
)

const (
	exportVersion = 1
	trainVersion  = 2
)

// trainSeed is the seed of one training.
func trainSeed(seed uint64, model string, fold int) uint64 {
	return rng.Key(seed, "train", model, fold)
}

func trainDir(model string, fold int) string { return fmt.Sprintf("train/%s-f%d", model, fold) }

// exportPath is the ONNX file that a model with via_onnx goes through.
func exportPath(model string) string { return "models/" + model + ".onnx" }

// trainTasks writes the ONNX files of models that go through one, then trains
// every model on every fold.
func (r *Run) trainTasks() ([]*task, error) {
	var tasks []*task
	for _, m := range r.Config.Models {
		if m.ViaONNX {
			tasks = append(tasks, &task{
				name: "export-" + m.Name, stage: "train", version: exportVersion, model: m.Name, fold: -1,
				config: map[string]any{"arch": m.Arch, "size": r.Config.NetworkSize(m), "stochastic_depth": m.StochasticDepth, "seed": r.Config.Seed},
				run:    func(_ context.Context, a *attempt) error { return r.exportModel(m, a) },
			})
		}
	}
	for _, m := range r.Config.Models {
		for _, k := range r.folds() {
			tasks = append(tasks, r.trainTask(m, k))
		}
	}
	return tasks, nil
}

// augmentKey is what a training's record says of its augmentation: the steps
// of a preset, not its name.
func augmentKey(c augment.Config) augment.Config {
	c.Steps, c.Preset = c.Recipe(), ""
	return c
}

func (r *Run) trainTask(m ModelConfig, fold int) *task {
	t := &task{
		name: foldTask("train", m.Name, fold), stage: "train", version: trainVersion, model: m.Name, fold: fold, dir: trainDir(m.Name, fold),
		config: map[string]any{"model": modelKey(m, r.Config.NetworkSize(m)), "augment": augmentKey(r.Config.Augment), "seed": r.Config.Seed, "fold": fold},
		needs:  []need{{task: "ingest", match: "*.arrow"}, {task: "folds"}},
		// A sampler writes its weights on the way: a lost one is drawn again
		// from the start, not from the last checkpoint.
		afresh: func(broken string) bool {
			return m.Train.Update.Sampler() && strings.HasPrefix(path.Base(broken), "weights-")
		},
		run: func(ctx context.Context, a *attempt) error { return r.trainFold(ctx, m, fold, a) },
	}
	if m.ViaONNX {
		t.needs = append(t.needs, need{task: "export-" + m.Name})
	}
	if key, file := r.weightsSource(m); file != "" {
		t.outside = func(context.Context) (map[string]string, error) { return hashOutside(key, file) }
	}
	if fold == r.folds()[0] {
		t.check = func(context.Context) error { return r.checkModel(m) }
	}
	return t
}

// checkModel finds a model that cannot be built: an unknown architecture, a
// file that is not there, is no ONNX or holds what is not supported.
func (r *Run) checkModel(m ModelConfig) error {
	key, file := r.weightsSource(m)
	if file == "" {
		if _, err := models.Describe(m.Arch, r.Config.NetworkSize(m)); err != nil {
			return err
		}
		return r.checkNames(m)
	}
	if _, err := os.Stat(file); err != nil {
		_, err := hashOutside(key, file)
		return err
	}
	if m.ONNX == "" {
		if _, err := (models.Config{Arch: m.Arch, Weights: file}).FreshHead(); err != nil {
			return err
		}
		return r.checkNames(m)
	}
	report, err := models.Check(file)
	if err != nil {
		return err
	}
	if report.Trainable() {
		return r.checkNames(m)
	}
	_, _, err = models.ReadONNX(file, r.Config.NetworkSize(m))
	return err
}

// checkNames finds patterns of parameters that the model does not have.
func (r *Run) checkNames(m ModelConfig) error {
	if !m.Train.Names() {
		return nil
	}
	c := r.network(m)
	c.Classes = 2
	if m.ViaONNX {
		c.ONNX = "" // not written yet; it has the same names
	}
	if c.Meta != nil {
		c.Meta.Inputs = 1 // the data will tell
	}
	net, _, err := models.Build(c)
	if err != nil {
		return err
	}
	if err := m.Train.CheckNames(net); err != nil {
		return sectionError(r.modelPath(m.Name)+".train", err)
	}
	return nil
}

// weightsSource is the file that a model's first weights come from and the key
// that names it, both empty for weights that are drawn.
func (r *Run) weightsSource(m ModelConfig) (key, file string) {
	switch {
	case m.ONNX != "":
		return r.modelPath(m.Name) + ".onnx", r.expand(m.ONNX)
	case m.Weights != "":
		return r.modelPath(m.Name) + ".weights", r.expand(m.Weights)
	}
	return "", ""
}

// modelKey is the part of a model that its training depends on: no path, and
// not how often it writes checkpoints.
func modelKey(m ModelConfig, size int) ModelConfig {
	m.Size = size
	m.ONNX, m.Weights, m.ViaONNX = "", "", false
	m.Train.CheckpointSeconds, m.Train.MemoryGB, m.Train.ShortMemory = 0, 0, ""
	return m
}

// modelPath is the key of a model in the configuration, such as models.0.
func (r *Run) modelPath(name string) string {
	for i, m := range r.Config.Models {
		if m.Name == name {
			return fmt.Sprintf("models.%d", i)
		}
	}
	return "models"
}

// exportModel writes an architecture with its initial weights as ONNX. The
// training reads it back, so that what runs went through the file.
func (r *Run) exportModel(m ModelConfig, a *attempt) error {
	size := r.Config.NetworkSize(m)
	net, weights, err := models.Build(models.Config{Arch: m.Arch, Classes: 2, Size: size, StochasticDepth: m.StochasticDepth, Seed: rng.Key(r.Config.Seed, "export", m.Name)})
	if err != nil {
		return err
	}
	if err := r.mkdir("models"); err != nil {
		return err
	}
	a.wrote(exportPath(m.Name))
	a.note = fmt.Sprintf("%s with %d parameters as %s", m.Arch, net.Parameters(), exportPath(m.Name))
	return artifact.WriteFile(r.path(exportPath(m.Name)), func(w io.Writer) error { return models.WriteONNX(w, net, weights, size) })
}

// network is a model's configuration as models wants it.
func (r *Run) network(m ModelConfig) models.Config {
	c := models.Config{Arch: m.Arch, ONNX: r.expand(m.ONNX), Weights: r.expand(m.Weights), Dropout: m.Dropout, DropoutSamples: m.DropoutSamples, StochasticDepth: m.StochasticDepth, Size: r.Config.NetworkSize(m), Mean: m.Mean, Std: m.Std}
	if m.ViaONNX {
		c.ONNX, c.StochasticDepth = r.path(exportPath(m.Name)), 0 // the file has it
	}
	if m.Meta != nil {
		c.Meta = &models.MetaConfig{Hidden: m.Meta.Hidden, Dropout: m.Meta.Dropout}
	}
	return c
}

// metadata is the encoder of a model's metadata, nil if it takes none.
func metadata(m ModelConfig, store *data.Store) *data.MetaEncoder {
	if m.Meta == nil {
		return nil
	}
	return data.NewMetaEncoder(store.Rows(), m.Meta.FileSize)
}

func (r *Run) trainFold(ctx context.Context, m ModelConfig, fold int, a *attempt) error {
	t, shown, err := r.trainingOf(m, fold)
	if err != nil {
		return err
	}
	facts, err := weightsFacts(t.Store, m.Name, fold)
	if err != nil {
		return err
	}
	fresh, err := t.Model.FreshHead()
	if err != nil {
		return err
	}
	name := foldTask("train", m.Name, fold)
	bar := r.options.Progress.Start(name, "steps", 0)
	summary := ""
	defer func() { bar.Done(summary) }()
	t.Dir, t.Extra, t.Inputs = r.path(trainDir(m.Name, fold)), facts, mergeHashes(a.inputs, map[string]string{"task": a.key})
	t.Progress = func(p train.Progress) {
		bar.Note(fmt.Sprintf("epoch %d, loss %.4f", p.Epoch, p.Loss))
		bar.Set(p.Step, p.Steps)
		summary = fmt.Sprintf("%s: %.1f%% of the steps' time went to waiting for data", name, 100*p.Waiting)
	}
	var remarks []string
	var remarkErr error
	t.Remark = func(m train.Remark) { remarkErr = errors.Join(remarkErr, r.remark(name, a, &remarks, m)) }
	err = train.Fit(ctx, t)
	if err == nil {
		err = errors.Join(remarkErr, r.manifestRemarks(name, remarks))
	}
	if err != nil {
		return trainError(err, m.Name, fold)
	}
	a.note = trainNote(len(t.Rows), shown, fresh)
	files, err := r.filesUnder(trainDir(m.Name, fold))
	for _, f := range files {
		if path.Base(f) != "log.jsonl" { // the one file there that holds times
			a.wrote(f)
		}
	}
	return err
}

// trainNote says what was special about a training.
func trainNote(images, shown int, fresh string) string {
	note := fmt.Sprintf("%d training images", images)
	if shown != images {
		note += fmt.Sprintf(", %d shown an epoch", shown)
	}
	if fresh != "" {
		note += "; " + fresh
	}
	return note
}

// trainError adds model and fold to what train says, which knows neither.
func trainError(err error, model string, fold int) error {
	return sectioned(err, "model %s, fold %d", model, fold)
}
