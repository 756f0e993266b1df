package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// csvFile is a CSV file in memory.
type csvFile struct {
	name    string // as the configuration names it
	sha256  string
	header  []string
	records [][]string // records[i] is row i+2
}

// readCSV reads a CSV file with a header. Rows of a wrong number of fields
// and what no CSV reader understands are problems, the rest is kept.
func readCSV(path, name string) (*csvFile, []Problem, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "check data.root, data.train_csv and data.test_csv (an empty data.test_csv means that there is no test list)"
		}
		return nil, nil, fault.New(fault.Input, hint, "data: %w", err)
	}
	sum := sha256.Sum256(content)
	f := &csvFile{name: name, sha256: hex.EncodeToString(sum[:])}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord = -1
	if f.header, err = r.Read(); err != nil {
		return nil, nil, fault.New(fault.Input, "the first row must name the columns", "data: %s: %s", path, csvReason(err))
	}
	for i, h := range f.header {
		f.header[i] = strings.TrimSpace(h)
	}
	var problems []Problem
	for row := 2; ; row++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return f, problems, nil
		}
		if err != nil {
			return f, append(problems, Problem{CSV: name, Row: row, Reason: csvReason(err)}), nil
		}
		if len(record) != len(f.header) {
			problems = append(problems, Problem{CSV: name, Row: row, Reason: fmt.Sprintf("%d fields, not %d as the header", len(record), len(f.header))})
			record = nil
		}
		f.records = append(f.records, record)
	}
}

func csvReason(err error) string {
	if errors.Is(err, io.EOF) {
		return "the file is empty"
	}
	var p *csv.ParseError
	if errors.As(err, &p) {
		return fmt.Sprintf("%v, in line %d; the rest of the file was not read", p.Err, p.Line)
	}
	return err.Error()
}

// columnIndex holds the position of each column of a map, -1 for none.
type columnIndex struct {
	imageName, group, target, diagnosis, sex, age, site, tfrecord int
}

// find looks the columns of a map up in the header. Key is the section of the
// configuration to name; what optional reports true for may be absent.
func (f *csvFile) find(m ColumnMap, key string, optional func(field string) bool) (columnIndex, error) {
	var c columnIndex
	for _, x := range []struct {
		field, name string
		at          *int
	}{
		{"image_name", m.ImageName, &c.imageName}, {"group", m.Group, &c.group}, {"target", m.Target, &c.target},
		{"diagnosis", m.Diagnosis, &c.diagnosis}, {"sex", m.Sex, &c.sex}, {"age", m.Age, &c.age},
		{"site", m.Site, &c.site}, {"tfrecord", m.Tfrecord, &c.tfrecord},
	} {
		*x.at = -1
		name := present(x.name)
		if name == "" {
			continue
		}
		*x.at = slices.Index(f.header, name)
		if *x.at >= 0 || optional(x.field) {
			continue
		}
		hint := fmt.Sprintf("set data.%s.%s: %s", key, x.field, didYouMean(name, f.header))
		if x.field != "image_name" {
			hint += `; "-" if there is no such column`
		}
		return c, fault.New(fault.Input, hint, "data: %s: no column %q", f.name, name)
	}
	return c, nil
}
