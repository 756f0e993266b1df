package cv

import (
	"math"
	"slices"

	"melanoma/internal/bayes"
	"melanoma/internal/fault"
)

// The splits of an ensemble's rows.
const (
	SplitOOF  = "oof"
	SplitTest = "test"
)

// Ensemble is the table of combined predictions, one row an image.
//
// Prob, entropies and mutual information are those of all models' members
// pooled, every model with the same total weight: the expected entropy is the
// mean of the models' own, and models that disagree raise the mutual
// information. The view variance is the mean of the models' own.
type Ensemble struct {
	Classes   []string
	Positive  int      // index of the positive class, -1 if there is none
	Models    []string // in the order of the blend
	Split     []string // SplitOOF or SplitTest
	ImageName []string
	Fold      []int32   // -1 for test images
	Target    []int32   // class index, -1 for test images
	Prob      []float32 // [N,K], mean of the models' probabilities
	// Scores holds the score of the positive class by method, each in [0, 1];
	// empty without a positive class. Ranks are among the rows of one split.
	// Out of fold, [MethodWeights] uses the weights fitted without the row's
	// fold, so that its AUC is honest.
	Scores            map[string][]float64
	PredictiveEntropy []float64
	ExpectedEntropy   []float64
	MutualInformation []float64
	ViewVariance      []float64
}

// FitEnsemble combines the out-of-fold tables of all models, joined by image,
// and fits the blend on them. The rows come in the order of the first table.
// Without a positive class nothing is ranked or fitted: the classes'
// probabilities are averaged alone.
func FitEnsemble(tables []*OOF, c BlendConfig) (*Blend, *Ensemble, error) {
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	if len(tables) == 0 {
		return nil, nil, fault.New(fault.Input, "run melanoma oof first", "cv: no out-of-fold table to combine")
	}
	first := tables[0]
	models := make([]*Predictions, len(tables))
	for m, o := range tables {
		order, err := joinTo(first.ImageName, o.ImageName, first.Model, o.Model)
		if err != nil {
			return nil, nil, err
		}
		models[m] = o.Predictions.rows(order)
		for i, r := range order {
			if o.Fold[r] != first.Fold[i] || o.Target[r] != first.Target[i] {
				return nil, nil, fault.New(fault.Input, "remake it with melanoma oof",
					"cv: image %s has fold %d and target %d in %s, %d and %d in %s", first.ImageName[i], o.Fold[r], o.Target[r], o.Model, first.Fold[i], first.Target[i], first.Model)
			}
		}
	}
	e, err := pool(models, SplitOOF)
	if err != nil {
		return nil, nil, err
	}
	e.Fold, e.Target = slices.Clone(first.Fold), slices.Clone(first.Target)
	if e.Positive < 0 {
		b := &Blend{Rows: len(e.ImageName), Notes: []string{"no positive class: probabilities are averaged, nothing is ranked or fitted"}}
		for _, name := range e.Models {
			b.Models = append(b.Models, BlendModel{Model: name})
		}
		return b, e, nil
	}
	positive := make([]bool, len(first.Target))
	for i, t := range first.Target {
		if t < 0 {
			return nil, nil, fault.New(fault.Input, "every training image needs a class", "cv: image %s of %s has no target", first.ImageName[i], first.Model)
		}
		positive[i] = int(t) == e.Positive
	}
	l := labelled{models: e.Models, scores: scoresOf(models), positive: positive, fold: first.Fold}
	b, scores, err := l.fit(c.Methods)
	if err != nil {
		return nil, nil, err
	}
	e.Scores = scores
	return b, e, nil
}

// ApplyEnsemble combines the models' predictions on the test images by the
// fitted blend. The models are joined by name, the images by image_name; the
// rows come in the order of the first model's.
func ApplyEnsemble(predictions []*Predictions, b *Blend, c BlendConfig) (*Ensemble, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	ordered, err := byModel(predictions, b)
	if err != nil {
		return nil, err
	}
	first := ordered[0]
	for m, p := range ordered {
		order, err := joinTo(first.ImageName, p.ImageName, first.Model, p.Model)
		if err != nil {
			return nil, err
		}
		ordered[m] = p.rows(order)
	}
	e, err := pool(ordered, SplitTest)
	if err != nil {
		return nil, err
	}
	if e.Positive < 0 {
		return e, nil
	}
	if slices.Contains(c.Methods, MethodWeights) && b.Weights == nil {
		return nil, fault.New(fault.Input, "remake it with melanoma ensemble", "cv: the blend holds no weights")
	}
	scores := scoresOf(ordered)
	ranks := ranksOf(scores)
	for _, method := range c.Methods {
		e.Scores[method] = b.combine(method, scores, ranks, nil)
	}
	return e, nil
}

// byModel puts the predictions into the order of the blend's models.
func byModel(predictions []*Predictions, b *Blend) ([]*Predictions, error) {
	const hint = "predict the test images with every model of the ensemble"
	if len(predictions) != len(b.Models) || len(predictions) == 0 {
		return nil, fault.New(fault.Input, hint, "cv: test predictions of %d models for a blend of %d", len(predictions), len(b.Models))
	}
	var ordered []*Predictions
	for _, m := range b.Models {
		i := slices.IndexFunc(predictions, func(p *Predictions) bool { return p.Model == m.Model })
		if i < 0 {
			return nil, fault.New(fault.Input, hint, "cv: no test predictions of model %s", m.Model)
		}
		ordered = append(ordered, predictions[i])
	}
	return ordered, nil
}

// rows returns the given rows as new predictions.
func (p *Predictions) rows(order []int) *Predictions {
	q := *p
	k := len(p.Classes)
	q.ImageName = take(p.ImageName, order)
	q.Logits, q.Prob = make([]float32, 0, len(order)*k), make([]float32, 0, len(order)*k)
	for _, r := range order {
		q.Logits = append(q.Logits, p.Logits[r*k:(r+1)*k]...)
		q.Prob = append(q.Prob, p.Prob[r*k:(r+1)*k]...)
	}
	if p.Positive >= 0 {
		q.ProbPositive = take(p.ProbPositive, order)
	}
	q.PredictiveEntropy, q.ExpectedEntropy = take(p.PredictiveEntropy, order), take(p.ExpectedEntropy, order)
	q.MutualInformation, q.ViewVariance = take(p.MutualInformation, order), take(p.ViewVariance, order)
	return &q
}

func scoresOf(models []*Predictions) [][]float64 {
	scores := make([][]float64, len(models))
	for m, p := range models {
		scores[m] = p.ProbPositive
	}
	return scores
}

// pool averages models whose rows are already the same images.
func pool(models []*Predictions, split string) (*Ensemble, error) {
	first := models[0]
	n, k := len(first.ImageName), len(first.Classes)
	e := &Ensemble{Classes: first.Classes, Positive: first.Positive, ImageName: first.ImageName,
		Scores: make(map[string][]float64), Split: slices.Repeat([]string{split}, n),
		Fold: slices.Repeat([]int32{-1}, n), Target: slices.Repeat([]int32{-1}, n), Prob: make([]float32, n*k)}
	var expected, views [][]float64
	for _, p := range models {
		if slices.Contains(e.Models, p.Model) {
			return nil, fault.New(fault.Usage, "give every model a name of its own", "cv: model %s is there twice", p.Model)
		}
		if !slices.Equal(p.Classes, first.Classes) || p.Positive != first.Positive {
			return nil, fault.New(fault.Input, "models of one ensemble share their classes", "cv: model %s has the classes %v, %s has %v", p.Model, p.Classes, first.Model, first.Classes)
		}
		e.Models = append(e.Models, p.Model)
		expected, views = append(expected, p.ExpectedEntropy), append(views, p.ViewVariance)
	}
	if len(models) == 1 { // not through float32 once more
		copy(e.Prob, first.Prob)
		e.PredictiveEntropy, e.ExpectedEntropy = first.PredictiveEntropy, first.ExpectedEntropy
		e.MutualInformation, e.ViewVariance = first.MutualInformation, first.ViewVariance
		return e, nil
	}
	e.ExpectedEntropy, e.ViewVariance = meanOf(expected), meanOf(views)
	mean := make([]float64, k)
	for i := range n {
		clear(mean)
		for _, p := range models {
			for c, v := range p.Prob[i*k : (i+1)*k] {
				mean[c] += float64(v)
			}
		}
		for c := range mean {
			mean[c] /= float64(len(models))
			e.Prob[i*k+c] = float32(mean[c])
		}
		entropy := bayes.Entropy(mean)
		e.PredictiveEntropy = append(e.PredictiveEntropy, max(entropy, e.ExpectedEntropy[i]))
		e.MutualInformation = append(e.MutualInformation, math.Max(0, entropy-e.ExpectedEntropy[i]))
	}
	return e, nil
}

// Append returns the rows of both ensembles, which must agree in classes,
// models and methods.
func (e *Ensemble) Append(o *Ensemble) (*Ensemble, error) {
	if !slices.Equal(e.Classes, o.Classes) || e.Positive != o.Positive || !slices.Equal(e.Models, o.Models) || len(e.Scores) != len(o.Scores) {
		return nil, fault.New(fault.Input, "remake it with melanoma ensemble", "cv: ensembles of %v and %v do not fit together", e.Models, o.Models)
	}
	out := &Ensemble{Classes: e.Classes, Positive: e.Positive, Models: e.Models, Scores: make(map[string][]float64),
		Split: slices.Concat(e.Split, o.Split), ImageName: slices.Concat(e.ImageName, o.ImageName),
		Fold: slices.Concat(e.Fold, o.Fold), Target: slices.Concat(e.Target, o.Target), Prob: slices.Concat(e.Prob, o.Prob),
		PredictiveEntropy: slices.Concat(e.PredictiveEntropy, o.PredictiveEntropy), ExpectedEntropy: slices.Concat(e.ExpectedEntropy, o.ExpectedEntropy),
		MutualInformation: slices.Concat(e.MutualInformation, o.MutualInformation), ViewVariance: slices.Concat(e.ViewVariance, o.ViewVariance)}
	for method, scores := range e.Scores {
		more, ok := o.Scores[method]
		if !ok {
			return nil, fault.New(fault.Input, "remake it with melanoma ensemble", "cv: no scores by method %s", method)
		}
		out.Scores[method] = slices.Concat(scores, more)
	}
	return out, nil
}

// RowsOf returns the rows of one split, ascending.
func (e *Ensemble) RowsOf(split string) []int {
	var rows []int
	for i, s := range e.Split {
		if s == split {
			rows = append(rows, i)
		}
	}
	return rows
}
