package artifact

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"melanoma/internal/fault"
)

// batches writes a file of several record batches and returns the tables.
func batches(t *testing.T, rows ...int) (path string, tables []*Table) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "batches.arrow")
	like := sample(0, 0)
	w, err := Create(path, like.Meta, like)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for i, n := range rows {
		tables = append(tables, sample(n, uint64(i)))
		if err := w.Append(tables[i]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is there before it is complete")
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return path, tables
}

func TestReaderReadsOneBatchAndTheColumnsAskedFor(t *testing.T) {
	path, tables := batches(t, 5, 1, 64)
	r, err := Open(path, "images")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.NumBatches() != 3 || r.BatchRows(1) != 1 || r.Len() != 70 {
		t.Fatalf("%d batches, %d rows in the second, %d in all", r.NumBatches(), r.BatchRows(1), r.Len())
	}
	for i, want := range tables {
		whole, err := r.Batch(i)
		if err != nil {
			t.Fatal(err)
		}
		same(t, whole, want)
		some, err := r.Batch(i, "values", "age", "image_name")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(some.Names(), []string{"values", "age", "image_name"}) {
			t.Errorf("columns %v", some.Names())
		}
		for _, c := range some.columns {
			w, err := want.find(c.name, c.kind)
			if err != nil || !reflect.DeepEqual(canonical(c), canonical(w)) {
				t.Errorf("batch %d, column %q differs (%v)", i, c.name, err)
			}
		}
	}
	if _, err := r.Batch(0, "patient"); fault.KindOf(err) != fault.Input {
		t.Errorf("a column that is not there: %v", err)
	}
}

func TestReadJoinsTheBatches(t *testing.T) {
	path, tables := batches(t, 3, 4)
	whole, err := Read(path, "images")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := whole.Strings("image_name")
	first, _ := tables[0].Strings("image_name")
	second, _ := tables[1].Strings("image_name")
	if want := append(append([]string{}, first...), second...); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if flat, width, err := whole.ListsOf("logits"); err != nil || width != 3 || len(flat) != 21 {
		t.Errorf("logits: %d numbers of width %d, %v", len(flat), width, err)
	}
}

func TestPlacesAreThoseOfTheValues(t *testing.T) {
	path, tables := batches(t, 9, 1, 30)
	r, err := Open(path, "images")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var group sync.WaitGroup
	for range 4 { // concurrently, as loaders do
		group.Go(func() {
			var buffer []byte
			for i, table := range tables {
				want, _ := table.BytesOf("pixels")
				places, err := r.Places(i, "pixels")
				if err != nil || len(places) != len(want) {
					t.Errorf("batch %d: %d places of %d values (%v)", i, len(places), len(want), err)
					return
				}
				for row, p := range places {
					if buffer, err = r.ReadPlace(buffer, p); err != nil || !bytes.Equal(buffer, want[row]) || p.Len() != len(want[row]) {
						t.Errorf("batch %d, row %d: %v, want %v (%v)", i, row, buffer, want[row], err)
					}
				}
			}
		})
	}
	group.Wait()
	if _, err := r.Places(0, "target"); err == nil {
		t.Error("an int32 column has places of bytes")
	}
	places, err := r.Places(0, "pixels")
	if err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1<<10)
	if n := testing.AllocsPerRun(20, func() {
		if _, err := r.ReadPlace(buffer, places[4]); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("reading into a large buffer allocates %v times", n)
	}
}

func TestAppendRefusesOtherColumns(t *testing.T) {
	like := NewTable(Meta{Kind: "x"}).Int32("a", nil).NullFloat32("b", nil)
	for name, table := range map[string]*Table{
		"another name":   NewTable(Meta{}).Int32("c", []int32{1}).NullFloat32("b", []float32{1}),
		"another type":   NewTable(Meta{}).Int64("a", []int64{1}).NullFloat32("b", []float32{1}),
		"fewer":          NewTable(Meta{}).Int32("a", []int32{1}),
		"without nulls":  NewTable(Meta{}).Int32("a", []int32{1}).Float32("b", []float32{1}),
		"unequal length": NewTable(Meta{}).Int32("a", []int32{1}).NullFloat32("b", nil),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.arrow")
			w, err := Create(path, like.Meta, like)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Append(table); err == nil {
				t.Error("no error")
			}
			w.Abort()
			if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestKindAndVersionAreChecked(t *testing.T) {
	path := write(t, sample(2, 1))
	if _, err := Read(path, "folds"); fault.KindOf(err) != fault.Input {
		t.Errorf("images read as folds: %v", err)
	}
	newer := sample(2, 1)
	newer.Meta.Version = KnownVersion("images") + 1
	if _, err := Read(write(t, newer), "images"); fault.KindOf(err) != fault.Input || fault.HintOf(err) == "" {
		t.Errorf("a newer version: %v", err)
	}
}

// TestDamagedFilesAreErrors flips and cuts a file everywhere. A cut is always
// seen; a flip is either seen or changes values, and never a panic.
func TestDamagedFilesAreErrors(t *testing.T) {
	var file bytes.Buffer
	if err := Encode(&file, sample(9, 1)); err != nil {
		t.Fatal(err)
	}
	good := file.Bytes()
	read := func(b []byte) error {
		r, err := newReader("dir/broken.arrow", bytes.NewReader(b), int64(len(b)), "images")
		if err != nil {
			return err
		}
		if r.Len() > 0 {
			for i := range r.NumBatches() {
				places, err := r.Places(i, "pixels")
				if err != nil {
					return err
				}
				for _, p := range places {
					if _, err := r.ReadPlace(nil, p); err != nil {
						return err
					}
				}
			}
		}
		_, err = r.all()
		return err
	}
	check := func(err error) {
		t.Helper()
		if fault.KindOf(err) != fault.Input || !bytes.Contains([]byte(err.Error()), []byte("dir/broken.arrow")) {
			t.Fatalf("%v is no input fault that names the file", err)
		}
	}
	if err := read(good); err != nil {
		t.Fatal(err)
	}
	for n := range good {
		err := read(good[:n])
		if err == nil {
			t.Fatalf("cut to %d of %d bytes, it reads", n, len(good))
		}
		check(err)
	}
	seen := 0
	for i := range good {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			b := bytes.Clone(good)
			b[i] ^= flip
			if err := read(b); err != nil {
				seen++
				check(err)
			}
		}
	}
	if seen == 0 {
		t.Error("no flipped byte was seen")
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"empty": "", "text": "image_name,fold\na,1\n", "magic alone": "ARROW1\x00\x00ARROW1"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path, ""); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "absent")} {
		if _, err := Read(path, ""); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, rows := range []int{0, 1, 9} {
		var b bytes.Buffer
		if err := Encode(&b, sample(rows, uint64(rows))); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := newReader("fuzz", bytes.NewReader(b), int64(len(b)), "")
		if err != nil {
			return
		}
		table, err := r.all()
		if err != nil {
			return
		}
		if table.Len() != r.Len() {
			t.Errorf("%d rows, not %d", table.Len(), r.Len())
		}
		var again bytes.Buffer
		if err := Encode(&again, table); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
