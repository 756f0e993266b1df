package pipeline

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"melanoma/cv"
	"melanoma/data"
	"melanoma/internal/report"
	"melanoma/internal/rng"
	"melanoma/internal/train"
)

const (
	reportVersion = 1
	reportFile    = "report/index.html"
	thumbnailEdge = 128
)

// reportTasks draws the page from everything before it.
func (r *Run) reportTasks() ([]*task, error) {
	t := &task{
		name: "report", stage: "report", version: reportVersion, fold: -1,
		config: r.reportKey(),
		needs:  []need{{task: "ingest"}, {task: "folds"}, {task: "ensemble"}, {task: "submit"}},
		run:    func(_ context.Context, a *attempt) error { return r.report(a) },
	}
	for _, m := range r.modelNames() {
		t.needs = append(t.needs, need{task: "oof-" + m})
		for _, k := range r.folds() {
			t.needs = append(t.needs, need{task: foldTask("train", m, k), match: train.HistoryFile})
		}
	}
	return []*task{t}, nil
}

// reportKey is the whole configuration, which the page shows, less what
// changes no result.
func (r *Run) reportKey() Config {
	c := *r.Config
	c.Workers = 0
	return c
}

func (r *Run) report(a *attempt) error {
	store, err := r.store()
	if err != nil {
		return err
	}
	tables, err := r.readOOFs()
	if err != nil {
		return err
	}
	in := report.Input{
		Title: r.title(), Summary: r.summary(store), Facts: r.facts(store, a), Config: asYAML(r.reportKey()),
		Classes: store.Classes(), Positive: store.Positive(), Warnings: store.Warnings(),
	}
	if in.Notes, err = r.reportRemarks(); err != nil {
		return err
	}
	for i, o := range tables {
		m, err := r.reportModel(r.Config.Models[i], o)
		if err != nil {
			return err
		}
		in.Models = append(in.Models, m)
	}
	if err := r.reportEnsemble(&in); err != nil {
		return err
	}
	if r.Config.Report.Thumbnails {
		in.Thumbnail = thumbnails(store)
		if in.Augmented, err = r.reportAugmented(store); err != nil {
			return err
		}
	}
	if r.Config.Report.Bootstrap {
		in.Bootstrap = func(model string) *rand.Rand { return rng.New(rng.Key(r.Config.Seed, "bootstrap", model)) }
	}
	if err := r.mkdir("report"); err != nil {
		return err
	}
	a.wrote(reportFile)
	return report.Write(r.path(reportFile), in)
}

func (r *Run) title() string {
	if r.Config.Report.Title != "" {
		return r.Config.Report.Title
	}
	return r.Config.Name
}

func (r *Run) summary(store *data.Store) string {
	return fmt.Sprintf("%d training images stored at %d px, %d of %d folds, %s.", len(store.TrainRows()), store.Size(), len(r.folds()), r.Config.CV.Folds,
		plural(len(r.Config.Models), "model"))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func (r *Run) facts(store *data.Store, a *attempt) []report.Fact {
	groups := map[string]bool{}
	for _, i := range store.TrainRows() {
		groups[store.Row(i).Group] = true
	}
	facts := []report.Fact{
		{Name: "training images", Value: fmt.Sprint(len(store.TrainRows()))}, {Name: "groups", Value: fmt.Sprint(len(groups))},
		{Name: "test images", Value: fmt.Sprint(len(store.TestRows()))}, {Name: "classes", Value: strings.Join(store.Classes(), ", ")},
		{Name: "folds", Value: fmt.Sprintf("%v of %d, %s", r.folds(), r.Config.CV.Folds, r.Config.CV.Scheme)},
		{Name: "test-time views", Value: fmt.Sprint(r.Config.Predict.Views)}, {Name: "seed", Value: fmt.Sprint(r.Config.Seed)},
	}
	if hash := a.inputs[foldsFile]; hash != "" {
		facts = append(facts, report.Fact{Name: "folds file (sha256)", Value: hash[:16]})
	}
	return facts
}

// reportModel turns a model's out-of-fold table and histories into what the
// page shows.
func (r *Run) reportModel(m ModelConfig, o *cv.OOF) (report.Model, error) {
	out := report.Model{Name: m.Name, Note: describeModel(m, r.Config.NetworkSize(m)), Members: o.Members}
	k := len(o.Classes)
	for i, name := range o.ImageName {
		out.Rows = append(out.Rows, report.Row{
			ImageName: name, Group: o.Group[i], Fold: int(o.Fold[i]), Target: int(o.Target[i]), Prob: o.Prob[i*k : (i+1)*k],
			PredictiveEntropy: o.PredictiveEntropy[i], ExpectedEntropy: o.ExpectedEntropy[i],
			MutualInformation: o.MutualInformation[i], ViewVariance: o.ViewVariance[i],
		})
	}
	for _, fold := range r.folds() {
		history, err := train.ReadHistory(r.path(trainDir(m.Name, fold), train.HistoryFile))
		if err != nil {
			return out, err
		}
		for _, h := range history {
			inner := math.NaN()
			if h.WatchLoss != nil {
				inner = *h.WatchLoss
			}
			out.History = append(out.History, report.Epoch{Fold: fold, Epoch: h.Epoch - 1, TrainLoss: h.TrainLoss,
				LearningRate: h.LearningRate, InnerLoss: inner, InnerAUC: math.NaN()})
		}
	}
	return out, nil
}

// describeModel is a sentence about a model.
func describeModel(m ModelConfig, size int) string {
	from := m.Arch
	switch {
	case m.ONNX != "":
		from = "backbone from an ONNX file"
	case m.ViaONNX:
		from += ", written as ONNX and read back"
	}
	return fmt.Sprintf("%s at %d px; %s, %d epochs of batches of %d, %s schedule at %g.", from, size, m.Train.Update.Name, m.Train.Epochs, m.Train.Batch,
		m.Train.Schedule.Name, m.Train.Schedule.LearningRate)
}

// reportEnsemble adds the blend and the test scores.
func (r *Run) reportEnsemble(in *report.Input) error {
	blend, err := cv.ReadBlend(r.path(blendFile))
	if err != nil {
		return err
	}
	ensemble, err := cv.ReadEnsemble(r.path(ensembleFile))
	if err != nil {
		return err
	}
	if ensemble.Positive < 0 {
		return nil
	}
	in.Notes = append(in.Notes, blend.Notes...)
	in.Blend = &report.Blend{Final: r.Config.Ensemble.Submit}
	for _, method := range r.Config.Ensemble.Methods {
		in.Blend.Methods = append(in.Blend.Methods, reportMethod(method, blend, ensemble))
	}
	for _, i := range ensemble.RowsOf(cv.SplitTest) {
		in.Test = append(in.Test, ensemble.Scores[cv.MethodProb][i])
	}
	return nil
}

func reportMethod(method string, blend *cv.Blend, ensemble *cv.Ensemble) report.BlendMethod {
	out := report.BlendMethod{Name: method}
	for _, i := range ensemble.RowsOf(cv.SplitOOF) {
		out.Scores = append(out.Scores, report.Score{ImageName: ensemble.ImageName[i], Value: ensemble.Scores[method][i]})
	}
	switch method {
	case cv.MethodProb:
		out.Note = "mean of the models' probabilities"
	case cv.MethodRank:
		out.Note = "mean of the models' percentile ranks; no probability"
	case cv.MethodWeights:
		out.Note = "weighted ranks, weights fitted on the other folds' rows"
		if blend.Weights == nil {
			break
		}
		for i, w := range blend.Weights.Weights {
			out.Weights = append(out.Weights, report.Weight{Model: blend.Models[i].Model, Value: w})
		}
		if n := blend.Weights.Nested; n != nil {
			out.Nested = &report.Nested{AUC: n.AUC, BaselineAUC: n.RankAUC, Baseline: "rank mean"}
		}
	}
	return out
}

func thumbnails(store *data.Store) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		row, ok := store.Index(name)
		if !ok {
			return nil, notIngested(name)
		}
		im, err := store.Image(row)
		if err != nil {
			return nil, err
		}
		return report.EncodeThumbnail(im.Pix, im.Width, im.Height, thumbnailEdge)
	}
}
