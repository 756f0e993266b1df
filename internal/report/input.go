package report

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Input is everything the page shows, in the order in which it shows it.
type Input struct {
	// Title names the run; Summary says in a sentence what was run.
	Title, Summary string
	// Facts are short pairs (images, groups, seed, kernels) in display order.
	Facts []Fact
	// Config is the resolved configuration as YAML.
	Config string
	// Classes are the K class names in the order of every Prob.
	Classes []string
	// Positive is the index in Classes of the class that AUC speaks of;
	// negative if there is none.
	Positive int
	// Models are the trained models; the first is shown opened.
	Models []Model
	// Blend compares ways to combine the models; nil if none was made.
	Blend *Blend
	// Test holds the probability of the positive class of each test image;
	// empty without a test set.
	Test []float64
	// Thumbnail returns a small PNG or JPEG of an image, at most about 160
	// pixels on its longer side (see [EncodeThumbnail]); nil shows no pictures.
	Thumbnail func(imageName string) ([]byte, error)
	// Augmented shows what the augmentation made of some training images; may
	// be empty.
	Augmented []Augmented
	// Bootstrap returns the random stream for the headline's second interval,
	// from resampling whole groups; name says what is scored, such as
	// "model lite0". It must depend on nothing else. nil leaves it out.
	Bootstrap func(name string) *rand.Rand
	// Warnings stand at the top of the page, Notes below the headline.
	Warnings, Notes []string
}

// Fact is a name with its value, both as shown.
type Fact struct{ Name, Value string }

// Model is one configuration trained on the folds.
type Model struct {
	// Name is the model's name in the run; Note a sentence about it.
	Name, Note string
	// Members is the number of predictive members behind each row: posterior
	// samples of its fold's model. With fewer than two there is no mutual
	// information and the page says so.
	Members int
	// Rows has one row for each image scored out of fold, in any order.
	Rows []Row
	// History has one entry an epoch and fold, in any order; may be empty.
	History []Epoch
}

// Row is the out-of-fold prediction of one image.
type Row struct {
	ImageName string
	// Group is the patient or lesion; "" if not known.
	Group string
	// Fold is the fold that held the image out, counted from 0.
	Fold int
	// Target is the index of the labelled class; negative if unknown, and
	// then the row enters no score.
	Target int
	// Prob holds the K class probabilities, each in [0, 1].
	Prob []float32
	// Uncertainties in nats, at least 0; ViewVariance is the variance over
	// test-time views of the positive class's probability. NaN: not known.
	PredictiveEntropy, ExpectedEntropy, MutualInformation, ViewVariance float64
}

// Epoch is one line of a training history. A NaN was not measured.
type Epoch struct {
	// Fold and Epoch are counted from 0.
	Fold, Epoch int
	// TrainLoss is the mean loss over the epoch's batches.
	TrainLoss float64
	// LearningRate is the rate at the end of the epoch.
	LearningRate float64
	// InnerLoss and InnerAUC are measured on the inner split of the training
	// rows, never on the fold that is scored.
	InnerLoss, InnerAUC float64
}

// Blend lists the ways in which the models were combined.
type Blend struct {
	// Final is the name of the method behind the submission and the headline;
	// "" if there is none.
	Final   string
	Methods []BlendMethod
}

// BlendMethod is one way to combine the models' out-of-fold predictions.
type BlendMethod struct {
	Name, Note string
	// Weights are the models' shares; empty means equal.
	Weights []Weight
	// Scores are the blended out-of-fold scores, joined to the models' rows
	// by image name; higher means more likely positive.
	Scores []Score
	// Nested is the estimate on folds that the weights were not fitted on;
	// nil where nothing was fitted.
	Nested *Nested
}

// Weight is one model's share in a blend.
type Weight struct {
	Model string
	Value float64
}

// Score is one image's blended score.
type Score struct {
	ImageName string
	Value     float64
}

// Nested is a blend's AUC when the weights are fitted on all folds but one
// and scored on that one, against a baseline on the same rows.
type Nested struct {
	AUC, BaselineAUC float64
	// Baseline names what the gain is measured against, such as
	// "equal weights".
	Baseline string
}

// check returns an error that names the first contradiction in the input.
func (in *Input) check() error {
	if in.Positive >= len(in.Classes) {
		return fmt.Errorf("report: positive class %d of %d classes", in.Positive, len(in.Classes))
	}
	names := make(map[string]bool)
	for _, m := range in.Models {
		if names[m.Name] {
			return fmt.Errorf("report: model %q stands twice", m.Name)
		}
		names[m.Name] = true
		if err := m.check(len(in.Classes)); err != nil {
			return err
		}
	}
	if err := in.Blend.checkFinal(); err != nil {
		return err
	}
	for i, p := range in.Test {
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("report: test image %d has probability %v", i, p)
		}
	}
	return nil
}

func (m *Model) check(classes int) error {
	seen := make(map[string]bool, len(m.Rows))
	for i, r := range m.Rows {
		if err := r.check(classes); err != nil {
			return fmt.Errorf("report: model %q, row %d (%s): %w", m.Name, i, r.ImageName, err)
		}
		if seen[r.ImageName] {
			return fmt.Errorf("report: model %q, row %d (%s): the image stands twice", m.Name, i, r.ImageName)
		}
		seen[r.ImageName] = true
	}
	return nil
}

func (r *Row) check(classes int) error {
	if len(r.Prob) != classes {
		return fmt.Errorf("%d probabilities for %d classes", len(r.Prob), classes)
	}
	for k, p := range r.Prob {
		// NaN fails both comparisons.
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("probability %v of class %d", p, k)
		}
	}
	if r.Target >= classes {
		return fmt.Errorf("target %d of %d classes", r.Target, classes)
	}
	for _, u := range []float64{r.PredictiveEntropy, r.ExpectedEntropy, r.MutualInformation, r.ViewVariance} {
		if math.IsInf(u, 0) {
			return fmt.Errorf("an uncertainty is infinite")
		}
	}
	return nil
}
