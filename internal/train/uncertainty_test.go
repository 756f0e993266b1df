package train

import (
	"context"
	"encoding/csv"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"melanoma/data"
	"melanoma/internal/bayes"
	"melanoma/internal/metrics"
	"melanoma/models"
)

// drawn draws a Kaggle folder, lets change edit it, and ingests it at 48 px.
func drawn(t *testing.T, change func(dir string)) *data.Store {
	t.Helper()
	dir := t.TempDir()
	synth := data.DefaultSynth()
	synth.Images, synth.Size, synth.Seed, synth.LabelNoise, synth.TestFraction = 320, 64, 5, 0, 0.25
	ctx := context.Background()
	root := filepath.Join(dir, "data")
	if err := data.Synth(ctx, root, synth); err != nil {
		t.Fatal(err)
	}
	change(root)
	c := data.Default()
	c.Root, c.Size, c.Columns.Diagnosis, c.Positive = root, 48, "-", "malignant"
	if _, err := data.Ingest(ctx, c, filepath.Join(dir, "images"), data.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := data.OpenStore(filepath.Join(dir, "images"), 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// members trains the demo's sampler at a temperature, one chain a seed, and
// predicts rows; the chains' samples are the members.
func members(t *testing.T, s *data.Store, temperature float64, rows []int, seeds ...uint64) []bayes.Prediction {
	t.Helper()
	var chains []*Draws
	for _, seed := range seeds {
		chains = append(chains, sampled(t, s, temperature, rows, seed))
	}
	out := make([]bayes.Prediction, len(rows))
	for i := range rows {
		var logits []float32
		for _, d := range chains {
			per := d.Views * d.Samples * d.Classes
			logits = append(logits, d.Logits[i*per:(i+1)*per]...)
		}
		out[i] = bayes.Predictive(logits, len(chains)*chains[0].Samples, 1, chains[0].Classes, s.Positive())
	}
	return out
}

// sampled trains one chain and predicts rows with its samples.
func sampled(t *testing.T, s *data.Store, temperature float64, rows []int, seed uint64) *Draws {
	t.Helper()
	dir := chain(t, s, temperature, seed)
	d, err := Predict(context.Background(), Prediction{Dir: dir, Samples: 4, Store: s, Rows: rows, Views: 1, Batch: 32})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// chain trains the sampler and returns the folder with its four samples.
func chain(t *testing.T, s *data.Store, temperature float64, seed uint64) string {
	t.Helper()
	task := smallTask(t, s, "sghmc")
	task.Seed = seed
	u := bayes.Default()
	u.Name, u.Friction, u.Temperature, u.PriorPrecision, u.BurnIn, u.Samples = "sghmc", 0.5, temperature, 10, 90, 4
	task.Config.Update, task.Config.Epochs, task.Config.Batch = u, 12, 16
	task.Config.Schedule = Schedule{Name: "constant", LearningRate: 0.1, WarmupEpochs: 1}
	if err := Fit(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	return task.Dir
}

// prediction is row i of draws with one view: its samples are the members.
func (d *Draws) prediction(i, positive int) bayes.Prediction {
	per := d.Views * d.Samples * d.Classes
	return bayes.Predictive(d.Logits[i*per:(i+1)*per], d.Samples, d.Views, d.Classes, positive)
}

// TestMutualInformationIsHigherOnPicturesUnlikeTheTrainingSet turns half of
// the test pictures into noise, inverted colours or blank frames. Samples of a
// posterior should disagree more about those than about skin.
func TestMutualInformationIsHigherOnPicturesUnlikeTheTrainingSet(t *testing.T) {
	kinds := map[string]string{}
	s := drawn(t, func(root string) {
		files, err := filepath.Glob(filepath.Join(root, "jpeg", "test", "*.jpg"))
		if err != nil || len(files) < 40 {
			t.Fatalf("%d test pictures, %v", len(files), err)
		}
		slices.Sort(files)
		for i, f := range files {
			name := filepath.Base(f[:len(f)-len(".jpg")])
			kinds[name] = []string{"skin", "noise", "skin", "inverted", "skin", "blank"}[i%6]
			spoil(t, f, kinds[name], uint64(i))
		}
	})
	rows := s.TestRows()
	values := map[string][]float64{}
	for i, p := range members(t, s, 0.01, rows, 1, 2, 3) {
		kind := kinds[s.Row(rows[i]).ImageName]
		values[kind] = append(values[kind], p.MutualInformation)
	}
	skin := mean(values["skin"])
	for _, kind := range []string{"noise", "inverted", "blank"} {
		t.Logf("mutual information %.4f nats on %s, %.4f on skin", mean(values[kind]), kind, skin)
		if mean(values[kind]) <= skin {
			t.Errorf("mutual information on %s is not higher than on skin", kind)
		}
	}
}

func mean(x []float64) float64 {
	total := 0.0
	for _, v := range x {
		total += v
	}
	return total / float64(len(x))
}

// spoil replaces a picture by one that no lesion looks like.
func spoil(t *testing.T, file, kind string, seed uint64) {
	t.Helper()
	if kind == "skin" {
		return
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := jpeg.Decode(f)
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	grey := uint8(r.IntN(256))
	out := image.NewRGBA(picture.Bounds())
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			red, green, blue, _ := picture.At(x, y).RGBA()
			c := color.RGBA{grey, grey, grey, 255}
			switch kind {
			case "noise":
				c = color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
			case "inverted":
				c = color.RGBA{uint8(255 - red>>8), uint8(255 - green>>8), uint8(255 - blue>>8), 255}
			}
			out.Set(x, y, c)
		}
	}
	w, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := jpeg.Encode(w, out, nil); err != nil {
		t.Fatal(err)
	}
}

// TestChainsSpreadWithTheTemperature: the noise of a sampler moves its weights
// further between two samples than the gradients of its batches do at
// temperature 0, and further the hotter it is.
func TestChainsSpreadWithTheTemperature(t *testing.T) {
	s := drawn(t, func(string) {})
	spread := func(temperature float64) float64 {
		dir := chain(t, s, temperature, 1)
		var weights [2]models.Weights
		for i := range weights {
			_, w, err := ReadWeights(filepath.Join(dir, WeightsFile(3*i)))
			if err != nil {
				t.Fatal(err)
			}
			weights[i] = w
		}
		sum, n := 0.0, 0
		for name, first := range weights[0] {
			if strings.Contains(name, "running") {
				continue
			}
			for i, v := range first {
				d := float64(v - weights[1][name][i])
				sum += d * d
				n++
			}
		}
		return math.Sqrt(sum / float64(n))
	}
	cold, warm, hot := spread(0), spread(0.1), spread(1)
	t.Logf("weights move by %.4f, %.4f, %.4f at temperatures 0, 0.1, 1", cold, warm, hot)
	if !(1.5*cold < warm && 1.5*warm < hot) {
		t.Error("the spread of the chain does not grow with the temperature")
	}
}

// TestShuffledLabelsCannotBePredicted trains on labels dealt out anew: what is
// left of the AUC on held-out patients is chance. With the true labels the
// same training must find the signal, or this test could not fail.
func TestShuffledLabelsCannotBePredicted(t *testing.T) {
	auc := func(s *data.Store) (value, standardError float64) {
		var fit, held []int
		for _, row := range s.TrainRows() {
			if patientNumber(s.Row(row).Group)%3 == 0 {
				held = append(held, row)
			} else {
				fit = append(fit, row)
			}
		}
		task := smallTask(t, s, "adam")
		task.Rows, task.Config.Epochs, task.Config.Batch = fit, 10, 16
		task.Config.Schedule.LearningRate = 3e-3
		if err := Fit(context.Background(), task); err != nil {
			t.Fatal(err)
		}
		d, err := Predict(context.Background(), Prediction{Dir: task.Dir, Samples: 1, Store: s, Rows: held, Views: 4, Batch: 32})
		if err != nil {
			t.Fatal(err)
		}
		score, positive := make([]float64, len(held)), make([]bool, len(held))
		n := 0.0
		for i, row := range held {
			score[i], positive[i] = d.prediction(i, s.Positive()).Prob[s.Positive()], s.Row(row).Positive
			if positive[i] {
				n++
			}
		}
		value, err = metrics.AUC(score, positive)
		if err != nil {
			t.Fatal(err)
		}
		rest := float64(len(held)) - n
		return value, math.Sqrt((n + rest + 1) / (12 * n * rest)) // of the Mann-Whitney statistic under chance
	}
	honest, se := auc(drawn(t, func(string) {}))
	if honest < 0.5+4*se {
		t.Fatalf("AUC %.3f with the true labels: the training finds nothing", honest)
	}
	shuffled, se := auc(drawn(t, func(root string) { shuffleTargets(t, filepath.Join(root, "train.csv")) }))
	t.Logf("AUC %.3f with the true labels, %.3f +- %.3f with shuffled ones", honest, shuffled, se)
	if math.Abs(shuffled-0.5) > 2.5*se {
		t.Errorf("AUC %.3f with shuffled labels, want 0.5 within 2.5 standard errors of %.3f", shuffled, se)
	}
}

// patientNumber is a number made of a patient's name.
func patientNumber(name string) int {
	n := 0
	for _, c := range name {
		n = (31*n + int(c)) % 1_000_003
	}
	return n
}

// shuffleTargets deals the column target out anew among the rows.
func shuffleTargets(t *testing.T, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(f).ReadAll()
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	column := slices.Index(rows[0], "target")
	body := rows[1:]
	rand.New(rand.NewPCG(8, 9)).Shuffle(len(body), func(i, j int) {
		body[i][column], body[j][column] = body[j][column], body[i][column]
	})
	w, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
}
