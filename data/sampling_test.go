package data

import (
	"math"
	"reflect"
	"slices"
	"testing"
)

// TestAnEpochShowsWhatItsStrataSay counts the rows of many epochs: in each,
// every row of a stratum stands rounded down or up; over all, which rows are
// shown once more has no favourites and no memory.
func TestAnEpochShowsWhatItsStrataSay(t *testing.T) {
	first, second := []int{3, 5, 8, 13, 21, 34, 55}, []int{1, 2, 4, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25}
	c := LoaderConfig{Strata: []Stratum{{first, 24}, {second, 6}}, Batch: 4, Seed: 5, Shuffle: true}
	if c.Len() != 30 || c.Batches() != 8 {
		t.Fatalf("%d rows in %d batches, want 30 in 8", c.Len(), c.Batches())
	}
	const epochs = 4000
	shown := map[int]float64{}
	var before []int
	overlap := 0.0
	for e := range epochs {
		times := map[int]int{}
		for _, row := range c.order(e) {
			times[row]++
			shown[row]++
		}
		for _, row := range first {
			if n := times[row]; n != 3 && n != 4 {
				t.Fatalf("epoch %d shows row %d %d times, want 3 or 4", e, row, n)
			}
		}
		var now []int
		for _, row := range second {
			if times[row] > 1 {
				t.Fatalf("epoch %d shows row %d %d times, want at most 1", e, row, times[row])
			}
			if times[row] == 1 {
				now = append(now, row)
			}
		}
		if len(now) != 6 {
			t.Fatalf("epoch %d shows %d rows of the second stratum, want 6", e, len(now))
		}
		for _, row := range before {
			if slices.Contains(now, row) {
				overlap++
			}
		}
		before = now
	}
	// Pearson's statistic of draws without replacement: chi squared with n-1
	// degrees of freedom once divided by 1-p.
	for _, s := range c.Strata {
		n := float64(len(s.Rows))
		p := float64(s.Draws%len(s.Rows)) / n
		chi := 0.0
		for _, row := range s.Rows {
			want := epochs * float64(s.Draws) / n
			chi += math.Pow(shown[row]-want, 2) / (epochs * p * (1 - p)) * (n - 1) / n
		}
		t.Logf("chi squared %.1f with %g degrees of freedom", chi, n-1)
		if math.Abs(chi-(n-1)) > 4*math.Sqrt(2*(n-1)) {
			t.Errorf("rows of a stratum are not drawn alike: chi squared %.1f with %g degrees of freedom", chi, n-1)
		}
	}
	if mean := overlap / (epochs - 1); math.Abs(mean-6*6.0/20) > 4*math.Sqrt(1.8*0.7*14.0/19/epochs) {
		t.Errorf("two epochs share %.3f rows of 6 in 20, want 1.8", mean)
	}
}

func TestStrataDoNotDependOnWorkersNorOnAResume(t *testing.T) {
	s := store(t, 30)
	c := training(s)
	c.Strata = []Stratum{{c.Rows[:4], 15}, {c.Rows[4:], 9}}
	c.Workers = 1
	want := epoch(t, s, c, 2, 0)
	if len(want) != 6 {
		t.Fatalf("%d batches, want 6", len(want))
	}
	for _, workers := range []int{2, 5} {
		c.Workers = workers
		for first := range len(want) {
			if !reflect.DeepEqual(epoch(t, s, c, 2, first), want[first:]) {
				t.Errorf("%d workers, from batch %d on: other batches", workers, first)
			}
		}
	}
	if reflect.DeepEqual(epoch(t, s, c, 3, 0), want) {
		t.Error("two epochs show the same")
	}
}

// TestAPictureShownAgainIsAugmentedAnew, and the first time as in an epoch that
// shows every row once.
func TestAPictureShownAgainIsAugmentedAnew(t *testing.T) {
	s := store(t, 30)
	c := training(s)
	looks := func(c LoaderConfig) map[int][][]float32 {
		out := map[int][][]float32{}
		for _, b := range epoch(t, s, c, 1, 0) {
			per := len(b.X) / b.N
			for i, row := range b.Row {
				out[row] = append(out[row], b.X[i*per:(i+1)*per])
			}
		}
		return out
	}
	once := looks(c)
	c.Strata = []Stratum{{c.Rows, 3 * len(c.Rows)}}
	alike := 0
	for row, pictures := range looks(c) {
		if len(pictures) != 3 {
			t.Fatalf("row %d is shown %d times", row, len(pictures))
		}
		if !slices.Equal(pictures[0], once[row][0]) {
			t.Errorf("the first look at row %d is not that of an epoch without strata", row)
		}
		if slices.Equal(pictures[0], pictures[1]) || slices.Equal(pictures[1], pictures[2]) {
			alike++
		}
	}
	if alike > len(c.Rows)/5 { // the recipe may draw two that do little
		t.Errorf("%d of %d pictures are shown twice alike", alike, len(c.Rows))
	}
}
