package data

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"image"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"melanoma/internal/fault"
)

func smallSynth() SynthConfig {
	c := DefaultSynth()
	c.Images, c.Size = 60, 32
	return c
}

func mustSynth(t *testing.T, dir string, c SynthConfig) {
	t.Helper()
	if err := Synth(context.Background(), dir, c); err != nil {
		t.Fatal(err)
	}
}

// synthFolder returns the content of every file below dir.
func synthFolder(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func synthRecords(t *testing.T, content string) (head []string, rows []map[string]string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = r[i]
		}
		rows = append(rows, row)
	}
	return records[0], rows
}

func TestSynthHasTheKaggleLayout(t *testing.T) {
	c := smallSynth()
	dir := t.TempDir()
	mustSynth(t, dir, c)
	files := synthFolder(t, dir)
	trainHead, train := synthRecords(t, files["train.csv"])
	testHead, test := synthRecords(t, files["test.csv"])
	const columns = "image_name,patient_id,sex,age_approx,anatom_site_general_challenge"
	if got := strings.Join(trainHead, ","); got != columns+",diagnosis,benign_malignant,target" {
		t.Errorf("train.csv has the columns %s", got)
	}
	if got := strings.Join(testHead, ","); got != columns {
		t.Errorf("test.csv has the columns %s", got)
	}
	if len(train)+len(test) != c.Images || len(files) != c.Images+2 {
		t.Errorf("%d training and %d test rows, %d files for %d pictures", len(train), len(test), len(files), c.Images)
	}
	trainPatients := map[string]bool{}
	for _, r := range train {
		trainPatients[r["patient_id"]] = true
		checkSynthPicture(t, files["jpeg/train/"+r["image_name"]+".jpg"], c.Size)
		melanoma := r["diagnosis"] == "melanoma"
		if melanoma != (r["target"] == "1") || melanoma != (r["benign_malignant"] == "malignant") {
			t.Errorf("%s: labels contradict each other: %v", r["image_name"], r)
		}
	}
	for _, r := range test {
		checkSynthPicture(t, files["jpeg/test/"+r["image_name"]+".jpg"], c.Size)
		if trainPatients[r["patient_id"]] {
			t.Errorf("patient %s has pictures in both lists", r["patient_id"])
		}
	}
}

func checkSynthPicture(t *testing.T, content string, size int) {
	t.Helper()
	im, format, err := image.DecodeConfig(strings.NewReader(content))
	if err != nil || format != "jpeg" || im.Width != size || im.Height != size {
		t.Errorf("a picture is %s of %dx%d: %v", format, im.Width, im.Height, err)
	}
}

func TestSynthPrevalenceAndLabelNoiseAreExact(t *testing.T) {
	for _, prevalence := range []float64{0, 0.018, 0.25, 1} {
		c := DefaultSynth()
		c.Prevalence, c.Images = prevalence, 1000
		var n, labelled, wrong, melanomas [2]int
		for _, r := range synthPlan(c) {
			split := 0
			if r.Test {
				split = 1
			}
			n[split]++
			if r.Diagnosis == "melanoma" {
				labelled[split]++
			}
			if r.Kind == synthMelanoma {
				melanomas[split]++
			}
			if (r.Diagnosis == "melanoma") != (r.Kind == synthMelanoma) {
				wrong[split]++
			}
		}
		for split := range n {
			want := int(math.Round(prevalence * float64(n[split])))
			swapped := 2 * min(int(math.Round(c.LabelNoise*float64(want))), n[split]-want)
			if melanomas[split] != want || labelled[split] != want || wrong[split] != swapped {
				t.Errorf("prevalence %g, list %d of %d: %d melanomas, %d labelled (want %d), %d wrong labels (want %d)",
					prevalence, split, n[split], melanomas[split], labelled[split], want, wrong[split], swapped)
			}
		}
		if got := float64(n[1]) / float64(c.Images); math.Abs(got-c.TestFraction) > 0.01 {
			t.Errorf("%.3f of the pictures are for testing, want %g", got, c.TestFraction)
		}
	}
}

func TestSynthAtALowPrevalenceHasAMelanomaInEachList(t *testing.T) {
	c := smallSynth()
	c.Prevalence = 0.001
	count := map[bool]int{}
	for _, r := range synthPlan(c) {
		if r.Diagnosis == "melanoma" {
			count[r.Test]++
		}
	}
	if count[false] != 1 || count[true] != 1 {
		t.Errorf("melanomas by list: %v, want one each", count)
	}
}

func TestSynthDoesNotDependOnWorkers(t *testing.T) {
	c := smallSynth()
	c.Workers = 1
	one, four := t.TempDir(), t.TempDir()
	mustSynth(t, one, c)
	c.Workers = 4
	mustSynth(t, four, c)
	compareSynth(t, synthFolder(t, four), synthFolder(t, one))
	c.Seed++
	other := t.TempDir()
	mustSynth(t, other, c)
	name := "jpeg/train/" + synthName(0) + ".jpg"
	if a, b := synthFolder(t, other)[name], synthFolder(t, one)[name]; a != "" && a == b {
		t.Error("another seed draws the same picture")
	}
}

func compareSynth(t *testing.T, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name, content := range want {
		if got[name] != content {
			t.Errorf("%s differs", name)
		}
	}
}

func TestSynthAfterAnInterruptionGivesTheSameFolder(t *testing.T) {
	c := smallSynth()
	whole, broken := t.TempDir(), t.TempDir()
	mustSynth(t, whole, c)
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if err := Synth(stopped, broken, c); fault.KindOf(err) != fault.Stopped || !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
	if files := synthFolder(t, broken); files["train.csv"] != "" {
		t.Error("the table of an interrupted call is there")
	}
	// What a kill leaves: a torn temporary file, and pictures without tables.
	var torn bool
	for name, content := range synthFolder(t, whole) {
		if strings.HasPrefix(name, "jpeg/") && !torn {
			torn = true
			if err := os.WriteFile(filepath.Join(broken, name+".tmp"), []byte(content[:100]), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	mustSynth(t, broken, c)
	compareSynth(t, synthFolder(t, broken), synthFolder(t, whole))
}

func TestSynthNamesWrongSettingsAndFolders(t *testing.T) {
	for key, change := range map[string]func(*SynthConfig){
		"images":              func(c *SynthConfig) { c.Images = 7 },
		"size":                func(c *SynthConfig) { c.Size = 0 },
		"prevalence":          func(c *SynthConfig) { c.Prevalence = math.NaN() },
		"label_noise":         func(c *SynthConfig) { c.LabelNoise = 0.6 },
		"test_fraction":       func(c *SynthConfig) { c.TestFraction = 1 },
		"lesions_per_patient": func(c *SynthConfig) { c.LesionsPerPatient = 0 },
	} {
		c := smallSynth()
		change(&c)
		dir := filepath.Join(t.TempDir(), "new")
		err := Synth(context.Background(), dir, c)
		if fault.KindOf(err) != fault.Usage || !strings.Contains(fault.HintOf(err), key) {
			t.Errorf("%s: %v (hint %q)", key, err, fault.HintOf(err))
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a refused call makes the folder", key)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Synth(context.Background(), file, smallSynth()); fault.KindOf(err) != fault.Program || fault.HintOf(err) == "" {
		t.Errorf("a file for a folder: %v", err)
	}
}

func TestSynthPicturesDiffer(t *testing.T) {
	c := smallSynth()
	rows := synthPlan(c)
	a, b := synthDraw(c, rows[0]).(*image.RGBA), synthDraw(c, rows[1]).(*image.RGBA)
	if bytes.Equal(a.Pix, b.Pix) {
		t.Error("two pictures are equal")
	}
}
