package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"melanoma/internal/metrics"
)

// measure is one uncertainty column.
type measure struct {
	Name  string
	Color role
	Value []float64 // [N], in the order of the scored rows
}

// measures returns the columns that are known for every row. Mutual
// information needs two members; with one it is zero by definition.
func measures(s *scored, members int) []measure {
	all := []struct {
		name   string
		color  role
		get    func(Row) float64
		absent bool
	}{
		{"predictive entropy", roleA, func(r Row) float64 { return r.PredictiveEntropy }, false},
		{"mutual information", roleB, func(r Row) float64 { return r.MutualInformation }, members < 2},
		{"expected entropy", roleC, func(r Row) float64 { return r.ExpectedEntropy }, members < 2},
		{"variance over views", roleInk, func(r Row) float64 { return r.ViewVariance }, false},
	}
	var out []measure
	for _, m := range all {
		value := make([]float64, len(s.rows))
		for i, r := range s.rows {
			value[i] = m.get(r)
		}
		if !m.absent && len(value) > 0 && !slices.ContainsFunc(value, math.IsNaN) {
			out = append(out, measure{m.name, m.color, value})
		}
	}
	return out
}

// byUncertainty returns the rows from the most certain to the least; rows of
// equal uncertainty stay in the order of their names.
func byUncertainty(value []float64) []int {
	order := make([]int, len(value))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(value[a], value[b]) })
	return order
}

// referralLine returns what remains right when the most uncertain fraction x
// goes to a person: the AUC of the rest, or with no positive class the
// accuracy. It ends where fewer than five of a class remain.
func referralLine(s *scored, m measure) plotter.XYs {
	const steps, least = 18, 5
	order := byUncertainty(m.Value)
	wrong := s.wrong()
	var xy plotter.XYs
	for k := range steps + 1 {
		kept := order[:len(order)*(20-k)/20]
		v, ok := retained(s, kept, wrong, least)
		if !ok {
			break
		}
		xy = append(xy, plotter.XY{X: float64(k) / 20, Y: v})
	}
	return xy
}

// retained scores the rows at the given places; ok is false where too few of
// a class remain.
func retained(s *scored, at []int, wrong []bool, least int) (v float64, ok bool) {
	if s.score == nil {
		right := 0
		for _, i := range at {
			if !wrong[i] {
				right++
			}
		}
		return float64(right) / float64(len(at)), len(at) >= least
	}
	score, positive, pos := make([]float64, len(at)), make([]bool, len(at)), 0
	for j, i := range at {
		score[j], positive[j] = s.score[i], s.positive[i]
		if positive[j] {
			pos++
		}
	}
	if pos < least || len(at)-pos < least {
		return 0, false
	}
	v, err := metrics.AUC(score, positive)
	return v, err == nil
}

// tenth is the error rate of one slice of the rows by uncertainty.
type tenth struct {
	Rows, Wrong int
}

// tenths cuts the rows into at most ten equal slices of at least ten rows by
// rising uncertainty.
func tenths(s *scored, m measure) []tenth {
	slices := min(10, max(1, len(s.rows)/10))
	wrong := s.wrong()
	out := make([]tenth, slices)
	for rank, i := range byUncertainty(m.Value) {
		t := &out[rank*slices/len(s.rows)]
		t.Rows++
		if wrong[i] {
			t.Wrong++
		}
	}
	return out
}

// uncertaintyTable tells how well each measure picks out the wrong rows.
func uncertaintyTable(s *scored, all []measure) *table {
	wrong := s.wrong()
	t := &table{Caption: "How well each uncertainty picks out the wrong predictions",
		Head: []string{"Measure", "AUC for wrong", "95% interval", "Median, right", "Median, wrong"},
		Note: "0.5 is chance: the measure says nothing about errors. 1 means that every wrong prediction was more uncertain than every right one. Medians in nats; of the variance over views as it is."}
	for _, m := range all {
		iv, err := metrics.DeLong(m.Value, wrong, level)
		t.Rows = append(t.Rows, tableRow{Cells: []string{m.Name, number(iv.Value, err), span(iv.Low, iv.High, err),
			median(m.Value, wrong, false), median(m.Value, wrong, true)}})
	}
	return t
}

// median is the middle value of the rows that are wrong (or right).
func median(value []float64, wrong []bool, which bool) string {
	var v []float64
	for i, w := range wrong {
		if w == which {
			v = append(v, value[i])
		}
	}
	if len(v) == 0 {
		return dash
	}
	slices.Sort(v)
	return fmt.Sprintf("%.4f", (v[(len(v)-1)/2]+v[len(v)/2])/2)
}
