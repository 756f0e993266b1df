package cv

import (
	"slices"
	"strconv"
	"strings"

	"melanoma/internal/fault"
)

// TruthColumns name the columns of a truth file; empty names are looked for.
type TruthColumns struct {
	ID       string // else as in ReadPredictions
	Target   string // else target, else the only column beside the id
	Positive string // the target that is positive; empty: targets are 0 and 1, or true and false
	Group    string // else patient_id, lesion_id or group, if there
	Fold     string // else fold, if there
}

// Truth are the labels that predictions are scored against.
type Truth struct {
	Path      string
	ImageName []string
	Line      []int
	Positive  []bool
	Group     []string // nil if the file has none
	Fold      []int32  // nil if the file has none
}

// ReadTruth reads the labels of a CSV file. Errors name file and row.
func ReadTruth(path string, c TruthColumns) (*Truth, error) {
	s, err := openSheet(path, c.ID)
	if err != nil {
		return nil, err
	}
	t := &Truth{Path: path, ImageName: s.ids, Line: s.line}
	if t.Positive, err = s.labels(c); err != nil {
		return nil, err
	}
	group := c.Group
	for _, name := range groupColumns {
		if group == "" && slices.Contains(s.header, name) {
			group = name
		}
	}
	if group != "" {
		if t.Group, err = s.text(group); err != nil {
			return nil, err
		}
	}
	if c.Fold != "" || slices.Contains(s.header, "fold") {
		if t.Fold, err = s.folds(c.Fold); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (s *sheet) labels(c TruthColumns) ([]bool, error) {
	name := c.Target
	if name == "" {
		name = "target"
		if !slices.Contains(s.header, name) && len(s.header) == 2 {
			name = s.header[1-s.id]
		}
	}
	text, err := s.text(name)
	if err != nil {
		return nil, err
	}
	positive := make([]bool, len(text))
	found := false
	for i, label := range text {
		if c.Positive != "" {
			positive[i] = label == c.Positive
			found = found || positive[i]
			continue
		}
		var ok bool
		if positive[i], ok = parseLabel(label); !ok {
			return nil, s.wrong(s.line[i], "labels are 0 and 1; for named classes say which one is positive", "image %s has %s %q", s.ids[i], name, label)
		}
	}
	if c.Positive != "" && !found {
		return nil, fault.New(fault.Input, "check the spelling of the positive class", "cv: %s: no image has %s %q", s.path, name, c.Positive)
	}
	return positive, nil
}

// parseLabel reads 0, 1, 0.0, 1.0, true or false.
func parseLabel(text string) (positive, ok bool) {
	switch strings.ToLower(text) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	v, err := strconv.ParseFloat(text, 64)
	return v == 1, err == nil && (v == 0 || v == 1)
}

func (s *sheet) folds(name string) ([]int32, error) {
	if name == "" {
		name = "fold"
	}
	values, err := s.numbers(name)
	if err != nil {
		return nil, err
	}
	folds := make([]int32, len(values))
	for i, v := range values {
		folds[i] = int32(v)
		if float64(folds[i]) != v {
			return nil, s.wrong(s.line[i], "folds are whole numbers", "image %s has fold %v", s.ids[i], v)
		}
	}
	return folds, nil
}
