package cv

import (
	"encoding/json"
	"strconv"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// columns reads the columns of a table and keeps the first error.
type columns struct {
	table *artifact.Table
	err   error
}

func column[T any](c *columns, read func(string) (T, error), name string) T {
	value, err := read(name)
	if c.err == nil {
		c.err = err
	}
	return value
}

func (c *columns) strings(name string) []string   { return column(c, c.table.Strings, name) }
func (c *columns) int32s(name string) []int32     { return column(c, c.table.Int32s, name) }
func (c *columns) float64s(name string) []float64 { return column(c, c.table.Float64s, name) }

func (c *columns) lists(name string) ([]float32, int) {
	flat, width, err := c.table.ListsOf(name)
	if c.err == nil {
		c.err = err
	}
	return flat, width
}

// names reads a list of names of the file's metadata.
func (c *columns) names(key string) (names []string) {
	if err := json.Unmarshal([]byte(c.table.Meta.Extra[key]), &names); err != nil && c.err == nil {
		c.err = fault.New(fault.Input, "", "cv: %s of a %s file: %w", key, c.table.Meta.Kind, err)
	}
	return names
}

func (c *columns) classes() []string { return c.names("classes") }

// number reads a whole number of the file's metadata.
func (c *columns) number(key string) int {
	n, err := strconv.Atoi(c.table.Meta.Extra[key])
	if err != nil && c.err == nil {
		c.err = fault.New(fault.Input, "", "cv: %s of a %s file: %w", key, c.table.Meta.Kind, err)
	}
	return n
}
