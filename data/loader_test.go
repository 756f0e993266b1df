package data

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"melanoma/augment"
	"melanoma/internal/fault"
)

func store(t testing.TB, n int) *Store {
	t.Helper()
	dir, _ := ingestInto(t, fixture(t, n), Options{})
	return open(t, dir, 0)
}

func loader(t testing.TB, s *Store, c LoaderConfig) *Loader {
	t.Helper()
	l, err := s.NewLoader(c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// epoch collects copies of all batches.
func epoch(t *testing.T, s *Store, c LoaderConfig, number, first int) []Batch {
	t.Helper()
	return batches(t, loader(t, s, c), number, first)
}

func batches(t *testing.T, l *Loader, number, first int) []Batch {
	t.Helper()
	var out []Batch
	for b, err := range l.Epoch(context.Background(), number, first) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Batch{X: slices.Clone(b.X), Meta: slices.Clone(b.Meta), Target: slices.Clone(b.Target),
			Row: slices.Clone(b.Row), Mix: slices.Clone(b.Mix), N: b.N, repeat: slices.Clone(b.repeat)})
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

// recipes are the trainings whose draws must not depend on who draws them.
func recipes(s *Store) map[string]LoaderConfig {
	plain, sized, mixed, winners := training(s), training(s), training(s), training(s)
	winners.Augment, winners.Size = &augment.Config{Preset: augment.Winner2020, Mode: augment.ModeFast}, 24
	sized.Size = 24
	sized.Strata, sized.Rows = []Stratum{{Rows: s.TrainRows()[:5], Draws: 23}, {Rows: s.TrainRows()[5:], Draws: 7}}, nil
	mixed.Mix = &augment.MixConfig{P: 0.8, MixupAlpha: 0.4, CutMixAlpha: 1, CutMixShare: 0.5}
	return map[string]LoaderConfig{"plain": plain, "another size, rows shown often": sized, "mixed": mixed, "winner2020": winners}
}

func TestDrawsAreEqualFor1And2And4Workers(t *testing.T) {
	s := store(t, 30)
	for name, c := range recipes(s) {
		t.Run(name, func(t *testing.T) {
			c.Workers = 1
			want := epoch(t, s, c, 2, 0)
			if len(want) != 8 || want[7].N != 2 {
				t.Fatalf("%d batches", len(want))
			}
			for _, workers := range []int{0, 2, 4, 13} {
				c.Workers = workers
				if !reflect.DeepEqual(epoch(t, s, c, 2, 0), want) {
					t.Errorf("%d workers make other batches", workers)
				}
			}
		})
	}
}

func TestDrawsAreEqualAfterResumeFromAnyBatch(t *testing.T) {
	s := store(t, 30)
	for name, c := range recipes(s) {
		t.Run(name, func(t *testing.T) {
			whole := epoch(t, s, c, 5, 0)
			for first := range len(whole) + 2 {
				tail := epoch(t, s, c, 5, first)
				if want := whole[min(first, len(whole)):]; len(tail) != len(want) || len(want) > 0 && !reflect.DeepEqual(tail, want) {
					t.Errorf("from batch %d on: differs", first)
				}
			}
		})
	}
}

// A warm loader allocates for an epoch and for nothing else: batches, pictures
// and draws take memory that is there.
func TestAWarmLoaderAllocatesNothingForAPicture(t *testing.T) {
	s := store(t, 30)
	files := fixture(t, 30)
	files.Store = StoreFiles
	dir, _ := ingestInto(t, files, Options{})
	encoded := open(t, dir, 0)
	configs := recipes(s)
	configs["files"] = training(encoded)
	for name, c := range configs {
		s := s
		if name == "files" {
			s = encoded
		}
		c.Workers, c.Strata, c.Rows = 1, []Stratum{{Rows: s.TrainRows(), Draws: 2000}}, nil
		l := loader(t, s, c)
		run := func(number, batches int) uint64 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for _, err := range l.Epoch(context.Background(), number, 500-batches) {
				if err != nil {
					t.Fatal(err)
				}
			}
			runtime.ReadMemStats(&after)
			return after.Mallocs - before.Mallocs
		}
		run(0, 500)
		few, many := run(1, 10), run(1, 490)
		if more := float64(many) - float64(few); more > 0.5*480*4 {
			t.Errorf("%s: %.2f allocations a picture", name, more/(480*4))
		}
	}
}

// A loader's memory serves many epochs, also after one that was broken off.
func TestALoaderServesManyEpochs(t *testing.T) {
	s := store(t, 30)
	c := recipes(s)["mixed"]
	l := loader(t, s, c)
	for _, e := range []int{4, 0, 1} {
		if !reflect.DeepEqual(batches(t, l, e, 0), epoch(t, s, c, e, 0)) {
			t.Errorf("epoch %d differs from that of a fresh loader", e)
		}
		for range l.Epoch(context.Background(), 9, 0) {
			break
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
	c.DropLast = true
	if got := epoch(t, s, c, 0, 0); len(got) != 1 || c.Batches() != 1 {
		t.Errorf("%d batches without the last", len(got))
	}
	if got := epoch(t, s, LoaderConfig{Batch: 3}, 0, 0); len(got) != 0 {
		t.Errorf("%d batches of no rows", len(got))
	}
}

func TestWrongLoadersAreErrors(t *testing.T) {
	s := store(t, 6)
	for name, c := range map[string]LoaderConfig{
		"no batch size": {Rows: []int{0}},
		"a row too far": {Rows: []int{s.Len()}, Batch: 1},
		"negative size": {Rows: []int{0}, Batch: 1, Size: -1},
		"empty stratum": {Strata: []Stratum{{Draws: 3}}, Batch: 1},
	} {
		if _, err := s.NewLoader(c); err == nil {
			t.Errorf("%s: no error", name)
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
