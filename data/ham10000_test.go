package data

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"melanoma/augment"
	"melanoma/internal/numtest"
)

// hamConfig describes HAM10000 as it lies in the reference data.
func hamConfig(root string) Config {
	c := Default()
	c.Root, c.TrainCSV, c.TestCSV, c.Images = root, "metadata.csv", "", "images"
	c.Columns = ColumnMap{ImageName: "image_id", Group: "lesion_id", Diagnosis: "dx", Sex: "sex", Age: "age", Site: "localization"}
	c.Positive, c.Size = "mel", 128
	return c
}

// TestHAM10000 ingests 60 real images with a held-out test set.
func TestHAM10000(t *testing.T) {
	root := numtest.Shared(t, "data/ham10000")
	f, err := os.Open(filepath.Join(root, "metadata.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	few := records[:1]
	for i := 1; i < len(records); i += len(records) / 60 {
		few = append(few, records[i])
	}
	c := hamConfig(root)
	c.TrainCSV = filepath.Join(t.TempDir(), "few.csv")
	writeCSV(t, c.TrainCSV, few)
	c.Images = "images"
	c.Holdout = 0.25
	dir := filepath.Join(t.TempDir(), "images")
	summary, err := Ingest(context.Background(), c, dir, Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if summary.Train+summary.Test != len(few)-1 || summary.Test < 8 || summary.Test > 22 {
		t.Errorf("%d training and %d test images of %d", summary.Train, summary.Test, len(few)-1)
	}
	s := open(t, dir, 0)
	if k := s.Positive(); k < 0 || s.Classes()[k] != "mel" {
		t.Errorf("positive class %d of %q", k, s.Classes())
	}
	for i := range s.Len() {
		r := s.Row(i)
		im, err := s.Image(i)
		if err != nil {
			t.Fatal(err)
		}
		if im.Width != 128 || r.SourceWidth != 200 || r.SourceHeight != 150 {
			t.Errorf("%s: %d pixels wide, from %d x %d", r.ImageName, im.Width, r.SourceWidth, r.SourceHeight)
		}
	}
}

// TestIngestOfAllOfHAM10000 measures: MELANOMA_MEASURE=1 go test -run AllOfHAM -v ./data
func TestIngestOfAllOfHAM10000(t *testing.T) {
	if os.Getenv("MELANOMA_MEASURE") == "" {
		t.Skip("needs MELANOMA_MEASURE=1: a minute's measurement")
	}
	root := numtest.Shared(t, "data/ham10000")
	workers, _ := strconv.Atoi(os.Getenv("MELANOMA_WORKERS"))
	dir := filepath.Join(t.TempDir(), "images")
	start := time.Now()
	summary, err := Ingest(context.Background(), hamConfig(root), dir, Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	t.Logf("ingest: %d images in %.1f s, %.0f a second, peak RSS %d MiB", summary.Train, took.Seconds(), float64(summary.Train)/took.Seconds(), peakRSS(t)>>20)
	t.Logf("%+v", summary)
	start = time.Now()
	s := open(t, dir, 0)
	t.Logf("open: %.0f ms", time.Since(start).Seconds()*1000)
	recipe := augment.Default()
	for _, shuffle := range []bool{false, true} {
		c := LoaderConfig{Rows: s.TrainRows(), Batch: 32, Normalize: augment.Normalize{Std: [3]float32{1, 1, 1}}, Shuffle: shuffle, Workers: workers}
		if shuffle {
			c.Augment = &recipe
		}
		start = time.Now()
		n := 0
		for b, err := range loader(t, s, c).Epoch(context.Background(), 0, 0) {
			if err != nil {
				t.Fatal(err)
			}
			n += b.N
		}
		took := time.Since(start)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		t.Logf("epoch (shuffled and augmented: %v): %.0f images a second, heap %d MiB, peak RSS %d MiB", shuffle, float64(n)/took.Seconds(), m.HeapAlloc>>20, peakRSS(t)>>20)
	}
}

// peakRSS returns the most memory that the process has held.
func peakRSS(t *testing.T) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("needs /proc/self/status")
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); fields[0] == "VmHWM:" {
			kb, _ := strconv.ParseInt(fields[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// TestISIC2020Lists reads the lists of the challenge, whose two files differ
// in their columns. Counts are those of Rotemberg et al. 2021: 33,126 images of
// 2,056 patients, 584 of them melanomas; 434 are duplicates by Deotte's list.
func TestISIC2020Lists(t *testing.T) {
	c := Default()
	c.Root = numtest.Shared(t, "data/isic2020")
	c.TestColumns = ColumnMap{ImageName: "image", Group: "patient", Site: "anatom_site_general"}
	rows, _, problems, err := c.readRows()
	if err != nil || len(problems) > 0 {
		t.Fatal(err, badRows(problems))
	}
	classes, positive, problems, err := c.assignClasses(rows)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, badRows(problems))
	}
	var train, test, melanomas, duplicates int
	patients := map[string]bool{}
	for _, r := range rows {
		switch {
		case r.Test:
			test++
			continue
		case r.Positive:
			melanomas++
		}
		if r.Tfrecord == -1 {
			duplicates++
		}
		train++
		patients[r.Group] = true
	}
	if train != 33126 || test != 10982 || melanomas != 584 || len(patients) != 2056 || duplicates != 434 || positive != "melanoma" || len(classes) != 9 {
		t.Errorf("%d training and %d test images, %d melanomas, %d patients, %d duplicates, classes %q, positive %q", train, test, melanomas, len(patients), duplicates, classes, positive)
	}
	if overlap := groupOverlap(rows); len(overlap) != 0 {
		t.Errorf("%d patients on both sides", len(overlap))
	}
}
