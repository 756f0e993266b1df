package cv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"melanoma/internal/fault"
)

func writeText(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhichColumnIsRead(t *testing.T) {
	for _, c := range []struct{ name, text, column, want string }{
		{"submission", "image_name,target\na,.5\n", "", "target"},
		{"out-of-fold file", "image_name,target,prob\na,1,.5\n", "", "prob"},
		{"ids not first", "fold,image_id,m_prob\n1,a,.5\n", "", "m_prob"},
		{"any two columns", "picture,value\na,.5\n", "", "value"},
		{"asked for", "image_name,x,y\na,.5,.6\n", "y", "y"},
		{"spaces and mark", "\xef\xbb\xbf image_name , target \r\n a , .5 \r\n", "", "target"},
	} {
		p, err := ReadPredictions(writeText(t, "p.csv", c.text), c.column)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if p.Name != c.want || p.ImageName[0] != "a" || p.Line[0] != 2 {
			t.Errorf("%s: column %s of %v", c.name, p.Name, p.ImageName)
		}
	}
}

func TestWrongPredictionFiles(t *testing.T) {
	for _, c := range []struct {
		name, text, column, want string
		kind                     fault.Kind
	}{
		{"empty", "", "", "is empty", fault.Input},
		{"header only", "image_name,target\n", "", "no rows", fault.Input},
		{"duplicate", "image_name,target\na,.5\nb,.5\na,.6\n", "", "row 4: image a stands in row 2 too", fault.Input},
		{"no id", "image_name,target\na,.5\n ,.5\n", "", "row 3: no id", fault.Input},
		{"not a number", "image_name,target\na,.5\nb,NaN\n", "", `row 3: image b has target "NaN"`, fault.Input},
		{"infinite", "image_name,target\na,Inf\n", "", `row 2: image a has target "Inf"`, fault.Input},
		{"nothing there", "image_name,target\na,\n", "", `row 2: image a has target ""`, fault.Input},
		{"torn row", "image_name,target\na\n", "", "wrong number of fields", fault.Input},
		{"quote", "image_name,target\n\"a,1\n", "", "p.csv", fault.Input},
		{"no such column", "image_name,target\na,.5\n", "prob", `no column "prob"`, fault.Input},
		{"unclear", "image_name,x,y\na,.5,.6\n", "", "not clear", fault.Usage},
		{"several", "image_name,a_prob,b_prob\na,.5,.6\n", "", "a_prob, b_prob", fault.Usage},
	} {
		_, err := ReadPredictions(writeText(t, "p.csv", c.text), c.column)
		wantFault(t, c.name, err, c.kind, c.want)
		if fault.HintOf(err) == "" {
			t.Errorf("%s: no hint", c.name)
		}
	}
	_, err := ReadPredictions(filepath.Join(t.TempDir(), "none.csv"), "")
	wantFault(t, "no file", err, fault.Input, "none.csv")
}

func TestTruthLabels(t *testing.T) {
	for _, c := range []struct {
		name, text string
		columns    TruthColumns
	}{
		{"digits", "image_name,target\na,1\nb,0\n", TruthColumns{}},
		{"decimals", "image_name,target\na,1.0\nb,0.0\n", TruthColumns{}},
		{"words", "image_name,target\na,True\nb,false\n", TruthColumns{}},
		{"diagnosis", "lesion_id,image_id,dx\nx,a,mel\ny,b,nv\n", TruthColumns{Target: "dx", Positive: "mel"}},
	} {
		truth, err := ReadTruth(writeText(t, "t.csv", c.text), c.columns)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !slices.Equal(truth.Positive, []bool{true, false}) || !slices.Equal(truth.ImageName, []string{"a", "b"}) {
			t.Errorf("%s: %+v", c.name, truth)
		}
	}
	_, err := ReadTruth(writeText(t, "t.csv", "image_name,target\na,2\n"), TruthColumns{})
	wantFault(t, "two", err, fault.Input, `row 2: image a has target "2"`)
	_, err = ReadTruth(writeText(t, "t.csv", "image_name,dx\na,mel\n"), TruthColumns{Target: "dx", Positive: "Mel"})
	wantFault(t, "spelling", err, fault.Input, `no image has dx "Mel"`)
	_, err = ReadTruth(writeText(t, "t.csv", "image_name,target,fold\na,1,0.5\n"), TruthColumns{})
	wantFault(t, "fold", err, fault.Input, "row 2: image a has fold 0.5")
}

// labelledFile writes n rows in a random order and returns truth and
// predictions on them.
func labelledFile(t *testing.T, n int, seed uint64, value func(i int, positive bool) float64) (*Truth, *Column) {
	t.Helper()
	var truth, pred []string
	for i := range n {
		positive := i%4 == 0
		label := map[bool]string{true: "1", false: "0"}[positive]
		truth = append(truth, "I"+strconv.Itoa(i)+","+label+",P"+strconv.Itoa(i/3))
		pred = append(pred, "I"+strconv.Itoa(i)+","+formatScore(value(i, positive)))
	}
	r := rand.New(rand.NewPCG(seed, 3))
	r.Shuffle(n, func(i, j int) { truth[i], truth[j] = truth[j], truth[i] })
	r.Shuffle(n, func(i, j int) { pred[i], pred[j] = pred[j], pred[i] })
	a, err := ReadTruth(writeText(t, "truth.csv", "image_name,target,patient_id\n"+strings.Join(truth, "\n")+"\n"), TruthColumns{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadPredictions(writeText(t, "pred.csv", "image_name,target\n"+strings.Join(pred, "\n")+"\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

func noisy(i int, positive bool) float64 {
	x := math.Mod(float64(i)*0.6180339887, 1) * 0.8
	if positive {
		x += 0.2
	}
	return x
}

func TestScoreJoinsById(t *testing.T) {
	var first *Score
	for seed := range uint64(4) {
		truth, pred := labelledFile(t, 120, seed, noisy)
		s, err := ScorePredictions(truth, pred)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = s
			continue
		}
		near(t, "auc", s.AUC, first.AUC, 0)
		near(t, "average precision", s.AveragePrecision, first.AveragePrecision, 0)
		near(t, "log loss", *s.LogLoss, *first.LogLoss, 1e-14)
		near(t, "sensitivity", s.SensitivityAt90Specificity.Value, first.SensitivityAt90Specificity.Value, 0)
	}
	if first.N != 120 || first.Positives != 30 || first.AUC < 0.6 {
		t.Errorf("%+v", first)
	}
}

func TestScoreAsJSON(t *testing.T) {
	truth, pred := labelledFile(t, 80, 1, noisy)
	s, err := ScorePredictions(truth, pred)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"n", "positives", "auc", "auc_low", "auc_high", "average_precision", "log_loss", "brier", "ece",
		"sensitivity_at_90_specificity", "sensitivity_at_95_specificity", "specificity_at_90_sensitivity", "specificity_at_95_sensitivity"} {
		if _, number := m[key].(float64); !number {
			t.Errorf("no %s in %s", key, raw)
		}
	}
}

func TestValuesThatAreNoProbabilities(t *testing.T) {
	truth, pred := labelledFile(t, 80, 1, noisy)
	want, err := ScorePredictions(truth, pred)
	if err != nil {
		t.Fatal(err)
	}
	for i := range pred.Value {
		pred.Value[i] = pred.Value[i]*10 - 3
	}
	s, err := ScorePredictions(truth, pred)
	if err != nil {
		t.Fatal(err)
	}
	if s.AUC != want.AUC || s.LogLoss != nil || s.Brier != nil || s.ECE != nil || len(s.Notes) != 1 {
		t.Errorf("%+v", s)
	}
	raw, err := json.Marshal(s)
	if err != nil || !strings.Contains(string(raw), `"log_loss":null`) {
		t.Errorf("%s, %v", raw, err)
	}
	_, err = BlendColumns([]*Column{pred}, nil, []string{MethodProb})
	wantFault(t, "probability mean of logits", err, fault.Input, "is no probability")
	if _, err := BlendColumns([]*Column{pred}, nil, []string{MethodRank}); err != nil {
		t.Error(err)
	}
}

func TestScoreOfAConstantHasFiniteJSON(t *testing.T) {
	truth, pred := labelledFile(t, 40, 1, func(int, bool) float64 { return 0.25 })
	s, err := ScorePredictions(truth, pred)
	if err != nil {
		t.Fatal(err)
	}
	if s.AUC != 0.5 || s.SensitivityAt90Specificity.Threshold != nil {
		t.Errorf("%+v", s)
	}
	if _, err := json.Marshal(s); err != nil {
		t.Error(err)
	}
}

func TestIdsThatDoNotMatch(t *testing.T) {
	truth, pred := labelledFile(t, 40, 1, noisy)
	less := *pred
	less.ImageName, less.Value = pred.ImageName[1:], pred.Value[1:]
	_, err := ScorePredictions(truth, &less)
	wantFault(t, "absent", err, fault.Input, "pred.csv has no row for image "+pred.ImageName[0])
	fewer := *truth
	fewer.ImageName, fewer.Positive = truth.ImageName[5:], truth.Positive[5:]
	_, err = ScorePredictions(&fewer, pred)
	wantFault(t, "unknown", err, fault.Input, "pred.csv has 5 images (")
	one := *truth
	one.Positive = make([]bool, len(truth.Positive))
	_, err = ScorePredictions(&one, pred)
	wantFault(t, "one class", err, fault.Input, "one class")
}

func TestBlendColumnsJoinsById(t *testing.T) {
	truth, a := labelledFile(t, 120, 1, noisy)
	_, b := labelledFile(t, 120, 2, func(i int, p bool) float64 { return math.Sqrt(noisy(i*7, p)) })
	b.Path = "other.csv"
	out, err := BlendColumns([]*Column{a, b}, truth, methods)
	if err != nil {
		t.Fatal(err)
	}
	swapped, err := BlendColumns([]*Column{b, a}, truth, methods)
	if err != nil {
		t.Fatal(err)
	}
	rowOf := make(map[string]int)
	for i, name := range swapped.ImageName {
		rowOf[name] = i
	}
	for _, method := range []string{MethodProb, MethodRank} {
		for i, name := range out.ImageName {
			if out.Scores[method][i] != swapped.Scores[method][rowOf[name]] {
				t.Fatalf("%s of %s depends on the order of files", method, name)
			}
		}
	}
	near(t, "nested AUC", out.Blend.Weights.Nested.AUC, swapped.Blend.Weights.Nested.AUC, 0.02)
	path := filepath.Join(t.TempDir(), "blend.csv")
	if err := out.WriteCSV(path); err != nil {
		t.Fatal(err)
	}
	back, err := ReadPredictions(path, MethodWeights)
	if err != nil || !slices.Equal(back.Value, out.Scores[MethodWeights]) {
		t.Errorf("read back: %v", err)
	}
	_, err = BlendColumns([]*Column{a, a}, nil, []string{MethodRank})
	wantFault(t, "twice", err, fault.Usage, "is there twice")
	_, err = BlendColumns([]*Column{a, b}, nil, methods)
	wantFault(t, "no truth", err, fault.Usage, "without labels")
	_, err = ParseMethods("prob, mean")
	wantFault(t, "method", err, fault.Usage, `unknown method "mean"`)
}

func TestSplitSource(t *testing.T) {
	for source, want := range map[string][2]string{
		"a.csv": {"a.csv", ""}, "a.csv:p": {"a.csv", "p"}, "x:y/a.csv": {"x:y/a.csv", ""}, `C:\a.csv`: {`C:\a.csv`, ""},
	} {
		if path, column := SplitSource(source); path != want[0] || column != want[1] {
			t.Errorf("%s: %q, %q", source, path, column)
		}
	}
}

func TestOutOfFoldTableAsPredictions(t *testing.T) {
	f := threeClassFolds(t)
	path := filepath.Join(t.TempDir(), "m.arrow")
	o := collate(t, "m", validDraws(f, []int{0, 1, 2, 3, 4}, 1, nil), f)
	if err := o.Write(path, nil); err != nil {
		t.Fatal(err)
	}
	c, err := ReadPredictions(path, "")
	if err != nil || !slices.Equal(c.Value, o.ProbPositive) || c.Title() != "m" {
		t.Errorf("%v", err)
	}
	if c, err = ReadPredictions(path, "nv"); err != nil || float32(c.Value[3]) != o.Prob[3*3+2] {
		t.Errorf("%v", err)
	}
	_, err = ReadPredictions(path, "xyz")
	wantFault(t, "class", err, fault.Usage, `no class "xyz"`)
}

func TestSubmission(t *testing.T) {
	path := filepath.Join(t.TempDir(), "submission.csv")
	list := []string{"c", "a", "b"}
	values := []float64{0.1, 1e-7, 1}
	if err := WriteSubmission(path, list, []string{"a", "b", "c"}, values); err != nil {
		t.Fatal(err)
	}
	raw, _ := os.ReadFile(path)
	if want := "image_name,target\nc,1\na,0.1\nb,1e-07\n"; string(raw) != want {
		t.Errorf("%q, want %q", raw, want)
	}
	if err := CheckSubmission(path, list); err != nil {
		t.Error(err)
	}
	wantFault(t, "order", CheckSubmission(path, []string{"a", "c", "b"}), fault.Input, "row 2: image c where the test list has a")
	wantFault(t, "short", CheckSubmission(path, append(list, "d")), fault.Input, "has 3 rows, the test list 4")
	wantFault(t, "long", CheckSubmission(path, list[:2]), fault.Input, "row 4: image b is one more")
	for _, c := range []struct {
		name, want string
		names      []string
		score      []float64
	}{
		{"range", "image a scores 1.5", list, []float64{0, 1.5, 0}},
		{"not a number", "image c scores NaN", list, []float64{math.NaN(), 0, 0}},
		{"absent", "no row for image b", list[:2], []float64{0, 0}},
		{"unknown", "has image d", append(list, "d"), []float64{0, 0, 0, 0}},
	} {
		bad := filepath.Join(t.TempDir(), "bad.csv")
		wantFault(t, c.name, WriteSubmission(bad, []string{"c", "a", "b"}, c.names, c.score), fault.Input, c.want)
		if _, err := os.Stat(bad); err == nil {
			t.Errorf("%s: a file was left", c.name)
		}
	}
}

// FuzzReadSheet asks that any bytes give distinct ids with finite values or a
// classified error.
func FuzzReadSheet(f *testing.F) {
	f.Add("image_name,target\na,.5\nb,1e-3\n")
	f.Add("a_prob,id,b_prob\n\"1\",x,2\n")
	f.Add("\xef\xbb\xbfimage,prob\r\n\"q\"\"q\",0x1p-2\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := readSheet(strings.NewReader(text), "x.csv", "")
		if err != nil {
			if k := fault.KindOf(err); k != fault.Input && k != fault.Usage {
				t.Errorf("%v of kind %d", err, k)
			}
			return
		}
		seen := make(map[string]bool)
		for _, id := range s.ids {
			if id == "" || seen[id] {
				t.Errorf("id %q", id)
			}
			seen[id] = true
		}
		names, err := s.predictionColumns()
		if err != nil {
			return
		}
		for _, name := range names {
			values, err := s.numbers(name)
			if err == nil && len(values) != len(s.ids) {
				t.Errorf("%d values", len(values))
			}
		}
	})
}
