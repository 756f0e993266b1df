package data

import (
	"fmt"
	"slices"

	"melanoma/internal/fault"
)

// binaryClasses are the classes where only 0 and 1 are known.
var binaryClasses = []string{"benign", "malignant"}

// assignClasses decides on the class list and sets the target of every row.
// It returns the classes, the name of the positive one ("" for none), and the
// training rows that have no class.
func (c Config) assignClasses(rows []listed) (classes []string, positive string, problems []Problem, err error) {
	if present(c.Columns.Diagnosis) == "" {
		return c.assignBinary(rows)
	}
	if classes = slices.Clone(c.Classes); len(classes) == 0 {
		for _, r := range rows {
			if !r.Test && r.Diagnosis != "" {
				classes = append(classes, r.Diagnosis)
			}
		}
		slices.Sort(classes)
		classes = slices.Compact(classes)
	}
	if len(classes) < 2 {
		return nil, "", nil, fault.New(fault.Input, "check data.columns.diagnosis", "data: %s: %d classes %q in column %q, and two are the least", c.TrainCSV, len(classes), classes, c.Columns.Diagnosis)
	}
	if c.Positive != "" && !slices.Contains(classes, c.Positive) {
		return nil, "", nil, wrong("positive", didYouMean(c.Positive, classes), "is %q, which is no diagnosis of %s", c.Positive, c.TrainCSV)
	}
	for i := range rows {
		r := &rows[i]
		r.Target = int32(slices.Index(classes, r.Diagnosis))
		r.Positive = r.Target >= 0 && r.Diagnosis == c.Positive
		if reason := c.classProblem(r, classes); reason != "" {
			problems = append(problems, r.problem("%s", reason))
		}
	}
	return classes, c.Positive, problems, nil
}

// classProblem says what is wrong with the class of a row.
func (c Config) classProblem(r *listed, classes []string) string {
	switch {
	case r.Target < 0 && r.Diagnosis != "" && !r.Test:
		return fmt.Sprintf("diagnosis %q is not in data.classes (%s)", r.Diagnosis, didYouMean(r.Diagnosis, classes))
	case r.Target < 0 && !r.Test:
		return "has no diagnosis"
	case r.Target >= 0 && r.binary >= 0 && c.Positive != "" && r.Positive != (r.binary == 1):
		return fmt.Sprintf("target is %d but the diagnosis is %q and the positive class %q (set data.columns.target to \"-\" to go by the diagnosis)", r.binary, r.Diagnosis, c.Positive)
	}
	return ""
}

func (c Config) assignBinary(rows []listed) ([]string, string, []Problem, error) {
	classes := binaryClasses
	if len(c.Classes) > 0 {
		if len(c.Classes) != 2 {
			return nil, "", nil, wrong("classes", "the first is 0 of the target column, the second 1", "has %d entries, and without a diagnosis there are two", len(c.Classes))
		}
		classes = c.Classes
	}
	var problems []Problem
	for i := range rows {
		r := &rows[i]
		r.Target, r.Positive = int32(r.binary), r.binary == 1
		if r.binary < 0 && !r.Test {
			problems = append(problems, r.problem("has no target"))
		}
		if r.binary >= 0 && r.Diagnosis == "" {
			r.Diagnosis = classes[r.binary]
		}
	}
	return slices.Clone(classes), classes[1], problems, nil
}
