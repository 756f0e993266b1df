package models

import (
	"encoding/json"
	"fmt"
	"strings"

	"melanoma/internal/fault"
	"melanoma/internal/onnx"
	"melanoma/internal/safetensors"
)

// Origin says what a written network's outputs mean and where its weights
// come from. What is empty is left out of the file.
type Origin struct {
	Classes  []string // names in the order of the logits
	Positive string   // the class that the run is about
	Run      string   // name of the run
	RunID    string   // of its run.json
	Model    string   // name of the model in the run
	Fold     string   // that was held out
	License  string   // of the training data
}

// The keys of a file's metadata. All are text; classes and preprocessing are
// JSON.
const (
	keyClasses       = "melanoma.classes"
	keyPositive      = "melanoma.positive"
	keyPreprocessing = "melanoma.preprocessing"
	keyRun           = "melanoma.run"
	keyRunID         = "melanoma.run_id"
	keyModel         = "melanoma.model"
	keyFold          = "melanoma.fold"
	keyLicense       = "melanoma.data_license"
)

// metadata returns what there is to say, by key.
func (o Origin) metadata() map[string]string {
	out := map[string]string{}
	for key, text := range map[string]string{
		keyPositive: o.Positive, keyRun: o.Run, keyRunID: o.RunID, keyModel: o.Model, keyFold: o.Fold, keyLicense: o.License,
	} {
		if text != "" {
			out[key] = text
		}
	}
	if len(o.Classes) > 0 {
		out[keyClasses] = mustJSON(o.Classes)
	}
	return out
}

// ReadOrigin returns what a file of ours says of itself, ONNX or .safetensors;
// other files say nothing.
func ReadOrigin(path string) (Origin, error) {
	var metadata map[string]string
	if strings.HasSuffix(path, ".safetensors") {
		f, err := safetensors.Open(path)
		if err != nil {
			return Origin{}, err
		}
		defer f.Close()
		metadata = f.Metadata
	} else {
		m, err := onnx.Open(path)
		if err != nil {
			return Origin{}, err
		}
		defer m.Close()
		metadata = m.Metadata
	}
	o := Origin{Positive: metadata[keyPositive], Run: metadata[keyRun], RunID: metadata[keyRunID],
		Model: metadata[keyModel], Fold: metadata[keyFold], License: metadata[keyLicense]}
	if text, ok := metadata[keyClasses]; ok {
		if err := json.Unmarshal([]byte(text), &o.Classes); err != nil {
			return o, fault.New(fault.Input, "remove it from the file's metadata", "models: read %s: its %s is no list of names: %w", path, keyClasses, err)
		}
	}
	return o, nil
}

// check compares the names with the number of classes.
func (o Origin) check(n *Net) error {
	if len(o.Classes) > 0 && len(o.Classes) != n.Classes {
		return fmt.Errorf("models: %s: %d names for %d classes", n.Name, len(o.Classes), n.Classes)
	}
	return nil
}

// preprocessing is what has to be done to a picture, for people and programs
// that know nothing of us.
type preprocessing struct {
	Size     int         `json:"size"`     // height and width in pixels
	Channels string      `json:"channels"` // their order
	Layout   string      `json:"layout"`
	Input    string      `json:"input"` // a formula over pixel levels from 0 to 255
	Mean     *[3]float32 `json:"mean,omitempty"`
	Std      *[3]float32 `json:"std,omitempty"`
}

func (n *Net) preprocessing(size int) string {
	return mustJSON(preprocessing{Size: size, Channels: "RGB", Layout: "NCHW", Input: "(pixel / 255 - mean) / std", Mean: &n.Mean, Std: &n.Std})
}

// mustJSON encodes what always can be.
func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("models: " + err.Error())
	}
	return string(text)
}

// ExportOption changes what is written of a network.
type ExportOption func(*export)

type export struct {
	batch  int
	origin Origin
}

// FixedBatch states the number of images of a run in place of a symbolic
// dimension; 0 leaves it symbolic.
func FixedBatch(images int) ExportOption { return func(e *export) { e.batch = images } }

// FromOrigin adds where the weights come from.
func FromOrigin(o Origin) ExportOption { return func(e *export) { e.origin = o } }

func exportOf(options []ExportOption) export {
	var e export
	for _, o := range options {
		o(&e)
	}
	return e
}
