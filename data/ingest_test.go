package data

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"melanoma/augment"
	"melanoma/internal/fault"
)

func ingestInto(t testing.TB, c Config, opt Options) (string, Summary) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "images")
	summary, err := Ingest(context.Background(), c, dir, opt)
	if err != nil {
		t.Fatalf("%v (hint: %s)", err, fault.HintOf(err))
	}
	return dir, summary
}

// files returns the content of every file of a folder.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return out
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(b)
	}
	return out
}

func TestIngestWritesEveryRow(t *testing.T) {
	c := fixture(t, 30)
	var done, total int
	dir, summary := ingestInto(t, c, Options{Progress: func(d, n int) { done, total = d, n }})
	if done != 40 || total != 40 {
		t.Errorf("progress ends at %d of %d", done, total)
	}
	if summary.Train != 30 || summary.Test != 10 || summary.Groups != 10 || !reflect.DeepEqual(summary.Counts, []int{7, 15, 8}) {
		t.Errorf("summary %+v", summary)
	}
	s := open(t, dir, 0)
	if !reflect.DeepEqual(s.Classes(), []string{"melanoma", "nevus", "unknown"}) || s.Positive() != 0 || s.Size() != 16 || s.Len() != 40 {
		t.Fatalf("classes %q, positive %d, size %d, %d rows", s.Classes(), s.Positive(), s.Size(), s.Len())
	}
	if r := s.Row(2); r.ImageName != "IM_002" || r.Group != "P00" || r.Diagnosis != "melanoma" || r.Target != 0 || !r.Positive || r.Test ||
		r.Sex != "" || r.Age != 22 || r.Site != "head/neck" || r.Tfrecord != -2 || r.CSVRow != 4 || r.File != "IM_002.jpg" || r.FileBytes == 0 ||
		len(r.FileSHA256) != 64 || r.SourceWidth != 40 || r.SourceHeight != 30 {
		t.Errorf("row 2 is %+v", r)
	}
	if age := s.Row(4).Age; !math.IsNaN(float64(age)) {
		t.Errorf("an empty age is %v", age)
	}
	if tests := s.TestRows(); len(tests) != 10 || s.Row(tests[0]).ImageName != "TEST_030" || s.Row(tests[0]).Target != -1 || s.Row(tests[9]).ImageName != "TEST_021" {
		t.Errorf("test rows %v", tests)
	}
	for _, i := range []int{0, 17, 39} {
		r := s.Row(i)
		folder := c.Images
		if r.Test {
			folder = c.TestImages
		}
		want, err := NewDecoder(16).File(context.Background(), filepath.Join(c.Root, folder, r.File))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Image(i); err != nil || !bytes.Equal(got.Pix, want.Image.Pix) {
			t.Errorf("the picture of %s differs (%v)", r.ImageName, err)
		}
	}
	hashes, err := HashInputs(context.Background(), c, 2)
	if err != nil || !reflect.DeepEqual(hashes, s.Inputs()) || len(hashes) != 4 {
		t.Errorf("hashes %v, in the files %v (%v)", hashes, s.Inputs(), err)
	}
}

func TestBytesDoNotDependOnWorkers(t *testing.T) {
	c := fixture(t, 30)
	c.TestCSV, c.Holdout = "", 0.3
	var want map[string]string
	for _, workers := range []int{1, 2, 4, 16} {
		dir, _ := ingestInto(t, c, Options{Workers: workers, Seed: 7})
		got := files(t, dir)
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers write other bytes", workers)
		}
	}
}

// TestOrderOfRowsChangesNoRow permutes the CSV file.
func TestOrderOfRowsChangesNoRow(t *testing.T) {
	c := fixture(t, 12)
	first, _ := ingestInto(t, c, Options{})
	path := filepath.Join(c.Root, "train.csv")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(records[1:])
	writeCSV(t, path, records)
	second, _ := ingestInto(t, c, Options{})
	a, z := open(t, first, 0), open(t, second, 0)
	for _, i := range a.TrainRows() {
		j, ok := z.Index(a.Row(i).ImageName)
		if !ok {
			t.Fatalf("%s is gone", a.Row(i).ImageName)
		}
		ra, rz := a.Row(i), z.Row(j)
		ra.CSVRow, rz.CSVRow, ra.Age, rz.Age = 0, 0, 0, 0
		ia, _ := a.Image(i)
		iz, _ := z.Image(j)
		if ra != rz || !bytes.Equal(ia.Pix, iz.Pix) {
			t.Errorf("%s differs: %+v, %+v", ra.ImageName, ra, rz)
		}
	}
	if a.Inputs()["images"] != z.Inputs()["images"] || a.Inputs()["train_csv"] == z.Inputs()["train_csv"] {
		t.Error("the hash of the images follows the order of the rows, or that of the CSV file does not")
	}
}

// spoil makes one of every kind of bad row and returns what must be said.
func spoil(t *testing.T, c Config) []string {
	t.Helper()
	at := func(name string) string { return filepath.Join(c.Root, "jpeg/train", name) }
	good, err := os.ReadFile(at("IM_001.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(at("IM_000.jpg")); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, at("IM_001.jpg"), good[:len(good)-200])
	writeBytes(t, at("IM_002.jpg"), []byte("II*\x00 a TIFF by another name"))
	writeBytes(t, at("IM_003.jpg"), nil)
	if err := os.Rename(at("IM_004.jpg"), at("IM_004.png")); err != nil {
		t.Fatal(err)
	}
	return []string{
		"train.csv row 2: image IM_000: jpeg/train/IM_000.jpg: no such file",
		"train.csv row 3: image IM_001: jpeg/train/IM_001.jpg: the file is cut short",
		"train.csv row 4: image IM_002: jpeg/train/IM_002.jpg: a TIFF image, neither JPEG nor PNG",
		"train.csv row 5: image IM_003: jpeg/train/IM_003.jpg: the file is empty",
		`train.csv row 6: image IM_004: jpeg/train/IM_004.jpg: no such file, but there is IM_004.png (data.extension is ".jpg")`,
	}
}

func TestAllBadRowsAreReportedTogether(t *testing.T) {
	c := fixture(t, 12)
	want := spoil(t, c)
	path := filepath.Join(c.Root, "train.csv")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	more := []string{
		"IM_005,P1,male,30,torso,nevus,0", // twice
		"IM_006,P1,male",                  // short
		",P1,male,30,torso,nevus,0",       // no name
		"../IM_007,P1,male,30,torso,nevus,0",
		"BAD_1,P1,male,old,torso,nevus,0",
		"BAD_2,P1,male,30,torso,nevus,2",
		"BAD_3,P1,male,30,torso,nevus,1", // contradicts
		"BAD_4,P1,male,30,torso,,0",
	}
	for i := 1; i <= 4; i++ {
		writeBytes(t, filepath.Join(c.Root, "jpeg/train", fmt.Sprintf("BAD_%d.jpg", i)), jpegBytes(t, picture(90+i, 9, 9)))
	}
	writeBytes(t, path, append(b, strings.Join(more, "\n")+"\n"...))
	want = append(want,
		"train.csv row 14: image IM_005: is there twice, first in train.csv row 7",
		"train.csv row 15: 3 fields, not 7 as the header",
		`train.csv row 16: "" is no image name`,
		`train.csv row 17: "../IM_007" is no image name`,
		`train.csv row 18: image BAD_1: age "old" is no number of years from 0 to 120`,
		`train.csv row 19: image BAD_2: target "2" is neither 0 nor 1`,
		`train.csv row 20: image BAD_3: target is 1 but the diagnosis is "nevus" and the positive class "melanoma" (set data.columns.target to "-" to go by the diagnosis)`,
		"train.csv row 21: image BAD_4: has no diagnosis",
	)
	dir := filepath.Join(t.TempDir(), "images")
	_, err = Ingest(context.Background(), c, dir, Options{})
	var bad *BadRowsError
	if !errors.As(err, &bad) || fault.KindOf(err) != fault.Input || fault.HintOf(err) == "" {
		t.Fatalf("error %v, kind %v, hint %q", err, fault.KindOf(err), fault.HintOf(err))
	}
	var got []string
	for _, p := range bad.Problems {
		got = append(got, p.String())
		if !strings.Contains(err.Error(), p.String()) {
			t.Errorf("the message lacks %s", p)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("reported\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if left := files(t, filepath.Dir(dir)); len(left) != 0 {
		t.Errorf("written: %v", left)
	}
}

func TestSkipLeavesOutBadImagesAndSaysWhich(t *testing.T) {
	c := fixture(t, 12)
	reasons := spoil(t, c)
	c.OnBadImage = Skip
	dir, summary := ingestInto(t, c, Options{})
	if summary.Train != 7 || len(summary.Skipped) != 5 || !slices.Contains(summary.Files, "skipped.csv") {
		t.Errorf("summary %+v", summary)
	}
	records, err := csv.NewReader(strings.NewReader(files(t, dir)["skipped.csv"])).ReadAll()
	if err != nil || len(records) != 6 {
		t.Fatalf("skipped.csv: %v %v", records, err)
	}
	for i, r := range records[1:] {
		slices.Sort(reasons)
		if got := sentence(r); !slices.Contains(reasons, got) {
			t.Errorf("row %d: %q is none of %q", i, got, reasons)
		}
	}
	if s := open(t, dir, 0); s.Len() != 11 {
		t.Errorf("%d rows", s.Len())
	}
}

// sentence puts a record of skipped.csv into the words of the report.
func sentence(r []string) string {
	return fmt.Sprintf("%s row %s: image %s: %s: %s", r[0], r[1], r[2], r[3], r[4])
}

func TestWrongConfigurations(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		kind   fault.Kind
		says   string // in the sentence or the hint
	}{
		"no root":             {func(c *Config) { c.Root = "" }, fault.Usage, "root"},
		"absent root":         {func(c *Config) { c.Root += "/absent" }, fault.Input, "data.root"},
		"absent CSV":          {func(c *Config) { c.TrainCSV = "trian.csv" }, fault.Input, "trian.csv"},
		"misspelt policy":     {func(c *Config) { c.OnBadImage = "skpi" }, fault.Usage, `did you mean "skip"?`},
		"misspelt column":     {func(c *Config) { c.Columns.Sex = "sxe" }, fault.Input, `data.columns.sex: did you mean "sex"?`},
		"missing test column": {func(c *Config) { c.TestColumns.Sex = "gender" }, fault.Input, "data.test_columns.sex"},
		"no class column":     {func(c *Config) { c.Columns.Diagnosis, c.Columns.Target = "", "-" }, fault.Usage, "diagnosis"},
		"misspelt positive":   {func(c *Config) { c.Positive = "melanom" }, fault.Usage, `did you mean "melanoma"?`},
		"one class":           {func(c *Config) { c.Classes = []string{"melanoma"} }, fault.Usage, "classes"},
		"class not listed":    {func(c *Config) { c.Classes = []string{"melanoma", "nevus"} }, fault.Input, `diagnosis "unknown" is not in data.classes`},
		"tiny pictures":       {func(c *Config) { c.Size = 4 }, fault.Usage, "size"},
		"two test sets":       {func(c *Config) { c.Holdout = 0.2 }, fault.Usage, "holdout"},
		"binary CSV as image": {func(c *Config) { c.TrainCSV = "jpeg/train/IM_000.jpg" }, fault.Input, "IM_000.jpg"},
		"wrong image folder":  {func(c *Config) { c.Images = "jpeg/tarin" }, fault.Input, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			config := fixture(t, 6)
			c.change(&config)
			dir := filepath.Join(t.TempDir(), "images")
			_, err := Ingest(context.Background(), config, dir, Options{})
			if err == nil || fault.KindOf(err) != c.kind || !strings.Contains(err.Error()+" "+fault.HintOf(err), c.says) {
				t.Errorf("error %v, kind %v, hint %q; want kind %v and %q", err, fault.KindOf(err), fault.HintOf(err), c.kind, c.says)
			}
			if left := files(t, filepath.Dir(dir)); len(left) != 0 {
				t.Errorf("written: %v", left)
			}
		})
	}
}

func TestBinaryTargets(t *testing.T) {
	c := fixture(t, 12)
	c.Columns.Diagnosis = "-"
	dir, _ := ingestInto(t, c, Options{})
	s := open(t, dir, 0)
	if !reflect.DeepEqual(s.Classes(), []string{"benign", "malignant"}) || s.Positive() != 1 {
		t.Errorf("classes %q, positive %d", s.Classes(), s.Positive())
	}
	if r := s.Row(2); r.Target != 1 || !r.Positive {
		t.Errorf("row 2 is %+v", r)
	}
}

func TestDiagnosesCanBeMapped(t *testing.T) {
	c := fixture(t, 12)
	c.DiagnosisMap = map[string]string{"unknown": "nevus"}
	dir, _ := ingestInto(t, c, Options{})
	if s := open(t, dir, 0); !reflect.DeepEqual(s.Classes(), []string{"melanoma", "nevus"}) {
		t.Errorf("classes %q", s.Classes())
	}
}

func TestHoldoutKeepsGroupsWhole(t *testing.T) {
	c := fixture(t, 90)
	c.TestCSV, c.Holdout = "", 0.3
	dir, summary := ingestInto(t, c, Options{Seed: 1})
	if summary.Test < 21 || summary.Test > 33 {
		t.Errorf("%d of 90 images held out for 0.3", summary.Test)
	}
	s := open(t, dir, 0)
	side := map[string]bool{}
	melanomas := 0
	for _, r := range s.Rows() {
		if was, seen := side[r.Group]; seen && was != r.Test {
			t.Errorf("group %s stands on both sides", r.Group)
		}
		side[r.Group] = r.Test
		if r.Test && r.Positive {
			melanomas++
		}
	}
	if melanomas < 4 || melanomas > 9 {
		t.Errorf("%d of 22 melanomas held out for 0.3", melanomas)
	}
	other, _ := ingestInto(t, c, Options{Seed: 2})
	if reflect.DeepEqual(open(t, other, 0).Rows()[0], s.Rows()[0]) && reflect.DeepEqual(open(t, other, 0).TestRows(), s.TestRows()) {
		same := true
		for i := range s.Len() {
			same = same && s.Row(i).ImageName == open(t, other, 0).Row(i).ImageName
		}
		if same {
			t.Error("another seed holds out the same images")
		}
	}
}

func TestHashesOfInputsAreThoseOfIngest(t *testing.T) {
	c := fixture(t, 30)
	for _, holdout := range []float64{0, 0.3} {
		if c.Holdout = holdout; holdout > 0 {
			c.TestCSV = ""
		}
		_, summary := ingestInto(t, c, Options{Seed: 4})
		hashes, err := HashInputs(context.Background(), c, 2)
		if err != nil || !reflect.DeepEqual(hashes, summary.Inputs) {
			t.Errorf("hold-out %v: %v, in the files %v (%v)", holdout, hashes, summary.Inputs, err)
		}
	}
}

func TestAGroupOnBothSidesIsSaid(t *testing.T) {
	c := fixture(t, 12)
	path := filepath.Join(c.Root, "test.csv")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	writeBytes(t, path, bytes.ReplaceAll(b, []byte("T00"), []byte("P00")))
	dir, summary := ingestInto(t, c, Options{})
	if w := open(t, dir, 0).Warnings(); len(w) == 0 || !strings.Contains(w[0], "1 group(s)") || !reflect.DeepEqual(w, summary.Warnings) {
		t.Errorf("warnings %q", w)
	}
	c.OnGroupOverlap = Fail
	if _, err := Ingest(context.Background(), c, filepath.Join(t.TempDir(), "images"), Options{}); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "group P00") {
		t.Errorf("error %v", err)
	}
}

func TestWarningsNameStraysAndRepeats(t *testing.T) {
	c := fixture(t, 12)
	b, err := os.ReadFile(filepath.Join(c.Root, "jpeg/train/IM_000.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	writeBytes(t, filepath.Join(c.Root, "jpeg/train/IM_011.jpg"), b)
	writeBytes(t, filepath.Join(c.Root, "jpeg/train/stray.jpg"), b)
	_, summary := ingestInto(t, c, Options{})
	all := strings.Join(summary.Warnings, "\n")
	for _, want := range []string{"1 image file(s) repeat", "IM_000 and IM_011", "no row names 1 file(s) in jpeg/train"} {
		if !strings.Contains(all, want) {
			t.Errorf("warnings %q lack %q", all, want)
		}
	}
}

func TestTestColumnsMayDiffer(t *testing.T) {
	c := fixture(t, 6)
	path := filepath.Join(c.Root, "test.csv")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.Replace(b, []byte("image_name,patient_id,sex"), []byte("image,patient,sex"), 1)
	writeBytes(t, path, append([]byte("\xef\xbb\xbf"), b...)) // with a byte order mark
	c.TestColumns = ColumnMap{ImageName: "image", Group: "patient", Site: "-"}
	dir, _ := ingestInto(t, c, Options{})
	s := open(t, dir, 0)
	if r := s.Row(s.TestRows()[0]); r.Group != "T00" || r.Sex != "female" || r.Site != "" {
		t.Errorf("test row %+v", r)
	}
}

func TestAFolderThatCannotBeWrittenIsSaid(t *testing.T) {
	c := fixture(t, 6)
	dir := filepath.Join(c.Root, "train.csv", "images") // a file is no folder
	_, err := Ingest(context.Background(), c, dir, Options{})
	if err == nil || fault.KindOf(err) != fault.Program || fault.HintOf(err) == "" {
		t.Errorf("error %v, kind %v, hint %q", err, fault.KindOf(err), fault.HintOf(err))
	}
}

func TestAnEndedContextWritesNothing(t *testing.T) {
	c := fixture(t, 30)
	dir := filepath.Join(t.TempDir(), "images")
	ctx, cancel := context.WithCancel(context.Background())
	sameGoroutines(t, func(t *testing.T) {
		_, err := Ingest(ctx, c, dir, Options{Workers: 2, Progress: func(done, _ int) {
			if done == 5 {
				cancel()
			}
		}})
		if fault.KindOf(err) != fault.Stopped || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v of kind %v", err, fault.KindOf(err))
		}
	})
	if left := files(t, filepath.Dir(dir)); len(left) != 0 {
		t.Errorf("written: %v", left)
	}
}

func TestAnEarlierIngestIsReplacedOnlyBySuccess(t *testing.T) {
	c := fixture(t, 12)
	dir, _ := ingestInto(t, c, Options{})
	before := files(t, dir)
	if err := os.MkdirAll(filepath.Join(filepath.Dir(dir), ".images.tmp"), 0o755); err != nil { // of a killed attempt
		t.Fatal(err)
	}
	writeBytes(t, filepath.Join(filepath.Dir(dir), ".images.tmp", "train-00000.arrow"), []byte("half"))
	wrong := c
	wrong.Images = "absent"
	if _, err := Ingest(context.Background(), wrong, dir, Options{}); err == nil {
		t.Fatal("no error")
	}
	if !reflect.DeepEqual(files(t, dir), before) {
		t.Error("a failed ingest changed the folder")
	}
	c.TestCSV = ""
	if _, err := Ingest(context.Background(), c, dir, Options{}); err != nil {
		t.Fatal(err)
	}
	if s := open(t, dir, 0); s.Len() != 12 {
		t.Errorf("%d rows", s.Len())
	}
	writeBytes(t, filepath.Join(dir, "thesis.doc"), []byte("mine"))
	if _, err := Ingest(context.Background(), c, dir, Options{}); fault.KindOf(err) != fault.Usage {
		t.Errorf("a folder with other files was replaced: %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// TestNewPicturesGoTheSameWay holds a decoder against the store.
func TestNewPicturesGoTheSameWay(t *testing.T) {
	c := fixture(t, 6)
	dir, _ := ingestInto(t, c, Options{})
	s := open(t, dir, 0)
	var want augment.Image
	want, err := s.Image(3)
	if err != nil {
		t.Fatal(err)
	}
	got, err := NewDecoder(s.Size()).File(context.Background(), filepath.Join(c.Root, "jpeg/train/IM_003.jpg"))
	if err != nil || !bytes.Equal(got.Image.Pix, want.Pix) {
		t.Errorf("differs (%v)", err)
	}
}
