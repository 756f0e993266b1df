package report

import (
	"errors"
	"fmt"

	"melanoma/internal/metrics"
)

// matrix is a confusion matrix with a shade of 0 to 9 a cell.
type matrix struct {
	Caption, Note string
	Classes       []string
	Rows          []matrixRow
}

type matrixRow struct {
	Class  string
	Cells  []matrixCell
	Total  string
	Recall string
	AUC    string
}

type matrixCell struct {
	Count, Share string
	Shade        int
	Right        bool
}

// confusion counts labels (rows) by most probable class (columns).
func confusion(s *scored, classes []string) (*matrix, error) {
	counts, err := metrics.Confusion(s.prob, s.classes, s.target)
	if err != nil {
		return nil, err
	}
	each, err := metrics.ClassAUC(s.prob, s.classes, s.target)
	if err != nil {
		return nil, err
	}
	accuracy, _ := metrics.Accuracy(s.prob, s.classes, s.target)
	m := &matrix{Caption: "Confusion matrix", Classes: classes}
	for k, row := range counts {
		m.Rows = append(m.Rows, confusionRow(classes[k], row, k, each[k]))
	}
	m.Note = fmt.Sprintf("The most probable class is right for %s of the images. Shares are of the row's label.", percent(accuracy))
	macro, counted, err := metrics.MacroAUC(s.prob, s.classes, s.target)
	switch {
	case errors.Is(err, metrics.ErrOneClass):
		m.Note += " All labels are of one class, so that nothing can be ranked."
	case err != nil:
		return nil, err
	case s.classes > 2:
		m.Note += fmt.Sprintf(" Mean AUC of %s against the rest: %.3f.", count(counted, "class", "classes"), macro)
	}
	return m, nil
}

func confusionRow(class string, row []int, k int, auc float64) matrixRow {
	total := 0
	for _, n := range row {
		total += n
	}
	out := matrixRow{Class: class, Total: thousands(total), Recall: dash, AUC: number(auc, nil)}
	for j, n := range row {
		c := matrixCell{Count: thousands(n), Right: j == k}
		if n > 0 {
			share := float64(n) / float64(total)
			c.Share, c.Shade = fmt.Sprintf("%.0f%%", 100*share), min(9, int(share*10))
		}
		out.Cells = append(out.Cells, c)
	}
	if total > 0 {
		out.Recall = percent(float64(row[k]) / float64(total))
	}
	return out
}
