package cv

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"melanoma/internal/fault"
)

// fileAssignment reads a user's folds: a CSV file of two columns, image name
// and fold 0..count-1 (or -1: in no fold), each training image exactly once.
// A first row whose fold is no number is a header; if it names image_name and
// fold, these columns are taken wherever they stand.
func fileAssignment(rows []FoldRow, path string, count int) ([]int32, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "check cv.file", "cv: open fold file: %w", err)
	}
	defer file.Close()
	given, err := readFoldFile(file, path, count)
	if err != nil {
		return nil, err
	}
	fold := make([]int32, len(rows))
	var absent []string
	known := make(map[string]bool, len(rows))
	for i, r := range rows {
		known[r.ImageName] = true
		entry, ok := given[r.ImageName]
		if !ok {
			absent = append(absent, r.ImageName)
		}
		fold[i] = entry.fold
	}
	if len(absent) > 0 {
		return nil, fault.New(fault.Input, "give every training image one row; fold -1 leaves one out",
			"cv: %s has no row for %s", path, nameSome(absent))
	}
	var unknown []foldEntry
	for name, e := range given {
		if !known[name] {
			e.name = name
			unknown = append(unknown, e)
		}
	}
	if len(unknown) > 0 {
		slices.SortFunc(unknown, func(a, b foldEntry) int { return a.row - b.row })
		return nil, fault.New(fault.Input, "remove the rows of images that are not in the training list",
			"cv: %s row %d: image %s is not a training image (%d such rows)", path, unknown[0].row, unknown[0].name, len(unknown))
	}
	return fold, nil
}

// foldEntry is one row of a fold file; row counts lines from 1.
type foldEntry struct {
	name string
	fold int32
	row  int
}

func readFoldFile(r io.Reader, path string, count int) (map[string]foldEntry, error) {
	wrong := func(row int, hint, format string, args ...any) error {
		return fault.New(fault.Input, hint, "cv: %s row %d: %s", path, row, fmt.Sprintf(format, args...))
	}
	reader := csv.NewReader(skipBOM(r))
	reader.FieldsPerRecord = -1
	given := make(map[string]foldEntry)
	idColumn, foldColumn := 0, 1
	for first := true; ; first = false {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fault.New(fault.Input, "save it as plain CSV", "cv: %s: %w", path, err)
		}
		row, _ := reader.FieldPos(0)
		if first && isFoldHeader(record) {
			if i := slices.Index(record, "image_name"); i >= 0 {
				idColumn = i
			}
			if i := slices.Index(record, "fold"); i >= 0 {
				foldColumn = i
			}
			continue
		}
		if max(idColumn, foldColumn) >= len(record) {
			return nil, wrong(row, "two columns: image name, fold", "%d columns", len(record))
		}
		name, text := strings.TrimSpace(record[idColumn]), strings.TrimSpace(record[foldColumn])
		fold, err := strconv.Atoi(text)
		if err != nil || fold < Dropped || fold >= count {
			return nil, wrong(row, fmt.Sprintf("folds are 0 to %d, or -1 for none (cv.folds is %d)", count-1, count), "fold %q of image %s", text, name)
		}
		if before, twice := given[name]; twice {
			return nil, wrong(row, "give every training image one row", "image %s stands in row %d too", name, before.row)
		}
		given[name] = foldEntry{fold: int32(fold), row: row}
	}
	return given, nil
}

func isFoldHeader(record []string) bool {
	if slices.Contains(record, "fold") {
		return true
	}
	if len(record) < 2 {
		return false
	}
	_, err := strconv.Atoi(strings.TrimSpace(record[1]))
	return err != nil
}
