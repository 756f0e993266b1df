package cv

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"melanoma/internal/bayes"
	"melanoma/internal/fault"
)

// twoModels makes out-of-fold tables of two models of different skill and
// their test predictions.
func twoModels(t *testing.T) (tables []*OOF, predictions []*Predictions) {
	t.Helper()
	f := assign(t, patients(31, 150), nil)
	for i := range f.Target {
		f.Target[i] %= 3
	}
	names := []string{"t1", "t2", "t3", "t4"}
	for m, model := range []string{"weak", "strong"} {
		lean := func(i int) int {
			if m == 0 && i%2 == 0 {
				return i % 3
			}
			return int(f.Target[i])
		}
		o := collate(t, model, validDraws(f, []int{0, 1, 2, 3, 4}, uint64(100*m), lean), f)
		tables = append(tables, o)
		p, err := CollateTest(model, []FoldDraws{{0, drawsOf("test", names, 2, 2, uint64(m), nil)}}, names, classes, 1)
		if err != nil {
			t.Fatal(err)
		}
		predictions = append(predictions, p)
	}
	return tables, predictions
}

func TestEnsembleOfTwoModels(t *testing.T) {
	tables, predictions := twoModels(t)
	b, e, err := FitEnsemble(tables, DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	a, z := tables[0], tables[1]
	for i := range 20 {
		near(t, "probability mean", e.Scores[MethodProb][i], (a.ProbPositive[i]+z.ProbPositive[i])/2, 1e-15)
		near(t, "expected entropy", e.ExpectedEntropy[i], (a.ExpectedEntropy[i]+z.ExpectedEntropy[i])/2, 1e-15)
		mean := make([]float64, 3)
		for k := range mean {
			mean[k] = (float64(a.Prob[i*3+k]) + float64(z.Prob[i*3+k])) / 2
		}
		near(t, "entropy", e.PredictiveEntropy[i], bayes.Entropy(mean), 1e-12)
		if pooled := (a.MutualInformation[i] + z.MutualInformation[i]) / 2; e.MutualInformation[i] < pooled-1e-6 {
			t.Errorf("row %d: models that disagree lower the mutual information from %v to %v", i, pooled, e.MutualInformation[i])
		}
	}
	if b.Weights.Weights[1] <= 0.5 || math.Abs(b.Weights.Weights[0]+b.Weights.Weights[1]-1) > 1e-12 {
		t.Errorf("weights %v", b.Weights.Weights)
	}
	if len(b.Weights.Nested.Folds) != 5 || b.Weights.Nested.Gain <= 0 || b.Weights.FittedAUC < b.Weights.Nested.AUC-1e-9 {
		t.Errorf("nested %+v", b.Weights.Nested)
	}
	test, err := ApplyEnsemble([]*Predictions{predictions[1], predictions[0]}, b, DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(test.Models, []string{"weak", "strong"}) || !slices.Equal(test.ImageName, predictions[0].ImageName) {
		t.Errorf("models %v, images %v", test.Models, test.ImageName)
	}
	both, err := e.Append(test)
	if err != nil {
		t.Fatal(err)
	}
	if err := both.Verify(); err != nil {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "ensemble.arrow")
	if err := both.Write(path, nil); err != nil {
		t.Fatal(err)
	}
	back, err := ReadEnsemble(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.RowsOf(SplitTest)) != 4 || !slices.Equal(back.Scores[MethodRank], both.Scores[MethodRank]) ||
		!slices.Equal(back.Prob, both.Prob) || back.Positive != 1 {
		t.Errorf("read back %d rows", len(back.ImageName))
	}
	back.Scores[MethodRank][3] = 2
	wantFault(t, "score", back.Verify(), fault.Input, "image I0003 scores 2 by rank")
	back.ImageName[1] = back.ImageName[0]
	wantFault(t, "twice", back.Verify(), fault.Input, "image I0000 stands in rows 1 and 2")
}

func TestBlendFileRoundTrip(t *testing.T) {
	tables, predictions := twoModels(t)
	b, _, err := FitEnsemble(tables, DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "blend.json")
	if err := WriteBlend(path, b); err != nil {
		t.Fatal(err)
	}
	back, err := ReadBlend(path)
	if err != nil {
		t.Fatal(err)
	}
	first, err := ApplyEnsemble(predictions, b, DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	second, err := ApplyEnsemble(predictions, back, DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(first.Scores[MethodWeights], second.Scores[MethodWeights]) {
		t.Error("weights read back give other scores")
	}
	if err := os.WriteFile(path, []byte(`{"models": [], "weights": {"weights": [1]}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = ReadBlend(path)
	wantFault(t, "weights without models", err, fault.Input, "1 weights for 0 models")
	os.WriteFile(path, []byte(`{`), 0o644)
	_, err = ReadBlend(path)
	wantFault(t, "torn", err, fault.Input, "blend.json")
}

// Rows in another order, and models in another order, change no value.
func TestEnsembleJoinsByName(t *testing.T) {
	tables, _ := twoModels(t)
	_, e, err := FitEnsemble(tables, DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	order := rand.New(rand.NewPCG(1, 1)).Perm(len(tables[1].ImageName))
	mixed := &OOF{Predictions: *tables[1].Predictions.rows(order), Group: take(tables[1].Group, order), Fold: take(tables[1].Fold, order), Target: take(tables[1].Target, order)}
	_, f, err := FitEnsemble([]*OOF{tables[0], mixed}, DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	_, g, err := FitEnsemble([]*OOF{mixed, tables[0]}, DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	rowOf := make(map[string]int)
	for i, name := range g.ImageName {
		rowOf[name] = i
	}
	for _, method := range []string{MethodProb, MethodRank} {
		for i, name := range e.ImageName {
			if f.Scores[method][i] != e.Scores[method][i] {
				t.Fatalf("%s of %s depends on the order of rows", method, name)
			}
			if g.Scores[method][rowOf[name]] != e.Scores[method][i] {
				t.Fatalf("%s of %s depends on the order of models", method, name)
			}
		}
	}
}

func TestOneModelIsItsOwnEnsemble(t *testing.T) {
	tables, _ := twoModels(t)
	b, e, err := FitEnsemble(tables[:1], DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(e.Scores[MethodProb], tables[0].ProbPositive) || !slices.Equal(e.MutualInformation, tables[0].MutualInformation) {
		t.Error("values change")
	}
	if b.Weights.Weights[0] != 1 || b.Weights.Nested.Gain != 0 {
		t.Errorf("%+v", b.Weights)
	}
	near(t, "AUC by ranks", b.Methods[1].AUC.Value, b.Models[0].AUC.Value, 0)
}

func TestEnsembleWithoutAPositiveClass(t *testing.T) {
	f := threeClassFolds(t)
	var tables []*OOF
	for m, name := range []string{"a", "b"} {
		o, err := CollateOOF(name, validDraws(f, []int{0, 1, 2, 3, 4}, uint64(m), nil), f, classes, -1)
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, o)
	}
	b, e, err := FitEnsemble(tables, DefaultBlend())
	if err != nil || len(b.Methods) != 0 || len(e.Scores) != 0 || len(b.Notes) != 1 {
		t.Fatalf("%+v, %v", b, err)
	}
	path := filepath.Join(t.TempDir(), "e.arrow")
	if err := e.Write(path, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadEnsemble(path); err != nil {
		t.Error(err)
	}
}

func TestEnsembleOfOneFoldSaysSo(t *testing.T) {
	f := threeClassFolds(t)
	o := collate(t, "m", validDraws(f, []int{0}, 1, nil), f)
	b, _, err := FitEnsemble([]*OOF{o}, DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	if b.Weights.Nested != nil || len(b.Notes) != 1 {
		t.Errorf("%+v", b)
	}
}

func TestEnsembleNamesWhatDoesNotFit(t *testing.T) {
	tables, predictions := twoModels(t)
	b, _, err := FitEnsemble(tables, DefaultBlend())
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = FitEnsemble([]*OOF{tables[0], tables[0]}, DefaultBlend())
	wantFault(t, "model twice", err, fault.Usage, "model weak is there twice")
	short := *tables[1]
	short.ImageName = append(slices.Clone(short.ImageName[:3]), short.ImageName[4:]...)
	_, _, err = FitEnsemble([]*OOF{tables[0], &short}, DefaultBlend())
	wantFault(t, "image absent", err, fault.Input, "strong has no row for image I0003 of weak")
	moved := *tables[1]
	moved.Fold = slices.Clone(moved.Fold)
	moved.Fold[2]++
	_, _, err = FitEnsemble([]*OOF{tables[0], &moved}, DefaultBlend())
	wantFault(t, "fold", err, fault.Input, "image I0002 has fold")
	_, err = ApplyEnsemble(predictions[:1], b, DefaultBlend())
	wantFault(t, "test model absent", err, fault.Input, "test predictions of 1 models for a blend of 2")
	_, _, err = FitEnsemble(tables, BlendConfig{Methods: []string{"median"}, Submit: "median"})
	wantFault(t, "method", err, fault.Usage, `unknown method "median"`)
	_, _, err = FitEnsemble(tables, BlendConfig{Methods: []string{MethodProb}, Submit: MethodRank})
	wantFault(t, "submit", err, fault.Usage, `submission by method "rank"`)
}

// fitWeights must find at least what a full grid of the same fineness finds.
func TestWeightsReachTheGridOptimum(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	positive := make([]bool, 400)
	scores := make([][]float64, 3)
	for i := range positive {
		positive[i] = r.Float64() < 0.2
		for m := range scores {
			lift := 0.0
			if positive[i] {
				lift = []float64{0.5, 1, 1.2}[m]
			}
			scores[m] = append(scores[m], r.NormFloat64()+lift)
		}
	}
	ranks := ranksOf(scores)
	w, err := fitWeights(ranks, positive)
	if err != nil {
		t.Fatal(err)
	}
	got, err := aucOf(ranks, w, positive)
	if err != nil {
		t.Fatal(err)
	}
	best := 0.0
	for a := range 51 {
		for b := range 51 - a {
			auc, err := aucOf(ranks, []float64{float64(2*a) / 100, float64(2*b) / 100, float64(100-2*a-2*b) / 100}, positive)
			if err != nil {
				t.Fatal(err)
			}
			best = max(best, *auc)
		}
	}
	if *got < best-2e-4 {
		t.Errorf("weights %v reach %.6f, a grid of 0.02 reaches %.6f", w, *got, best)
	}
}

// Labels that no model knows: fitted weights look like a gain, the nested
// estimate must not.
func TestNestedEstimateIsNotFooledByNoise(t *testing.T) {
	var fitted, nested float64
	const trials = 12
	for trial := range uint64(trials) {
		r := rand.New(rand.NewPCG(trial, 9))
		l := labelled{models: []string{"a", "b", "c", "d"}, scores: make([][]float64, 4)}
		for i := range 300 {
			l.positive = append(l.positive, i%5 == 0)
			l.fold = append(l.fold, int32(r.IntN(5)))
			for m := range l.scores {
				l.scores[m] = append(l.scores[m], r.Float64())
			}
		}
		b, _, err := l.fit([]string{MethodWeights})
		if err != nil {
			t.Fatal(err)
		}
		fitted += (b.Weights.FittedAUC - b.Weights.Nested.RankAUC) / trials
		nested += b.Weights.Nested.Gain / trials
	}
	if fitted < 0.01 || nested > 0.01 {
		t.Errorf("on noise the fitted weights gain %.4f, the nested estimate says %.4f", fitted, nested)
	}
}
