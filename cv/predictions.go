package cv

import (
	"math"
	"slices"

	"melanoma/internal/bayes"
	"melanoma/internal/fault"
)

// Predictions are one model's averaged predictions, one row an image.
// Probabilities are averaged over views within each member and then over
// members; entropies are in nats.
type Predictions struct {
	Model     string
	Classes   []string
	Positive  int // index of the positive class, -1 if there is none
	Members   int // posterior samples, over all folds that predict an image
	Views     int
	ImageName []string
	Logits    []float32 // [N,K], mean over views and members
	Prob      []float32 // [N,K]
	// ProbPositive is the probability of the positive class, unrounded; nil
	// without a positive class.
	ProbPositive      []float64
	PredictiveEntropy []float64
	ExpectedEntropy   []float64
	MutualInformation []float64
	ViewVariance      []float64
}

// add appends the row of one image from its draws [members,views,K].
func (p *Predictions) add(name string, logits []float32, members, views int) {
	k := len(p.Classes)
	q := bayes.Predictive(logits, members, views, k, p.Positive)
	p.Members, p.Views = members, views
	p.ImageName = append(p.ImageName, name)
	for c := range k {
		var sum float64
		for i := c; i < len(logits); i += k {
			sum += float64(logits[i])
		}
		p.Logits = append(p.Logits, float32(sum/float64(members*views)))
		p.Prob = append(p.Prob, float32(q.Prob[c]))
	}
	if p.Positive >= 0 {
		p.ProbPositive = append(p.ProbPositive, q.Prob[p.Positive])
	}
	p.PredictiveEntropy = append(p.PredictiveEntropy, q.PredictiveEntropy)
	p.ExpectedEntropy = append(p.ExpectedEntropy, q.ExpectedEntropy)
	p.MutualInformation = append(p.MutualInformation, q.MutualInformation)
	p.ViewVariance = append(p.ViewVariance, q.ViewVariance)
}

// CollateTest averages the draws of all folds on the test images: the members
// are the posterior samples of every fold. The rows come in the order of
// names, which every file of draws must cover exactly.
func CollateTest(model string, draws []FoldDraws, names []string, classes []string, positive int) (*Predictions, error) {
	if err := checkDraws(draws, classes, positive); err != nil {
		return nil, err
	}
	draws = byFold(draws)
	perFold := make([]map[string]grid, len(draws))
	for i, d := range draws {
		var err error
		if perFold[i], err = d.grids(); err != nil {
			return nil, err
		}
		if err := sameImages(d.Source, "the test list", perFold[i], names); err != nil {
			return nil, err
		}
	}
	p := &Predictions{Model: model, Classes: classes, Positive: positive}
	for _, name := range names {
		var logits []float32
		members, views := 0, perFold[0][name].views
		for i, g := range perFold {
			if g[name].views != views {
				return nil, draws[i].wrong(name, "has %d views, in %s it has %d", g[name].views, draws[0].Source, views)
			}
			members += g[name].samples
			logits = append(logits, g[name].logits...)
		}
		p.add(name, logits, members, views)
	}
	return p, nil
}

// byFold returns the draws by ascending fold, so that sums do not depend on
// the order in which files were listed.
func byFold(draws []FoldDraws) []FoldDraws {
	return slices.SortedFunc(slices.Values(draws), func(a, b FoldDraws) int { return a.Fold - b.Fold })
}

// checkDraws asks for at least one fold, each once, all with these classes.
func checkDraws(draws []FoldDraws, classes []string, positive int) error {
	if len(draws) == 0 {
		return fault.New(fault.Input, "run melanoma predict first", "cv: no draws to collate")
	}
	if positive < -1 || positive >= len(classes) {
		return fault.New(fault.Program, "", "cv: positive class %d of %d", positive, len(classes))
	}
	source := make(map[int]string)
	for _, d := range draws {
		if before, twice := source[d.Fold]; twice {
			return fault.New(fault.Input, "one file of draws a fold", "cv: %s and %s both hold fold %d", before, d.Source, d.Fold)
		}
		source[d.Fold] = d.Source
		if !slices.Equal(d.Classes, classes) {
			return fault.New(fault.Input, "remake it with melanoma predict", "cv: %s has the classes %v, not %v", d.Source, d.Classes, classes)
		}
	}
	return nil
}

// sameImages asks that the draws cover exactly the wanted names.
func sameImages(source, list string, have map[string]grid, want []string) error {
	wanted := make(map[string]bool, len(want))
	var absent, unknown []string
	for _, name := range want {
		if wanted[name] {
			return fault.New(fault.Input, "every image has one row", "cv: %s names image %s twice", list, name)
		}
		wanted[name] = true
		if _, ok := have[name]; !ok {
			absent = append(absent, name)
		}
	}
	for name := range have {
		if !wanted[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	const hint = "remake it with melanoma predict"
	if len(absent) > 0 {
		return fault.New(fault.Input, hint, "cv: %s has no draws of %s of %s", source, nameSome(absent), list)
	}
	if len(unknown) > 0 {
		return fault.New(fault.Input, hint, "cv: %s has draws of %s, not in %s", source, nameSome(unknown), list)
	}
	return nil
}

// verify asks for finite numbers, probabilities that sum to 1, and entropies
// that agree with one another.
func (p *Predictions) verify() error {
	k := len(p.Classes)
	for i, name := range p.ImageName {
		wrong := func(what string, value float64) error {
			return fault.New(fault.Input, "remake it with melanoma oof", "cv: predictions of %s: image %s has %s %v", p.Model, name, what, value)
		}
		var sum float64
		for c := i * k; c < (i+1)*k; c++ {
			if v := float64(p.Logits[c]); math.IsNaN(v) || math.IsInf(v, 0) {
				return wrong("the logit", v)
			}
			if !(p.Prob[c] >= 0 && p.Prob[c] <= 1) {
				return wrong("the probability", float64(p.Prob[c]))
			}
			sum += float64(p.Prob[c])
		}
		if math.Abs(sum-1) > 1e-5 {
			return wrong("probabilities that sum to", sum)
		}
		if p.Positive >= 0 && float32(p.ProbPositive[i]) != p.Prob[i*k+p.Positive] {
			return wrong("the positive probability", p.ProbPositive[i])
		}
		for _, v := range []float64{p.PredictiveEntropy[i], p.ExpectedEntropy[i], p.MutualInformation[i], p.ViewVariance[i]} {
			if !(v >= 0) || math.IsInf(v, 0) {
				return wrong("the uncertainty", v)
			}
		}
		if gap := p.PredictiveEntropy[i] - p.ExpectedEntropy[i] - p.MutualInformation[i]; math.Abs(gap) > 1e-9 {
			return wrong("entropies that disagree by", gap)
		}
	}
	return nil
}
