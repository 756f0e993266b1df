package pipeline

import (
	"melanoma/internal/train"
	"melanoma/models"
)

// ReadWeights reads a posterior sample of a run (train/<model>-f<k>/
// weights-*.arrow): the network and its weights.
func ReadWeights(path string) (*models.Net, models.Weights, error) { return train.ReadWeights(path) }
