package models

import (
	"encoding/json"
	"fmt"
	"slices"
)

// metadataKey is where a file of ours keeps what its format cannot say.
const metadataKey = "melanoma.net"

// netFacts is the content of that key. Std is 0 where there is none.
type netFacts struct {
	Name    string                  `json:"name"`
	Mean    [3]float32              `json:"mean"`
	Std     [3]float32              `json:"std"`
	Size    int                     `json:"size,omitempty"`    // where the file has no input that tells it
	Dropout map[string]dropoutFacts `json:"dropout,omitempty"` // by layer
	Depth   map[string]float64      `json:"depth,omitempty"`   // rates of stochastic depth by layer
}

type dropoutFacts struct {
	Rate    float64 `json:"rate"`
	Samples int     `json:"samples"`
}

// parseFacts reads and checks the facts among a file's metadata.
func parseFacts(metadata map[string]string) (f netFacts, err error) {
	text, ok := metadata[metadataKey]
	if !ok {
		return f, nil
	}
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return f, fmt.Errorf("its metadata %s is damaged: %w", metadataKey, err)
	}
	if !(slices.Min(f.Std[:]) > 0) {
		return f, fmt.Errorf("its metadata %s has the standard deviation %v", metadataKey, f.Std)
	}
	if f.Size < 0 || f.Size > maxSize {
		return f, fmt.Errorf("its metadata %s has the image size %d", metadataKey, f.Size)
	}
	for layer, rate := range f.Depth {
		if !(rate >= 0 && rate < 1) {
			return f, fmt.Errorf("its metadata %s has stochastic depth of rate %g for %s", metadataKey, rate, layer)
		}
	}
	for layer, d := range f.Dropout {
		if !(d.Rate >= 0 && d.Rate < 1) || d.Samples < 1 {
			return f, fmt.Errorf("its metadata %s has a dropout of rate %g and %d samples for %s", metadataKey, d.Rate, d.Samples, layer)
		}
	}
	return f, nil
}
