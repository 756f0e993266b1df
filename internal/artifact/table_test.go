package artifact

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"melanoma/internal/fault"
)

// sample returns a table with every type of column.
func sample(rows int, seed uint64) *Table {
	r := rand.New(rand.NewPCG(seed, 1))
	var (
		names, empty = make([]string, rows), make([]string, rows)
		i32          = make([]int32, rows)
		i64          = make([]int64, rows)
		f32, age     = make([]float32, rows), make([]float32, rows)
		f64          = make([]float64, rows)
		flags        = make([]bool, rows)
		pixels       = make([][]byte, rows)
		logits       = make([]float32, 3*rows)
		values       = make([][]float32, rows)
	)
	for i := range rows {
		names[i] = string(rune('a'+r.IntN(26))) + "ß" + string(rune('0'+r.IntN(10)))
		i32[i], i64[i] = int32(r.Uint32()), int64(r.Uint64())
		f32[i], f64[i] = r.Float32(), r.NormFloat64()
		age[i] = float32(r.IntN(90))
		if r.IntN(4) == 0 {
			age[i] = float32(math.NaN())
		}
		flags[i] = r.IntN(2) == 0
		pixels[i] = make([]byte, r.IntN(50))
		for j := range pixels[i] {
			pixels[i][j] = byte(r.Uint32())
		}
		values[i] = make([]float32, r.IntN(5))
		for j := range values[i] {
			values[i][j] = r.Float32()
		}
	}
	for i := range logits {
		logits[i] = r.Float32()
	}
	m := Meta{Kind: "images", Version: 1, Producer: "melanoma test",
		Inputs: map[string]string{"b.csv": "22", "a.csv": "11"}, Extra: map[string]string{"z": "1", "classes": `["a","b"]`}}
	return NewTable(m).String("image_name", names).String("empty", empty).Int32("target", i32).Int64("file_bytes", i64).
		Float32("score", f32).NullFloat32("age", age).Float64("exact", f64).Bool("positive", flags).
		Bytes("pixels", pixels).Lists("logits", logits, 3).VarLists("values", values)
}

// same compares two tables; NaN equals NaN, a nil slice an empty one.
func same(t *testing.T, got, want *Table) {
	t.Helper()
	if !reflect.DeepEqual(got.Meta, want.Meta) {
		t.Errorf("meta %+v, want %+v", got.Meta, want.Meta)
	}
	if !reflect.DeepEqual(got.Names(), want.Names()) {
		t.Fatalf("columns %v, want %v", got.Names(), want.Names())
	}
	for i, w := range want.columns {
		g := got.columns[i]
		if g.kind != w.kind || g.rows != w.rows || g.width != w.width || g.nullable != w.nullable {
			t.Errorf("column %q is %v of %d rows, want %v of %d", w.name, g.kind, g.rows, w.kind, w.rows)
		}
		if !reflect.DeepEqual(canonical(g), canonical(w)) {
			t.Errorf("column %q holds %v, want %v", w.name, g.data, w.data)
		}
	}
}

// canonical turns floats into their bits and drops nil.
func canonical(c column) any {
	bits := func(v []float32) []uint32 {
		out := make([]uint32, len(v))
		for i, f := range v {
			if out[i] = math.Float32bits(f); f != f {
				out[i] = 1
			}
		}
		return out
	}
	switch v := c.data.(type) {
	case []float32:
		return bits(v)
	case [][]float32:
		out := make([][]uint32, len(v))
		for i := range v {
			out[i] = bits(v[i])
		}
		return out
	case [][]byte:
		out := make([]string, len(v))
		for i := range v {
			out[i] = string(v[i])
		}
		return out
	}
	return c.data
}

func write(t *testing.T, table *Table) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.arrow")
	if err := Write(path, table); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadReturnsWhatWasWritten(t *testing.T) {
	for _, rows := range []int{0, 1, 2, 7, 8, 9, 64, 1000} {
		want := sample(rows, uint64(rows))
		got, err := Read(write(t, want), "images")
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
	}
}

func TestEqualTablesAreEqualBytes(t *testing.T) {
	var first bytes.Buffer
	if err := Encode(&first, sample(100, 1)); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		var again bytes.Buffer
		if err := Encode(&again, sample(100, 1)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), again.Bytes()) {
			t.Fatal("the bytes differ")
		}
	}
}

func TestNaNOfAnyBitsIsStoredAsOneNull(t *testing.T) {
	var files [2]bytes.Buffer
	for i, nan := range []float32{float32(math.NaN()), math.Float32frombits(0xFFC12345)} {
		if err := Encode(&files[i], NewTable(Meta{Kind: "images"}).NullFloat32("age", []float32{1, nan})); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("the bytes differ")
	}
}

// TestArrowReadsTheSame holds the reader of this package against Arrow's own.
func TestArrowReadsTheSame(t *testing.T) {
	want := sample(37, 5)
	f, err := os.Open(write(t, want))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	r, err := ipc.NewFileReader(f, ipc.WithAllocator(mem))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	record, err := r.RecordAt(0)
	if err != nil {
		t.Fatal(err)
	}
	defer record.Release()
	for i, c := range want.columns {
		for row := range c.rows {
			if !equalValue(record.Column(i), row, c) {
				t.Errorf("column %q, row %d: arrow reads %s", c.name, row, record.Column(i).ValueStr(row))
			}
		}
	}
}

func equalValue(a arrow.Array, row int, c column) bool {
	switch a := a.(type) {
	case *array.String:
		return a.Value(row) == c.data.([]string)[row]
	case *array.Binary:
		return bytes.Equal(a.Value(row), c.data.([][]byte)[row])
	case *array.Int32:
		return a.Value(row) == c.data.([]int32)[row]
	case *array.Int64:
		return a.Value(row) == c.data.([]int64)[row]
	case *array.Float64:
		return a.Value(row) == c.data.([]float64)[row]
	case *array.Boolean:
		return a.Value(row) == c.data.([]bool)[row]
	case *array.Float32:
		want := c.data.([]float32)[row]
		if c.nullable && want != want {
			return a.IsNull(row)
		}
		return a.IsValid(row) && a.Value(row) == want
	case array.ListLike:
		start, end := a.ValueOffsets(row)
		got := a.ListValues().(*array.Float32).Float32Values()[start:end]
		if c.kind == kindList {
			return reflect.DeepEqual(got, c.data.([]float32)[3*row:3*row+3])
		}
		want := c.data.([][]float32)[row]
		return len(got) == len(want) && (len(got) == 0 || reflect.DeepEqual(got, want))
	}
	return false
}

func TestWritingReleasesEveryBuffer(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	var file bytes.Buffer
	if err := encode(&file, sample(100, 3), mem); err != nil {
		t.Fatal(err)
	}
	r, err := newReader("x", bytes.NewReader(file.Bytes()), int64(file.Len()), "images")
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.all()
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, sample(100, 3))
}

func TestMistakesInATableAreReportedByWrite(t *testing.T) {
	cases := map[string]*Table{
		"two lengths":         NewTable(Meta{Kind: "x"}).Int32("a", make([]int32, 2)).Int64("b", make([]int64, 3)),
		"one name twice":      NewTable(Meta{Kind: "x"}).Int32("a", make([]int32, 2)).Int64("a", make([]int64, 2)),
		"a width that is odd": NewTable(Meta{Kind: "x"}).Lists("a", make([]float32, 5), 2),
		"no width":            NewTable(Meta{Kind: "x"}).Lists("a", nil, 0),
	}
	for name, table := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.arrow")
			if err := Write(path, table); err == nil {
				t.Error("no error")
			}
			if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestWrongColumnsAreNamed(t *testing.T) {
	table, err := Read(write(t, sample(3, 1)), "")
	if err != nil {
		t.Fatal(err)
	}
	_, missing := table.Strings("patient")
	_, typed := table.Int64s("target")
	_, _, list := table.ListsOf("values")
	for _, err := range []error{missing, typed, list} {
		if fault.KindOf(err) != fault.Input {
			t.Errorf("%v is no input fault", err)
		}
		if err == nil || !bytes.Contains([]byte(err.Error()), []byte("table.arrow")) {
			t.Errorf("%v does not name the file", err)
		}
	}
	if v, err := table.Int32s("target"); err != nil || len(v) != 3 {
		t.Errorf("target: %v %v", v, err)
	}
}
