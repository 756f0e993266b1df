package cv

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"melanoma/internal/fault"
)

// idColumns are the names of id columns, by falling preference; a file with
// none of them has its ids in the first column.
var idColumns = []string{"image_name", "image_id", "isic_id", "image", "id"}

// groupColumns are the names of group columns in a truth file.
var groupColumns = []string{"patient_id", "lesion_id", "group"}

// valueColumns are the names of columns of predictions that are taken where
// none is asked for, by falling preference.
var valueColumns = []string{"prob", "prob_positive", "probability", "prediction", "pred", "score", "melanoma"}

// sheet is a CSV file with a header, ids that are there and differ.
type sheet struct {
	path   string
	header []string
	id     int // column
	ids    []string
	line   []int // of each row in the file, from 1
	cells  [][]string
}

func openSheet(path, id string) (*sheet, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "check the path", "cv: read predictions: %w", err)
	}
	defer file.Close()
	return readSheet(file, path, id)
}

// readSheet reads a CSV file; id names its id column, "" means to look for it.
func readSheet(r io.Reader, path, id string) (*sheet, error) {
	reader := csv.NewReader(skipBOM(r))
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Input, "give it a header and one row an image", "cv: %s is empty", path)
	}
	if err != nil {
		return nil, fault.New(fault.Input, "save it as plain CSV", "cv: %s: %w", path, err)
	}
	s := &sheet{path: path, header: header}
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	if s.id, err = s.findID(id); err != nil {
		return nil, err
	}
	seen := make(map[string]int)
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fault.New(fault.Input, "every row has as many columns as the header", "cv: %s: %w", path, err)
		}
		line, _ := reader.FieldPos(0)
		name := strings.TrimSpace(record[s.id])
		if name == "" {
			return nil, s.wrong(line, "name every image in column "+header[s.id], "no id")
		}
		if before, twice := seen[name]; twice {
			return nil, s.wrong(line, "every image has one row; average or drop the repeats", "image %s stands in row %d too", name, before)
		}
		seen[name] = line
		s.ids, s.line, s.cells = append(s.ids, name), append(s.line, line), append(s.cells, record)
	}
	if len(s.ids) == 0 {
		return nil, fault.New(fault.Input, "give it a header and one row an image", "cv: %s has no rows below its header", path)
	}
	return s, nil
}

func (s *sheet) findID(id string) (int, error) {
	if id != "" {
		return s.find(id)
	}
	for _, name := range idColumns {
		if i := slices.Index(s.header, name); i >= 0 {
			return i, nil
		}
	}
	return 0, nil
}

func (s *sheet) find(name string) (int, error) {
	i := slices.Index(s.header, name)
	if i < 0 {
		return 0, fault.New(fault.Input, "its columns are "+strings.Join(s.header, ", "), "cv: %s has no column %q", s.path, name)
	}
	return i, nil
}

func (s *sheet) wrong(line int, hint, format string, args ...any) error {
	return fault.New(fault.Input, hint, "cv: %s row %d: %s", s.path, line, fmt.Sprintf(format, args...))
}

// numbers reads a column of finite numbers.
func (s *sheet) numbers(name string) ([]float64, error) {
	c, err := s.find(name)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(s.ids))
	for i, record := range s.cells {
		text := strings.TrimSpace(record[c])
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, s.wrong(s.line[i], "every image needs a finite number in column "+name, "image %s has %s %q", s.ids[i], name, text)
		}
		values[i] = v
	}
	return values, nil
}

// text reads a column as it is, trimmed.
func (s *sheet) text(name string) ([]string, error) {
	c, err := s.find(name)
	if err != nil {
		return nil, err
	}
	values := make([]string, len(s.ids))
	for i, record := range s.cells {
		values[i] = strings.TrimSpace(record[c])
	}
	return values, nil
}
