package cv

import (
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// nestedFolds is the number of folds of the nested estimate where the truth
// file brings none.
const nestedFolds = 5

// FileBlend is the result of blending anyone's prediction files.
type FileBlend struct {
	Methods   []string
	ImageName []string             // in the order of the first file
	Scores    map[string][]float64 // by method, one a row
	Blend     *Blend               // AUCs and weights; nil without a truth file
}

// BlendColumns combines columns of predictions, joined by id: all must hold
// the same images, and so must the truth if it is given (not nil). Weights
// are fitted on the truth; their nested estimate uses its folds, or five
// stratified folds by its groups. The scores by weights are those of the
// weights fitted on all rows: they are for new rows, while the AUC beside them
// is the nested one.
func BlendColumns(columns []*Column, truth *Truth, chosen []string) (*FileBlend, error) {
	if err := checkMethods(chosen); err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		return nil, fault.New(fault.Usage, "name at least one file", "cv: nothing to blend")
	}
	if truth == nil && slices.Contains(chosen, MethodWeights) {
		return nil, fault.New(fault.Usage, "give the labels with --truth", "cv: weights cannot be fitted without labels")
	}
	first := columns[0]
	models, scores, err := joinColumns(columns)
	if err != nil {
		return nil, err
	}
	if slices.Contains(chosen, MethodProb) {
		if err := allProbabilities(columns); err != nil {
			return nil, err
		}
	}
	out := &FileBlend{Methods: chosen, ImageName: first.ImageName, Scores: make(map[string][]float64)}
	if truth != nil {
		if out.Blend, err = fitColumns(models, scores, first, truth, chosen); err != nil {
			return nil, err
		}
	}
	ranks := ranksOf(scores)
	for _, method := range chosen {
		out.Scores[method] = out.Blend.combine(method, scores, ranks, nil)
	}
	return out, nil
}

// fitColumns puts the truth into the order of the first column and fits.
func fitColumns(models []string, scores [][]float64, first *Column, truth *Truth, chosen []string) (*Blend, error) {
	order, err := joinTo(first.ImageName, truth.ImageName, first.Path, truth.Path)
	if err != nil {
		return nil, err
	}
	l := labelled{models: models, scores: scores, positive: take(truth.Positive, order)}
	if l.fold, err = truth.nestedFold(order, l.positive); err != nil {
		return nil, err
	}
	b, _, err := l.fit(chosen)
	return b, err
}

// nestedFold returns the fold of every row, the same for any order of rows.
func (t *Truth) nestedFold(order []int, positive []bool) ([]int32, error) {
	if t.Fold != nil {
		return take(t.Fold, order), nil
	}
	class, group := make([]int32, len(order)), take(t.ImageName, order)
	for i, r := range order {
		if positive[i] {
			class[i] = 1
		}
		if t.Group != nil {
			group[i] = groupOf(t.Group[r], group[i])
		}
	}
	_, distinct := compact(group)
	if len(distinct) < nestedFolds || len(class) < 2*nestedFolds {
		return make([]int32, len(order)), nil // one fold: too few rows for an estimate
	}
	return StratifiedGroupKFold(class, group, nestedFolds, nil)
}

// joinColumns brings all columns into the row order of the first.
func joinColumns(columns []*Column) (models []string, scores [][]float64, err error) {
	first := columns[0]
	seen := make(map[string]bool)
	for _, c := range columns {
		full := c.Path + ":" + c.Name
		if seen[full] {
			return nil, nil, fault.New(fault.Usage, "name every file and column once", "cv: column %s of %s is there twice", c.Name, c.Path)
		}
		seen[full] = true
		title := c.Title()
		if slices.Contains(models, title) {
			title = full // files of one name in several folders
		}
		models = append(models, title)
		order, err := joinTo(first.ImageName, c.ImageName, first.Path, c.Path)
		if err != nil {
			return nil, nil, err
		}
		scores = append(scores, take(c.Value, order))
	}
	return models, scores, nil
}

func allProbabilities(columns []*Column) error {
	for _, c := range columns {
		for i, v := range c.Value {
			if v < 0 || v > 1 {
				return fault.New(fault.Input, "blend by rank instead: --method rank", "cv: %s row %d: %s %v of image %s is no probability", c.Path, c.Line[i], c.Name, v, c.ImageName[i])
			}
		}
	}
	return nil
}

// WriteCSV writes image_name and one column a method, or the column target for
// a single method, as a submission has it.
func (f *FileBlend) WriteCSV(path string) error {
	header := []string{"image_name", "target"}
	if len(f.Methods) > 1 {
		header = append(header[:1], f.Methods...)
	}
	var values [][]float64
	for _, method := range f.Methods {
		values = append(values, f.Scores[method])
	}
	return writeCSV(path, header, f.ImageName, values...)
}

// ParseMethods cuts a list such as prob,rank,weights.
func ParseMethods(list string) ([]string, error) {
	chosen := strings.Split(list, ",")
	for i := range chosen {
		chosen[i] = strings.TrimSpace(chosen[i])
	}
	return chosen, checkMethods(chosen)
}
