package report

import (
	"fmt"
	"math"

	"melanoma/internal/metrics"
)

// table is a caption, a head and rows whose first cell names the row.
type table struct {
	Caption, Note string
	Head          []string
	Rows          []tableRow
}

// tableRow is one line; Strong sets it apart as a total.
type tableRow struct {
	Cells  []string
	Strong bool
}

// foldTable has one row a fold and one over all: AUC with its interval,
// average precision, log loss and Brier score of the positive class.
func foldTable(s *scored, folds []*scored, class string) *table {
	t := &table{Caption: "Scores by fold",
		Head: []string{"Fold", "AUC", "95% interval", "Images", class, "Average precision", "Log loss", "Brier"}}
	for _, f := range folds {
		t.Rows = append(t.Rows, tableRow{Cells: foldCells(fmt.Sprint(f.rows[0].Fold), f)})
		if f.positives == 0 || f.positives == len(f.rows) {
			t.Note = "A dash stands where a fold has images of one side only, so that nothing can be ranked. "
		}
	}
	t.Rows = append(t.Rows, tableRow{Cells: foldCells("all", s), Strong: true})
	t.Note += foldSpread(s, folds)
	return t
}

func foldCells(name string, s *scored) []string {
	iv, err := metrics.DeLong(s.score, s.positive, level)
	ap, apErr := metrics.AveragePrecision(s.score, s.positive)
	loss, _, lossErr := metrics.LogLoss(s.score, s.positive)
	brier, brierErr := metrics.Brier(s.score, s.positive)
	return []string{name, number(iv.Value, err), span(iv.Low, iv.High, err), thousands(len(s.rows)), thousands(s.positives),
		number(ap, apErr), number(loss, lossErr), number(brier, brierErr)}
}

// foldSpread says what else the folds tell: their mean, and the AUC of ranks
// within folds, which a difference in scale between folds cannot lower.
func foldSpread(s *scored, folds []*scored) string {
	var sum, squares float64
	n := 0
	for _, f := range folds {
		if auc, err := metrics.AUC(f.score, f.positive); err == nil {
			sum, squares, n = sum+auc, squares+auc*auc, n+1
		}
	}
	if n < 2 {
		return ""
	}
	mean := sum / float64(n)
	sd := math.Sqrt(max(0, squares-float64(n)*mean*mean) / float64(n-1))
	text := fmt.Sprintf("Mean of the folds' AUC %.3f, standard deviation %.3f.", mean, sd)
	if rank, err := s.rankAUC(); err == nil {
		text += fmt.Sprintf(" AUC of percentile ranks within each fold: %.3f; if it is clearly above the pooled AUC, the folds' models differ in scale.", rank)
	}
	return text
}

// wanted are the operating points of the page.
var wanted = []struct {
	name        string
	rate        float64
	sensitivity bool // the rate is a sensitivity, else a specificity
}{
	{"90% specificity", 0.90, false}, {"95% specificity", 0.95, false},
	{"90% sensitivity", 0.90, true}, {"95% sensitivity", 0.95, true},
}

func operatingPoint(s *scored, rate float64, sensitivity bool) (metrics.Operating, error) {
	if sensitivity {
		return metrics.SpecificityAtSensitivity(s.score, s.positive, rate)
	}
	return metrics.SensitivityAtSpecificity(s.score, s.positive, rate)
}

// rateTable has the four operating points of every fold and over all.
func rateTable(s *scored, folds []*scored) *table {
	t := &table{Caption: "Sensitivity and specificity by fold",
		Head: []string{"Fold", "Sensitivity at 90% specificity", "at 95% specificity", "Specificity at 90% sensitivity", "at 95% sensitivity"}}
	row := func(name string, f *scored, strong bool) {
		cells := []string{name}
		for _, w := range wanted {
			o, err := operatingPoint(f, w.rate, w.sensitivity)
			v := o.Sensitivity
			if w.sensitivity {
				v = o.Specificity
			}
			cells = append(cells, number(v, err))
		}
		t.Rows = append(t.Rows, tableRow{Cells: cells, Strong: strong})
	}
	for _, f := range folds {
		row(fmt.Sprint(f.rows[0].Fold), f, false)
	}
	row("all", s, true)
	t.Note = "Each fold has its own threshold, chosen on the images that it is scored on: a little too good, above all with few positives."
	return t
}

// operatingTable tells in images what each operating point means.
func operatingTable(s *scored, class string) (*table, error) {
	t := &table{Caption: "What the operating points mean, over all folds",
		Head: []string{"Threshold for", class + " found", "missed", "False alarms", "Sensitivity (95%)", "Specificity (95%)", "Right when it alarms", "Probability at least"}}
	pos, neg := s.positives, len(s.rows)-s.positives
	for _, w := range wanted {
		o, err := operatingPoint(s, w.rate, w.sensitivity)
		if err != nil {
			return nil, err
		}
		found := int(math.Round(o.Sensitivity * float64(pos)))
		alarms := neg - int(math.Round(o.Specificity*float64(neg)))
		precision := dash
		if found+alarms > 0 {
			precision = percent(float64(found) / float64(found+alarms))
		}
		t.Rows = append(t.Rows, tableRow{Cells: []string{w.name, fmt.Sprintf("%s of %s", thousands(found), thousands(pos)),
			thousands(pos - found), fmt.Sprintf("%s of %s", thousands(alarms), thousands(neg)),
			withWilson(found, pos), withWilson(neg-alarms, neg), precision, threshold(o.Threshold)}})
	}
	t.Note = "Intervals are Wilson's for the given threshold. How often an alarm is right depends on how common " + class + " is: it holds for images like these only."
	return t, nil
}

func threshold(v float64) string {
	if math.IsInf(v, 1) {
		return "none"
	}
	return fmt.Sprintf("%.4g", v)
}

func withWilson(hits, trials int) string {
	low, high := wilson(hits, trials)
	return fmt.Sprintf("%.3f (%.3f to %.3f)", float64(hits)/float64(trials), low, high)
}

// binTable lists the reliability diagram's bins that hold an image.
func binTable(bins []metrics.Bin, class string) *table {
	t := &table{Caption: "The bins of the reliability diagram",
		Head: []string{"Probability given", "Images", class, "Mean probability", "Share of positives", "95% interval"}}
	for _, b := range bins {
		if b.Count == 0 {
			continue
		}
		low, high := wilson(b.Positives, b.Count)
		t.Rows = append(t.Rows, tableRow{Cells: []string{fmt.Sprintf("%.2f to %.2f", b.Low, b.High), thousands(b.Count), thousands(b.Positives),
			number(b.MeanProb, nil), number(b.Rate, nil), span(low, high, nil)}})
	}
	return t
}
