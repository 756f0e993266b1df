package data

import (
	"math"
	"reflect"
	"testing"

	"melanoma/augment"
)

func TestMetadataFeaturesAreTheWinners(t *testing.T) {
	rows := []Row{
		{Group: "p", Sex: "male", Age: 45, Site: "torso", FileBytes: 1000},
		{Group: "p", Sex: "female", Age: unknownAge, Site: "", FileBytes: 2000},
		{Group: "p", Sex: "", Age: 90, Site: "head/neck", Test: true},
		{Group: "p", Sex: "male", Age: 30, Site: "torso", Tfrecord: -1}, // a duplicate
	}
	e := NewMetaEncoder(rows, false)
	if want := []string{"sex", "age", "log_group_images", "site_head/neck", "site_torso", "site_unknown"}; !reflect.DeepEqual(e.Names(), want) || e.Width() != 6 {
		t.Errorf("features %q", e.Names())
	}
	two, one := float32(math.Log(3)), float32(math.Log(2))
	for i, want := range [][]float32{{1, 0.5, two, 0, 1, 0}, {0, 0, two, 0, 0, 1}, {-1, 1, one, 1, 0, 0}} {
		got := make([]float32, 6)
		e.Encode(i, got)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("row %d: %v, want %v", i, got, want)
		}
	}
	withSize := NewMetaEncoder(rows, true)
	got := make([]float32, withSize.Width())
	withSize.EncodeRow(Row{Sex: "male", Site: "a new site", FileBytes: 1000}, 0, got)
	if want := []float32{1, 0, one, float32(math.Log(1000)), 0, 0, 1}; !reflect.DeepEqual(got, want) {
		t.Errorf("a new picture: %v, want %v", got, want)
	}
}

func TestCacheKeepsWhatWasUsedLast(t *testing.T) {
	im := func(n int) augment.Image { return augment.Image{Pix: make([]uint8, n)} }
	c := newPictureCache(100)
	c.put(1, im(40))
	c.put(2, im(40))
	if _, ok := c.get(1); !ok {
		t.Error("1 is gone")
	}
	c.put(3, im(40)) // drives out 2
	if _, ok := c.get(2); ok {
		t.Error("2 is still there")
	}
	c.put(4, im(101)) // fits nowhere
	for _, row := range []int{4} {
		if _, ok := c.get(row); ok {
			t.Errorf("%d is there", row)
		}
	}
	var used int64
	for _, e := range c.entries {
		used += int64(len(e.im.Pix))
	}
	if used+c.free != 100 {
		t.Errorf("%d used and %d free of 100", used, c.free)
	}
}
