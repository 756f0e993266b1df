package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"melanoma/cv"
	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// tinyRun takes about a second.
const tinyRun = `name: tiny
seed: 5
synth: {images: 40, size: 32, test_fraction: 0.2}
data: {root: "{run}/data", size: 32}
cv: {folds: 2}
train: {epochs: 2, batch: 8, batchnorm_batches: 2}
predict: {views: 2}
models:
  - {name: a, arch: tiny}
  - name: b
    arch: tiny
    meta: {hidden: [4]}
    train:
      update: {name: sghmc, temperature: 0.01, samples: 2}
report: {bootstrap: false}
`

func openRun(t *testing.T, dir string, o Options, sets ...string) *Run {
	t.Helper()
	c, err := Load("tiny.yaml", []byte(tinyRun), sets)
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(dir, c, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// finished is one whole run that tests copy before they harm it.
var finished = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "melanoma-test-")
	if err != nil {
		return "", err
	}
	c, err := Load("tiny.yaml", []byte(tinyRun), nil)
	if err != nil {
		return "", err
	}
	r, err := New(dir, c, Options{Fold: -1})
	if err != nil {
		return "", err
	}
	_, err = r.Execute(context.Background())
	return dir, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := finished(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func copyOfRun(t *testing.T) string {
	t.Helper()
	done, err := finished()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(dir, os.DirFS(done)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestVerifyFindsBrokenPromisesBehindCorrectHashes rewrites tables so that
// every hash of the ledger fits: only the promises themselves can tell.
func TestVerifyFindsBrokenPromisesBehindCorrectHashes(t *testing.T) {
	for _, c := range []struct {
		name, task, file, promise string
		harm                      func(t *testing.T, path string)
	}{
		{"an image without an out-of-fold row", "oof-a", "oof/a.arrow", "oof", func(t *testing.T, path string) {
			o := must(cv.ReadOOF(path))(t)
			last := len(o.ImageName) - 1
			o.ImageName[last] = "another"
			check(t, o.Write(path, nil))
		}},
		{"probabilities that the draws do not give", "oof-a", "oof/a.arrow", "oof", func(t *testing.T, path string) {
			o := must(cv.ReadOOF(path))(t)
			k := len(o.Classes)
			for i := range o.ImageName { // the true probabilities of another image
				copy(o.Prob[i*k:(i+1)*k], o.Prob[:k])
				o.ProbPositive[i] = o.ProbPositive[0]
			}
			check(t, o.Write(path, nil))
		}},
		{"a group in two folds", "folds", "folds.arrow", "folds", func(t *testing.T, path string) {
			f := must(cv.ReadFolds(path))(t)
			for i, g := range f.Group {
				if n := slices.Index(f.Group, g); n < i {
					f.Fold[i] = 1 - f.Fold[i]
					break
				}
			}
			check(t, f.Write(path, nil))
		}},
		{"a view too few", "predict-a-f0", "draws/a-f0-valid.arrow", "draws", func(t *testing.T, path string) {
			d := must(cv.ReadDraws(path))(t)
			n := len(d.ImageName) - 1
			d.ImageName, d.View, d.Sample, d.Logits = d.ImageName[:n], d.View[:n], d.Sample[:n], d.Logits[:n*len(d.Classes)]
			check(t, d.Write(path, nil))
		}},
		{"a view twice", "predict-a-f0", "draws/a-f0-test.arrow", "draws", func(t *testing.T, path string) {
			d := must(cv.ReadDraws(path))(t)
			d.View[0] = d.View[1]
			check(t, d.Write(path, nil))
		}},
		{"a submission in another order", "submit", "submission.csv", "submission", func(t *testing.T, path string) {
			lines := strings.SplitAfter(string(must(os.ReadFile(path))(t)), "\n")
			lines[1], lines[2] = lines[2], lines[1]
			check(t, os.WriteFile(path, []byte(strings.Join(lines, "")), 0o666))
		}},
		{"an ensemble without a test image", "ensemble", "ensemble.arrow", "ensemble", func(t *testing.T, path string) {
			e := must(cv.ReadEnsemble(path))(t)
			e.Split[len(e.Split)-1] = cv.SplitOOF
			check(t, e.Write(path, nil))
		}},
		{"a file of another kind", "oof-b", "oof/b.arrow", "schemas", func(t *testing.T, path string) {
			check(t, artifact.Write(path, artifact.NewTable(artifact.Meta{Kind: "draws"}).Int32("x", []int32{1})))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := copyOfRun(t)
			path := filepath.Join(dir, filepath.FromSlash(c.file))
			c.harm(t, path)
			rewriteHash(t, dir, c.task, c.file)
			v, err := Verify(context.Background(), dir)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(v.Checks, func(k Check) bool { return k.Name == c.promise })
			if v.Checks[i].OK {
				t.Errorf("the promise %q holds: %+v", c.promise, v)
			}
		})
	}
}

// rewriteHash makes the ledger agree with a changed file.
func rewriteHash(t *testing.T, dir, task, file string) {
	t.Helper()
	r := openRun(t, dir, Options{Fold: -1})
	rec := must(r.readRecord(task))(t)
	rec.Outputs[file] = must(r.hashes.file(r.path(file)))(t)
	check(t, r.writeRecord(rec))
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestInferOnTheTestImagesGivesTheRunsOwnPredictions: the same preprocessing,
// folds, views and samples, so the same numbers, whatever the size of the
// network's pictures and however they are stored. No model with metadata: new
// pictures have none.
func TestInferOnTheTestImagesGivesTheRunsOwnPredictions(t *testing.T) {
	dir := t.TempDir()
	r := openRun(t, dir, Options{Fold: -1}, "data.store=files",
		"models=[{name: a, arch: tiny, train: {update: {name: sghmc, temperature: 0.01, samples: 2}}}, {name: b, arch: tiny, size: 40, train: {epochs: 1, mix: {p: 0.7}}}]")
	if _, err := r.Execute(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, err := r.Infer(context.Background(), []string{filepath.Join(dir, "data", "jpeg", "test")})
	check(t, err)
	want := must(cv.ReadEnsemble(filepath.Join(dir, ensembleFile)))(t)
	k := len(want.Classes)
	if n := len(want.RowsOf(cv.SplitTest)); n != len(got.Names) || got.Members != 4+2 {
		t.Fatalf("%d pictures and %d members for %d test images", len(got.Names), got.Members, n)
	}
	for _, i := range want.RowsOf(cv.SplitTest) {
		j := slices.Index(got.Names, want.ImageName[i])
		if !slices.Equal(got.Ensemble.Prob[j*k:(j+1)*k], want.Prob[i*k:(i+1)*k]) || got.Ensemble.MutualInformation[j] != want.MutualInformation[i] {
			t.Errorf("%s: %v, the run has %v", want.ImageName[i], got.Ensemble.Prob[j*k:(j+1)*k], want.Prob[i*k:(i+1)*k])
		}
	}
}

// TestStoresGiveTheSameResults: whether the images' files or their pixels are
// stored, every result is the same; only what names the images' hash differs.
func TestStoresGiveTheSameResults(t *testing.T) {
	dir := t.TempDir()
	if _, err := openRun(t, dir, Options{Fold: -1}, "data.store=files").Execute(context.Background()); err != nil {
		t.Fatal(err)
	}
	whole := must(finished())(t)
	for _, name := range []string{"a", "b"} {
		got, want := must(cv.ReadOOF(filepath.Join(dir, oofPath(name))))(t), must(cv.ReadOOF(filepath.Join(whole, oofPath(name))))(t)
		if !slices.Equal(got.ImageName, want.ImageName) || !slices.Equal(got.Prob, want.Prob) {
			t.Errorf("model %s predicts otherwise", name)
		}
	}
	if v := must(Verify(context.Background(), dir))(t); !v.OK {
		t.Errorf("verify: %+v", v)
	}
	r := openRun(t, dir, Options{Fold: -1}, "data.store=files")
	image := must(cv.ReadFolds(filepath.Join(dir, foldsFile)))(t).ImageName[0]
	if rows := must(r.Trace(context.Background(), image))(t); len(rows) < 3 {
		t.Errorf("%d rows of an image", len(rows))
	}
}

// TestInferAppliesModelsWithMetadata fills in what new pictures do not have.
func TestInferAppliesModelsWithMetadata(t *testing.T) {
	r := openRun(t, copyOfRun(t), Options{Fold: -1})
	got, err := r.Infer(context.Background(), []string{r.path("data", "jpeg", "test")})
	check(t, err)
	if len(got.Names) != 8 || got.Members != 2+4 {
		t.Errorf("%d pictures, %d members", len(got.Names), got.Members)
	}
}

func TestStagesRunOneByOneAsOnAnotherMachine(t *testing.T) {
	dir := t.TempDir()
	for _, stage := range StageNames() {
		folds := []int{-1}
		if stage == "train" || stage == "predict" {
			folds = []int{1, 0}
		}
		for _, fold := range folds {
			if _, err := openRun(t, dir, Options{Fold: fold}).Execute(context.Background(), stage); err != nil {
				t.Fatal(stage, err)
			}
		}
	}
	whole := must(finished())(t)
	for _, file := range []string{"oof/a.arrow", "oof/b.arrow", "submission.csv", "report/index.html", "tasks/report.json"} {
		a, b := must(os.ReadFile(filepath.Join(dir, file)))(t), must(os.ReadFile(filepath.Join(whole, file)))(t)
		if !slices.Equal(a, b) {
			t.Errorf("%s differs from that of a whole run", file)
		}
	}
}

func TestCancelledRunIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := openRun(t, t.TempDir(), Options{Fold: -1}).Execute(ctx)
	if fault.KindOf(err) != fault.Stopped {
		t.Errorf("%v", err)
	}
}

func TestOnlyFoldsGiveTheirRowsAlone(t *testing.T) {
	dir := t.TempDir()
	r := openRun(t, dir, Options{Fold: -1}, "cv.only_folds=[1]")
	if _, err := r.Execute(context.Background()); err != nil {
		t.Fatal(err)
	}
	folds, o := must(cv.ReadFolds(r.path(foldsFile)))(t), must(cv.ReadOOF(r.path(oofPath("a"))))(t)
	if len(o.ImageName) != len(folds.RowsOf(1)) {
		t.Errorf("%d rows for %d images", len(o.ImageName), len(folds.RowsOf(1)))
	}
	v := must(Verify(context.Background(), dir))(t)
	if !v.OK {
		t.Error(v.First())
	}
}

func TestChangedInputsAreNoticed(t *testing.T) {
	dir := copyOfRun(t)
	r := openRun(t, dir, Options{Fold: -1, DryRun: true}, "seed=6")
	steps := must(r.Execute(context.Background()))(t)
	if s := steps[0]; s.Task != "data" || s.Action != "run" || !strings.Contains(s.Why, "seed") {
		t.Errorf("%+v", s)
	}
	picture := filepath.Join(dir, "data", "train.csv")
	check(t, os.WriteFile(picture, append(must(os.ReadFile(picture))(t), '\n'), 0o666))
	steps = must(openRun(t, dir, Options{Fold: -1, DryRun: true}).Execute(context.Background()))(t)
	if s := steps[0]; s.Action != "run" || !strings.Contains(s.Why, "data/train.csv") {
		t.Errorf("%+v", s)
	}
}

func TestForceRedoesAStageAndWhatFollows(t *testing.T) {
	steps := must(openRun(t, copyOfRun(t), Options{Fold: -1, Force: "ensemble"}).Execute(context.Background()))(t)
	for _, s := range steps {
		later := s.Stage == "ensemble" || s.Stage == "submit" || s.Stage == "report"
		if (s.Action == "run") != later {
			t.Errorf("%+v", s)
		}
	}
}

func TestTooFewStepsForTheSamplesIsAUsageError(t *testing.T) {
	_, err := openRun(t, t.TempDir(), Options{Fold: -1}, "models.1.train.update.samples=50").Execute(context.Background())
	if fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), "model b, fold 0: the steps of 2 epochs") {
		t.Errorf("%v", err)
	}
}

func TestMissingManifestIsAnInputError(t *testing.T) {
	_, err := Verify(context.Background(), t.TempDir())
	if fault.KindOf(err) != fault.Input || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
