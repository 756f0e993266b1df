package cv

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"melanoma/internal/numtest"
)

// The small random problems run in every clone; testdata/folds_sklearn.py
// writes them.
func TestGoldenFoldsOfRandomProblems(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "folds_sklearn.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			Name        string
			K           int
			Class, Fold []int32
			Group       []string
		}
	}
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	for _, c := range golden.Cases {
		t.Run(c.Name, func(t *testing.T) {
			fold, err := StratifiedGroupKFold(c.Class, c.Group, c.K, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(fold, c.Fold) {
				t.Errorf("folds %v, scikit-learn has %v", fold, c.Fold)
			}
		})
	}
}

func TestGoldenFoldsOfRealData(t *testing.T) {
	for _, c := range []struct{ name, data, id, class, group, golden string }{
		{"HAM10000 by dx and lesion_id", "data/ham10000/metadata.csv", "image_id", "dx", "lesion_id", "metrics/folds_ham10000_dx_by_lesion.csv"},
		{"ISIC 2020 by target and patient_id", "data/isic2020/train.csv", "image_name", "target", "patient_id", "metrics/folds_isic2020_target_by_patient.csv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header, table := readTable(t, numtest.Shared(t, c.data))
			_, want := readTable(t, numtest.Golden(t, c.golden))
			wantOf := make(map[string]string)
			for _, row := range want {
				wantOf[row[0]] = row[1]
			}
			names := distinct(table, slices.Index(header, c.class))
			var rows []FoldRow
			for _, row := range table {
				rows = append(rows, FoldRow{ImageName: row[slices.Index(header, c.id)], Group: row[slices.Index(header, c.group)],
					Class: int32(slices.Index(names, row[slices.Index(header, c.class)])), Tfrecord: TfrecordAbsent})
			}
			folds, err := AssignFolds(rows, DefaultFolds())
			if err != nil {
				t.Fatal(err)
			}
			if len(wantOf) != len(rows) {
				t.Fatalf("%d rows, golden has %d", len(rows), len(wantOf))
			}
			wrong := 0
			for i, name := range folds.ImageName {
				if wantOf[name] != formatScore(float64(folds.Fold[i])) {
					wrong++
				}
			}
			if wrong > 0 {
				t.Errorf("%d of %d rows stand in another fold than scikit-learn's", wrong, len(rows))
			}
		})
	}
}

// Deotte's records isolate patients, so that his folds, too, pass Verify.
func TestTfrecordFoldsOfISIC2020IsolatePatients(t *testing.T) {
	header, table := readTable(t, numtest.Shared(t, "data/isic2020/train.csv"))
	var rows []FoldRow
	for _, row := range table {
		var record int32
		if err := json.Unmarshal([]byte(row[slices.Index(header, "tfrecord")]), &record); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, FoldRow{ImageName: row[slices.Index(header, "image_name")], Group: row[slices.Index(header, "patient_id")], Tfrecord: record})
	}
	for _, scheme := range []string{SchemeTfrecord, SchemeNewfold, SchemeOldfold} {
		c := DefaultFolds()
		c.Scheme = scheme
		folds, err := AssignFolds(rows, c)
		if err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		if dropped := len(folds.RowsOf(Dropped)); len(rows)-dropped != 32692 {
			t.Errorf("%s: %d rows kept, want 32692", scheme, len(rows)-dropped)
		}
	}
}

func TestGoldenScoresOfThreeModels(t *testing.T) {
	path := numtest.Shared(t, "data/predictions/oof_2020_three_models.csv")
	g := readThreeModels(t)
	truth, err := ReadTruth(path, TruthColumns{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range g.Models {
		pred, err := ReadPredictions(path, name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ScorePredictions(truth, pred)
		if err != nil {
			t.Fatal(err)
		}
		near(t, name+" AUC", s.AUC, want.AUC, 1e-12)
		near(t, name+" average precision", s.AveragePrecision, want.AP, 1e-12)
		near(t, name+" log loss", *s.LogLoss, want.LogLoss, 1e-12)
		if s.N != 33126 || s.Positives != 584 || !(s.AUCLow < s.AUC && s.AUC < s.AUCHigh) {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestGoldenBlendOfThreeModels(t *testing.T) {
	path := numtest.Shared(t, "data/predictions/oof_2020_three_models.csv")
	g := readThreeModels(t)
	truth, err := ReadTruth(path, TruthColumns{})
	if err != nil {
		t.Fatal(err)
	}
	columns, err := ReadModels(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(columns) != 3 {
		t.Fatalf("%d models", len(columns))
	}
	out, err := BlendColumns(columns, truth, methods)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "probability mean", out.Blend.Methods[0].AUC.Value, g.ProbMean, 1e-12)
	// The golden adds rounded percentiles, which breaks some exact ties of rank
	// sums: scikit-learn on unrounded sums gives 0.9184343857.
	near(t, "rank mean", out.Blend.Methods[1].AUC.Value, g.RankMean, 1e-7)
	w := out.Blend.Weights
	t.Logf("weights %v: fitted AUC %.6f, nested %.6f, rank mean %.6f, gain %.6f", w.Weights, w.FittedAUC, w.Nested.AUC, w.Nested.RankAUC, w.Nested.Gain)
	if w.FittedAUC < g.Best.AUC-1e-9 {
		t.Errorf("fitted AUC %.7f is below the grid's %.7f", w.FittedAUC, g.Best.AUC)
	}
	if w.Nested.AUC > w.FittedAUC || math.Abs(w.Nested.Gain) > 0.02 || len(w.Nested.Folds) != nestedFolds {
		t.Errorf("nested estimate %+v", w.Nested)
	}
	near(t, "AUC of the weights method", out.Blend.Methods[2].AUC.Value, w.Nested.AUC, 1e-15)
}

func TestBlendOfEightSubmissions(t *testing.T) {
	dir := numtest.Shared(t, "data/predictions/submissions")
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(files) != 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var columns []*Column
	for _, f := range files {
		c, err := ReadPredictions(f, "")
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, c)
	}
	out, err := BlendColumns(columns, nil, []string{MethodProb, MethodRank})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "blend.csv")
	if err := WriteSubmission(path, columns[0].ImageName, out.ImageName, out.Scores[MethodRank]); err != nil {
		t.Fatal(err)
	}
	if err := CheckSubmission(path, columns[0].ImageName); err != nil {
		t.Error(err)
	}
	var mean float64
	for _, c := range columns {
		mean += c.Value[5] / 8
	}
	near(t, "probability mean of a row", out.Scores[MethodProb][5], mean, 1e-15)
}

type threeModels struct {
	Models map[string]struct {
		AUC, AP float64
		LogLoss float64 `json:"log_loss"`
	}
	ProbMean float64               `json:"prob_mean_auc"`
	RankMean float64               `json:"rank_mean_auc"`
	Best     struct{ AUC float64 } `json:"best_rank_weights_grid_0_02"`
}

func readThreeModels(t *testing.T) threeModels {
	t.Helper()
	raw, err := os.ReadFile(numtest.Golden(t, "metrics/metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		OOF threeModels `json:"oof_2020_three_models"`
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.OOF.Models) != 3 {
		t.Fatalf("golden of %d models", len(all.OOF.Models))
	}
	return all.OOF
}

func readTable(t *testing.T, path string) (header []string, rows [][]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1:]
}

func distinct(rows [][]string, column int) []string {
	var values []string
	for _, row := range rows {
		values = append(values, row[column])
	}
	slices.Sort(values)
	return slices.Compact(values)
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.17g, want %.17g", what, got, want)
	}
}
