package data

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// Problem is one bad row.
type Problem struct {
	CSV       string // the CSV file, as the configuration names it
	Row       int    // the header is row 1
	ImageName string // "" where the row has none
	File      string // the image file, as the configuration names it; "" where the CSV is at fault
	Reason    string // without the names above
}

// String returns the problem as "train.csv row 7: image x: jpeg/train/x.jpg: no such file".
func (p Problem) String() string {
	parts := []string{fmt.Sprintf("%s row %d", p.CSV, p.Row)}
	if p.ImageName != "" {
		parts = append(parts, "image "+p.ImageName)
	}
	if p.File != "" {
		parts = append(parts, p.File)
	}
	return strings.Join(append(parts, p.Reason), ": ")
}

// BadRowsError reports all bad rows of a data set together.
type BadRowsError struct {
	Problems []Problem // in the order of the files and rows
}

// most is the number of bad rows that the message lists.
const most = 50

// Error lists the problems, one a line after the first.
func (e *BadRowsError) Error() string {
	if len(e.Problems) == 1 {
		return "data: " + e.Problems[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "data: %d bad rows:", len(e.Problems))
	for i, p := range e.Problems {
		if i == most {
			fmt.Fprintf(&b, "\n  and %d more", len(e.Problems)-most)
			break
		}
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// badRows returns the problems as an input fault, nil for none.
func badRows(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	files := map[string]int{} // in the order of their first problem
	for _, p := range problems {
		if _, seen := files[p.CSV]; !seen {
			files[p.CSV] = len(files)
		}
	}
	sorted := slices.Clone(problems)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(files[a.CSV]-files[b.CSV], a.Row-b.Row)
	})
	hint := "correct these rows; nothing was written"
	if slices.ContainsFunc(sorted, func(p Problem) bool { return p.File != "" }) {
		hint = "restore these files or remove their rows, or set data.on_bad_image to skip to go on without bad images; nothing was written"
	}
	return fault.New(fault.Input, hint, "%w", error(&BadRowsError{Problems: sorted}))
}

// plain returns an error's sentence without the path, which the problem names.
func plain(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return "the file is cut short"
	}
	return err.Error()
}

// writeSkipped writes the list of images that were left out.
func writeSkipped(dir string, skipped []Problem) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	records := [][]string{{"csv", "row", "image_name", "file", "reason"}}
	for _, p := range skipped {
		records = append(records, []string{p.CSV, strconv.Itoa(p.Row), p.ImageName, p.File, p.Reason})
	}
	if err := w.WriteAll(records); err != nil {
		return err
	}
	return artifact.WriteFile(filepath.Join(dir, skippedFile), func(out io.Writer) error {
		_, err := out.Write(b.Bytes())
		return err
	})
}
