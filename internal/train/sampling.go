package train

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"melanoma/data"
	"melanoma/internal/fault"
)

// Sampling says how often an epoch shows a row, by its class. An epoch shows
// round(count*times) rows of a class, each of them times times, rounded down
// or up; times is
//
//   - natural: 1, every row once;
//   - balanced: N/(K*count), as many rows of every class;
//   - sqrt: proportional to 1/sqrt(count), halfway between the two;
//
// multiplied by Upsample of the class. N is the number of training rows and,
// but for rounding, the length of the epoch unless Upsample changes it; K is
// the number of classes that have rows.
type Sampling struct {
	Method   string             `yaml:"method" json:"method"`     // natural, balanced or sqrt
	Upsample map[string]float64 `yaml:"upsample" json:"upsample"` // by class; below 1 shows fewer
}

func (s Sampling) validate() error {
	if s.Method != "natural" && s.Method != "balanced" && s.Method != "sqrt" {
		return &ConfigError{"sampling.method", fmt.Sprintf("is %q", s.Method), "natural, balanced or sqrt"}
	}
	for _, class := range slices.Sorted(maps.Keys(s.Upsample)) {
		if f := s.Upsample[class]; !(f > 0) || f > 1000 {
			return &ConfigError{"sampling.upsample." + class, fmt.Sprintf("is %g", f), "a number above 0, at most 1000: how many times as often as the method says"}
		}
	}
	return nil
}

// strata returns the rows by class with the number of them that an epoch
// shows; nil where every row is shown once.
func (s Sampling) strata(store *data.Store, rows []int) ([]data.Stratum, error) {
	classes := store.Classes()
	for _, class := range slices.Sorted(maps.Keys(s.Upsample)) {
		if !slices.Contains(classes, class) {
			return nil, &ConfigError{"sampling.upsample", fmt.Sprintf("names the class %q, which the data do not have", class), nearestClass(class, classes)}
		}
	}
	if s.Method == "natural" && len(s.Upsample) == 0 {
		return nil, nil
	}
	byClass := make([][]int, len(classes))
	for _, row := range rows {
		if target := store.Row(row).Target; target >= 0 {
			byClass[target] = append(byClass[target], row)
		}
	}
	counts := make([]float64, len(classes))
	for k := range byClass {
		counts[k] = float64(len(byClass[k]))
	}
	times := s.times(counts)
	var out []data.Stratum
	for k, class := range classes {
		if counts[k] == 0 {
			continue
		}
		if f, ok := s.Upsample[class]; ok {
			times[k] *= f
		}
		out = append(out, data.Stratum{Rows: byClass[k], Draws: max(1, int(math.Round(counts[k]*times[k])))})
	}
	return out, nil
}

// times returns how often the method shows a row of each class, given the
// numbers of rows.
func (s Sampling) times(counts []float64) []float64 {
	power := map[string]float64{"natural": 0, "sqrt": 0.5, "balanced": 1}[s.Method]
	total, shown := 0.0, 0.0
	for _, c := range counts {
		total += c
		if c > 0 {
			shown += math.Pow(c, 1-power)
		}
	}
	times := make([]float64, len(counts))
	for k, c := range counts {
		if c > 0 {
			times[k] = total / shown / math.Pow(c, power)
		}
	}
	return times
}

func nearestClass(class string, classes []string) string {
	best := slices.MinFunc(classes, func(a, b string) int { return fault.EditDistance(class, a) - fault.EditDistance(class, b) })
	return fmt.Sprintf("did you mean %s? the classes are %v", best, classes)
}

// EpochLength returns how many rows an epoch shows.
func (c Config) EpochLength(store *data.Store, rows []int) (int, error) {
	strata, err := c.Sampling.strata(store, rows)
	return data.LoaderConfig{Rows: rows, Strata: strata}.Len(), err
}
