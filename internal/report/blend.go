package report

import (
	"cmp"

	"fmt"
	"math"
	"slices"
	"strings"

	"melanoma/internal/metrics"
)

// blended is a blend method's scores with the labels joined to them.
type blended struct {
	method   BlendMethod
	score    []float64
	positive []bool
	group    []string
}

// joinBlends joins every method's scores to the models' labels by image name.
// Rows without a label are left out.
func joinBlends(in *Input) ([]blended, error) {
	if in.Blend == nil || in.Positive < 0 {
		return nil, nil
	}
	known := make(map[string]Row)
	for _, m := range in.Models {
		for _, r := range m.Rows {
			if have, ok := known[r.ImageName]; ok && have.Target != r.Target {
				return nil, fmt.Errorf("report: model %q: image %s has target %d, another model has %d", m.Name, r.ImageName, r.Target, have.Target)
			}
			known[r.ImageName] = r
		}
	}
	var out []blended
	for _, m := range in.Blend.Methods {
		b, err := joinBlend(m, known, in.Positive)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

func joinBlend(m BlendMethod, known map[string]Row, positive int) (blended, error) {
	b := blended{method: m}
	scores := slices.Clone(m.Scores)
	slices.SortFunc(scores, func(x, y Score) int { return cmp.Compare(x.ImageName, y.ImageName) })
	for i, s := range scores {
		r, ok := known[s.ImageName]
		switch {
		case !ok:
			return b, fmt.Errorf("report: blend %q: image %q stands in no model's rows", m.Name, s.ImageName)
		case i > 0 && scores[i-1].ImageName == s.ImageName:
			return b, fmt.Errorf("report: blend %q: image %q stands twice", m.Name, s.ImageName)
		case math.IsNaN(s.Value):
			return b, fmt.Errorf("report: blend %q: image %q has no score", m.Name, s.ImageName)
		case r.Target >= 0:
			b.score, b.positive = append(b.score, s.Value), append(b.positive, r.Target == positive)
			b.group = append(b.group, r.Group)
		}
	}
	return b, nil
}

// modelTable compares the models on the positive class.
func modelTable(in *Input, all []*scored) *table {
	t := &table{Caption: "Models",
		Head: []string{"Model", "AUC", "95% interval", "Average precision", "Log loss", "Brier", "Calibration error", "Images"},
		Note: "All numbers are pooled over the folds. The models scored the same images, so overlapping intervals do not prove two of them equal; nor does a small difference prove one better."}
	for i, s := range all {
		iv, err := metrics.DeLong(s.score, s.positive, level)
		ap, apErr := metrics.AveragePrecision(s.score, s.positive)
		loss, _, lossErr := metrics.LogLoss(s.score, s.positive)
		brier, brierErr := metrics.Brier(s.score, s.positive)
		ece, eceErr := metrics.ECE(s.score, s.positive, metrics.DefaultBins)
		t.Rows = append(t.Rows, tableRow{Cells: []string{in.Models[i].Name, number(iv.Value, err), span(iv.Low, iv.High, err),
			number(ap, apErr), number(loss, lossErr), number(brier, brierErr), number(ece, eceErr), thousands(len(s.rows))}})
	}
	return t
}

// blendTable compares the methods with the best single model.
func blendTable(in *Input, all []*scored, blends []blended) *table {
	bestName, best := bestSingle(in, all)
	t := &table{Caption: "Ensembles",
		Head: []string{"Method", "AUC", "95% interval", "Against " + bestName, "Nested AUC", "Nested gain", "Weights", "Images"},
		Note: fmt.Sprintf("%s is the best single model on these images; that choice, like fitted weights, has seen the labels. Nested numbers are fair: the weights were fitted on the other folds.", bestName)}
	for _, b := range blends {
		iv, err := metrics.DeLong(b.score, b.positive, level)
		nested, gain := nestedCells(b.method.Nested)
		against := dash
		if err == nil && !math.IsNaN(best) {
			against = signed(iv.Value - best)
		}
		t.Rows = append(t.Rows, tableRow{Strong: b.method.Name == in.Blend.Final, Cells: []string{b.method.Name,
			number(iv.Value, err), span(iv.Low, iv.High, err), against, nested, gain, weights(b.method.Weights), thousands(len(b.score))}})
		if b.method.Note != "" {
			t.Note += " " + b.method.Name + ": " + strings.TrimSuffix(b.method.Note, ".") + "."
		}
	}
	if in.Blend.Final != "" {
		t.Note += fmt.Sprintf(" The row in bold, %s, is the one that the submission and the headline use.", in.Blend.Final)
	}
	return t
}

// bestSingle returns the model with the highest pooled AUC, of equal ones the
// first; NaN where no model has one.
func bestSingle(in *Input, all []*scored) (name string, auc float64) {
	name, auc = "best model", math.NaN()
	for i, s := range all {
		v, err := metrics.AUC(s.score, s.positive)
		if err == nil && !(v <= auc) {
			name, auc = in.Models[i].Name, v
		}
	}
	return name, auc
}

func nestedCells(n *Nested) (auc, gain string) {
	if n == nil {
		return "not fitted", dash
	}
	gain = signed(n.AUC - n.BaselineAUC)
	if n.Baseline != "" {
		gain += " over " + n.Baseline
	}
	return number(n.AUC, nil), gain
}

func signed(v float64) string {
	if math.IsNaN(v) {
		return dash
	}
	text := fmt.Sprintf("%+.4f", v)
	return strings.Replace(text, "-", "−", 1)
}

func weights(w []Weight) string {
	if len(w) == 0 {
		return "equal"
	}
	parts := make([]string, len(w))
	for i, x := range w {
		parts[i] = fmt.Sprintf("%s %.2f", x.Model, x.Value)
	}
	return strings.Join(parts, ", ")
}

// checkFinal asks that the final method is one of those listed.
func (b *Blend) checkFinal() error {
	if b == nil || b.Final == "" {
		return nil
	}
	for _, m := range b.Methods {
		if m.Name == b.Final {
			return nil
		}
	}
	return fmt.Errorf("report: the final blend %q is not among the methods", b.Final)
}
