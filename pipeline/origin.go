package pipeline

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"strconv"

	"melanoma/data"
	"melanoma/internal/artifact"
	"melanoma/internal/fault"
	"melanoma/internal/train"
	"melanoma/models"
)

// The facts that every weights file of a run carries.
const (
	factClasses  = "classes" // JSON
	factPositive = "positive"
	factModel    = "model"
	factFold     = "fold"
)

// weightsFacts is what the weights of a model and fold say of themselves. The
// run's name and the data's licence are not among them: they may change
// without a new training, so they are read from run.json.
func weightsFacts(store *data.Store, model string, fold int) (map[string]string, error) {
	classes, err := json.Marshal(store.Classes())
	if err != nil {
		return nil, err
	}
	facts := map[string]string{factClasses: string(classes), factModel: model, factFold: strconv.Itoa(fold)}
	if p := store.Positive(); p >= 0 {
		facts[factPositive] = store.Classes()[p]
	}
	return facts, nil
}

// ReadWeights reads a posterior sample of a run (train/<model>-f<k>/
// weights-*.arrow): the network, its weights and where they come from. Outside of a run's folder
// the run and the licence of its data are not known.
func ReadWeights(path string) (*models.Net, models.Weights, models.Origin, error) {
	var o models.Origin
	net, weights, err := train.ReadWeights(path)
	if err != nil {
		return nil, nil, o, err
	}
	r, err := artifact.Open(path, "weights")
	if err != nil {
		return nil, nil, o, err
	}
	facts := r.Meta().Extra
	if err := r.Close(); err != nil {
		return nil, nil, o, err
	}
	o.Positive, o.Model, o.Fold = facts[factPositive], facts[factModel], facts[factFold]
	if text := facts[factClasses]; text != "" {
		if err := json.Unmarshal([]byte(text), &o.Classes); err != nil || len(o.Classes) != net.Classes {
			return nil, nil, o, fault.New(fault.Input, "train the model again", "pipeline: %s names the classes %s for %d logits", path, text, net.Classes)
		}
	}
	m, err := ReadManifest(filepath.Dir(filepath.Dir(filepath.Dir(path))))
	if errors.Is(err, fs.ErrNotExist) {
		return net, weights, o, nil
	}
	if err != nil {
		return nil, nil, o, err
	}
	o.Run, o.RunID, o.License = m.Name, m.ID, m.license()
	return net, weights, o, nil
}

// runID identifies a run by its configuration and data, whoever ran it where.
func (m *Manifest) runID() string {
	config, _ := normal(m.Config).(map[string]any)
	config = maps.Clone(config)
	delete(config, "workers") // changes no result
	return artifact.HashJSON(map[string]any{"config": config, "data": m.DataHash})[:16]
}

// license is that of the data, as the configuration states it.
func (m *Manifest) license() string {
	config, _ := normal(m.Config).(map[string]any)
	section, _ := config["data"].(map[string]any)
	text, _ := section["license"].(string)
	return text
}

// EnsembleMembers reads every network of a finished run, by model: its folds
// in order and their posterior samples.
func (r *Run) EnsembleMembers() ([]models.EnsembleModel, models.Origin, error) {
	var all []models.EnsembleModel
	var origin models.Origin
	for _, m := range r.Config.Models {
		model := models.EnsembleModel{Name: m.Name}
		for _, fold := range r.folds() {
			samples, err := r.trainedSamples(m.Name, fold)
			if err != nil {
				return nil, origin, err
			}
			for s := range samples {
				net, weights, o, err := ReadWeights(r.path(trainDir(m.Name, fold), train.WeightsFile(s)))
				if err != nil {
					return nil, origin, err
				}
				origin = o
				model.Members = append(model.Members, models.Member{Net: net, Weights: weights})
			}
		}
		all = append(all, model)
	}
	origin.Model, origin.Fold = "", "" // it is all of them
	return all, origin, nil
}

// trainedSamples counts the posterior samples of a trained fold.
func (r *Run) trainedSamples(model string, fold int) (int, error) {
	rec, err := r.readRecord(foldTask("train", model, fold))
	if err != nil {
		return 0, err
	}
	if rec == nil {
		return 0, fault.New(fault.Input, "finish the run with `melanoma run` first", "pipeline: model %s is not trained on fold %d", model, fold)
	}
	return countWeights(rec.Outputs), nil
}
