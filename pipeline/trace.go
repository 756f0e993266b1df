package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"melanoma/cv"
	"melanoma/data"
	"melanoma/internal/fault"
)

// TraceRow is what one stage knows of an image.
type TraceRow struct {
	Stage  string       `json:"stage"`
	File   string       `json:"file"`
	Fields []TraceField `json:"fields"`
}

// TraceField is one column of the row.
type TraceField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (t *TraceRow) add(name, format string, args ...any) {
	t.Fields = append(t.Fields, TraceField{name, fmt.Sprintf(format, args...)})
}

// Trace follows one image through every stage that has been done. An image
// that the run does not know is an input error.
func (r *Run) Trace(_ context.Context, image string) ([]TraceRow, error) {
	store, err := r.store()
	if err != nil {
		return nil, err
	}
	row, ok := store.Index(image)
	if !ok {
		return nil, r.unknownImage(store, image)
	}
	rows := []TraceRow{traceImage(store.Row(row), store.Classes())}
	steps := []func(string, *data.Store) ([]TraceRow, error){r.traceFolds, r.traceTraining, r.traceDraws, r.traceOOF, r.traceEnsemble}
	for _, step := range steps {
		more, err := step(image, store)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func (r *Run) unknownImage(store *data.Store, image string) error {
	var names []string
	for _, row := range store.Rows() {
		names = append(names, row.ImageName)
	}
	hint := fmt.Sprintf("for example %s", names[0])
	if near := fault.Nearest(image, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	return fault.New(fault.Input, hint, "pipeline: no image %q among the %d of %s", image, len(names), r.Dir)
}

func traceImage(row data.Row, classes []string) TraceRow {
	t := TraceRow{Stage: "ingest", File: imagesDir + "/*.arrow"}
	set := "training"
	if row.Test {
		set = "test"
	}
	target := "unknown"
	if row.Target >= 0 {
		target = fmt.Sprintf("%d (%s)", row.Target, classes[row.Target])
	}
	t.add("set", "%s, row %d of its CSV file", set, row.CSVRow)
	t.add("patient_id", "%s", row.Group)
	t.add("target", "%s", target)
	t.add("sex, age, site", "%q, %v, %q", row.Sex, row.Age, row.Site)
	t.add("file", "%s, %d bytes, %d x %d pixels", row.File, row.FileBytes, row.SourceWidth, row.SourceHeight)
	t.add("sha256", "%s", row.FileSHA256)
	return t
}

func (r *Run) traceFolds(image string, _ *data.Store) ([]TraceRow, error) {
	if !r.has(foldsFile) {
		return nil, nil
	}
	folds, err := cv.ReadFolds(r.path(foldsFile))
	if err != nil {
		return nil, err
	}
	i := slices.Index(folds.ImageName, image)
	if i < 0 {
		return nil, nil // a test image
	}
	t := TraceRow{Stage: "folds", File: foldsFile}
	t.add("fold", "%d of %d (%s)", folds.Fold[i], folds.Count, folds.Scheme)
	same := 0
	for _, g := range folds.Group {
		if g == folds.Group[i] {
			same++
		}
	}
	t.add("group", "%s, %d images", folds.Group[i], same)
	return []TraceRow{t}, nil
}

// traceDraws prints the probability of the positive class in every view,
// averaged over samples, and the range over samples.
func (r *Run) traceDraws(image string, store *data.Store) ([]TraceRow, error) {
	files, err := filepath.Glob(filepath.Join(r.Dir, "draws", "*.arrow"))
	if err != nil {
		return nil, err
	}
	var out []TraceRow
	for _, file := range files {
		d, err := cv.ReadDraws(file)
		if err != nil {
			return nil, err
		}
		k := len(d.Classes)
		t := TraceRow{Stage: "predict", File: "draws/" + filepath.Base(file)}
		for i, name := range d.ImageName {
			if name == image {
				t.add(fmt.Sprintf("view %d, sample %d", d.View[i], d.Sample[i]), "logits %s", floats(d.Logits[i*k:(i+1)*k]))
			}
		}
		if len(t.Fields) > 0 {
			out = append(out, t)
		}
	}
	return out, nil
}

func (r *Run) traceOOF(image string, _ *data.Store) ([]TraceRow, error) {
	var out []TraceRow
	for _, m := range r.modelNames() {
		if !r.has(oofPath(m)) {
			continue
		}
		o, err := cv.ReadOOF(r.path(oofPath(m)))
		if err != nil {
			return nil, err
		}
		i := slices.Index(o.ImageName, image)
		if i < 0 {
			continue
		}
		k := len(o.Classes)
		t := TraceRow{Stage: "oof", File: oofPath(m)}
		t.add("fold, target", "%d, %d", o.Fold[i], o.Target[i])
		for c, class := range o.Classes {
			t.add("prob "+class, "%.4f", o.Prob[i*k+c])
		}
		t.add("predictive entropy", "%.4f", o.PredictiveEntropy[i])
		t.add("expected entropy", "%.4f", o.ExpectedEntropy[i])
		t.add("mutual information", "%.6f", o.MutualInformation[i])
		t.add("view variance", "%.6f", o.ViewVariance[i])
		out = append(out, t)
	}
	return out, nil
}

func (r *Run) traceEnsemble(image string, _ *data.Store) ([]TraceRow, error) {
	if !r.has(ensembleFile) {
		return nil, nil
	}
	e, err := cv.ReadEnsemble(r.path(ensembleFile))
	if err != nil {
		return nil, err
	}
	i := slices.Index(e.ImageName, image)
	if i < 0 {
		return nil, nil
	}
	t := TraceRow{Stage: "ensemble", File: ensembleFile}
	t.add("split", "%s", e.Split[i])
	for _, method := range sortedKeys(e.Scores) {
		t.add("score by "+method, "%.4f", e.Scores[method][i])
	}
	t.add("mutual information", "%.6f", e.MutualInformation[i])
	if e.Split[i] == cv.SplitTest && r.has(submissionFile) {
		t.add("submitted", "by %s in %s", r.Config.Ensemble.Submit, submissionFile)
	}
	return []TraceRow{t}, nil
}

// has reports whether a file of the run is there.
func (r *Run) has(rel string) bool {
	hash, err := r.hashes.file(r.path(rel))
	return err == nil && hash != ""
}

func floats(v []float32) string {
	parts := make([]string, len(v))
	for i, x := range v {
		parts[i] = strconv.FormatFloat(float64(x), 'f', 4, 32)
	}
	return strings.Join(parts, " ")
}
