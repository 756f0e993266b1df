package data

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
)

// listed is a row as its CSV file has it, with what classes are made from.
type listed struct {
	Row
	csv    string // as the configuration names it
	folder string // of its image, as the configuration names it
	input  string // what its image is hashed under: "images" or "test_images"
	binary int    // the target column: 0, 1 or -1 for empty
}

func (r *listed) problem(format string, args ...any) Problem {
	return Problem{CSV: r.csv, Row: int(r.CSVRow), ImageName: r.ImageName, Reason: fmt.Sprintf(format, args...)}
}

// fileProblem is a problem of the image's file.
func (r *listed) fileProblem(reason string) Problem {
	p := r.problem("%s", reason)
	p.File = filepath.ToSlash(filepath.Join(r.folder, r.File))
	return p
}

// readRows reads the CSV files of a configuration. It returns their rows,
// training rows first, the hashes of the files, and what is wrong in them.
func (c Config) readRows() ([]listed, map[string]string, []Problem, error) {
	f, problems, err := readCSV(c.path(c.TrainCSV), c.TrainCSV)
	if err != nil {
		return nil, nil, nil, err
	}
	at, err := f.find(c.Columns, "columns", func(field string) bool { return field == "tfrecord" })
	if err != nil {
		return nil, nil, nil, err
	}
	rows, more := c.parse(f, at, false)
	problems = append(problems, more...)
	hashes := map[string]string{"train_csv": f.sha256}
	if c.TestCSV != "" {
		if f, more, err = readCSV(c.path(c.TestCSV), c.TestCSV); err != nil {
			return nil, nil, nil, err
		}
		problems = append(problems, more...)
		at, err = f.find(c.TestColumns.inherit(c.Columns), "test_columns", func(field string) bool {
			return field == "tfrecord" || field == "target" && c.TestColumns.Target == "" || field == "diagnosis" && c.TestColumns.Diagnosis == ""
		})
		if err != nil {
			return nil, nil, nil, err
		}
		test, more := c.parse(f, at, true)
		rows, problems = append(rows, test...), append(problems, more...)
		hashes["test_csv"] = f.sha256
	}
	rows, more = onceEach(rows)
	return rows, hashes, append(problems, more...), nil
}

// onceEach drops rows whose image was there before.
func onceEach(rows []listed) ([]listed, []Problem) {
	var problems []Problem
	first := map[string]*listed{}
	kept := rows[:0:0]
	for i := range rows {
		r := &rows[i]
		if have, twice := first[r.ImageName]; twice {
			problems = append(problems, r.problem("is there twice, first in %s row %d", have.csv, have.CSVRow))
			continue
		}
		first[r.ImageName] = r
		kept = append(kept, *r)
	}
	return kept, problems
}

// parse turns the records of a file into rows. A row with a problem is left
// out unless its image can still be looked at.
func (c Config) parse(f *csvFile, at columnIndex, test bool) ([]listed, []Problem) {
	var rows []listed
	var problems []Problem
	folder, input := c.Images, "images"
	if test {
		folder, input = c.TestImages, "test_images"
	}
	for i, record := range f.records {
		if record == nil {
			continue
		}
		field := func(at int) string {
			if at < 0 {
				return ""
			}
			return clean(record[at])
		}
		r := listed{csv: f.name, folder: folder, input: input, binary: -1}
		r.CSVRow, r.Test, r.ImageName = int32(i+2), test, field(at.imageName)
		if r.ImageName == "" || !filepath.IsLocal(r.ImageName) {
			problems = append(problems, Problem{CSV: f.name, Row: i + 2, Reason: fmt.Sprintf("%q is no image name", r.ImageName)})
			continue
		}
		r.File = c.fileName(r.ImageName)
		r.Diagnosis, r.Target, r.Site = field(at.diagnosis), noTarget, field(at.site)
		if to, ok := c.DiagnosisMap[r.Diagnosis]; ok {
			r.Diagnosis = to
		}
		if r.Group = field(at.group); r.Group == "" {
			r.Group = r.ImageName
		}
		if r.Sex = strings.ToLower(field(at.sex)); r.Sex == "unknown" {
			r.Sex = ""
		}
		problems = append(problems, r.numbers(field(at.age), field(at.target), field(at.tfrecord))...)
		rows = append(rows, r)
	}
	return rows, problems
}

// clean trims a field; the ways to say "nothing" become "".
func clean(s string) string {
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "na", "nan", "null", "n/a":
		return ""
	}
	return s
}

// numbers parses the fields that are numbers.
func (r *listed) numbers(age, target, tfrecord string) (problems []Problem) {
	r.Age, r.Tfrecord = unknownAge, noTfrecord
	if age != "" && !strings.EqualFold(age, "unknown") {
		v, err := strconv.ParseFloat(age, 32)
		if err != nil || !(v >= 0 && v <= 120) {
			problems = append(problems, r.problem("age %q is no number of years from 0 to 120", age))
		} else {
			r.Age = float32(v)
		}
	}
	if target != "" {
		v, err := strconv.ParseFloat(target, 64)
		if err != nil || v != 0 && v != 1 {
			problems = append(problems, r.problem("target %q is neither 0 nor 1", target))
		} else {
			r.binary = int(v)
		}
	}
	if tfrecord != "" {
		v, err := strconv.ParseFloat(tfrecord, 64)
		if err != nil || v != math.Trunc(v) || v < -1 || v > 1e6 {
			problems = append(problems, r.problem("tfrecord %q is no whole number from -1", tfrecord))
		} else {
			r.Tfrecord = int32(v)
		}
	}
	return problems
}
