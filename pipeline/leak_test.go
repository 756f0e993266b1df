package pipeline

import (
	"bytes"
	"context"
	"encoding/csv"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"melanoma/cv"
	"melanoma/data"
	"melanoma/internal/metrics"
	"melanoma/internal/rng"
)

// learnable is large enough to learn the drawn lesions from: the AUC is above
// 0.8 with true labels.
const learnable = `name: learn
seed: 2
data: {size: 40, test_csv: "", positive: malignant, columns: {diagnosis: "-"}}
cv: {folds: 2}
train:
  epochs: 16
  batch: 16
  schedule: {learning_rate: 0.1, name: constant, warmup_epochs: 1}
  update: {name: sghmc, friction: 0.5, temperature: 0.01, prior_precision: 10, burn_in: 50, samples: 8}
predict: {views: 2}
models: [{name: m, arch: tiny}]
report: {bootstrap: false, thumbnails: false}
`

// runOn runs the configuration on a folder and returns its out-of-fold AUC.
func runOn(t *testing.T, root string) (*Run, float64) {
	t.Helper()
	c, err := Load("learn.yaml", []byte(learnable), []string{"data.root=" + root})
	check(t, err)
	r, err := New(t.TempDir(), c, Options{Fold: -1})
	check(t, err)
	_, err = r.Execute(context.Background())
	check(t, err)
	o := must(cv.ReadOOF(r.path(oofPath("m"))))(t)
	positive := make([]bool, len(o.Target))
	for i, k := range o.Target {
		positive[i] = int(k) == o.Positive
	}
	return r, must(metrics.AUC(o.ProbPositive, positive))(t)
}

func drawLesions(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	check(t, data.Synth(context.Background(), root, data.SynthConfig{Images: 240, Size: 48, Seed: 9, Prevalence: 0.3, LesionsPerPatient: 3}))
	return root
}

// TestTrueLabelsTeachAndShuffledOnesDoNot: with labels that say nothing the
// out-of-fold AUC is near one half (standard error 0.04), or something leaks.
// The posterior of the true ones knows what it has not seen.
func TestTrueLabelsTeachAndShuffledOnesDoNot(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	root := drawLesions(t)
	r, auc := runOn(t, root)
	if auc < 0.8 {
		t.Errorf("true labels give an AUC of %.3f", auc)
	}
	checkUncertainty(t, r, filepath.Join(root, "jpeg", "train"))
	shuffleLabels(t, filepath.Join(root, "train.csv"))
	if _, auc := runOn(t, root); auc < 0.38 || auc > 0.62 {
		t.Errorf("shuffled labels give an AUC of %.3f", auc)
	}
}

func shuffleLabels(t *testing.T, path string) {
	t.Helper()
	records := must(csv.NewReader(bytes.NewReader(must(os.ReadFile(path))(t))).ReadAll())(t)
	column := slices.Index(records[0], "target")
	rows := records[1:]
	rng.New(rng.Key(1, "shuffled labels")).Shuffle(len(rows), func(i, j int) {
		rows[i][column], rows[j][column] = rows[j][column], rows[i][column]
	})
	var out bytes.Buffer
	check(t, csv.NewWriter(&out).WriteAll(records))
	check(t, os.WriteFile(path, out.Bytes(), 0o666))
}

// checkUncertainty: chains spread, and the mutual information is higher on
// every kind of blank and corrupted pictures than on lesions, twice as high in
// the mean of the kinds. Over six seeds the mean was 3.9 to 8.4 times as high, a
// single kind 3.1 to 10; with the roundings of the Go kernels white pictures
// came as low as 1.2 once, so one kind of one chain says little.
func checkUncertainty(t *testing.T, r *Run, lesions string) {
	t.Helper()
	usual := meanInformation(t, r, lesions)
	if usual < 1e-3 {
		t.Errorf("mutual information of lesions is %g: the chain does not spread", usual)
	}
	files := must(filepath.Glob(filepath.Join(lesions, "*.jpg")))(t)[:16]
	var sum float64
	kinds := map[string]func(c color.NRGBA, x, y int) color.NRGBA{
		"black":    func(color.NRGBA, int, int) color.NRGBA { return color.NRGBA{0, 0, 0, 255} },
		"white":    func(color.NRGBA, int, int) color.NRGBA { return color.NRGBA{255, 255, 255, 255} },
		"blue":     func(color.NRGBA, int, int) color.NRGBA { return color.NRGBA{0, 0, 255, 255} },
		"inverted": func(c color.NRGBA, _, _ int) color.NRGBA { return color.NRGBA{255 - c.R, 255 - c.G, 255 - c.B, 255} },
		"underlit": func(c color.NRGBA, _, _ int) color.NRGBA { return color.NRGBA{c.R / 6, c.G / 6, c.B / 6, 255} },
		"half black": func(c color.NRGBA, x, _ int) color.NRGBA {
			return color.NRGBA{c.R * uint8(x/24), c.G * uint8(x/24), c.B * uint8(x/24), 255}
		},
	}
	for name, corrupt := range kinds {
		dir := t.TempDir()
		for _, file := range files {
			corruptPicture(t, file, filepath.Join(dir, filepath.Base(file)+".png"), corrupt)
		}
		odd := meanInformation(t, r, dir)
		if odd <= usual {
			t.Errorf("mutual information %.4f on %s pictures, %.4f on lesions", odd, name, usual)
		}
		sum += odd
	}
	if mean := sum / float64(len(kinds)); mean < 2*usual {
		t.Errorf("mutual information %.4f on odd pictures, %.4f on lesions", mean, usual)
	}
}

func meanInformation(t *testing.T, r *Run, folder string) float64 {
	t.Helper()
	in, err := r.Infer(context.Background(), []string{folder})
	check(t, err)
	var sum float64
	for _, v := range in.Ensemble.MutualInformation {
		sum += v
	}
	return sum / float64(len(in.Names))
}

func corruptPicture(t *testing.T, from, to string, pixel func(c color.NRGBA, x, y int) color.NRGBA) {
	t.Helper()
	im := must(jpeg.Decode(bytes.NewReader(must(os.ReadFile(from))(t))))(t)
	out := image.NewNRGBA(im.Bounds())
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.SetNRGBA(x, y, pixel(color.NRGBAModel.Convert(im.At(x, y)).(color.NRGBA), x, y))
		}
	}
	var encoded bytes.Buffer
	check(t, png.Encode(&encoded, out))
	check(t, os.WriteFile(to, encoded.Bytes(), 0o666))
}
