package artifact

import (
	"strings"

	"melanoma/internal/fault"
)

// find returns the column of that name and kind. Its error names the file,
// the column and what was found instead.
func (t *Table) find(name string, k kind) (column, error) {
	source := t.source
	if source == "" {
		source = "table " + t.Meta.Kind
	}
	for _, c := range t.columns {
		if c.name != name {
			continue
		}
		if c.kind != k {
			return column{}, fault.New(fault.Input, "", "artifact: %s: column %q is %v, not %v", source, name, c.kind, k)
		}
		return c, nil
	}
	return column{}, fault.New(fault.Input, "", "artifact: %s: no column %q, it has %s", source, name, strings.Join(t.Names(), ", "))
}

func values[T any](t *Table, name string, k kind) (v T, err error) {
	c, err := t.find(name, k)
	if err != nil {
		return v, err
	}
	return c.data.(T), nil
}

// Strings returns a utf8 column. Like all readers it returns the table's own
// slice, and an input fault if there is no such column or it is of another type.
func (t *Table) Strings(name string) ([]string, error) { return values[[]string](t, name, kindString) }

// Int32s returns an int32 column.
func (t *Table) Int32s(name string) ([]int32, error) { return values[[]int32](t, name, kindInt32) }

// Int64s returns an int64 column.
func (t *Table) Int64s(name string) ([]int64, error) { return values[[]int64](t, name, kindInt64) }

// Float32s returns a float32 column; nulls are NaN.
func (t *Table) Float32s(name string) ([]float32, error) {
	return values[[]float32](t, name, kindFloat32)
}

// Float64s returns a float64 column.
func (t *Table) Float64s(name string) ([]float64, error) {
	return values[[]float64](t, name, kindFloat64)
}

// Bools returns a bool column.
func (t *Table) Bools(name string) ([]bool, error) { return values[[]bool](t, name, kindBool) }

// BytesOf returns a binary column.
func (t *Table) BytesOf(name string) ([][]byte, error) { return values[[][]byte](t, name, kindBytes) }

// ListsOf returns a column of lists of one width, row-major [N, width].
func (t *Table) ListsOf(name string) (flat []float32, width int, err error) {
	c, err := t.find(name, kindList)
	if err != nil {
		return nil, 0, err
	}
	return c.data.([]float32), c.width, nil
}

// VarListsOf returns a column of lists of any lengths.
func (t *Table) VarListsOf(name string) ([][]float32, error) {
	return values[[][]float32](t, name, kindVarList)
}
