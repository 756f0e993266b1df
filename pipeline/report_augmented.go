package pipeline

import (
	"strings"

	"melanoma/augment"
	"melanoma/data"
	"melanoma/internal/report"
)

// viewsShown is how many epochs' views of an image the report shows.
const viewsShown = 5

// reportAugmented shows what the first model's training made of two images:
// the first of the positive class and the first of another.
func (r *Run) reportAugmented(store *data.Store) ([]report.Augmented, error) {
	var out []report.Augmented
	for _, positive := range []bool{true, false} {
		for _, i := range store.TrainRows() {
			if row := store.Row(i); row.Target >= 0 && row.Positive == positive {
				a, err := r.reportViews(store, i)
				if err != nil {
					return nil, err
				}
				out = append(out, a)
				break
			}
		}
	}
	return out, nil
}

// reportViews is one image and its views.
func (r *Run) reportViews(store *data.Store, i int) (report.Augmented, error) {
	row := store.Row(i)
	a := report.Augmented{ImageName: row.ImageName, Label: store.Classes()[row.Target]}
	im, err := store.Image(i)
	if err != nil {
		return a, err
	}
	if a.Stored, err = report.EncodeThumbnail(im.Pix, im.Width, im.Height, thumbnailEdge); err != nil {
		return a, err
	}
	err = r.eachTrainingView(row.ImageName, store, viewsShown, func(epoch int, record augment.Draw) error {
		view := record.Image(im)
		text, err := report.EncodeThumbnail(view.Pix, view.Width, view.Height, thumbnailEdge)
		a.Views = append(a.Views, report.AugmentedView{Epoch: epoch, Picture: text, Drew: drew(record)})
		return err
	})
	return a, err
}

// drew lists the transforms of a record; the resizing that every view ends
// with is left out.
func drew(record augment.Draw) []report.Fact {
	var out []report.Fact
	for _, op := range record.Ops {
		if op.Name() != "resize" {
			name, parameters, _ := strings.Cut(augment.Describe(op), " ")
			out = append(out, report.Fact{Name: name, Value: parameters})
		}
	}
	return out
}
