package pipeline

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"melanoma/augment"
	"melanoma/data"
	"melanoma/internal/rng"
)

// The records that trace prints, read again and carried out on the stored
// picture, give the very values that the loader hands to training.
func TestTracedRecordsReplayWhatTrainingSees(t *testing.T) {
	r := openRun(t, copyOfRun(t), Options{Fold: -1}, "augment.preset=winner2020", "models.0.size=24")
	defer r.closeStore()
	store := must(r.store())(t)
	row := store.TrainRows()[3]
	image := store.Row(row).ImageName
	rows := must(r.Trace(context.Background(), image))(t)
	at := slices.IndexFunc(rows, func(row TraceRow) bool { return row.Stage == "train" })
	if at < 0 || len(rows[at].Fields) != 2 {
		t.Fatalf("no records of two epochs: %+v", rows)
	}
	stored := must(r.StoredPicture(image))(t)
	plain := augment.Normalize{Std: [3]float32{1, 1, 1}}
	loader := must(store.NewLoader(data.LoaderConfig{Rows: store.TrainRows(), Batch: 5, Size: 24, Augment: &r.Config.Augment, Normalize: plain, Shuffle: true,
		Seed: rng.Key(trainSeed(r.Config.Seed, "a", r.trainingFold(image)), "data")}))(t)
	for epoch, field := range rows[at].Fields {
		record := must(augment.ParseDraw([]byte(field.Value), nil))(t)
		want := make([]float32, 3*24*24)
		plain.Into(want, record.Image(stored))
		found := false
		for batch, err := range loader.Epoch(context.Background(), epoch, 0) {
			check(t, err)
			if i := slices.Index(batch.Row, row); i >= 0 {
				found = true
				if got := batch.X[i*len(want) : (i+1)*len(want)]; !slices.Equal(got, want) {
					t.Errorf("%s: %s gives another picture than training saw", field.Name, field.Value)
				}
			}
		}
		if field.Name != fmt.Sprintf("epoch %d", epoch) || !found {
			t.Errorf("field %q, found %t", field.Name, found)
		}
	}
}
