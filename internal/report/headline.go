package report

import (
	"fmt"
	"math"

	"melanoma/internal/metrics"
)

// headline is the top of the page: one number, its interval and what they mean.
type headline struct {
	Label, Value, Interval string
	Sentences              []string
	Tiles                  []Fact
}

// bootstraps is the number of resamples of groups behind the second interval.
const bootstraps = 1000

// subject is what the headline speaks of: scores with their labels.
type subject struct {
	name     string
	score    []float64
	positive []bool
	group    []string // of each score; "" if not known
}

// newHeadline speaks of the final blend if there is one, else of the first
// model; where there is no AUC it says why.
func newHeadline(in *Input, first *scored, blends []blended) headline {
	if first == nil || len(first.rows) == 0 {
		return headline{Label: "Out-of-fold AUC", Value: dash,
			Sentences: []string{"No labelled image was scored out of fold, so there is nothing to report."}}
	}
	if in.Positive < 0 {
		return classesHeadline(in, first)
	}
	sub := subject{name: "model " + in.Models[0].Name, score: first.score, positive: first.positive, group: first.group()}
	for _, b := range blends {
		if b.method.Name == in.Blend.Final {
			sub = subject{name: fmt.Sprintf("%s of %s", b.method.Name, count(len(in.Models), "model", "models")),
				score: b.score, positive: b.positive, group: b.group}
		}
	}
	return aucHeadline(in, sub)
}

// aucHeadline is the usual one: pooled AUC and DeLong's interval.
func aucHeadline(in *Input, sub subject) headline {
	class := in.Classes[in.Positive]
	pos := 0
	for _, p := range sub.positive {
		if p {
			pos++
		}
	}
	neg := len(sub.positive) - pos
	h := headline{Label: fmt.Sprintf("Out-of-fold AUC for %s, %s", class, sub.name), Value: dash,
		Tiles: []Fact{{"images", thousands(pos + neg)}, {class, fmt.Sprintf("%s (%s)", thousands(pos), percent(float64(pos)/float64(pos+neg)))}}}
	iv, err := metrics.DeLong(sub.score, sub.positive, level)
	if err != nil {
		h.Sentences = []string{fmt.Sprintf("Of %s, %d are labelled %s: with one side only, nothing can be ranked and no AUC exists.", count(pos+neg, "image", "images"), pos, class)}
		return h
	}
	h.Value, h.Interval = number(iv.Value, nil), span(iv.Low, iv.High, nil)
	if o, err := metrics.SensitivityAtSpecificity(sub.score, sub.positive, 0.9); err == nil {
		h.Tiles = append(h.Tiles, Fact{"sensitivity at 90% specificity", number(o.Sensitivity, nil)})
	}
	if o, err := metrics.SpecificityAtSensitivity(sub.score, sub.positive, 0.9); err == nil {
		h.Tiles = append(h.Tiles, Fact{"specificity at 90% sensitivity", number(o.Specificity, nil)})
	}
	h.Sentences = append(h.Sentences,
		fmt.Sprintf("Of 1,000 random pairs of one image of %s and one other image, the model gives the higher probability to the right one in about %.0f.", class, 1000*iv.Value),
		verdict(iv, pos, neg, class))
	h.Sentences = append(h.Sentences, limits(in, sub))
	return h
}

// verdict says how far the interval lets one conclude anything.
func verdict(iv metrics.Interval, pos, neg int, class string) string {
	rare := count(pos, "image", "images") + " of " + class
	if neg < pos {
		rare = count(neg, "image", "images") + " of other classes"
	}
	width := iv.High - iv.Low
	half := fmt.Sprintf("%.2f", math.Max(0.01, math.Max(iv.Value-iv.Low, iv.High-iv.Value)))
	switch {
	case iv.High < 0.5:
		return fmt.Sprintf("The whole interval lies below 0.5: the model ranks the wrong way round. Look for swapped labels (%s).", rare)
	case iv.Low <= 0.5:
		return fmt.Sprintf("The interval holds 0.5: with %s this run does not show that the model does better than chance.", rare)
	case min(pos, neg) < 30:
		return fmt.Sprintf("The number rests on only %s, too few to trust the interval's own width (%.2f): another sample of this size could well move it by %s, and differences between folds, models or runs mean little.", rare, width, half)
	case width > 0.1:
		return fmt.Sprintf("The number rests on only %s and its interval is wide (%.2f from end to end): another sample of this size could well move it by %s, so small differences between folds, models or runs mean nothing.", rare, width, half)
	case width > 0.04:
		return fmt.Sprintf("The number rests on %s; another sample of this size could well move it by %s, so differences smaller than that between separate runs are noise.", rare, half)
	}
	return fmt.Sprintf("The number rests on %s and is narrow: another sample of this size would rarely move it by more than %s.", rare, half)
}

// limits says what the interval leaves out, and gives the one from resampling
// groups where it can be had.
func limits(in *Input, sub subject) string {
	text := "The interval counts the choice of images only, not another clinic, another camera or another training seed."
	groups, known := distinct(sub.group)
	if !known || groups == len(sub.group) {
		return text
	}
	text += fmt.Sprintf(" It takes the images as independent, but they come from %s.", count(groups, "group (patient or lesion)", "groups (patients or lesions)"))
	if in.Bootstrap == nil {
		return text
	}
	iv, err := metrics.BootstrapAUC(sub.score, sub.positive, sub.group, level, bootstraps, in.Bootstrap(sub.name))
	if err != nil {
		return text
	}
	return text + fmt.Sprintf(" Resampling whole groups instead gives %s.", span(iv.Low, iv.High, nil))
}

// classesHeadline is for data without a positive class.
func classesHeadline(in *Input, s *scored) headline {
	accuracy, err := metrics.Accuracy(s.prob, s.classes, s.target)
	right := int(math.Round(accuracy * float64(len(s.rows))))
	low, high := wilson(right, len(s.rows))
	h := headline{Label: "Out-of-fold accuracy, model " + in.Models[0].Name, Value: number(accuracy, err), Interval: span(low, high, err),
		Tiles: []Fact{{"images", thousands(len(s.rows))}, {"classes", fmt.Sprint(s.classes)}}}
	if macro, _, err := metrics.MacroAUC(s.prob, s.classes, s.target); err == nil {
		h.Tiles = append(h.Tiles, Fact{"mean AUC, each class against the rest", number(macro, nil)})
	}
	h.Sentences = []string{"The data name no positive class, so the page has no sensitivity, no ROC curve and no reliability diagram.",
		fmt.Sprintf("The most probable class is right for %s of %s; accuracy flatters where one class is common.", thousands(right), count(len(s.rows), "image", "images"))}
	return h
}
