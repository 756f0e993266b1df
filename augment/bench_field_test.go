package augment

import (
	"testing"

	"melanoma/internal/pixel"
)

// BenchmarkField is ElasticTransform's field of a picture of 512 pixels, both
// directions.
func BenchmarkField(b *testing.B) {
	var m elasticMemory
	w := new(pixel.Workspace)
	for range b.N {
		m.random.seed(1)
		m.weights = gaussianWeights(m.weights, 50)
		m.xs = m.displacement(w, m.xs, 512, 512, 3)
		m.ys = m.displacement(w, m.ys, 512, 512, 3)
	}
}
