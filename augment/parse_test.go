package augment

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"melanoma/internal/fault"
)

// What is wrong with a record is a usage error that says what and suggests.
func TestWrongRecordsAreUsageErrors(t *testing.T) {
	for _, test := range []struct{ name, params, says, hints string }{
		{"clahee", `{}`, `unknown transform "clahee"`, "did you mean clahe?"},
		{"sepia", `{}`, "unknown transform", "transforms: brightness_contrast"},
		{"transpose", `{"p": 1}`, `no parameter "p"`, "it takes none"},
		{"transpose", `[]`, "no JSON object", "takes no parameters"},
		{"median_blur", `{"ksize": 4}`, "ksize is 4", `{"ksize": 3}`},
		{"median_blur", `{"ksize": "3"}`, `parameter "ksize" cannot be a string`, `{"ksize": 3}`},
		{"median_blur", `{"ksiz": 3}`, `no parameter "ksiz"`, "did you mean ksize?"},
		{"gaussian_blur", `{"ksize": 3.5}`, "cannot be a number 3.5", ""},
		{"gaussian_blur", `{"ksize": null}`, `needs the parameter "ksize"`, ""},
		{"motion_blur", `{"kernel": []}`, "side is 0", ""},
		{"motion_blur", `{"kernel": [[1,0,0],[1,0],[0,0,0]]}`, "row 1 of the kernel has 2 numbers", ""},
		{"random_brightness", `{"beta": 1e999}`, "beta", ""},
		{"random_contrast", `{"alpha": NaN}`, "no JSON object", ""},
		{"gauss_noise", `{"var": -1}`, "var is -1", ""},
		{"gauss_noise", `{"var": 1, "field": "x.npy"}`, "no files can be read here", ""},
		{"grid_distortion", `{"xsteps": [1], "ysteps": [1,1,1,1,1,1]}`, "1 factors for 5 steps", ""},
		{"grid_distortion", `{"num_steps": 0, "xsteps": [1], "ysteps": [1]}`, "num_steps is 0", ""},
		{"elastic_transform", `{"alpha": 3, "sigma": -1, "numpy_seed": 1}`, "sigma is -1", ""},
		{"elastic_transform", `{"alpha": 3, "numpy_seed": 1, "point_offsets": [[1,2],[3,4]]}`, `"point_offsets" is no list of 3`, ""},
		{"elastic_transform", `{"alpha": 3, "numpy_seed": 1, "point_offsets": [[1,2],[3,4],[5]]}`, `"point_offsets" is no list of 2`, ""},
		{"elastic_transform", `{"alpha": 3, "numpy_seed": -1}`, `"numpy_seed" cannot be`, ""},
		{"clahe", `{"clip_limit": 2, "grid": 0}`, "grid is 0", ""},
		{"shift_scale_rotate", `{"angle": 1, "scale": 0, "dx": 0, "dy": 0}`, "scale is 0", ""},
		{"resize", `{"size": 0}`, "size is 0", ""},
		{"resize", `{"size": 1000000}`, "size is 1e+06", ""},
		{"cutout", `{"hole": -3, "centre_x": 1, "centre_y": 1}`, "hole is -3", ""},
		{"random_erasing", `{"rect": [1, 2, 3], "seed": 1}`, `"rect" is no list of 4`, ""},
		{"normalize", `{"mean": [0.5, 0.5], "std": [1, 1, 1]}`, `"mean" is no list of 3`, ""},
		{"normalize", `{"mean": [0.5, 0.5, 0.5], "std": [1, 0, 1]}`, "std is 0", ""},
		{"hair_removal", `{"length": 4}`, "length", ""},
		{"recipe", `{}`, `list "steps"`, "transpose"},
		{"recipe", `{"steps": [["transpose", {}], "clahe"]}`, `list "steps"`, ""},
		{"recipe", `{"steps": [["transpose", {}, 1]]}`, "step 0 of the recipe is no", ""},
		{"recipe", `{"steps": [["transpose", {}], ["clahe"]]}`, "step 1 of the recipe: transform clahe needs", ""},
		{"recipe", `{"steps": [["normalize", {"mean": [0,0,0], "std": [1,1,1]}], ["transpose"]]}`, "step 0 of the recipe: normalize leaves", "last"},
	} {
		_, err := ParseOp(test.name, []byte(test.params), nil)
		if err == nil || fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), test.says) || fault.HintOf(err) == "" || !strings.Contains(fault.HintOf(err), test.hints) {
			t.Errorf("%s %s: %v; hint %q", test.name, test.params, err, fault.HintOf(err))
		}
	}
}

// The examples of the hints are right, and every transform has defaults or an
// example.
func TestExamplesOfHintsAreRight(t *testing.T) {
	im := noise(120, 110, 1)
	for name, k := range kinds {
		params := k.example
		if params == "" {
			params = "{}"
		}
		d, err := ParseOp(name, []byte(params), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := d.Fits(im.Width, im.Height); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		width, height := d.Ops[0].size(im.Width, im.Height)
		if out := d.Image(im); out.Width != width || out.Height != height {
			t.Errorf("%s makes %d x %d pixels, says %d x %d", name, out.Width, out.Height, width, height)
		}
	}
	if _, err := ParseDraw([]byte(strings.TrimPrefix(recipeExample, "for example ")), nil); err != nil {
		t.Error(err)
	}
}

// A transform that a picture is too small for is no error in training: the
// view goes without.
func TestSmallPicturesGoWithoutWhatDoesNotFit(t *testing.T) {
	c := everything(t)
	for size := 1; size < 20; size++ {
		a := augmenterOf(t, c, size)
		im := noise(size, size/2+1, 3)
		for key := range uint64(10) {
			d := a.Draw(key, im.Width, im.Height)
			if err := d.Fits(im.Width, im.Height); err != nil {
				t.Fatal(err)
			}
			a.Apply(make([]float32, 3*size*size), im.Pix, im.Width, im.Height, d, Normalize{Std: [3]float32{1, 1, 1}})
		}
	}
}

func TestFitsNamesTheTransform(t *testing.T) {
	d := Draw{Ops: []Op{&Transpose{}, &Cutout{Hole: 2, CentreX: 7, CentreY: 3}}}
	if err := d.Fits(4, 8); err != nil { // 8 x 4 when the hole is cut
		t.Error(err)
	}
	if err := d.Fits(8, 4); err == nil || fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), "transform 1, cutout") {
		t.Error(err)
	}
}

// Records from anywhere are read or refused, and what is read is carried out
// on any picture that it fits, without a panic.
func FuzzParseDraw(f *testing.F) {
	for name, k := range kinds {
		params := k.example
		if params == "" {
			params = "{}"
		}
		f.Add(`{"steps": [["`+name+`", `+params+`]]}`, uint8(12), uint8(9))
	}
	f.Add(`{"steps": [["transpose"], ["grid_distortion", {"num_steps": 2, "xsteps": [-3, 1, 2], "ysteps": [0, 0, 99]}]]}`, uint8(3), uint8(40))
	field := func(string) ([]float64, []int, error) { return nil, nil, errors.New("no file") }
	f.Fuzz(func(t *testing.T, text string, width, height uint8) {
		if width == 0 || height == 0 || width > 64 || height > 64 {
			return
		}
		d, err := ParseDraw([]byte(text), field)
		if err != nil || len(d.Ops) > 6 || d.Fits(int(width), int(height)) != nil {
			return
		}
		for _, op := range d.Ops { // what takes long
			if r, ok := op.(*ResizeTo); ok && r.Size > 300 {
				return
			}
			if e, ok := op.(*Elastic); ok && e.Sigma > 60 {
				return
			}
		}
		im := noise(int(width), int(height), 1)
		out := d.Image(im)
		again, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		replayed, err := ParseDraw(again, field)
		if err != nil {
			t.Fatalf("%s became %s: %v", text, again, err)
		}
		if !equal(replayed.Image(im), out) {
			t.Fatalf("%s became %s, which gives another picture", text, again)
		}
	})
}
