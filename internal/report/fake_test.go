package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// fake describes an invented run; what it returns depends on nothing else.
type fake struct {
	images, folds, classes, members int
	prevalence, skill               float64 // skill shifts the positives' logit
	seed                            uint64
}

var usual = fake{images: 1200, folds: 5, classes: 3, members: 3, prevalence: 0.11, skill: 1.4, seed: 7}

func (f fake) input(t testing.TB) Input {
	names := []string{"melanoma", "nevus", "other"}[:f.classes]
	in := Input{
		Title: "HAM10000, melanoma against the rest", Summary: "Five patient-grouped folds of EfficientNet-Lite0 at 128 pixels, 8 views of each image, three posterior samples a fold.",
		Facts:   []Fact{{"images", "1,200"}, {"lesions", "600"}, {"prevalence", "11.0%"}, {"seed", "1"}, {"kernels", "avx512"}, {"image size", "128 × 128"}},
		Config:  "data:\n  root: ../shared/data/ham10000\ncv:\n  folds: 5\nmodels:\n  - name: lite0\n    arch: tf_efficientnet_lite0\n    learning_rate: 0.001\n",
		Classes: names, Positive: 0,
		Notes:     []string{"No test list, so there is no submission."},
		Thumbnail: func(name string) ([]byte, error) { return lesion(t, name), nil },
		Bootstrap: func(model string) *rand.Rand { return rand.New(rand.NewPCG(1, uint64(len(model)))) },
	}
	in.Augmented = []Augmented{{ImageName: "ISIC_0024306", Label: names[0], Stored: lesion(t, "a"), Views: []AugmentedView{
		{Epoch: 0, Picture: lesion(t, "b"), Drew: []Fact{{"transpose", ""}, {"random_brightness", "beta=0.12"}}}, {Epoch: 1, Picture: lesion(t, "c")}}}}
	in.Models = []Model{f.model("lite0", 0), f.model("b0", 1)}
	in.Blend = f.blend(in.Models)
	return in
}

func (f fake) model(name string, stream uint64) Model {
	r := rand.New(rand.NewPCG(f.seed, stream))
	truth := rand.New(rand.NewPCG(f.seed, 99))
	m := Model{Name: name, Note: "Pretrained on ImageNet, fine-tuned for 5 epochs.", Members: f.members}
	for i := range f.images {
		target := 0
		if truth.Float64() >= f.prevalence {
			target = 1 + truth.IntN(f.classes-1)
		}
		m.Rows = append(m.Rows, f.row(r, i, target))
	}
	for k := range f.folds {
		for e := range 8 {
			x := float64(e)
			m.History = append(m.History, Epoch{Fold: k, Epoch: e, TrainLoss: 0.9*math.Exp(-x/3) + 0.2 + 0.02*r.Float64(),
				LearningRate: 5e-4 * (1 + math.Cos(math.Pi*x/8)), InnerLoss: 0.7*math.Exp(-x/3) + 0.35 + 0.04*r.Float64(), InnerAUC: 0.9 - 0.3*math.Exp(-x/2) + 0.02*r.Float64()})
		}
	}
	return m
}

// row draws members around one logit, so that the entropies are consistent.
func (f fake) row(r *rand.Rand, i, target int) Row {
	centre := make([]float64, f.classes)
	for k := range centre {
		centre[k] = r.NormFloat64()
	}
	centre[target] += f.skill
	spread := 0.2 + r.ExpFloat64()*0.3
	prob, expected := make([]float64, f.classes), 0.0
	for range f.members {
		p := softmax(r, centre, spread)
		expected += entropy(p) / float64(f.members)
		for k := range p {
			prob[k] += p[k] / float64(f.members)
		}
	}
	row := Row{ImageName: fmt.Sprintf("ISIC_%07d", 24306+i), Group: fmt.Sprintf("HAM_%07d", i/2), Fold: i / 2 % f.folds, Target: target,
		PredictiveEntropy: entropy(prob), ExpectedEntropy: expected, ViewVariance: spread * spread * 0.02}
	row.MutualInformation = max(0, row.PredictiveEntropy-expected)
	for _, p := range prob {
		row.Prob = append(row.Prob, float32(p))
	}
	return row
}

func softmax(r *rand.Rand, centre []float64, spread float64) []float64 {
	p, sum := make([]float64, len(centre)), 0.0
	for k, c := range centre {
		p[k] = math.Exp(c + spread*r.NormFloat64())
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

func entropy(p []float64) float64 {
	h := 0.0
	for _, v := range p {
		if v > 0 {
			h -= v * math.Log(v)
		}
	}
	return h
}

func (f fake) blend(models []Model) *Blend {
	method := func(name string, w float64) BlendMethod {
		m := BlendMethod{Name: name}
		for i, r := range models[0].Rows {
			m.Scores = append(m.Scores, Score{r.ImageName, w*float64(r.Prob[0]) + (1-w)*float64(models[1].Rows[i].Prob[0])})
		}
		return m
	}
	fitted := method("fitted weights", 0.62)
	fitted.Weights = []Weight{{"lite0", 0.62}, {"b0", 0.38}}
	fitted.Nested = &Nested{AUC: 0.951, BaselineAUC: 0.9495, Baseline: "probability mean"}
	return &Blend{Final: "probability mean", Methods: []BlendMethod{method("probability mean", 0.5), fitted}}
}

// lesion draws a brown blob whose colour depends on the name alone.
func lesion(t testing.TB, name string) []byte {
	const size = 96
	shade := 0
	for _, c := range name {
		shade = (shade*31 + int(c)) % 90
	}
	pix := make([]uint8, 3*size*size)
	for y := range size {
		for x := range size {
			dx, dy := float64(x-size/2), float64(y-size/2)
			inside := dx*dx/float64(400+8*shade)+dy*dy/float64(700-4*shade) < 1
			p := pix[3*(y*size+x):]
			p[0], p[1], p[2] = 226, 178, 150
			if inside {
				p[0], p[1], p[2] = uint8(70+shade), uint8(40+shade/2), 40
			}
		}
	}
	data, err := EncodeThumbnail(pix, size, size, 96)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
