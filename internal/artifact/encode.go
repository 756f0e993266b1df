package artifact

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// record wraps the table's columns into one Arrow record. Numbers are not
// copied; strings, bytes and lists of varying length are laid end to end,
// which is one copy. The caller releases the record.
func (t *Table) record(schema *arrow.Schema) (arrow.Record, error) {
	arrays := make([]arrow.Array, len(t.columns))
	defer func() {
		for _, a := range arrays {
			if a != nil {
				a.Release()
			}
		}
	}()
	for i, c := range t.columns {
		data, err := c.arrowData(schema.Field(i).Type)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", c.name, err)
		}
		arrays[i] = array.MakeFromData(data)
		data.Release()
	}
	return array.NewRecord(schema, arrays, int64(t.Len())), nil
}

func wrap(b []byte) *memory.Buffer { return memory.NewBufferBytes(b) }

// arrowData returns the column as Arrow's array data.
func (c column) arrowData(dt arrow.DataType) (arrow.ArrayData, error) {
	switch v := c.data.(type) {
	case []int32:
		return primitive(dt, c.rows, arrow.Int32Traits.CastToBytes(v)), nil
	case []int64:
		return primitive(dt, c.rows, arrow.Int64Traits.CastToBytes(v)), nil
	case []float64:
		return primitive(dt, c.rows, arrow.Float64Traits.CastToBytes(v)), nil
	case []float32:
		if c.kind == kindList {
			child := primitive(item.Type, len(v), arrow.Float32Traits.CastToBytes(v))
			defer child.Release()
			return array.NewData(dt, c.rows, []*memory.Buffer{nil}, []arrow.ArrayData{child}, 0, 0), nil
		}
		if c.nullable {
			return nullFloats(dt, v), nil
		}
		return primitive(dt, c.rows, arrow.Float32Traits.CastToBytes(v)), nil
	case []bool:
		bits := make([]byte, bitutil.BytesForBits(int64(len(v))))
		for i, b := range v {
			if b {
				bitutil.SetBit(bits, i)
			}
		}
		return primitive(dt, c.rows, bits), nil
	case []string:
		return endToEnd(dt, v)
	case [][]byte:
		return endToEnd(dt, v)
	case [][]float32:
		return varLists(dt, v)
	}
	panic(fmt.Sprintf("artifact: column %q holds %T", c.name, c.data))
}

func primitive(dt arrow.DataType, rows int, values []byte) arrow.ArrayData {
	return array.NewData(dt, rows, []*memory.Buffer{nil, wrap(values)}, nil, 0, 0)
}

// nullFloats stores NaN as null, with zero in its place so that bytes repeat
// whatever the NaN's own bits were.
func nullFloats(dt arrow.DataType, v []float32) arrow.ArrayData {
	clean := make([]float32, len(v))
	valid := make([]byte, bitutil.BytesForBits(int64(len(v))))
	nulls := 0
	for i, f := range v {
		if math.IsNaN(float64(f)) {
			nulls++
			continue
		}
		clean[i] = f
		bitutil.SetBit(valid, i)
	}
	if nulls == 0 {
		return primitive(dt, len(v), arrow.Float32Traits.CastToBytes(v))
	}
	return array.NewData(dt, len(v), []*memory.Buffer{wrap(valid), wrap(arrow.Float32Traits.CastToBytes(clean))}, nil, nulls, 0)
}

// offsetsOf returns the n+1 offsets of n values of the given lengths.
func offsetsOf(n int, length func(i int) int) ([]int32, error) {
	offsets := make([]int32, n+1)
	total := 0
	for i := range n {
		total += length(i)
		if total > math.MaxInt32 {
			return nil, fmt.Errorf("more than %d elements in one record batch", math.MaxInt32)
		}
		offsets[i+1] = int32(total)
	}
	return offsets, nil
}

func endToEnd[T string | []byte](dt arrow.DataType, v []T) (arrow.ArrayData, error) {
	offsets, err := offsetsOf(len(v), func(i int) int { return len(v[i]) })
	if err != nil {
		return nil, err
	}
	var values []byte
	if len(v) == 1 {
		values = []byte(v[0]) // one large value, such as a picture, is not copied
	} else {
		values = make([]byte, 0, offsets[len(v)])
		for _, s := range v {
			values = append(values, s...)
		}
	}
	return array.NewData(dt, len(v), []*memory.Buffer{nil, wrap(arrow.Int32Traits.CastToBytes(offsets)), wrap(values)}, nil, 0, 0), nil
}

func varLists(dt arrow.DataType, v [][]float32) (arrow.ArrayData, error) {
	offsets, err := offsetsOf(len(v), func(i int) int { return len(v[i]) })
	if err != nil {
		return nil, err
	}
	flat := make([]float32, 0, offsets[len(v)])
	for _, l := range v {
		flat = append(flat, l...)
	}
	child := primitive(item.Type, len(flat), arrow.Float32Traits.CastToBytes(flat))
	defer child.Release()
	return array.NewData(dt, len(v), []*memory.Buffer{nil, wrap(arrow.Int32Traits.CastToBytes(offsets))}, []arrow.ArrayData{child}, 0, 0), nil
}
