package cv

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// WriteSubmission writes submission.csv: a header and one row image_name,
// target for each image of the test list, in its order. The scores are joined
// by name and must cover the list exactly, be finite and in [0, 1]; numbers
// have the fewest digits that read back as the same float64.
func WriteSubmission(path string, testNames, imageName []string, score []float64) error {
	if len(imageName) != len(score) {
		return fault.New(fault.Program, "", "cv: submission: %d names for %d scores", len(imageName), len(score))
	}
	order, err := joinTo(testNames, imageName, "the test list", "the submission")
	if err != nil {
		return err
	}
	values := make([]float64, len(order))
	for i, r := range order {
		values[i] = score[r]
		if !(values[i] >= 0 && values[i] <= 1) {
			return fault.New(fault.Input, "a score of a submission is a number in [0, 1]", "cv: submission: image %s scores %v", testNames[i], values[i])
		}
	}
	return writeCSV(path, []string{"image_name", "target"}, testNames, values)
}

// CheckSubmission reads a submission back and checks it against the test list:
// header, ids in the order of the list, count, and finite scores in [0, 1].
func CheckSubmission(path string, testNames []string) error {
	column, err := ReadPredictions(path, "target")
	if err != nil {
		return err
	}
	wrong := func(row int, format string, args ...any) error {
		return fault.New(fault.Input, "remake it with melanoma submit", "cv: %s row %d: "+format, append([]any{path, row}, args...)...)
	}
	for i, name := range column.ImageName {
		if i >= len(testNames) {
			return wrong(column.Line[i], "image %s is one more than the %d of the test list", name, len(testNames))
		}
		if name != testNames[i] {
			return wrong(column.Line[i], "image %s where the test list has %s", name, testNames[i])
		}
		if v := column.Value[i]; !(v >= 0 && v <= 1) {
			return wrong(column.Line[i], "image %s scores %v", name, v)
		}
	}
	if n := len(column.ImageName); n < len(testNames) {
		return fault.New(fault.Input, "remake it with melanoma submit", "cv: %s has %d rows, the test list %d", path, n, len(testNames))
	}
	return nil
}

// writeCSV writes a table of names and numbers, atomically.
func writeCSV(path string, header, names []string, columns ...[]float64) error {
	return artifact.WriteFile(path, func(w io.Writer) error {
		out := csv.NewWriter(w)
		if err := out.Write(header); err != nil {
			return err
		}
		record := make([]string, 1+len(columns))
		for i, name := range names {
			record[0] = name
			for c := range columns {
				record[1+c] = formatScore(columns[c][i])
			}
			if err := out.Write(record); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	})
}

// formatScore writes the shortest number that reads back the same.
func formatScore(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
