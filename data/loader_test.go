package data

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"melanoma/augment"
	"melanoma/internal/fault"
)

// noGoroutines waits until no goroutine of this package but the test's runs.
func noGoroutines(t *testing.T) {
	t.Helper()
	for range 200 {
		buffer := make([]byte, 1<<20)
		buffer = buffer[:runtime.Stack(buffer, true)]
		running := 0
		for _, g := range strings.Split(string(buffer), "\n\n") {
			if strings.Contains(g, "melanoma/data.") && !strings.Contains(g, "testing.tRunner") {
				running++
			}
		}
		if running == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Error("goroutines are left")
}

func store(t testing.TB, n int) *Store {
	t.Helper()
	dir, _ := ingestInto(t, fixture(t, n), Options{})
	return open(t, dir, 0)
}

// epoch collects copies of all batches.
func epoch(t *testing.T, s *Store, c LoaderConfig, number, first int) []Batch {
	t.Helper()
	var out []Batch
	for b, err := range s.Epoch(context.Background(), c, number, first) {
		if err != nil {
			t.Fatal(err)
		}
		kept := *b
		kept.X = slices.Clone(b.X)
		out = append(out, kept)
	}
	return out
}

func training(s *Store) LoaderConfig {
	recipe := augment.Default()
	return LoaderConfig{
		Rows: s.TrainRows(), Batch: 4, Seed: 11, Augment: &recipe, Meta: NewMetaEncoder(s.Rows(), false), Shuffle: true,
		Normalize: augment.Normalize{Mean: [3]float32{0.5, 0.4, 0.3}, Std: [3]float32{0.2, 0.3, 0.4}},
	}
}

func TestBatchesDoNotDependOnWorkers(t *testing.T) {
	s := store(t, 30)
	c := training(s)
	c.Workers = 1
	want := epoch(t, s, c, 2, 0)
	if len(want) != 8 || want[7].N != 2 || len(want[7].X) != 2*16*16*3 {
		t.Fatalf("%d batches", len(want))
	}
	for _, workers := range []int{0, 2, 4, 13} {
		c.Workers = workers
		if !reflect.DeepEqual(epoch(t, s, c, 2, 0), want) {
			t.Errorf("%d workers make other batches", workers)
		}
	}
	cached := open(t, s.dir, 10*16*16*3)
	cached.BoundCache(1 << 30) // no more than it was opened with
	if !reflect.DeepEqual(epoch(t, cached, c, 2, 0), want) {
		t.Error("a cache makes other batches")
	}
	if cached.CacheHeld() != 10*16*16*3 {
		t.Errorf("the cache holds %d bytes", cached.CacheHeld())
	}
	if cached.BoundCache(3 * 16 * 16 * 3); cached.CacheHeld() != 3*16*16*3 {
		t.Errorf("the cache holds %d bytes after it was bound", cached.CacheHeld())
	}
	if !reflect.DeepEqual(epoch(t, cached, c, 2, 0), want) {
		t.Error("a bound cache makes other batches")
	}
}

func TestAResumedEpochIsTheTailOfTheWhole(t *testing.T) {
	s := store(t, 30)
	c := training(s)
	whole := epoch(t, s, c, 5, 0)
	for first := range len(whole) + 2 {
		tail := epoch(t, s, c, 5, first)
		if want := whole[min(first, len(whole)):]; len(tail) != len(want) || len(want) > 0 && !reflect.DeepEqual(tail, want) {
			t.Errorf("from batch %d on: differs", first)
		}
	}
}

func TestEpochsDifferAndVisitEveryRowOnce(t *testing.T) {
	s := store(t, 30)
	c := training(s)
	orders := map[int][]int{}
	for e := range 3 {
		for _, b := range epoch(t, s, c, e, 0) {
			orders[e] = append(orders[e], b.Row...)
			for i, row := range b.Row {
				if b.Target[i] != s.Row(row).Target {
					t.Errorf("row %d has target %d", row, b.Target[i])
				}
			}
		}
		if sorted := slices.Sorted(slices.Values(orders[e])); !reflect.DeepEqual(sorted, c.Rows) {
			t.Errorf("epoch %d visits %v", e, sorted)
		}
	}
	if reflect.DeepEqual(orders[0], orders[1]) || reflect.DeepEqual(orders[1], orders[2]) {
		t.Error("two epochs have one order")
	}
	c.Seed++
	var other []int
	for _, b := range epoch(t, s, c, 0, 0) {
		other = append(other, b.Row...)
	}
	if reflect.DeepEqual(other, orders[0]) {
		t.Error("another seed has the same order")
	}
}

// TestAugmentationFollowsTheImage visits the rows in two orders: an image is
// augmented alike wherever it stands.
func TestAugmentationFollowsTheImage(t *testing.T) {
	s := store(t, 12)
	c := training(s)
	pictures := func(shuffle bool, rows []int) map[int][]float32 {
		c.Shuffle, c.Rows = shuffle, rows
		out := map[int][]float32{}
		for _, b := range epoch(t, s, c, 1, 0) {
			for i, row := range b.Row {
				out[row] = b.X[i*768 : (i+1)*768]
			}
		}
		return out
	}
	all := s.TrainRows()
	a, b := pictures(true, all), pictures(false, all[3:7])
	for row, x := range b {
		if !reflect.DeepEqual(x, a[row]) {
			t.Errorf("row %d is augmented otherwise", row)
		}
	}
}

func TestPlainBatchesAreTheRowsInOrder(t *testing.T) {
	s := store(t, 12)
	n := augment.Normalize{Mean: [3]float32{0.5, 0.5, 0.5}, Std: [3]float32{0.5, 0.5, 0.5}}
	c := LoaderConfig{Rows: []int{7, 2, 2, 15}, Batch: 3, Normalize: n}
	got := epoch(t, s, c, 0, 0)
	if !reflect.DeepEqual(got[0].Row, []int{7, 2, 2}) || !reflect.DeepEqual(got[1].Row, []int{15}) || got[0].Meta != nil {
		t.Errorf("rows %v, %v", got[0].Row, got[1].Row)
	}
	im, err := s.Image(15)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float32, len(im.Pix))
	n.Into(want, im)
	if !reflect.DeepEqual(got[1].X, want) || got[1].Target[0] != -1 {
		t.Error("the test image differs")
	}
	c.View = 5
	turned := make([]float32, len(want))
	augment.View(turned, want, 16, 3, 5)
	if got := epoch(t, s, c, 0, 0); !reflect.DeepEqual(got[1].X, turned) {
		t.Error("view 5 differs")
	}
	c.DropLast = true
	if got := epoch(t, s, c, 0, 0); len(got) != 1 || c.Batches() != 1 {
		t.Errorf("%d batches without the last", len(got))
	}
	if got := epoch(t, s, LoaderConfig{Batch: 3}, 0, 0); len(got) != 0 {
		t.Errorf("%d batches of no rows", len(got))
	}
}

func TestNoGoroutineOutlivesTheLoop(t *testing.T) {
	s := store(t, 30)
	c := training(s)
	c.Workers = 4
	for range s.Epoch(context.Background(), c, 0, 0) {
		break
	}
	noGoroutines(t)
	ctx, cancel := context.WithCancel(context.Background())
	var last error
	seen := 0
	for b, err := range s.Epoch(ctx, c, 0, 0) {
		if last = err; err == nil && b.N > 0 {
			seen++
		}
		if seen == 3 {
			cancel()
		}
	}
	cancel()
	if !errors.Is(last, context.Canceled) || seen != 3 {
		t.Errorf("%d batches, then %v", seen, last)
	}
	noGoroutines(t)
	func() {
		defer func() { recover() }()
		for range s.Epoch(context.Background(), c, 0, 0) {
			panic("of the caller")
		}
	}()
	noGoroutines(t)
}

func TestWrongLoadersAreErrors(t *testing.T) {
	s := store(t, 6)
	for name, c := range map[string]LoaderConfig{
		"no batch size": {Rows: []int{0}},
		"a row too far": {Rows: []int{s.Len()}, Batch: 1},
		"view 8":        {Rows: []int{0}, Batch: 1, View: 8},
	} {
		n := 0
		for _, err := range s.Epoch(context.Background(), c, 0, 0) {
			if n++; err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d turns", name, n)
		}
	}
}

func TestADamagedStoreIsNamed(t *testing.T) {
	c := fixture(t, 12)
	dir, _ := ingestInto(t, c, Options{})
	path := filepath.Join(dir, "train-00000.arrow")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string) {
		t.Helper()
		s, err := OpenStore(dir, 0)
		if err == nil {
			s.Close()
		}
		if fault.KindOf(err) != fault.Input || fault.HintOf(err) == "" {
			t.Errorf("%s: error %v, hint %q", what, err, fault.HintOf(err))
		}
	}
	writeBytes(t, path, whole[:len(whole)/2])
	check("half a shard")
	writeBytes(t, filepath.Join(dir, "train-00001.arrow"), whole)
	writeBytes(t, path, whole)
	check("a shard under another name")
	if err := os.Remove(filepath.Join(dir, "train-00001.arrow")); err != nil {
		t.Fatal(err)
	}
	other, _ := ingestInto(t, fixture(t, 9), Options{})
	b, err := os.ReadFile(filepath.Join(other, "test-00000.arrow"))
	if err != nil {
		t.Fatal(err)
	}
	writeBytes(t, filepath.Join(dir, "test-00000.arrow"), b)
	check("a shard of another ingest")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	check("no folder")
}
