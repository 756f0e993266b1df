package pipeline

import (
	"encoding/json"
	"fmt"
	"slices"

	"melanoma/augment"
	"melanoma/cv"
	"melanoma/data"
	"melanoma/internal/rng"
)

// eachTrainingView calls f with the record of what the first epochs made of an
// image, for the first model and the first fold that trains on it. Records are
// valid during the call.
func (r *Run) eachTrainingView(image string, store *data.Store, epochs int, f func(epoch int, record augment.Draw) error) error {
	m := r.Config.Models[0]
	augmenter, err := augment.NewAugmenter(r.Config.Augment, r.Config.NetworkSize(m))
	if err != nil {
		return sectionError("augment", err)
	}
	seed := trainSeed(r.Config.Seed, m.Name, r.trainingFold(image))
	for epoch := range min(epochs, m.Train.Epochs) {
		// The loader's stream: training seeds it by "data", the loader keys it
		// by "augment", epoch and image.
		key := rng.Key(rng.Key(seed, "data"), "augment", epoch, image)
		if err := f(epoch, augmenter.Draw(key, store.Size(), store.Size())); err != nil {
			return err
		}
	}
	return nil
}

// trainingFold is the first fold that trains on the image.
func (r *Run) trainingFold(image string) int {
	fold := r.folds()[0]
	if folds, err := cv.ReadFolds(r.path(foldsFile)); err == nil {
		if i := slices.Index(folds.ImageName, image); i >= 0 && int(folds.Fold[i]) == fold && len(r.folds()) > 1 {
			fold = r.folds()[1]
		}
	}
	return fold
}

// traceTraining prints the records of a training image: recipes that `melanoma
// augment apply` replays on the stored picture.
func (r *Run) traceTraining(image string, store *data.Store) ([]TraceRow, error) {
	m := r.Config.Models[0]
	dir := trainDir(m.Name, r.trainingFold(image))
	if row, _ := store.Index(image); store.Row(row).Test || !r.has(dir+"/history.arrow") {
		return nil, nil
	}
	t := TraceRow{Stage: "train", File: dir}
	err := r.eachTrainingView(image, store, m.Train.Epochs, func(epoch int, record augment.Draw) error {
		text, err := json.Marshal(record)
		t.add(fmt.Sprintf("epoch %d", epoch), "%s", text)
		return err
	})
	return []TraceRow{t}, err
}

// StoredPicture is the picture of an image as the run keeps it: what records
// of views start from.
func (r *Run) StoredPicture(image string) (augment.Image, error) {
	store, err := r.store()
	if err != nil {
		return augment.Image{}, err
	}
	row, ok := store.Index(image)
	if !ok {
		return augment.Image{}, r.unknownImage(store, image)
	}
	return store.Image(row)
}

// ViewSheet draws one image: a row with its eight test-time views (the first
// is the picture itself), then a row as training saw it in its first epochs,
// for the first model and fold that trained on it.
func (r *Run) ViewSheet(image string) (augment.Image, error) {
	im, err := r.StoredPicture(image)
	if err != nil {
		return augment.Image{}, err
	}
	store, err := r.store()
	if err != nil {
		return augment.Image{}, err
	}
	cell := max(store.Size(), r.Config.NetworkSize(r.Config.Models[0]))
	sheet := augment.NewImage(augment.Views*cell, 2*cell)
	for v := range augment.Views {
		place(sheet, viewOf(im, v), v*cell, 0)
	}
	err = r.eachTrainingView(image, store, augment.Views, func(epoch int, record augment.Draw) error {
		place(sheet, record.Image(im), epoch*cell, cell)
		return nil
	})
	return sheet, err
}

// viewOf is a test-time view in 8 bits.
func viewOf(im augment.Image, view int) augment.Image {
	src, dst := make([]float32, len(im.Pix)), make([]float32, len(im.Pix))
	for i, p := range im.Pix {
		src[i] = float32(p)
	}
	augment.View(dst, src, im.Width, 3, view)
	out := augment.NewImage(im.Width, im.Height)
	for i, p := range dst {
		out.Pix[i] = uint8(p)
	}
	return out
}

// place copies a picture into a sheet.
func place(sheet, im augment.Image, x, y int) {
	for line := range im.Height {
		copy(sheet.Pix[3*((y+line)*sheet.Width+x):], im.Pix[3*line*im.Width:3*(line+1)*im.Width])
	}
}
