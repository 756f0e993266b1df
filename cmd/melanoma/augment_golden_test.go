package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"melanoma/internal/numtest"
)

// TestGoldenAugmentApply runs every case of golden/augment whose transform is
// built, through the command; the others are listed as not built. Expected
// pictures are albumentations' own.
func TestGoldenAugmentApply(t *testing.T) {
	cases := numtest.Golden(t, "augment/cases.json")
	text, err := os.ReadFile(cases)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Cases []struct {
			Transform, Input, Output string
			Params                   json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Cases {
		t.Run(c.Transform+" "+c.Output, func(t *testing.T) {
			if slices.Contains(laterTransforms, c.Transform) || c.Transform == "recipe" {
				t.Skip("not built yet")
			}
			folder := filepath.Dir(cases)
			out := filepath.Join(t.TempDir(), c.Output)
			a := &app{stdout: os.Stdout, stderr: os.Stderr}
			o := augmentApplyOptions{transform: c.Transform, params: string(c.Params)}
			if err := a.runAugmentApply(o, filepath.Join(folder, c.Input), out); err != nil {
				t.Fatal(err)
			}
			if c.Transform == "normalize" {
				compareArrays(t, out, filepath.Join(folder, c.Output))
			} else {
				comparePictures(t, out, filepath.Join(folder, c.Output))
			}
		})
	}
}

func comparePictures(t *testing.T, got, want string) {
	t.Helper()
	a, err := readPicture(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := readPicture(want)
	if err != nil {
		t.Fatal(err)
	}
	if a.Width != b.Width || a.Height != b.Height || !slices.Equal(a.Pix, b.Pix) {
		t.Errorf("%s differs", filepath.Base(want))
	}
}

// compareArrays allows for another order of float32 roundings.
func compareArrays(t *testing.T, got, want string) {
	t.Helper()
	a, err := readNPY(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := readNPY(want)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.shape, b.shape) {
		t.Fatalf("shape %v, want %v", a.shape, b.shape)
	}
	for i := range a.data {
		if d := a.data[i] - b.data[i]; d > 2e-6 || d < -2e-6 {
			t.Fatalf("element %d is %v, want %v", i, a.data[i], b.data[i])
		}
	}
}
