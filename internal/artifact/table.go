package artifact

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
)

// kind is the type of a column.
type kind int

const (
	kindString kind = iota
	kindInt32
	kindInt64
	kindFloat32
	kindFloat64
	kindBool
	kindBytes
	kindList    // fixed_size_list<float32>
	kindVarList // list<float32>
)

var kindNames = [...]string{"string", "int32", "int64", "float32", "float64", "bool", "binary", "fixed-size list of float32", "list of float32"}

func (k kind) String() string { return kindNames[k] }

// column holds one Go slice in data; its type follows kind: []string, []int32,
// []int64, []float32, []float64, []bool, [][]byte, []float32 (row-major,
// width a row) or [][]float32.
type column struct {
	name     string
	kind     kind
	nullable bool // float32 whose NaN are stored as null
	width    int  // of kindList
	rows     int
	data     any
}

// Table is a [Meta] and columns of equal length, in order. The adders keep
// the slices they are given, so the caller must not change them before the
// table is written. A mistake in adding (two lengths, one name twice) is kept
// and reported by [Write].
type Table struct {
	Meta    Meta
	columns []column
	err     error
	source  string // the file it was read from, for messages
}

// NewTable returns an empty table.
func NewTable(m Meta) *Table { return &Table{Meta: m} }

func (t *Table) add(c column) *Table {
	if t.err != nil {
		return t
	}
	for _, have := range t.columns {
		if have.name == c.name {
			t.err = fmt.Errorf("column %q is there twice", c.name)
			return t
		}
	}
	if len(t.columns) > 0 && c.rows != t.columns[0].rows {
		t.err = fmt.Errorf("column %q has %d rows, column %q has %d", c.name, c.rows, t.columns[0].name, t.columns[0].rows)
		return t
	}
	t.columns = append(t.columns, c)
	return t
}

// String adds a utf8 column.
func (t *Table) String(name string, v []string) *Table {
	return t.add(column{name: name, kind: kindString, rows: len(v), data: v})
}

// Int32 adds an int32 column.
func (t *Table) Int32(name string, v []int32) *Table {
	return t.add(column{name: name, kind: kindInt32, rows: len(v), data: v})
}

// Int64 adds an int64 column.
func (t *Table) Int64(name string, v []int64) *Table {
	return t.add(column{name: name, kind: kindInt64, rows: len(v), data: v})
}

// Float32 adds a float32 column without nulls: NaN is stored as NaN.
func (t *Table) Float32(name string, v []float32) *Table {
	return t.add(column{name: name, kind: kindFloat32, rows: len(v), data: v})
}

// NullFloat32 adds a float32 column whose NaN are stored as null.
func (t *Table) NullFloat32(name string, v []float32) *Table {
	return t.add(column{name: name, kind: kindFloat32, nullable: true, rows: len(v), data: v})
}

// Float64 adds a float64 column.
func (t *Table) Float64(name string, v []float64) *Table {
	return t.add(column{name: name, kind: kindFloat64, rows: len(v), data: v})
}

// Bool adds a bool column.
func (t *Table) Bool(name string, v []bool) *Table {
	return t.add(column{name: name, kind: kindBool, rows: len(v), data: v})
}

// Bytes adds a binary column.
func (t *Table) Bytes(name string, v [][]byte) *Table {
	return t.add(column{name: name, kind: kindBytes, rows: len(v), data: v})
}

// Lists adds a column of lists of width numbers each; v is row-major [N, width].
func (t *Table) Lists(name string, v []float32, width int) *Table {
	if width < 1 || len(v)%width != 0 {
		if t.err == nil {
			t.err = fmt.Errorf("column %q has %d numbers, which is no multiple of its width %d", name, len(v), width)
		}
		return t
	}
	return t.add(column{name: name, kind: kindList, width: width, rows: len(v) / width, data: v})
}

// VarLists adds a column of lists of any lengths.
func (t *Table) VarLists(name string, v [][]float32) *Table {
	return t.add(column{name: name, kind: kindVarList, rows: len(v), data: v})
}

// Len returns the number of rows.
func (t *Table) Len() int {
	if len(t.columns) == 0 {
		return 0
	}
	return t.columns[0].rows
}

// Names returns the names of the columns, in order.
func (t *Table) Names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// Has tells whether the table has a column of that name.
func (t *Table) Has(name string) bool {
	for _, c := range t.columns {
		if c.name == name {
			return true
		}
	}
	return false
}

// arrowType returns the Arrow type of the column.
func (c column) arrowType() arrow.DataType {
	switch c.kind {
	case kindString:
		return arrow.BinaryTypes.String
	case kindInt32:
		return arrow.PrimitiveTypes.Int32
	case kindInt64:
		return arrow.PrimitiveTypes.Int64
	case kindFloat32:
		return arrow.PrimitiveTypes.Float32
	case kindFloat64:
		return arrow.PrimitiveTypes.Float64
	case kindBool:
		return arrow.FixedWidthTypes.Boolean
	case kindBytes:
		return arrow.BinaryTypes.Binary
	case kindList:
		return arrow.FixedSizeListOfField(int32(c.width), item)
	default:
		return arrow.ListOfField(item)
	}
}

// item is the element of both list types.
var item = arrow.Field{Name: "item", Type: arrow.PrimitiveTypes.Float32, Nullable: false}

// schema returns the Arrow schema of the table.
func (t *Table) schema() (*arrow.Schema, error) {
	md, err := t.Meta.arrowMetadata()
	if err != nil {
		return nil, err
	}
	fields := make([]arrow.Field, len(t.columns))
	for i, c := range t.columns {
		fields[i] = arrow.Field{Name: c.name, Type: c.arrowType(), Nullable: c.nullable}
	}
	return arrow.NewSchema(fields, &md), nil
}
