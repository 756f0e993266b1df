package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"melanoma/internal/metrics"
)

// level is the coverage of every interval on the page.
const level = 0.95

// scored holds a model's labelled rows in the order of their names, in the
// form that internal/metrics takes.
type scored struct {
	rows       []Row
	classes    int
	prob       []float64 // [N,K]
	target     []int32   // [N]
	score      []float64 // [N], probability of the positive class
	positive   []bool    // [N]
	positives  int
	unlabelled int
}

// newScored leaves out rows without a label. With a negative positive class
// score and positive are nil.
func newScored(rows []Row, classes, positive int) *scored {
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(a, b Row) int { return cmp.Compare(a.ImageName, b.ImageName) })
	s := &scored{classes: classes}
	for _, r := range sorted {
		if r.Target < 0 {
			s.unlabelled++
			continue
		}
		s.rows = append(s.rows, r)
		for _, p := range r.Prob {
			s.prob = append(s.prob, float64(p))
		}
		s.target = append(s.target, int32(r.Target))
		if positive < 0 {
			continue
		}
		s.score = append(s.score, float64(r.Prob[positive]))
		s.positive = append(s.positive, r.Target == positive)
		if r.Target == positive {
			s.positives++
		}
	}
	return s
}

// folds returns the folds that rows stand in, ascending.
func (s *scored) folds() []int {
	var folds []int
	for _, r := range s.rows {
		folds = append(folds, r.Fold)
	}
	slices.Sort(folds)
	return slices.Compact(folds)
}

// only returns the rows for which keep holds.
func (s *scored) only(positive int, keep func(i int) bool) *scored {
	var rows []Row
	for i, r := range s.rows {
		if keep(i) {
			rows = append(rows, r)
		}
	}
	return newScored(rows, s.classes, positive)
}

// inFold returns the rows of one fold.
func (s *scored) inFold(fold, positive int) *scored {
	return s.only(positive, func(i int) bool { return s.rows[i].Fold == fold })
}

// predicted returns the most probable class of a row, of equal ones the first.
func (s *scored) predicted(i int) int {
	best, row := 0, s.prob[i*s.classes:(i+1)*s.classes]
	for k, p := range row {
		if p > row[best] {
			best = k
		}
	}
	return best
}

// wrong tells for each row whether its most probable class is not its label.
func (s *scored) wrong() []bool {
	wrong := make([]bool, len(s.rows))
	for i := range wrong {
		wrong[i] = s.predicted(i) != int(s.target[i])
	}
	return wrong
}

// rankAUC is the AUC of percentile ranks taken within each fold, which leaves
// out differences of scale between the folds' models.
func (s *scored) rankAUC() (float64, error) {
	rank := make([]float64, len(s.rows))
	for _, f := range s.folds() {
		var at []int
		var score []float64
		for i, r := range s.rows {
			if r.Fold == f {
				at, score = append(at, i), append(score, s.score[i])
			}
		}
		for j, v := range metrics.PercentileRank(score) {
			rank[at[j]] = v
		}
	}
	return metrics.AUC(rank, s.positive)
}

// group returns the group of each row.
func (s *scored) group() []string {
	group := make([]string, len(s.rows))
	for i, r := range s.rows {
		group[i] = r.Group
	}
	return group
}

// distinct returns the number of distinct groups and whether all are known.
func distinct(group []string) (int, bool) {
	seen := make(map[string]bool)
	for _, g := range group {
		if g == "" {
			return 0, false
		}
		seen[g] = true
	}
	return len(seen), len(group) > 0
}

// wilson returns the 95% score interval of a proportion (Wilson 1927), which
// stays inside [0, 1]; [0, 1] for no trial.
func wilson(hits, trials int) (low, high float64) {
	if trials == 0 {
		return 0, 1
	}
	const z = 1.959963984540054 // the normal quantile of 0.975
	n, p := float64(trials), float64(hits)/float64(trials)
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	// At 0 and all hits the bound is exact; rounding must not pass it.
	return max(0, min(p, centre-half)), min(1, max(p, centre+half))
}

// dash stands where there is no number.
const dash = "–"

func number(v float64, err error) string {
	if err != nil || math.IsNaN(v) {
		return dash
	}
	return fmt.Sprintf("%.3f", v)
}

func percent(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) }

// span writes an interval's bounds.
func span(low, high float64, err error) string {
	if err != nil {
		return dash
	}
	return fmt.Sprintf("%.3f to %.3f", low, high)
}

// count writes a whole number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
