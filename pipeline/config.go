package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"melanoma/augment"
	"melanoma/cv"
	"melanoma/data"
	"melanoma/internal/bayes"
	"melanoma/internal/fault"
	"melanoma/internal/train"
)

// Config is the whole configuration of a run: one section a package, each
// with the package's own meaning, defaults and checks.
type Config struct {
	Name     string            `yaml:"name"`    // of the run; its folder is runs/<name>
	Seed     uint64            `yaml:"seed"`    // of every random stream
	Workers  int               `yaml:"workers"` // goroutines; 0 is one per processor; changes no result
	Synth    *data.SynthConfig `yaml:"synth"`   // draws the data set under {run}/data first; absent: the data is there
	Data     data.Config       `yaml:"data"`
	CV       cv.FoldConfig     `yaml:"cv"`
	Train    train.Config      `yaml:"train"` // of every model, unless it says otherwise
	Augment  augment.Config    `yaml:"augment"`
	Predict  PredictConfig     `yaml:"predict"`
	Models   []ModelConfig     `yaml:"models"`
	Ensemble cv.BlendConfig    `yaml:"ensemble"`
	Report   ReportConfig      `yaml:"report"`

	given any // what the file and --set said, for run.json
}

// PredictConfig says how trained models are applied.
type PredictConfig struct {
	Views int `yaml:"views"` // test-time views of each image, 1 to 8
	Batch int `yaml:"batch"` // images a step; changes no result

	// Precision is that of products: float32, or bfloat16, which is faster on
	// processors that multiply it and moves probabilities a little.
	Precision string `yaml:"precision"`
}

// ReportConfig says what the page shows.
type ReportConfig struct {
	Title      string `yaml:"title"`      // empty: the run's name
	Thumbnails bool   `yaml:"thumbnails"` // pictures of the most wrong and the most uncertain images
	Bootstrap  bool   `yaml:"bootstrap"`  // a second interval from resampling whole groups
}

// ModelConfig is one model: a backbone, a head and its training.
type ModelConfig struct {
	Name           string  `yaml:"name"`            // names its files: letters, digits, dot, dash, underscore
	Arch           string  `yaml:"arch"`            // an architecture of `melanoma models list`
	Weights        string  `yaml:"weights"`         // a .safetensors file with timm's names to start arch from; absent: weights are drawn
	ONNX           string  `yaml:"onnx"`            // an ONNX file instead, with its weights
	ViaONNX        bool    `yaml:"via_onnx"`        // write the architecture to models/<name>.onnx and train what is read back
	Dropout        float64 `yaml:"dropout"`         // before the classifier, in [0, 1)
	DropoutSamples int     `yaml:"dropout_samples"` // masks averaged per step
	// StochasticDepth is how often arch's last residual blocks are left out of
	// a training step, in [0, 1); it grows linearly from 0 at the first.
	StochasticDepth float64      `yaml:"stochastic_depth"`
	Meta            *MetaConfig  `yaml:"meta"` // network for age, sex and site beside the image; absent: none
	Size            int          `yaml:"size"` // side of the network's pictures in pixels; 0 is data.size, that of the stored ones
	Mean            *[3]float32  `yaml:"mean"` // of the pixels in [0, 1]; absent: the network's own
	Std             *[3]float32  `yaml:"std"`
	Train           train.Config `yaml:"train"` // what differs from the run's train section
}

// MetaConfig is the winners' metadata network.
type MetaConfig struct {
	Hidden   []int   `yaml:"hidden"`
	Dropout  float64 `yaml:"dropout"`
	FileSize bool    `yaml:"file_size"` // the size of the image file as a feature: it changes with how files were made
}

// Default returns the configuration before any file: the Kaggle layout, five
// folds, no model.
func Default() Config {
	return Config{
		Name: "run", Data: data.Default(), CV: cv.DefaultFolds(), Train: train.Default(), Augment: augment.Default(),
		Predict: PredictConfig{Views: augment.Views, Batch: 32, Precision: "float32"}, Ensemble: cv.DefaultBlend(),
		Report: ReportConfig{Thumbnails: true, Bootstrap: true},
	}
}

// NetworkSize is the side, in pixels, of the pictures that a model's network
// takes: stored ones are resized to it.
func (c *Config) NetworkSize(m ModelConfig) int { return cmp.Or(m.Size, c.Data.Size) }

func defaultModel() ModelConfig { return ModelConfig{DropoutSamples: 1} }

func defaultMeta() MetaConfig { return MetaConfig{Hidden: []int{512, 128}, Dropout: 0.3} }

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Validate checks every section and what they say together; the error names
// the key.
func (c *Config) Validate() error {
	if !namePattern.MatchString(c.Name) {
		return badKey("name", "letters, digits, dot, dash and underscore make a name", "%q names no folder", c.Name)
	}
	if c.Workers < 0 {
		return badKey("workers", "0 uses every processor", "is %d", c.Workers)
	}
	if c.Synth != nil && c.Data.Root != "{run}/data" {
		return badKey("data.root", "add --set synth=null to use your own data, or set data.root to \"{run}/data\"", "is %q, but section synth draws the data into {run}/data", c.Data.Root)
	}
	if c.Synth != nil {
		if err := c.Synth.Validate(); err != nil {
			return sectionError("synth", err)
		}
	}
	if p := c.Predict.Precision; p != "float32" && p != "bfloat16" {
		return badKey("predict.precision", "float32 or bfloat16", "is %q", p)
	}
	if c.Predict.Views < 1 || c.Predict.Views > augment.Views {
		return badKey("predict.views", "1 scores the picture as it is, 8 all its orientations", "is %d, not 1 to %d", c.Predict.Views, augment.Views)
	}
	if c.Predict.Batch < 1 {
		return badKey("predict.batch", "32 is usual", "is %d", c.Predict.Batch)
	}
	for _, section := range []struct {
		key   string
		check func() error
	}{
		{"data", c.Data.Validate}, {"cv", c.CV.Validate}, {"train", c.Train.Validate}, {"augment", c.Augment.Validate}, {"ensemble", c.Ensemble.Validate},
	} {
		if err := section.check(); err != nil {
			return sectionError(section.key, err)
		}
	}
	return c.validateModels()
}

func (c *Config) validateModels() error {
	if len(c.Models) == 0 {
		return badKey("models", "add a list with at least `- {name: b0, arch: tf_efficientnet_b0}`", "names no model")
	}
	seen := map[string]bool{}
	for i, m := range c.Models {
		key := fmt.Sprintf("models.%d", i)
		switch {
		case !namePattern.MatchString(m.Name):
			return badKey(key+".name", "letters, digits, dot, dash and underscore make a name", "%q names no file", m.Name)
		case seen[m.Name]:
			return badKey(key+".name", "give each model its own name", "%q names two models", m.Name)
		case m.Weights != "" && m.Arch == "":
			return badKey(key+".weights", "name the architecture of the weights, such as arch: tf_efficientnet_b0", "goes with arch, which is not set")
		case m.Arch == "" && m.ONNX == "":
			return badKey(key, "set arch (`melanoma models list`) or onnx (a file)", "names neither arch nor onnx")
		case m.Weights != "" && (m.ONNX != "" || m.ViaONNX):
			return badKey(key+".weights", "remove one of them; `melanoma models import FILE.safetensors --arch NAME --output FILE.onnx` makes an ONNX file of weights", "goes with arch alone, not with onnx or via_onnx")
		case m.ViaONNX && m.ONNX != "":
			return badKey(key+".via_onnx", "remove one of them", "goes with arch, not with an onnx file")
		case m.Dropout < 0 || m.Dropout >= 1:
			return badKey(key+".dropout", "it is the share of zeros, in [0, 1)", "is %g", m.Dropout)
		case m.DropoutSamples < 1:
			return badKey(key+".dropout_samples", "1, or the winners' 5", "is %d", m.DropoutSamples)
		case m.Size != 0 && (m.Size < 8 || m.Size > 4096):
			return badKey(key+".size", "the side in pixels, such as 384; 0 is data.size", "is %d, not 8 to 4096", m.Size)
		case m.StochasticDepth < 0 || m.StochasticDepth >= 1:
			return badKey(key+".stochastic_depth", "it is the share of images that skip the last block, in [0, 1)", "is %g", m.StochasticDepth)
		case m.StochasticDepth > 0 && m.ONNX != "":
			return badKey(key+".stochastic_depth", "name an architecture with arch, and its weights with weights", "needs the blocks of arch, which an onnx file does not tell")
		}
		seen[m.Name] = true
		if err := m.Train.Validate(); err != nil {
			return sectionError(key+".train", err)
		}
	}
	return nil
}

// hinted is an error of a package that may not import fault.
type hinted interface {
	error
	Hint() string
}

func sectionError(section string, err error) error {
	var h hinted
	if errors.As(err, &h) {
		return fault.New(fault.Usage, h.Hint(), "pipeline: section %s: %w", section, err)
	}
	if fault.KindOf(err) == fault.Program {
		return fault.New(fault.Usage, "", "pipeline: section %s: %w", section, err)
	}
	return fmt.Errorf("pipeline: section %s: %w", section, err)
}

// sectioned adds where in the run an error arose, and carries the hint of
// errors that may not import fault.
func sectioned(err error, format string, args ...any) error {
	where := fmt.Sprintf(format, args...)
	var h hinted
	if errors.As(err, &h) && fault.HintOf(err) == "" {
		kind := fault.Program
		if wrongSetting(err) {
			kind = fault.Usage
		}
		return fault.New(kind, h.Hint(), "%s: %w", where, err)
	}
	return fmt.Errorf("%s: %w", where, err)
}

// wrongSetting reports whether an error is of a configuration that only the
// data showed to be wrong.
func wrongSetting(err error) bool {
	var ofTrain *train.ConfigError
	var ofBayes *bayes.ConfigError
	var ofAugment *augment.ConfigError
	return errors.As(err, &ofTrain) || errors.As(err, &ofBayes) || errors.As(err, &ofAugment)
}

func badKey(key, hint, format string, args ...any) error {
	return fault.New(fault.Usage, hint, "pipeline: key %q "+format, append([]any{key}, args...)...)
}

// expand replaces the placeholders of a path: {run} is the run's folder,
// {data.root} the data's. Paths resolve against the working directory.
func (r *Run) expand(path string) string {
	path = strings.ReplaceAll(path, "{data.root}", r.Config.Data.Root)
	path = strings.ReplaceAll(path, "{run}", r.Dir)
	if path == "" {
		return ""
	}
	return filepath.Clean(path)
}
