package cv

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/fault"
)

// patients draws rows of groups of one to nine images, four classes.
func patients(seed uint64, groups int) []FoldRow {
	r := rand.New(rand.NewPCG(seed, 1))
	var rows []FoldRow
	for g := range groups {
		for range 1 + r.IntN(9) {
			class := int32(r.IntN(4))
			rows = append(rows, FoldRow{ImageName: fmt.Sprintf("I%04d", len(rows)), Group: fmt.Sprintf("P%03d", g),
				Class: class, Positive: class == 2, Tfrecord: int32(g % 15)})
		}
	}
	return rows
}

func assign(t *testing.T, rows []FoldRow, change func(*FoldConfig)) *Folds {
	t.Helper()
	c := DefaultFolds()
	if change != nil {
		change(&c)
	}
	f, err := AssignFolds(rows, c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func foldMap(f *Folds) map[string]int32 {
	m := make(map[string]int32)
	for i, name := range f.ImageName {
		m[name] = f.Fold[i]
	}
	return m
}

func TestEverySchemeKeepsGroupsTogether(t *testing.T) {
	rows := patients(1, 120)
	for _, scheme := range []string{SchemeStratifiedGroup, SchemeShuffled, SchemeTfrecord, SchemeNewfold, SchemeOldfold} {
		f := assign(t, rows, func(c *FoldConfig) { c.Scheme, c.Seed = scheme, 3 })
		foldOf := make(map[string]int32)
		for i, g := range f.Group {
			if other, seen := foldOf[g]; seen && other != f.Fold[i] {
				t.Errorf("%s: group %s in folds %d and %d", scheme, g, other, f.Fold[i])
			}
			foldOf[g] = f.Fold[i]
		}
		for fold := range 5 {
			inside, outside := f.RowsOf(fold), f.TrainingRows(fold)
			if len(inside) == 0 || len(inside)+len(outside) != len(rows) {
				t.Errorf("%s: fold %d has %d rows, %d train it", scheme, fold, len(inside), len(outside))
			}
		}
	}
}

func TestFoldsDoNotDependOnRowOrder(t *testing.T) {
	rows := patients(2, 80)
	shuffled := slices.Clone(rows)
	rand.New(rand.NewPCG(5, 5)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, scheme := range []string{SchemeStratifiedGroup, SchemeShuffled} {
		use := func(c *FoldConfig) { c.Scheme, c.Seed = scheme, 9 }
		a, b := foldMap(assign(t, rows, use)), foldMap(assign(t, shuffled, use))
		for name := range a {
			if a[name] != b[name] {
				t.Fatalf("%s: image %s in folds %d and %d", scheme, name, a[name], b[name])
			}
		}
	}
}

func TestShuffledFoldsFollowTheSeed(t *testing.T) {
	rows := patients(3, 80)
	with := func(seed uint64) []int32 {
		return assign(t, rows, func(c *FoldConfig) { c.Scheme, c.Seed = SchemeShuffled, seed }).Fold
	}
	if !slices.Equal(with(1), with(1)) {
		t.Error("one seed gives two assignments")
	}
	if slices.Equal(with(1), with(2)) {
		t.Error("two seeds give one assignment")
	}
}

func TestStratificationBalancesWhatItIsToldTo(t *testing.T) {
	rows := patients(4, 300)
	total := 0
	for _, r := range rows {
		if r.Positive {
			total++
		}
	}
	f := assign(t, rows, func(c *FoldConfig) { c.Stratify = StratifyPositive })
	for _, s := range f.Summary() {
		share := float64(s.Class[2]) / float64(total)
		if share < 0.19 || share > 0.21 {
			t.Errorf("fold %d holds %.3f of the positives", s.Fold, share)
		}
	}
}

func TestRowsWithoutAGroupStandAlone(t *testing.T) {
	rows := patients(5, 30)
	for i := range rows {
		rows[i].Group = ""
	}
	f := assign(t, rows, nil)
	for _, s := range f.Summary() {
		if s.Groups != s.Images {
			t.Errorf("fold %d: %d groups of %d images", s.Fold, s.Groups, s.Images)
		}
	}
}

func TestTfrecordTables(t *testing.T) {
	for _, c := range []struct{ scheme, want string }{
		{SchemeTfrecord, "2 1 0 3 0 0 4 4 3 2 1 3 2 1 4"},
		{SchemeNewfold, "1 3 4 3 4 0 1 1 0 3 2 0 2 2 4"},
		{SchemeOldfold, "0 1 2 3 4 0 1 2 3 4 0 1 2 3 4"},
	} {
		var rows []FoldRow
		for i := range 15 {
			rows = append(rows, FoldRow{ImageName: fmt.Sprint(i), Tfrecord: int32(i)})
		}
		rows = append(rows, FoldRow{ImageName: "duplicate", Tfrecord: TfrecordDropped})
		f := assign(t, rows, func(f *FoldConfig) { f.Scheme = c.scheme })
		if got := strings.Trim(fmt.Sprint(f.Fold), "[]"); got != c.want+" -1" {
			t.Errorf("%s: %s", c.scheme, got)
		}
	}
}

func TestFoldsFileRoundTrip(t *testing.T) {
	f := assign(t, patients(6, 40), nil)
	path := filepath.Join(t.TempDir(), "folds.arrow")
	if err := f.Write(path, map[string]string{"images": "abc"}); err != nil {
		t.Fatal(err)
	}
	first, _ := os.ReadFile(path)
	g, err := ReadFolds(path)
	if err != nil {
		t.Fatal(err)
	}
	if g.Scheme != f.Scheme || g.Count != 5 || !slices.Equal(g.ImageName, f.ImageName) || !slices.Equal(g.Group, f.Group) ||
		!slices.Equal(g.Fold, f.Fold) || !slices.Equal(g.Target, f.Target) {
		t.Errorf("read back %+v", g)
	}
	if err := g.Write(path, map[string]string{"images": "abc"}); err != nil {
		t.Fatal(err)
	}
	if second, _ := os.ReadFile(path); !slices.Equal(first, second) {
		t.Error("the same folds give other bytes")
	}
}

func TestVerifyFindsWhatIsBroken(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spoil      func(*Folds)
	}{
		{"leak", "group P000 stands in folds", func(f *Folds) { f.Fold[0] = (f.Fold[0] + 1) % 5 }},
		{"duplicate", "image I0003 stands in rows 4 and 8", func(f *Folds) { f.ImageName[7] = f.ImageName[3] }},
		{"range", "image I0002 is in fold 5 of 5", func(f *Folds) { f.Fold[2] = 5 }},
		{"empty", "no image is in fold 5 of 6", func(f *Folds) { f.Count = 6 }},
		{"length", "columns of", func(f *Folds) { f.Target = f.Target[1:] }},
	} {
		f := assign(t, patients(7, 40), nil)
		c.spoil(f)
		wantFault(t, c.name, f.Verify(), fault.Input, c.want)
	}
	f := assign(t, patients(7, 40), nil)
	f.Fold[0] = Dropped
	if err := f.Verify(); err != nil {
		t.Errorf("a dropped row of a group that stays: %v", err)
	}
}

func TestUsersFoldFile(t *testing.T) {
	rows := []FoldRow{{ImageName: "a", Group: "p"}, {ImageName: "b", Group: "p"}, {ImageName: "c", Group: "q"}, {ImageName: "d", Group: "r"}}
	read := func(t *testing.T, text string) (*Folds, error) {
		path := filepath.Join(t.TempDir(), "mine.csv")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return AssignFolds(rows, FoldConfig{Folds: 2, Scheme: SchemeFile, Stratify: StratifyClass, File: path})
	}
	for name, text := range map[string]string{
		"no header":         "a,0\nb,0\nc,1\nd,-1\n",
		"header":            "id,fold\na,0\nb,0\nc,1\nd,-1\n",
		"unknown header":    "picture,part\na,0\nb,0\nc,1\nd,-1\n",
		"columns elsewhere": "x,fold,image_name\n9,1,c\n9,0,b\n9,0,a\n9,-1,d\n",
		"byte order mark":   "\xef\xbb\xbfid,fold\r\na,0\r\nb,0\r\nc,1\r\nd,-1\r\n",
	} {
		f, err := read(t, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !slices.Equal(f.Fold, []int32{0, 0, 1, -1}) {
			t.Errorf("%s: folds %v", name, f.Fold)
		}
	}
	for _, c := range []struct{ name, text, want string }{
		{"absent", "a,0\nb,0\nc,1\n", "no row for image d"},
		{"twice", "a,0\nb,0\nc,1\nd,1\nb,0\n", "row 5: image b stands in row 2 too"},
		{"unknown", "a,0\nb,0\nc,1\nd,1\ne,1\n", "row 5: image e is not a training image"},
		{"range", "a,0\nb,0\nc,2\nd,1\n", `row 3: fold "2" of image c`},
		{"no number", "a,0\nb,zero\nc,1\nd,1\n", `row 2: fold "zero"`},
		{"narrow", "a,0\nb\n", "row 2: 1 columns"},
		{"leak", "a,0\nb,1\nc,1\nd,1\n", "group p stands in folds 0 and 1"},
		{"empty", "", "no row for 4 images"},
	} {
		_, err := read(t, c.text)
		wantFault(t, c.name, err, fault.Input, c.want)
	}
}

func TestFoldSettingsThatCannotWork(t *testing.T) {
	for _, c := range []struct {
		name, want string
		kind       fault.Kind
		change     func(*FoldConfig)
	}{
		{"one fold", "folds is 1", fault.Usage, func(c *FoldConfig) { c.Folds = 1 }},
		{"scheme", `unknown fold scheme "kfold"`, fault.Usage, func(c *FoldConfig) { c.Scheme = "kfold" }},
		{"tfrecord", "scheme tfrecord has 5 folds, not 4", fault.Usage, func(c *FoldConfig) { c.Scheme, c.Folds = SchemeTfrecord, 4 }},
		{"file", "scheme file with file", fault.Usage, func(c *FoldConfig) { c.Scheme = SchemeFile }},
		{"only", "only_folds names fold 5 of 5", fault.Usage, func(c *FoldConfig) { c.OnlyFolds = []int{5} }},
		{"only twice", "only_folds names fold 1 twice", fault.Usage, func(c *FoldConfig) { c.OnlyFolds = []int{1, 1} }},
		{"stratify", `unknown stratification "age"`, fault.Usage, func(c *FoldConfig) { c.Stratify = "age" }},
		{"too many", "20 folds of 12 groups", fault.Input, func(c *FoldConfig) { c.Folds = 20 }},
	} {
		conf := DefaultFolds()
		c.change(&conf)
		_, err := AssignFolds(patients(8, 12), conf)
		wantFault(t, c.name, err, c.kind, c.want)
	}
	if got := (FoldConfig{Folds: 5, OnlyFolds: []int{3, 0}}).Running(); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("running %v", got)
	}
}

func TestGroupHoldout(t *testing.T) {
	rows := patients(9, 200)
	var class []int32
	var group []string
	for _, r := range rows {
		class, group = append(class, r.Class), append(group, r.Group)
	}
	held, err := GroupHoldout(class, group, 0.2, 4)
	if err != nil {
		t.Fatal(err)
	}
	side := make(map[string]bool)
	count := 0
	for i, h := range held {
		if before, seen := side[group[i]]; seen && before != h {
			t.Fatalf("group %s stands on both sides", group[i])
		}
		side[group[i]] = h
		if h {
			count++
		}
	}
	if share := float64(count) / float64(len(rows)); share < 0.17 || share > 0.23 {
		t.Errorf("%.3f held out", share)
	}
	_, err = GroupHoldout(class, group, 0.7, 4)
	wantFault(t, "share", err, fault.Usage, "share of 0.7")
}

func wantFault(t *testing.T, name string, err error, kind fault.Kind, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || fault.KindOf(err) != kind {
		t.Errorf("%s: error %q of kind %d, want %q of kind %d", name, err, fault.KindOf(err), want, kind)
	}
}
