package data

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
	"time"

	"melanoma/augment"
)

// sameGoroutines fails if there are more goroutines after f than before.
func sameGoroutines(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	before := runtime.NumGoroutine()
	f(t)
	for range 400 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	buffer := make([]byte, 1<<20)
	t.Errorf("%d goroutines became %d:\n%s", before, runtime.NumGoroutine(), buffer[:runtime.Stack(buffer, true)])
}

func TestNoGoroutineOutlivesTheLoop(t *testing.T) {
	s := store(t, 30)
	c := training(s)
	c.Workers = 4
	l := loader(t, s, c)
	broken := s
	for name, f := range map[string]func(t *testing.T){
		"a whole epoch": func(t *testing.T) { batches(t, l, 0, 0) },
		"break": func(*testing.T) {
			for range l.Epoch(context.Background(), 0, 0) {
				break
			}
		},
		"cancel": func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var last error
			seen := 0
			for _, err := range l.Epoch(ctx, 0, 0) {
				if last = err; err == nil {
					seen++
				}
				if seen == 3 {
					cancel()
				}
			}
			if !errors.Is(last, context.Canceled) || seen != 3 {
				t.Errorf("%d batches, then %v", seen, last)
			}
		},
		"cancelled before it began": func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			for b, err := range l.Epoch(ctx, 0, 0) {
				if b != nil || !errors.Is(err, context.Canceled) {
					t.Errorf("a batch, or %v", err)
				}
			}
		},
		"panic in the loop": func(*testing.T) {
			defer func() { recover() }()
			for range l.Epoch(context.Background(), 0, 0) {
				panic("of the caller")
			}
		},
		"an error of a row": func(t *testing.T) {
			broken = store(t, 30)
			broken.Close()
			n := 0
			for _, err := range loader(t, broken, training(broken)).Epoch(context.Background(), 0, 0) {
				if n++; err == nil {
					t.Error("a closed store has pictures")
				}
			}
			if n != 1 {
				t.Errorf("%d turns of the loop", n)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameGoroutines(t, f) })
	}
}

// photographs ingests a few pictures of the given size, as files.
func photographs(t testing.TB, n, width, height int) *Store {
	c := fixture(t, n)
	r := rand.New(rand.NewPCG(1, 2))
	im := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range im.Pix {
		im.Pix[i] = uint8(i/64 + r.IntN(60))
	}
	content := jpegBytes(t, im)
	for i := range n {
		writeBytes(t, filepath.Join(c.Root, "jpeg/train", "IM_00"+string(rune('0'+i))+".jpg"), content)
	}
	c.Store, c.TestCSV = StoreFiles, ""
	dir, _ := ingestInto(t, c, Options{})
	return open(t, dir, 0)
}

// A batch of 64 photographs takes seconds to decode; a cancel does not wait
// for it.
func TestCancelStopsWithinABatchOfLargeFiles(t *testing.T) {
	s := photographs(t, 4, 2000, 1500)
	l := loader(t, s, LoaderConfig{Strata: []Stratum{{Rows: s.TrainRows(), Draws: 64}}, Batch: 64, Workers: 2, Normalize: augment.Normalize{Std: [3]float32{1, 1, 1}}})
	sameGoroutines(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		var at time.Time
		time.AfterFunc(100*time.Millisecond, func() { at = time.Now(); cancel() })
		for b, err := range l.Epoch(ctx, 0, 0) {
			if b != nil || !errors.Is(err, context.Canceled) {
				t.Fatalf("a batch, or %v", err)
			}
		}
		took := time.Since(at)
		t.Logf("stopped %d ms after the cancel", took.Milliseconds())
		if took > 300*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

func TestFilesAndPixelsGiveTheSamePictures(t *testing.T) {
	c := fixture(t, 12)
	dir, _ := ingestInto(t, c, Options{})
	pixels := open(t, dir, 0)
	c.Store = StoreFiles
	dir, _ = ingestInto(t, c, Options{})
	decoded, cached := open(t, dir, 0), open(t, dir, 5*16*16*3)
	if fmt.Sprint(pixels.Rows()) != fmt.Sprint(decoded.Rows()) { // an unknown age is no number
		t.Error("the rows differ")
	}
	for i := range pixels.Len() {
		want, err := pixels.Image(i)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decoded.Image(i); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("picture %d differs (%v)", i, err)
		}
	}
	config := training(pixels)
	want := epoch(t, pixels, config, 3, 0)
	for name, s := range map[string]*Store{"files": decoded, "files with a cache": cached, "files with a warm cache": cached} {
		if !reflect.DeepEqual(epoch(t, s, config, 3, 0), want) {
			t.Errorf("%s: other batches", name)
		}
	}
	cached.BoundCache(1 << 30) // no more than it was opened with
	if epoch(t, cached, config, 2, 0); cached.CacheHeld() != 5*16*16*3 {
		t.Errorf("the cache holds %d bytes", cached.CacheHeld())
	}
	if cached.BoundCache(3 * 16 * 16 * 3); cached.CacheHeld() != 3*16*16*3 {
		t.Errorf("the cache holds %d bytes after it was bound", cached.CacheHeld())
	}
	if !reflect.DeepEqual(epoch(t, cached, config, 3, 0), want) {
		t.Error("a bound cache makes other batches")
	}
}

func TestTheCacheKeepsWhatItHas(t *testing.T) {
	c := newPictureCache(100)
	for row := range 4 {
		c.put(row, make([]uint8, 40))
	}
	for row, want := range []bool{true, true, false, false} {
		if _, ok := c.get(row); ok != want {
			t.Errorf("picture %d is there: %v", row, ok)
		}
	}
	c.bound(50)
	if _, ok := c.get(0); !ok || c.size() != 40 {
		t.Errorf("it holds %d bytes", c.size())
	}
	c.bound(1000)
	if c.put(5, make([]uint8, 61)); c.size() != 40 {
		t.Errorf("it holds %d bytes", c.size())
	}
	if c.put(6, make([]uint8, 60)); c.size() != 100 {
		t.Errorf("it holds %d bytes", c.size())
	}
}

// TestMixedBatchesAreTheirPicturesMixed holds mixed batches against plain ones.
func TestMixedBatchesAreTheirPicturesMixed(t *testing.T) {
	s := store(t, 30)
	c := training(s)
	c.Batch = 5
	plain := epoch(t, s, c, 1, 0)
	c.Mix = &augment.MixConfig{P: 0.7, MixupAlpha: 0.5, CutMixAlpha: 1, CutMixShare: 0.5}
	mixed, picture := 0, 16*16*3
	for n, b := range epoch(t, s, c, 1, 0) {
		p := plain[n]
		if !reflect.DeepEqual(b.Row, p.Row) || !reflect.DeepEqual(b.Target, p.Target) || !reflect.DeepEqual(b.Meta, p.Meta) {
			t.Fatal("mixing changed rows, targets or metadata")
		}
		for i, m := range b.Mix {
			if m.Partner != b.N-1-i || b.Mix[m.Partner].Share != m.Share {
				t.Fatalf("batch %d, row %d: %+v", n, i, m)
			}
			if m.Share < 1 {
				mixed++
			}
			var own, other, got float64
			for k := range picture {
				own, other, got = own+float64(p.X[i*picture+k]), other+float64(p.X[m.Partner*picture+k]), got+float64(b.X[i*picture+k])
			}
			pair := float64(0)
			for k := range picture {
				pair += float64(b.X[m.Partner*picture+k])
			}
			if sum := own + other; pair+got-sum > 1e-2 || sum-pair-got > 1e-2 {
				t.Errorf("batch %d, row %d: the pair's sum was %g and is %g", n, i, sum, pair+got)
			}
		}
	}
	if mixed < 10 || mixed == 30 {
		t.Errorf("%d of 30 pictures are mixed", mixed)
	}
}
