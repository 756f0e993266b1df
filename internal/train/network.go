package train

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
	"melanoma/models"
)

// networkFact is the metadata key of a weights file under which the network
// itself stands, so that the file needs no ONNX file and no configuration.
const networkFact = "network"

// writeWeights writes the present weights as a posterior sample.
func (tr *trainer) writeWeights(sample int) error {
	if f := tr.store.Inspect(); f != nil { // no step came after the one that made it
		return &DivergedError{Epoch: tr.state.Epoch, Step: tr.state.Step, Finding: f, Kept: true}
	}
	network, err := json.Marshal(tr.net)
	if err != nil {
		return fmt.Errorf("train: describe the network: %w", err)
	}
	meta := tr.meta("weights")
	meta.Extra[networkFact] = string(network)
	return models.WriteWeights(filepath.Join(tr.task.Dir, WeightsFile(sample)), tr.net, tr.store.Export(), meta)
}

// ReadWeights reads a posterior sample: the network and its weights.
func ReadWeights(path string) (*models.Net, models.Weights, error) {
	r, err := artifact.Open(path, "weights")
	if err != nil {
		return nil, nil, err
	}
	network := r.Meta().Extra[networkFact]
	if err := r.Close(); err != nil {
		return nil, nil, err
	}
	net := new(models.Net)
	if err := json.Unmarshal([]byte(network), net); err != nil {
		return nil, nil, fault.New(fault.Input, "train the model again", "train: %s describes no network: %w", path, err)
	}
	weights, _, err := models.ReadWeights(path, net)
	return net, weights, err
}
