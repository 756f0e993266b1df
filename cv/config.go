package cv

import (
	"fmt"
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// The fold schemes.
const (
	// SchemeStratifiedGroup is scikit-learn's StratifiedGroupKFold without
	// shuffling; it depends on the set of rows alone, not on a seed.
	SchemeStratifiedGroup = "stratified_group"
	// SchemeShuffled shuffles the groups first, by the seed. The stream is
	// this project's own: folds differ from scikit-learn's for equal seeds.
	SchemeShuffled = "shuffled"
	// SchemeTfrecord, SchemeNewfold and SchemeOldfold map Deotte's tfrecord
	// 0..14 to five folds and drop tfrecord -1 (duplicates).
	SchemeTfrecord = "tfrecord"
	SchemeNewfold  = "newfold"
	SchemeOldfold  = "oldfold"
	// SchemeFile reads the folds from a CSV file of the user.
	SchemeFile = "file"
)

var schemes = []string{SchemeStratifiedGroup, SchemeShuffled, SchemeTfrecord, SchemeNewfold, SchemeOldfold, SchemeFile}

// What the stratified schemes balance.
const (
	// StratifyClass balances every class of the target.
	StratifyClass = "class"
	// StratifyPositive balances the positive class against all others.
	StratifyPositive = "positive"
)

// FoldConfig says how the training rows are cut into folds.
type FoldConfig struct {
	Folds     int    `yaml:"folds" json:"folds"`           // number of folds, at least 2
	Scheme    string `yaml:"scheme" json:"scheme"`         // one of the Scheme constants
	Stratify  string `yaml:"stratify" json:"stratify"`     // one of the Stratify constants; stratified schemes only
	Seed      uint64 `yaml:"seed" json:"seed"`             // of SchemeShuffled
	File      string `yaml:"file" json:"file"`             // of SchemeFile: one row an image, id and fold
	OnlyFolds []int  `yaml:"only_folds" json:"only_folds"` // the folds that run; empty means all
}

// DefaultFolds returns five folds, stratified by class and grouped.
func DefaultFolds() FoldConfig {
	return FoldConfig{Folds: 5, Scheme: SchemeStratifiedGroup, Stratify: StratifyClass}
}

// Validate returns a fault of kind Usage that names the wrong setting.
func (c FoldConfig) Validate() error {
	usage := func(hint, format string, args ...any) error {
		return fault.New(fault.Usage, hint, "cv: "+format, args...)
	}
	if c.Folds < 2 {
		return usage("set cv.folds to 2 or more; 5 is usual", "folds is %d", c.Folds)
	}
	if !slices.Contains(schemes, c.Scheme) {
		return usage("cv.scheme is one of "+strings.Join(schemes, ", "), "unknown fold scheme %q", c.Scheme)
	}
	if c.Stratify != StratifyClass && c.Stratify != StratifyPositive {
		return usage("cv.stratify is class or positive", "unknown stratification %q", c.Stratify)
	}
	if tfrecordTables[c.Scheme] != nil && c.Folds != tfrecordFolds {
		return usage(fmt.Sprintf("set cv.folds to %d or choose scheme stratified_group", tfrecordFolds), "scheme %s has %d folds, not %d", c.Scheme, tfrecordFolds, c.Folds)
	}
	if (c.Scheme == SchemeFile) != (c.File != "") {
		return usage("scheme file and cv.file go together", "scheme %s with file %q", c.Scheme, c.File)
	}
	for i, f := range c.OnlyFolds {
		if f < 0 || f >= c.Folds {
			return usage("folds are numbered from 0", "only_folds names fold %d of %d", f, c.Folds)
		}
		if slices.Contains(c.OnlyFolds[:i], f) {
			return usage("name each fold once", "only_folds names fold %d twice", f)
		}
	}
	return nil
}

// Running returns the folds that run, ascending.
func (c FoldConfig) Running() []int {
	if len(c.OnlyFolds) > 0 {
		return slices.Sorted(slices.Values(c.OnlyFolds))
	}
	all := make([]int, c.Folds)
	for f := range all {
		all[f] = f
	}
	return all
}
