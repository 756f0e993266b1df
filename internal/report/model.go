package report

import (
	"fmt"

	"melanoma/internal/metrics"
)

// section is one part of a model's chapter. Notes also say what is missing.
type section struct {
	ID, Title, Lead string
	Figures         []figure
	Tables          []*table
	Aside           *figure  // beside Tables and Matrix where there is room
	Wide            []*table // below them
	Folded          []*table // shown on request
	Matrix          *matrix
	Galleries       []gallery
	Notes           []string
}

// chapter is everything about one model.
type chapter struct {
	ID, Name, Note string
	Open           bool
	Sections       []section
}

// newChapter writes the model's sections; only the first model has pictures,
// which keeps the page small when there are many.
func newChapter(in *Input, index int, s *scored) (chapter, error) {
	m := &in.Models[index]
	c := chapter{ID: fmt.Sprintf("m%d", index+1), Name: m.Name, Note: m.Note, Open: index == 0}
	for _, part := range []func(*Input, *Model, *scored) (section, error){
		foldSection, curveSection, confusionSection, uncertaintySection, gallerySection, historySection,
	} {
		sec, err := part(in, m, s)
		if err != nil {
			return c, fmt.Errorf("report: model %q: %w", m.Name, err)
		}
		if index > 0 && len(sec.Galleries) > 0 {
			continue
		}
		sec.ID = fmt.Sprintf("%s-%d", c.ID, len(c.Sections)+1)
		c.Sections = append(c.Sections, sec)
	}
	return c, nil
}

// rankable tells whether there are positives and others to rank.
func rankable(s *scored) bool { return s.positives > 0 && s.positives < len(s.rows) }

// splitFolds returns the rows fold by fold.
func splitFolds(in *Input, s *scored) []*scored {
	var out []*scored
	for _, f := range s.folds() {
		out = append(out, s.inFold(f, in.Positive))
	}
	return out
}

func foldSection(in *Input, m *Model, s *scored) (section, error) {
	sec := section{Title: "Folds"}
	if in.Positive < 0 {
		sec.Notes = []string{"No positive class is named, so there is no AUC by fold."}
		return sec, nil
	}
	class, folds := in.Classes[in.Positive], splitFolds(in, s)
	if s.unlabelled > 0 {
		sec.Notes = append(sec.Notes, fmt.Sprintf("%s left out of every score for want of a label.", count(s.unlabelled, "image is", "images are")))
	}
	if len(folds) == 1 {
		sec.Notes = append(sec.Notes, "One fold was run: its images are a part of the data, and nothing is known about how much the folds differ.")
	}
	sec.Tables = append(sec.Tables, foldTable(s, folds, class))
	if !rankable(s) {
		sec.Notes = append(sec.Notes, fmt.Sprintf("%d of %s are labelled %s: nothing can be ranked.", s.positives, count(len(s.rows), "image", "images"), class))
		return sec, nil
	}
	if len(folds) > 1 {
		f, err := forestFigure(forest(s, folds))
		if err != nil {
			return sec, err
		}
		sec.Aside = &f
	}
	operating, err := operatingTable(s, class)
	if err != nil {
		return sec, err
	}
	sec.Tables = append(sec.Tables, rateTable(s, folds))
	sec.Wide = []*table{operating}
	return sec, nil
}

// forest returns the intervals of the folds that have one and the pooled one.
func forest(s *scored, folds []*scored) []namedInterval {
	var out []namedInterval
	for _, f := range folds {
		if iv, err := metrics.DeLong(f.score, f.positive, level); err == nil {
			out = append(out, namedInterval{fmt.Sprintf("fold %d", f.rows[0].Fold), iv})
		}
	}
	if iv, err := metrics.DeLong(s.score, s.positive, level); err == nil {
		out = append(out, namedInterval{"all", iv})
	}
	return out
}

func curveSection(in *Input, m *Model, s *scored) (section, error) {
	sec := section{Title: "Ranking and calibration"}
	if !rankable(s) {
		sec.Notes = []string{"No curves: they need images of the positive class and others."}
		return sec, nil
	}
	class, folds := in.Classes[in.Positive], splitFolds(in, s)
	iv, err := metrics.DeLong(s.score, s.positive, level)
	if err != nil {
		return sec, err
	}
	bins, err := metrics.Reliability(s.score, s.positive, metrics.DefaultBins)
	if err != nil {
		return sec, err
	}
	for _, draw := range []func() (figure, error){
		func() (figure, error) { return rocFigure(s, folds, iv) },
		func() (figure, error) { return recallFigure(s, folds) },
		func() (figure, error) { return reliabilityFigure(s, bins) },
	} {
		f, err := draw()
		if err != nil {
			return sec, err
		}
		sec.Figures = append(sec.Figures, f)
	}
	sec.Folded = []*table{binTable(bins, class)}
	return sec, nil
}

func confusionSection(in *Input, m *Model, s *scored) (section, error) {
	sec := section{Title: "Classes"}
	if len(s.rows) == 0 {
		sec.Notes = []string{"No labelled image was scored."}
		return sec, nil
	}
	var err error
	if sec.Matrix, err = confusion(s, in.Classes); err != nil || !rankable(s) {
		return sec, err
	}
	// The test set's probabilities are those of what was submitted, so they
	// are shown once.
	test := in.Test
	if m != &in.Models[0] {
		test = nil
	}
	f, err := distributionFigure(s, test, in.Classes[in.Positive])
	if s.classes > 6 {
		sec.Figures = []figure{f} // the matrix needs the whole width
	} else {
		sec.Aside = &f
	}
	return sec, err
}

func uncertaintySection(in *Input, m *Model, s *scored) (section, error) {
	sec := section{Title: "Uncertainty against error",
		Lead: "A prediction counts as wrong here where the most probable class is not the label."}
	if m.Members < 2 {
		sec.Notes = append(sec.Notes, "One member only: the probabilities come from a single network a fold, so there is no disagreement to measure and mutual information is not shown.")
	}
	all := measures(s, m.Members)
	if len(all) == 0 {
		sec.Notes = append(sec.Notes, "The run has no uncertainty columns for these images.")
		return sec, nil
	}
	wrong := 0
	for _, w := range s.wrong() {
		if w {
			wrong++
		}
	}
	if wrong == 0 || wrong == len(s.rows) {
		sec.Notes = append(sec.Notes, fmt.Sprintf("%d of %s are wrong, so that uncertainty cannot be compared between right and wrong ones.", wrong, count(len(s.rows), "prediction", "predictions")))
	}
	lead := all[0]
	for _, a := range all {
		if a.Name == "mutual information" {
			lead = a
		}
	}
	for _, draw := range []func() (figure, error){
		func() (figure, error) { return referralFigure(s, all) },
		func() (figure, error) { return errorFigure(s, all[0]) },
		func() (figure, error) { return separationFigure(s, lead) },
	} {
		f, err := draw()
		if err != nil {
			return sec, err
		}
		sec.Figures = append(sec.Figures, f)
	}
	sec.Tables = []*table{uncertaintyTable(s, all)}
	return sec, nil
}

func gallerySection(in *Input, m *Model, s *scored) (section, error) {
	sec := section{Title: "Images to look at", Lead: "Probabilities are out of fold. P is the probability of the class in brackets; entropies in nats."}
	sec.Galleries = galleries(in, m, s, measures(s, m.Members))
	if len(sec.Galleries) == 0 {
		sec.Notes = []string{"No labelled image was scored."}
	}
	return sec, nil
}

func historySection(in *Input, m *Model, s *scored) (section, error) {
	sec := section{Title: "Training"}
	if len(m.History) == 0 {
		sec.Notes = []string{"No training history was recorded."}
		return sec, nil
	}
	var err error
	sec.Figures, err = historyFigures(m.History)
	return sec, err
}
