package cv

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
	"melanoma/internal/rng"
)

// Dropped is the fold of a row that stands in no fold: it is neither trained
// on nor scored.
const Dropped = -1

// FoldRow is what cross-validation sees of one training row.
type FoldRow struct {
	ImageName string
	Group     string // patient or lesion; "" means that the row is a group of its own
	Class     int32  // class index
	Positive  bool   // whether Class is the positive class
	Tfrecord  int32  // 0..14, TfrecordDropped or TfrecordAbsent
}

// Folds is the frozen assignment of training rows to folds. The slices have
// one element a training row, in the order of the rows it was made from.
type Folds struct {
	Scheme    string
	Count     int // number of folds
	ImageName []string
	Group     []string
	Fold      []int32 // 0..Count-1 or Dropped
	Target    []int32 // class index
}

// AssignFolds cuts the rows into folds and verifies the result. A row without
// a group counts as a group of its own.
func AssignFolds(rows []FoldRow, c FoldConfig) (*Folds, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.Input, "check data.train_csv", "cv: no training rows to cut into folds")
	}
	f := &Folds{Scheme: c.Scheme, Count: c.Folds}
	for _, r := range rows {
		f.ImageName = append(f.ImageName, r.ImageName)
		f.Group = append(f.Group, r.Group)
		f.Target = append(f.Target, r.Class)
	}
	var err error
	switch c.Scheme {
	case SchemeFile:
		f.Fold, err = fileAssignment(rows, c.File, c.Folds)
	case SchemeStratifiedGroup, SchemeShuffled:
		f.Fold, err = stratifiedAssignment(rows, c)
	default:
		f.Fold, err = tfrecordAssignment(rows, c.Scheme)
	}
	if err != nil {
		return nil, err
	}
	return f, f.Verify()
}

func stratifiedAssignment(rows []FoldRow, c FoldConfig) ([]int32, error) {
	class, group := make([]int32, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		class[i], group[i] = r.Class, groupOf(r.Group, r.ImageName)
		if c.Stratify == StratifyPositive {
			class[i] = 0
			if r.Positive {
				class[i] = 1
			}
		}
	}
	if c.Scheme == SchemeShuffled {
		return StratifiedGroupKFold(class, group, c.Folds, rng.New(rng.Key(c.Seed, "folds")))
	}
	return StratifiedGroupKFold(class, group, c.Folds, nil)
}

// groupOf gives a row without a group one that no other row can have.
func groupOf(group, imageName string) string {
	if group == "" {
		return "\x00" + imageName
	}
	return group
}

// Verify proves the promises of a fold file: every image once, every fold
// number in range, no fold empty, no group in two folds. The error names the
// first image or group, in the order of the rows, that breaks one.
func (f *Folds) Verify() error {
	broken := func(hint, format string, args ...any) error {
		return fault.New(fault.Input, hint, "cv: folds: "+format, args...)
	}
	n := len(f.ImageName)
	if len(f.Group) != n || len(f.Fold) != n || len(f.Target) != n {
		return broken("", "columns of %d, %d, %d and %d rows", n, len(f.Group), len(f.Fold), len(f.Target))
	}
	firstRow := make(map[string]int, n)
	foldOfGroup := make(map[string]int32)
	rows := make([]int, max(f.Count, 0))
	for i, name := range f.ImageName {
		if j, twice := firstRow[name]; twice {
			return broken("every image has one row", "image %s stands in rows %d and %d", name, j+1, i+1)
		}
		firstRow[name] = i
		fold := f.Fold[i]
		if fold == Dropped {
			continue
		}
		if fold < 0 || int(fold) >= f.Count {
			return broken("folds are numbered from 0", "image %s is in fold %d of %d", name, fold, f.Count)
		}
		rows[fold]++
		group := groupOf(f.Group[i], name)
		if other, seen := foldOfGroup[group]; seen && other != fold {
			return broken("images of one group must stay in one fold, or scores are too good",
				"group %s stands in folds %d and %d (image %s)", f.Group[i], other, fold, name)
		}
		foldOfGroup[group] = fold
	}
	if empty := slices.Index(rows, 0); empty >= 0 {
		return broken("use fewer folds (cv.folds)", "no image is in fold %d of %d", empty, f.Count)
	}
	return nil
}

// RowsOf returns the rows of one fold (its validation rows), ascending.
func (f *Folds) RowsOf(fold int) []int {
	var rows []int
	for i, g := range f.Fold {
		if int(g) == fold {
			rows = append(rows, i)
		}
	}
	return rows
}

// TrainingRows returns the rows that train the given fold's model: those of
// every other fold, ascending, without the dropped ones.
func (f *Folds) TrainingRows(fold int) []int {
	var rows []int
	for i, g := range f.Fold {
		if g != Dropped && int(g) != fold {
			rows = append(rows, i)
		}
	}
	return rows
}

// FoldSummary counts one fold.
type FoldSummary struct {
	Fold   int           `json:"fold"` // Dropped for the rows in no fold
	Images int           `json:"images"`
	Groups int           `json:"groups"`
	Class  map[int32]int `json:"class"` // images by class index
}

// Summary returns one count a fold, ascending, after that of the dropped rows
// if there are any.
func (f *Folds) Summary() []FoldSummary {
	byFold := make(map[int32]*FoldSummary)
	groups := make(map[string]bool)
	for i, fold := range f.Fold {
		s := byFold[fold]
		if s == nil {
			s = &FoldSummary{Fold: int(fold), Class: make(map[int32]int)}
			byFold[fold] = s
		}
		s.Images++
		s.Class[f.Target[i]]++
		key := strconv.Itoa(int(fold)) + " " + groupOf(f.Group[i], f.ImageName[i])
		if !groups[key] {
			groups[key] = true
			s.Groups++
		}
	}
	out := make([]FoldSummary, 0, len(byFold))
	for _, s := range byFold {
		out = append(out, *s)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].Fold < out[b].Fold })
	return out
}

// Write writes folds.arrow; inputs name the content it was made from.
func (f *Folds) Write(path string, inputs map[string]string) error {
	meta := artifact.Meta{Kind: "folds", Producer: "melanoma folds", Inputs: inputs,
		Extra: map[string]string{"scheme": f.Scheme, "folds": strconv.Itoa(f.Count)}}
	t := artifact.NewTable(meta).String("image_name", f.ImageName).String("patient_id", f.Group).
		Int32("fold", f.Fold).Int32("target", f.Target)
	return artifact.Write(path, t)
}

// ReadFolds reads a file of [Folds.Write]. It does not verify the promises:
// call [Folds.Verify].
func ReadFolds(path string) (*Folds, error) {
	t, err := artifact.Read(path, "folds")
	if err != nil {
		return nil, err
	}
	count, err := strconv.Atoi(strings.TrimSpace(t.Meta.Extra["folds"]))
	if err != nil {
		return nil, fault.New(fault.Input, "remake it with melanoma folds", "cv: %s: number of folds: %w", path, err)
	}
	f := &Folds{Scheme: t.Meta.Extra["scheme"], Count: count}
	c := columns{table: t}
	f.ImageName, f.Group = c.strings("image_name"), c.strings("patient_id")
	f.Fold, f.Target = c.int32s("fold"), c.int32s("target")
	if c.err != nil {
		return nil, fmt.Errorf("cv: read folds: %w", c.err)
	}
	return f, nil
}
