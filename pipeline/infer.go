package pipeline

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"melanoma/cv"
	"melanoma/data"
	"melanoma/internal/artifact"
	"melanoma/internal/fault"
	"melanoma/internal/train"
)

// Inference is a finished run applied to new pictures: every model, fold,
// view and posterior sample, models counting equally.
type Inference struct {
	Names    []string // image_name of each picture
	Files    []string // as given or found
	Members  int      // posterior samples over all models and folds
	Ensemble *cv.Ensemble
}

// Infer applies the run to pictures and folders of pictures, through the same
// preprocessing as its own. Pictures that cannot be used are reported
// together and nothing is computed. Metadata of new pictures counts as
// unknown.
func (r *Run) Infer(ctx context.Context, paths []string) (*Inference, error) {
	out := &Inference{}
	var err error
	if out.Files, err = findPictures(paths); err != nil {
		return nil, err
	}
	out.Names = imageNames(out.Files)
	store, err := r.store()
	if err != nil {
		return nil, err
	}
	defer r.closeStore()
	temporary, err := os.MkdirTemp("", "melanoma-infer-")
	if err != nil {
		return nil, unwritable(err, os.TempDir())
	}
	defer os.RemoveAll(temporary)
	fresh, err := r.ingestNew(ctx, out.Files, store, temporary)
	if err != nil {
		return nil, err
	}
	defer fresh.Close()
	var predictions []*cv.Predictions
	for _, m := range r.Config.Models {
		p, err := r.inferModel(ctx, m, store, fresh)
		if err != nil {
			return nil, stopped(ctx, "infer", err)
		}
		predictions = append(predictions, p)
		out.Members += p.Members
	}
	blend, err := cv.ReadBlend(r.path(blendFile))
	if err != nil {
		return nil, err
	}
	probabilities := cv.BlendConfig{Methods: []string{cv.MethodProb}, Submit: cv.MethodProb}
	out.Ensemble, err = cv.ApplyEnsemble(predictions, blend, probabilities)
	return out, err
}

// pictureExtensions are those that a folder is searched for; a file given by
// name may have any.
var pictureExtensions = []string{".jpg", ".jpeg", ".png"}

// findPictures lists the files given and those of the folders given, sorted
// within a folder.
func findPictures(paths []string) ([]string, error) {
	var out []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fault.New(fault.Input, "give pictures or folders of pictures", "pipeline: %w", err)
		}
		if !info.IsDir() {
			out = append(out, path)
			continue
		}
		before := len(out)
		err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && slices.Contains(pictureExtensions, strings.ToLower(filepath.Ext(file))) {
				out = append(out, file)
			}
			return err
		})
		if err != nil {
			return nil, fault.New(fault.Input, "give pictures or folders of pictures", "pipeline: %w", err)
		}
		if len(out) == before {
			return nil, fault.New(fault.Input, "it needs files ending in "+strings.Join(pictureExtensions, ", "), "pipeline: no picture in %s", path)
		}
	}
	return out, nil
}

// imageNames are the files' names without folder and extension, or the paths
// where that would make two pictures one.
func imageNames(files []string) []string {
	names := make([]string, len(files))
	seen := map[string]bool{}
	for i, f := range files {
		names[i] = strings.TrimSuffix(filepath.Base(f), filepath.Ext(f))
		if seen[names[i]] {
			return files
		}
		seen[names[i]] = true
	}
	return names
}

// ingestNew makes a store of the pictures by way of a CSV file of their own,
// so that they go through the very code that ingested the run's. Their class
// is a stand-in that nothing reads.
func (r *Run) ingestNew(ctx context.Context, files []string, like *data.Store, dir string) (*data.Store, error) {
	const pictures = "pictures"
	if err := os.Mkdir(filepath.Join(dir, pictures), 0o700); err != nil {
		return nil, unwritable(err, dir)
	}
	table := "image_name,diagnosis\n"
	for i, file := range files {
		absolute, err := filepath.Abs(file)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("%08d", i)
		if err := linkOrCopy(absolute, filepath.Join(dir, pictures, name)); err != nil {
			return nil, unwritable(err, dir)
		}
		table += fmt.Sprintf("%s,%q\n", name, like.Classes()[0])
	}
	if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte(table), 0o600); err != nil {
		return nil, unwritable(err, dir)
	}
	config := data.Config{
		Root: dir, TrainCSV: "train.csv", Images: pictures, Size: like.Size(), Classes: like.Classes(), Store: data.StorePixels, OnBadImage: data.Fail, OnGroupOverlap: data.Warn,
		Columns: data.ColumnMap{ImageName: "image_name", Diagnosis: "diagnosis"},
	}
	if p := like.Positive(); p >= 0 {
		config.Positive = like.Classes()[p]
	}
	bar := r.options.Progress.Start("read", "pictures", len(files))
	_, err := data.Ingest(ctx, config, filepath.Join(dir, imagesDir), data.Options{Workers: r.options.Workers, Progress: bar.Set})
	bar.Done("")
	if err != nil {
		return nil, badPictures(err, files)
	}
	return data.OpenStore(filepath.Join(dir, imagesDir), 0)
}

// linkOrCopy makes a file known under another name, by a copy where the
// system has no links for everyone.
func linkOrCopy(file, name string) error {
	if os.Symlink(file, name) == nil {
		return nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o600)
}

// badPictures names the pictures as the user gave them.
func badPictures(err error, files []string) error {
	var bad *data.BadRowsError
	if !errors.As(err, &bad) {
		return err
	}
	var lines []string
	for _, p := range bad.Problems {
		if i := p.Row - 2; i >= 0 && i < len(files) {
			lines = append(lines, files[i]+": "+p.Reason)
		}
	}
	return fault.New(fault.Input, "leave out what is no whole JPEG or PNG file", "pipeline: infer: %s", strings.Join(lines, "; "))
}

// inferModel applies all folds of one model.
func (r *Run) inferModel(ctx context.Context, m ModelConfig, store, fresh *data.Store) (*cv.Predictions, error) {
	var names []string
	rows := make([]int, fresh.Len())
	for i := range rows {
		rows[i] = i
		names = append(names, fresh.Row(i).ImageName)
	}
	var encoder *data.MetaEncoder
	if m.Meta != nil { // rows of the new pictures first: the encoder counts by position
		encoder = data.NewMetaEncoder(append(fresh.Rows(), store.Rows()...), m.Meta.FileSize)
	}
	var draws []cv.FoldDraws
	for _, fold := range r.folds() {
		samples, err := r.trainedSamples(m.Name, fold)
		if err != nil {
			return nil, err
		}
		bar := r.options.Progress.Start(foldTask("infer", m.Name, fold), "pictures", 0)
		d, err := train.Predict(ctx, train.Prediction{
			Dir: r.path(trainDir(m.Name, fold)), Samples: samples, Store: fresh, Rows: rows, Metadata: encoder,
			Views: r.Config.Predict.Views, Batch: r.Config.Predict.Batch, BFloat16: r.Config.Predict.Precision == "bfloat16", Workers: r.options.Workers, Progress: bar.Set,
		})
		bar.Done("")
		if err != nil {
			return nil, trainError(err, m.Name, fold)
		}
		draws = append(draws, cv.FoldDraws{Fold: fold, Draws: drawsTable(d, fresh)})
	}
	return cv.CollateTest(m.Name, draws, names, fresh.Classes(), fresh.Positive())
}

// WriteCSV writes one row a picture: image_name, file, a probability for each
// class, the uncertainty columns.
func (in *Inference) WriteCSV(w io.Writer) error {
	e := in.Ensemble
	header := []string{"image_name", "file"}
	for _, class := range e.Classes {
		header = append(header, "prob_"+class)
	}
	header = append(header, "predictive_entropy", "expected_entropy", "mutual_information", "view_variance")
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	k := len(e.Classes)
	for i, name := range in.Names {
		record := []string{name, in.Files[i]}
		for _, p := range e.Prob[i*k : (i+1)*k] {
			record = append(record, strconv.FormatFloat(float64(p), 'g', -1, 32))
		}
		for _, v := range []float64{e.PredictiveEntropy[i], e.ExpectedEntropy[i], e.MutualInformation[i], e.ViewVariance[i]} {
			record = append(record, strconv.FormatFloat(v, 'g', -1, 64))
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WriteFile writes the CSV file, whole or not at all.
func (in *Inference) WriteFile(path string) error {
	return artifact.WriteFile(path, in.WriteCSV)
}
