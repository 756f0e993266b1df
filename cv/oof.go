package cv

import (
	"slices"
	"strconv"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// OOF is the out-of-fold table of one model: exactly one row for each training
// image of the folds that ran, in the order of the folds file.
type OOF struct {
	Predictions
	Group  []string // patient or lesion
	Fold   []int32
	Target []int32 // class index
}

// CollateOOF averages the validation draws of the folds that ran. Every image
// of these folds must have its draws in the file of its own fold and nowhere
// else; missing, repeated and unknown images are errors that name them.
// positive is the index of the positive class, or -1.
func CollateOOF(model string, draws []FoldDraws, folds *Folds, classes []string, positive int) (*OOF, error) {
	if err := checkDraws(draws, classes, positive); err != nil {
		return nil, err
	}
	foldOf := make(map[string]int32, len(folds.ImageName))
	for i, name := range folds.ImageName {
		foldOf[name] = folds.Fold[i]
	}
	perFold := make(map[int32]map[string]grid, len(draws))
	for _, d := range draws {
		if err := d.onlyOwnFold(foldOf); err != nil {
			return nil, err
		}
		g, err := d.grids()
		if err != nil {
			return nil, err
		}
		var names []string
		for _, i := range folds.RowsOf(d.Fold) {
			names = append(names, folds.ImageName[i])
		}
		if err := sameImages(d.Source, "fold "+strconv.Itoa(d.Fold), g, names); err != nil {
			return nil, err
		}
		perFold[int32(d.Fold)] = g
	}
	o := &OOF{Predictions: Predictions{Model: model, Classes: classes, Positive: positive}}
	for i, name := range folds.ImageName {
		g, ok := perFold[folds.Fold[i]][name]
		if !ok {
			continue // its fold did not run, or it was dropped
		}
		if o.Views > 0 && (g.views != o.Views || g.samples != o.Members) {
			return nil, fault.New(fault.Input, "remake the draws with melanoma predict",
				"cv: image %s has %d views of %d samples, others have %d of %d", name, g.views, g.samples, o.Views, o.Members)
		}
		o.add(name, g.logits, g.samples, g.views)
		o.Group = append(o.Group, folds.Group[i])
		o.Fold = append(o.Fold, folds.Fold[i])
		o.Target = append(o.Target, folds.Target[i])
	}
	return o, nil
}

// onlyOwnFold finds an image that this fold's model may have trained on.
func (d FoldDraws) onlyOwnFold(foldOf map[string]int32) error {
	for _, name := range d.ImageName {
		fold, known := foldOf[name]
		if !known {
			return d.wrong(name, "is not in the folds file")
		}
		if int(fold) != d.Fold {
			return fault.New(fault.Input, "the fold's model has trained on it: remake the draws with melanoma predict",
				"cv: %s: image %s belongs to fold %d, not %d", d.Source, name, fold, d.Fold)
		}
	}
	return nil
}

// Verify checks the table against the folds: exactly one row for each training
// image of the given folds, each with its fold and target, finite values, and
// probabilities that sum to 1.
func (o *OOF) Verify(folds *Folds, running []int) error {
	rowOf := make(map[string]int, len(o.ImageName))
	for i, name := range o.ImageName {
		if _, twice := rowOf[name]; twice {
			return o.wrong("image %s has two rows", name)
		}
		rowOf[name] = i
	}
	var absent []string
	expected := 0
	for j, name := range folds.ImageName {
		if !slices.Contains(running, int(folds.Fold[j])) {
			continue
		}
		expected++
		i, ok := rowOf[name]
		if !ok {
			absent = append(absent, name)
			continue
		}
		if o.Fold[i] != folds.Fold[j] || o.Target[i] != folds.Target[j] {
			return o.wrong("image %s has fold %d and target %d, the folds file has %d and %d", name, o.Fold[i], o.Target[i], folds.Fold[j], folds.Target[j])
		}
	}
	if len(absent) > 0 {
		return o.wrong("no row for %s", nameSome(absent))
	}
	if len(o.ImageName) != expected {
		return o.wrong("%d rows for %d training images", len(o.ImageName), expected)
	}
	return o.Predictions.verify()
}

func (o *OOF) wrong(format string, args ...any) error {
	return fault.New(fault.Input, "remake it with melanoma oof", "cv: out-of-fold table of "+o.Model+": "+format, args...)
}

// Write writes oof/<model>.arrow; inputs name the content it was made from.
func (o *OOF) Write(path string, inputs map[string]string) error {
	meta := artifact.Meta{Kind: "oof", Producer: "melanoma oof", Inputs: inputs, Extra: map[string]string{
		"model": o.Model, "classes": encodeNames(o.Classes), "positive": strconv.Itoa(o.Positive),
		"members": strconv.Itoa(o.Members), "views": strconv.Itoa(o.Views)}}
	k := max(1, len(o.Classes))
	t := artifact.NewTable(meta).String("image_name", o.ImageName).String("patient_id", o.Group).
		Int32("fold", o.Fold).Int32("target", o.Target).Lists("logits", o.Logits, k).Lists("prob", o.Prob, k)
	if o.Positive >= 0 {
		t.Float64("prob_positive", o.ProbPositive)
	}
	t.Float64("predictive_entropy", o.PredictiveEntropy).Float64("expected_entropy", o.ExpectedEntropy).
		Float64("mutual_information", o.MutualInformation).Float64("view_variance", o.ViewVariance)
	return artifact.Write(path, t)
}

// ReadOOF reads a file of [OOF.Write].
func ReadOOF(path string) (*OOF, error) {
	t, err := artifact.Read(path, "oof")
	if err != nil {
		return nil, err
	}
	c := columns{table: t}
	o := &OOF{Group: c.strings("patient_id"), Fold: c.int32s("fold"), Target: c.int32s("target")}
	o.Model, o.Classes, o.Positive = t.Meta.Extra["model"], c.classes(), c.number("positive")
	o.Members, o.Views = c.number("members"), c.number("views")
	o.ImageName = c.strings("image_name")
	var width, probWidth int
	o.Logits, width = c.lists("logits")
	o.Prob, probWidth = c.lists("prob")
	if o.Positive >= 0 {
		o.ProbPositive = c.float64s("prob_positive")
	}
	o.PredictiveEntropy, o.ExpectedEntropy = c.float64s("predictive_entropy"), c.float64s("expected_entropy")
	o.MutualInformation, o.ViewVariance = c.float64s("mutual_information"), c.float64s("view_variance")
	if c.err == nil && (width != len(o.Classes) || probWidth != width || o.Positive >= width) {
		c.err = fault.New(fault.Input, "remake it with melanoma oof", "cv: %s: %d logits and %d probabilities for %d classes", path, width, probWidth, len(o.Classes))
	}
	return o, c.err
}
