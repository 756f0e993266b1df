package cv

import (
	"path/filepath"
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// Column is one column of predictions from a file of anyone's.
type Column struct {
	Path      string
	Name      string // column
	ImageName []string
	Line      []int // row of the file, from 1
	Value     []float64
}

// Title names the column for people: its file, and the column where it is not
// the only one of its name.
func (c *Column) Title() string {
	base := strings.TrimSuffix(filepath.Base(c.Path), filepath.Ext(c.Path))
	if c.Name == "target" || slices.Contains(valueColumns, c.Name) {
		return base
	}
	return base + ":" + c.Name
}

// ReadPredictions reads one column of a CSV file, or of an out-of-fold table
// (.arrow). The id column is image_name, image_id, isic_id, image or id, else
// the first. An empty column name takes the one column of predictions: prob
// or another usual name, else the only column that ends in _prob, else target,
// else the only column beside the id. Ids must differ and values be finite;
// errors name file and row.
func ReadPredictions(path, column string) (*Column, error) {
	all, err := ReadModels(path, column)
	if err != nil {
		return nil, err
	}
	if len(all) > 1 {
		var names []string
		for _, c := range all {
			names = append(names, c.Name)
		}
		return nil, fault.New(fault.Usage, "choose one with --column", "cv: %s has several columns of predictions: %s", path, strings.Join(names, ", "))
	}
	return all[0], nil
}

// ReadModels is [ReadPredictions] for files that may hold several models: with
// an empty column name, every column that ends in _prob is a model of its own.
func ReadModels(path, column string) ([]*Column, error) {
	if filepath.Ext(path) == ".arrow" {
		return readArrowModel(path, column)
	}
	s, err := openSheet(path, "")
	if err != nil {
		return nil, err
	}
	names := []string{column}
	if column == "" {
		if names, err = s.predictionColumns(); err != nil {
			return nil, err
		}
	}
	var out []*Column
	for _, name := range names {
		values, err := s.numbers(name)
		if err != nil {
			return nil, err
		}
		out = append(out, &Column{Path: path, Name: name, ImageName: s.ids, Line: s.line, Value: values})
	}
	return out, nil
}

// SplitSource cuts FILE:COLUMN; without a column, or where the part behind the
// colon cannot be one, all is the file.
func SplitSource(source string) (path, column string) {
	i := strings.LastIndexByte(source, ':')
	if i < 0 || strings.ContainsAny(source[i:], `/\`) {
		return source, ""
	}
	return source[:i], source[i+1:]
}

func (s *sheet) predictionColumns() ([]string, error) {
	for _, name := range valueColumns {
		if slices.Contains(s.header, name) {
			return []string{name}, nil
		}
	}
	var several []string
	for _, name := range s.header {
		if strings.HasSuffix(name, "_prob") {
			several = append(several, name)
		}
	}
	if len(several) > 0 {
		return several, nil
	}
	if slices.Contains(s.header, "target") {
		return []string{"target"}, nil
	}
	if len(s.header) == 2 {
		return []string{s.header[1-s.id]}, nil
	}
	return nil, fault.New(fault.Usage, "name it: --column NAME, or FILE:NAME in a blend; the columns are "+strings.Join(s.header, ", "),
		"cv: %s: which column holds the predictions is not clear", s.path)
}

// readArrowModel reads the positive class, or the class named by column, of an
// out-of-fold table.
func readArrowModel(path, column string) ([]*Column, error) {
	o, err := ReadOOF(path)
	if err != nil {
		return nil, err
	}
	c := &Column{Path: path, Name: "prob_positive", ImageName: o.ImageName, Value: o.ProbPositive}
	for i := range o.ImageName {
		c.Line = append(c.Line, i+1)
	}
	if column == "" || column == c.Name {
		if o.Positive < 0 {
			return nil, fault.New(fault.Usage, "name a class: "+strings.Join(o.Classes, ", "), "cv: %s has no positive class", path)
		}
		return []*Column{c}, nil
	}
	k := slices.Index(o.Classes, column)
	if k < 0 {
		return nil, fault.New(fault.Usage, "its classes are "+strings.Join(o.Classes, ", "), "cv: %s has no class %q", path, column)
	}
	c.Name, c.Value = column, nil
	for i := range o.ImageName {
		c.Value = append(c.Value, float64(o.Prob[i*len(o.Classes)+k]))
	}
	return []*Column{c}, nil
}
