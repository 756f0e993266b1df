package artifact

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
)

// gap is the number of unwanted bytes that are read along rather than
// starting another read.
const gap = 1 << 14

// readSpans reads ranges of a file with few reads; neighbours share memory.
func readSpans(r io.ReaderAt, want []span) ([][]byte, error) {
	order := make([]int, len(want))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(want[a].offset, want[b].offset) })
	out := make([][]byte, len(want))
	for i := 0; i < len(order); {
		start := want[order[i]].offset
		end := start
		j := i
		for ; j < len(order) && want[order[j]].offset <= end+gap; j++ {
			end = max(end, want[order[j]].offset+want[order[j]].length)
		}
		buf := make([]byte, end-start)
		if len(buf) > 0 {
			if _, err := r.ReadAt(buf, start); err != nil {
				return nil, err
			}
		}
		for ; i < j; i++ {
			s := want[order[i]]
			at := s.offset - start
			out[order[i]] = buf[at : at+s.length : at+s.length]
		}
	}
	return out, nil
}

// check compares what a message says of a column with the batch's rows.
func (s slot) check(m message) error {
	if s.node+s.nodes > len(m.nodes) || s.buffer+s.buffers > len(m.buffers) {
		return fmt.Errorf("column %q is missing from a record batch: %w", s.name, errDamaged)
	}
	if n := m.nodes[s.node]; n.offset != m.rows || n.length < 0 || n.length > n.offset {
		return fmt.Errorf("column %q has %d rows of %d: %w", s.name, n.offset, m.rows, errDamaged)
	}
	for i := range s.nodes {
		if m.nodes[s.node+i].length != 0 && s.kind != kindFloat32 {
			return fmt.Errorf("column %q holds nulls, which this program writes for float32 alone", s.name)
		}
	}
	return nil
}

// decode turns a column's buffers into its Go slice. Numbers alias the
// buffers; every length is checked before it is used.
func (s slot) decode(m message, b [][]byte) (column, error) {
	c := s.column
	c.rows = int(m.rows)
	short := fmt.Errorf("column %q is shorter than its record batch: %w", s.name, errDamaged)
	var ok bool
	var err error
	switch s.kind {
	case kindInt32:
		c.data, ok = numbers(b[1], m.rows, 4, arrow.Int32Traits.CastFromBytes)
	case kindInt64:
		c.data, ok = numbers(b[1], m.rows, 8, arrow.Int64Traits.CastFromBytes)
	case kindFloat64:
		c.data, ok = numbers(b[1], m.rows, 8, arrow.Float64Traits.CastFromBytes)
	case kindFloat32:
		var v []float32
		v, ok = numbers(b[1], m.rows, 4, arrow.Float32Traits.CastFromBytes)
		if ok && m.nodes[s.node].length > 0 {
			ok = setNulls(v, b[0])
		}
		c.data = v
	case kindBool:
		c.data, ok = bools(b[1], m.rows)
	case kindList:
		width := int64(s.width)
		if ok = m.rows <= math.MaxInt64/width/4; ok {
			c.data, ok = numbers(b[2], m.rows*width, 4, arrow.Float32Traits.CastFromBytes)
		}
	case kindString, kindBytes, kindVarList:
		ok = true
		c.data, err = s.ragged(m, b)
	}
	if err != nil {
		return c, err
	}
	if !ok {
		return c, short
	}
	return c, nil
}

// numbers casts the first n elements of size bytes each.
func numbers[T any](b []byte, n, size int64, cast func([]byte) []T) ([]T, bool) {
	if n > int64(len(b))/size {
		return nil, false
	}
	if n == 0 {
		return []T{}, true
	}
	return cast(b[:n*size]), true
}

// setNulls puts NaN where the validity bitmap has a zero.
func setNulls(v []float32, valid []byte) bool {
	if int64(len(valid)) < bitutil.BytesForBits(int64(len(v))) {
		return false
	}
	for i := range v {
		if bitutil.BitIsNotSet(valid, i) {
			v[i] = float32(math.NaN())
		}
	}
	return true
}

func bools(b []byte, n int64) ([]bool, bool) {
	if n > 8*int64(len(b)) {
		return nil, false
	}
	v := make([]bool, n)
	for i := range v {
		v[i] = bitutil.BitIsSet(b, i)
	}
	return v, true
}

// ragged decodes the kinds whose values have lengths of their own.
func (s slot) ragged(m message, b [][]byte) (any, error) {
	offsets, err := s.offsets(m.rows, b[1])
	if err != nil {
		return nil, err
	}
	end := int64(offsets[len(offsets)-1])
	damaged := fmt.Errorf("column %q: offset %d lies past its values: %w", s.name, end, errDamaged)
	switch s.kind {
	case kindString:
		if end > int64(len(b[2])) {
			return nil, damaged
		}
		all := string(b[2][:end]) // one allocation for the column
		return cut(offsets, func(i, j int32) string { return all[i:j] }), nil
	case kindBytes:
		if end > int64(len(b[2])) {
			return nil, damaged
		}
		return cut(offsets, func(i, j int32) []byte { return b[2][i:j:j] }), nil
	default:
		all, ok := numbers(b[3], end, 4, arrow.Float32Traits.CastFromBytes)
		if !ok {
			return nil, damaged
		}
		return cut(offsets, func(i, j int32) []float32 { return all[i:j:j] }), nil
	}
}

func cut[T any](offsets []int32, value func(i, j int32) T) []T {
	out := make([]T, len(offsets)-1)
	for i := range out {
		out[i] = value(offsets[i], offsets[i+1])
	}
	return out
}

// offsets returns the rows+1 offsets of a column, which must not decrease. A
// batch without rows may have none.
func (s slot) offsets(rows int64, b []byte) ([]int32, error) {
	if rows == 0 {
		return []int32{0}, nil
	}
	offsets, ok := numbers(b, rows+1, 4, arrow.Int32Traits.CastFromBytes)
	if !ok || offsets[0] < 0 {
		return nil, fmt.Errorf("column %q is shorter than its record batch: %w", s.name, errDamaged)
	}
	for i := range rows {
		if offsets[i] > offsets[i+1] {
			return nil, fmt.Errorf("column %q: offsets decrease at row %d: %w", s.name, i, errDamaged)
		}
	}
	return offsets, nil
}
