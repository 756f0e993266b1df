package cv

import (
	"melanoma/internal/metrics"
)

// Weights are whole units while they are searched and scores are ranks, whole
// or half numbers: mixtures are exact, so the order of models breaks no tie.
// A unit is a hundredth of the sum, or a finer part of it while equal weights
// are the best.
const weightUnits = 100

// weightMoves are the step sizes of the local search, in units.
var weightMoves = []int{20, 10, 5, 2, 1}

// fitWeights returns non-negative weights, one a model, that sum to 1 and give
// the weighted sum of the ranks the highest AUC found: greedy forward
// selection with replacement (Caruana et al. 2004), then moves of weight from
// one model to another, in ever smaller steps, while one helps. The search is
// deterministic; equal AUCs keep the earlier weights, and the search starts
// from equal ones, so that nothing moves without a gain.
func fitWeights(ranks [][]float64, positive []bool) ([]float64, error) {
	s := &weightSearch{ranks: ranks, positive: positive}
	s.consider(equalUnits(len(ranks)))
	if err := s.err; err != nil || len(ranks) == 1 {
		return s.weights(), err
	}
	s.forward()
	for _, step := range weightMoves {
		for s.moveAll(step) {
		}
	}
	return s.weights(), s.err
}

// weightSearch holds the best weights so far, in units.
type weightSearch struct {
	ranks    [][]float64 // [models][rows]
	positive []bool
	mixed    []float64 // scratch [rows]
	best     []int
	bestAUC  float64
	err      error
}

func (s *weightSearch) weights() []float64 {
	w := make([]float64, len(s.best))
	for m, units := range s.best {
		w[m] = float64(units) / float64(sumUnits(s.best))
	}
	return w
}

// consider keeps the units if they are better than the best, and tells so.
func (s *weightSearch) consider(units []int) bool {
	if s.err != nil {
		return false
	}
	if s.mixed == nil {
		s.mixed = make([]float64, len(s.positive))
	}
	mix(s.mixed, s.ranks, units)
	auc, err := metrics.AUC(s.mixed, s.positive)
	if err != nil {
		s.err = err
		return false
	}
	if s.best != nil && auc <= s.bestAUC {
		return false
	}
	s.best, s.bestAUC = append([]int(nil), units...), auc
	return true
}

// forward adds units one after another, each to the model that helps most,
// and keeps the best mixture on the way, brought to weightUnits.
func (s *weightSearch) forward() {
	const rounds = 50
	units := make([]int, len(s.ranks))
	for range rounds {
		step := &weightSearch{ranks: s.ranks, positive: s.positive, mixed: s.mixed}
		for m := range units {
			units[m]++
			step.consider(units)
			units[m]--
		}
		if s.err = step.err; s.err != nil {
			return
		}
		copy(units, step.best)
		s.consider(toUnits(units))
	}
}

// moveAll tries every move of step hundredths between two models and tells
// whether one helped.
func (s *weightSearch) moveAll(step int) bool {
	helped := false
	for from := range s.best {
		for to := range s.best {
			size := step * sumUnits(s.best) / weightUnits
			if from == to || s.best[from] < size {
				continue
			}
			units := append([]int(nil), s.best...)
			units[from] -= size
			units[to] += size
			if s.consider(units) {
				helped = true
			}
		}
	}
	return helped
}

// mix sets dst to the sum of units times ranks.
func mix(dst []float64, ranks [][]float64, units []int) {
	clear(dst)
	for m, u := range units {
		if u == 0 {
			continue
		}
		for i, v := range ranks[m] {
			dst[i] += float64(u) * v
		}
	}
}

// equalUnits are exactly equal weights; their sum is models * weightUnits.
func equalUnits(models int) []int {
	units := make([]int, models)
	for m := range units {
		units[m] = weightUnits
	}
	return units
}

// toUnits rounds a mixture to units that sum to weightUnits: the largest
// remainders are rounded up, of equal ones the first model's.
func toUnits(counts []int) []int {
	total := sumUnits(counts)
	units := make([]int, len(counts))
	left := weightUnits
	for m, c := range counts {
		units[m] = c * weightUnits / total
		left -= units[m]
	}
	for ; left > 0; left-- {
		most := 0
		for m, c := range counts {
			if c*weightUnits-units[m]*total > counts[most]*weightUnits-units[most]*total {
				most = m
			}
		}
		units[most]++
	}
	return units
}

func sumUnits(units []int) int {
	sum := 0
	for _, u := range units {
		sum += u
	}
	return sum
}
