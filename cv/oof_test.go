package cv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"melanoma/internal/fault"
	"melanoma/internal/metrics"
)

var classes = []string{"bkl", "mel", "nv"}

// drawsOf makes draws of the named images; the logits depend on (seed, image,
// view, sample) alone and lean towards class lean(image).
func drawsOf(source string, names []string, views, samples int, seed uint64, lean func(int) int) *Draws {
	d := &Draws{Source: source, Classes: classes}
	for i, name := range names {
		for v := range views {
			for s := range samples {
				r := rand.New(rand.NewPCG(seed, uint64(i*1000+v*100+s)))
				d.ImageName, d.View, d.Sample = append(d.ImageName, name), append(d.View, int32(v)), append(d.Sample, int32(s))
				for k := range classes {
					logit := r.NormFloat64()
					if lean != nil && lean(i) == k {
						logit++
					}
					d.Logits = append(d.Logits, float32(logit))
				}
			}
		}
	}
	return d
}

// shuffle puts the rows of the draws into another order.
func (d *Draws) shuffle(seed uint64) {
	k := len(d.Classes)
	rand.New(rand.NewPCG(seed, 7)).Shuffle(len(d.ImageName), func(i, j int) {
		d.ImageName[i], d.ImageName[j] = d.ImageName[j], d.ImageName[i]
		d.View[i], d.View[j] = d.View[j], d.View[i]
		d.Sample[i], d.Sample[j] = d.Sample[j], d.Sample[i]
		for c := range k {
			d.Logits[i*k+c], d.Logits[j*k+c] = d.Logits[j*k+c], d.Logits[i*k+c]
		}
	})
}

// validDraws makes the validation draws of the given folds.
func validDraws(f *Folds, running []int, seed uint64, lean func(row int) int) []FoldDraws {
	var out []FoldDraws
	for _, fold := range running {
		rows := f.RowsOf(fold)
		var own func(int) int
		if lean != nil {
			own = func(i int) int { return lean(rows[i]) }
		}
		out = append(out, FoldDraws{fold, drawsOf(fmt.Sprintf("f%d", fold), take(f.ImageName, rows), 4, 3, seed+uint64(fold), own)})
	}
	return out
}

func collate(t *testing.T, model string, draws []FoldDraws, f *Folds) *OOF {
	t.Helper()
	o, err := CollateOOF(model, draws, f, classes, 1)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func threeClassFolds(t *testing.T) *Folds {
	rows := patients(11, 60)
	for i := range rows {
		rows[i].Class %= 3
	}
	return assign(t, rows, nil)
}

func TestOOFHasOneRowForEachTrainingImage(t *testing.T) {
	f := threeClassFolds(t)
	all := []int{0, 1, 2, 3, 4}
	o := collate(t, "m", validDraws(f, all, 1, nil), f)
	if !slices.Equal(o.ImageName, f.ImageName) || !slices.Equal(o.Fold, f.Fold) || !slices.Equal(o.Target, f.Target) {
		t.Error("rows differ from those of the folds")
	}
	if err := o.Verify(f, all); err != nil {
		t.Error(err)
	}
	part := collate(t, "m", validDraws(f, []int{3, 1}, 1, nil), f)
	if len(part.ImageName) != len(f.RowsOf(1))+len(f.RowsOf(3)) {
		t.Errorf("%d rows of folds 1 and 3", len(part.ImageName))
	}
	if err := part.Verify(f, []int{1, 3}); err != nil {
		t.Error(err)
	}
	wantFault(t, "a fold lacks", part.Verify(f, []int{1, 2, 3}), fault.Input, "no row for")
	wantFault(t, "a fold too many", part.Verify(f, []int{1}), fault.Input, "rows for")
}

func TestOOFAveragesViewsThenMembers(t *testing.T) {
	f := &Folds{Count: 2, ImageName: []string{"a"}, Group: []string{"p"}, Fold: []int32{0}, Target: []int32{1}}
	// Two views of two samples of one image, in a mixed order.
	d := &Draws{Classes: []string{"x", "y"}, ImageName: []string{"a", "a", "a", "a"}, View: []int32{1, 0, 1, 0}, Sample: []int32{0, 0, 1, 1},
		Logits: []float32{0, 2, 0, 0, 0, -1, 0, 1}}
	o, err := CollateOOF("m", []FoldDraws{{0, d}}, f, d.Classes, 1)
	if err != nil {
		t.Fatal(err)
	}
	s := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	h := func(p float64) float64 { return -p*math.Log(p) - (1-p)*math.Log(1-p) }
	first, second := (s(2)+s(0))/2, (s(-1)+s(1))/2
	p := (first + second) / 2
	near(t, "probability", o.ProbPositive[0], p, 1e-12)
	near(t, "mean logit", float64(o.Logits[1]), 0.5, 1e-7)
	near(t, "predictive entropy", o.PredictiveEntropy[0], h(p), 1e-12)
	near(t, "expected entropy", o.ExpectedEntropy[0], (h(first)+h(second))/2, 1e-12)
	near(t, "mutual information", o.MutualInformation[0], h(p)-(h(first)+h(second))/2, 1e-12)
	spread := (math.Pow(s(2)-first, 2) + math.Pow(s(0)-first, 2) + math.Pow(s(-1)-second, 2) + math.Pow(s(1)-second, 2)) / 4
	near(t, "view variance", o.ViewVariance[0], spread, 1e-12)
	if o.Members != 2 || o.Views != 2 {
		t.Errorf("%d members, %d views", o.Members, o.Views)
	}
}

func TestOOFBytesDoNotDependOnFileOrRowOrder(t *testing.T) {
	f := threeClassFolds(t)
	dir := t.TempDir()
	write := func(name string, draws []FoldDraws) []byte {
		path := filepath.Join(dir, name)
		if err := collate(t, "m", draws, f).Write(path, nil); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	all := []int{0, 1, 2, 3, 4}
	first := write("a.arrow", validDraws(f, all, 1, nil))
	mixed := validDraws(f, all, 1, nil)
	slices.Reverse(mixed)
	for i := range mixed {
		mixed[i].shuffle(uint64(i))
	}
	if !slices.Equal(first, write("b.arrow", mixed)) {
		t.Error("the order of files and rows changes the table")
	}
	o, err := ReadOOF(filepath.Join(dir, "a.arrow"))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Verify(f, all); err != nil {
		t.Error(err)
	}
	if err := o.Write(filepath.Join(dir, "c.arrow"), nil); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(filepath.Join(dir, "c.arrow")); !slices.Equal(first, again) {
		t.Error("a table read and written again has other bytes")
	}
}

func TestDrawsRoundTrip(t *testing.T) {
	d := drawsOf("", []string{"a", "b"}, 2, 2, 1, nil)
	path := filepath.Join(t.TempDir(), "d.arrow")
	if err := d.Write(path, nil); err != nil {
		t.Fatal(err)
	}
	e, err := ReadDraws(path)
	if err != nil {
		t.Fatal(err)
	}
	if e.Source != path || !slices.Equal(e.Logits, d.Logits) || !slices.Equal(e.ImageName, d.ImageName) || !slices.Equal(e.Classes, classes) {
		t.Errorf("%+v", e)
	}
}

func TestCollateNamesWhatIsWrong(t *testing.T) {
	f := threeClassFolds(t)
	all := []int{0, 1, 2, 3, 4}
	victim := f.ImageName[f.RowsOf(2)[0]]
	other := f.ImageName[f.RowsOf(3)[0]]
	for _, c := range []struct {
		name, want string
		spoil      func(d *Draws)
	}{
		{"missing image", "no draws of image " + victim + " of fold 2", func(d *Draws) { *d = *drawsOf("f2", d.distinct()[1:], 4, 3, 1, nil) }},
		{"missing view", "image " + victim + " lacks one of 4 views", func(d *Draws) {
			d.ImageName, d.View, d.Sample, d.Logits = d.ImageName[1:], d.View[1:], d.Sample[1:], d.Logits[3:]
		}},
		{"view twice", "image " + victim + " has view 0 of sample 1 twice", func(d *Draws) { d.Sample[0] = 1 }},
		{"unknown image", "image nobody is not in the folds file", func(d *Draws) { d.ImageName[0] = "nobody" }},
		{"leak", "image " + other + " belongs to fold 3, not 2", func(d *Draws) { d.ImageName[0] = other }},
		{"infinite", "has a logit of +Inf", func(d *Draws) { d.Logits[4] = float32(math.Inf(1)) }},
		{"classes", "has the classes [a b c]", func(d *Draws) { d.Classes = []string{"a", "b", "c"} }},
	} {
		draws := validDraws(f, all, 1, nil)
		c.spoil(draws[2].Draws)
		_, err := CollateOOF("m", draws, f, classes, 1)
		wantFault(t, c.name, err, fault.Input, c.want)
	}
	draws := validDraws(f, all, 1, nil)
	_, err := CollateOOF("m", append(draws, draws[0]), f, classes, 1)
	wantFault(t, "fold twice", err, fault.Input, "both hold fold 0")
	_, err = CollateOOF("m", nil, f, classes, 1)
	wantFault(t, "nothing", err, fault.Input, "no draws")
}

func (d *Draws) distinct() []string {
	var names []string
	for _, n := range d.ImageName {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

func TestTestImagesGetTheMeanOverFoldsAndSamples(t *testing.T) {
	names := []string{"t3", "t1", "t2"}
	draws := []FoldDraws{{1, drawsOf("f1", names, 4, 2, 1, nil)}, {0, drawsOf("f0", []string{"t1", "t2", "t3"}, 4, 3, 2, nil)}}
	p, err := CollateTest("m", draws, names, classes, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.ImageName, names) || p.Members != 5 || p.Views != 4 {
		t.Errorf("%v, %d members, %d views", p.ImageName, p.Members, p.Views)
	}
	// Five members weigh the same, whichever fold they come from.
	one := collateOne(t, draws[0], names)
	two := collateOne(t, draws[1], names)
	for i := range names {
		near(t, names[i], p.ProbPositive[i], (2*one.ProbPositive[i]+3*two.ProbPositive[i])/5, 1e-12)
	}
	_, err = CollateTest("m", draws, names[1:], classes, 1)
	wantFault(t, "unknown", err, fault.Input, "has draws of image t3, not in the test list")
	_, err = CollateTest("m", draws, append(names, "t4"), classes, 1)
	wantFault(t, "absent", err, fault.Input, "no draws of image t4 of the test list")
	_, err = CollateTest("m", []FoldDraws{draws[0], {0, drawsOf("f0", names, 2, 2, 1, nil)}}, names, classes, 1)
	wantFault(t, "views", err, fault.Input, "has 4 views, in f0 it has 2")
}

func collateOne(t *testing.T, d FoldDraws, names []string) *Predictions {
	t.Helper()
	p, err := CollateTest("m", []FoldDraws{d}, names, classes, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A leak would show as skill where there is none: predictions that know the
// image but not its label must have an AUC of one half.
func TestPredictionsThatDoNotKnowTheLabelHaveNoSkill(t *testing.T) {
	f := assign(t, patients(21, 900), nil)
	for i := range f.Target {
		f.Target[i] %= 3
	}
	score := func(lean func(int) int) float64 {
		o := collate(t, "m", validDraws(f, []int{0, 1, 2, 3, 4}, 5, lean), f)
		positive := make([]bool, len(o.Target))
		for i, y := range o.Target {
			positive[i] = y == 1
		}
		auc, err := metrics.AUC(o.ProbPositive, positive)
		if err != nil {
			t.Fatal(err)
		}
		return auc
	}
	if auc := score(func(i int) int { return (i * 7919) % 3 }); math.Abs(auc-0.5) > 0.03 {
		t.Errorf("AUC %.3f without knowledge", auc)
	}
	if auc := score(func(i int) int { return int(f.Target[i]) }); auc < 0.8 {
		t.Errorf("AUC %.3f with knowledge", auc)
	}
}
