package data

import (
	"math"
	"reflect"
	"testing"
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
