package augment

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"reflect"
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// Op is one transform with drawn parameters. Its JSON object holds the
// parameters; names and parameters are those of albumentations 0.4.6 in the
// reference cases, where it has the transform.
type Op interface {
	Name() string
	check() error                      // parameters that no picture can have
	fits(width, height int) error      // parameters that a picture of this size cannot have
	size(width, height int) (int, int) // of the result
	apply(c *canvas)                   // checked before
}

// plain is an Op that goes with any picture and keeps its size.
type plain struct{}

func (plain) check() error                      { return nil }
func (plain) fits(_, _ int) error               { return nil }
func (plain) size(width, height int) (int, int) { return width, height }

// LargestSide is the most pixels in a row or column that an Op accepts.
const LargestSide = 8192

// kind makes an Op from its parameters.
type kind struct {
	make    func() Op // with the defaults of optional parameters
	need    []string  // parameters without a default
	example string    // of the parameters, for hints
}

var kinds = map[string]kind{
	"transpose":            {make: func() Op { return &Transpose{} }},
	"vertical_flip":        {make: func() Op { return &VerticalFlip{} }},
	"horizontal_flip":      {make: func() Op { return &HorizontalFlip{} }},
	"random_brightness":    {make: func() Op { return &Brightness{} }, need: []string{"beta"}, example: `{"beta": -0.1}`},
	"random_contrast":      {make: func() Op { return &Contrast{} }, need: []string{"alpha"}, example: `{"alpha": 1.2}`},
	"brightness_contrast":  {make: func() Op { return &Tone{} }, need: []string{"gain", "shift"}, example: `{"gain": 1.1, "shift": -0.05}`},
	"solarize":             {make: func() Op { return &Solarize{} }, need: []string{"threshold"}, example: `{"threshold": 128}`},
	"posterize":            {make: func() Op { return &Posterize{} }, need: []string{"bits"}, example: `{"bits": 4}`},
	"motion_blur":          {make: func() Op { return &MotionBlur{} }, need: []string{"kernel"}, example: `{"kernel": [[0, 0, 0], [0.5, 0.5, 0], [0, 0, 0]]}`},
	"median_blur":          {make: func() Op { return &MedianBlur{} }, need: []string{"ksize"}, example: `{"ksize": 3}`},
	"gaussian_blur":        {make: func() Op { return &GaussianBlur{} }, need: []string{"ksize"}, example: `{"ksize": 3}`},
	"gauss_noise":          {make: func() Op { return &GaussNoise{} }, need: []string{"var"}, example: `{"var": 17.5, "seed": 1}`},
	"optical_distortion":   {make: func() Op { return &OpticalDistortion{} }, need: []string{"k"}, example: `{"k": -0.3, "dx": 0, "dy": 0}`},
	"grid_distortion":      {make: func() Op { return &GridDistortion{NumSteps: 5} }, need: []string{"xsteps", "ysteps"}, example: `{"num_steps": 5, "xsteps": [1, 0.5, 1.5, 1, 1, 1], "ysteps": [1, 1, 1, 1, 1, 1]}`},
	"elastic_transform":    {make: func() Op { return &Elastic{Sigma: 50, AlphaAffine: 50} }, need: []string{"alpha", "numpy_seed"}, example: `{"alpha": 3, "sigma": 50, "alpha_affine": 50, "numpy_seed": 7}`},
	"clahe":                {make: func() Op { return &CLAHE{Grid: 8} }, need: []string{"clip_limit"}, example: `{"clip_limit": 2.5, "grid": 8}`},
	"hue_saturation_value": {make: func() Op { return &HueSaturationValue{} }, need: []string{"hue", "sat", "val"}, example: `{"hue": 5, "sat": -10, "val": 3}`},
	"shift_scale_rotate":   {make: func() Op { return &ShiftScaleRotate{} }, need: []string{"angle", "scale", "dx", "dy"}, example: `{"angle": 10, "scale": 1.05, "dx": 0.02, "dy": -0.03}`},
	"resize":               {make: func() Op { return &ResizeTo{} }, need: []string{"size"}, example: `{"size": 384}`},
	"cutout":               {make: func() Op { return &Cutout{} }, need: []string{"hole", "centre_x", "centre_y"}, example: `{"hole": 96, "centre_x": 100, "centre_y": 30}`},
	"random_erasing":       {make: func() Op { return &RandomErasing{} }, need: []string{"rect", "seed"}, example: `{"rect": [10, 20, 60, 90], "seed": 1}`},
	"hair":                 {make: func() Op { return &Hair{} }, need: []string{"strands", "thickness", "seed"}, example: `{"strands": 8, "thickness": 2, "seed": 1}`},
	"hair_removal":         {make: func() Op { return &HairRemoval{Length: 15, Threshold: 20} }, example: `{"length": 15, "threshold": 20}`},
	"jpeg_decode":          {make: func() Op { return &jpegDecode{} }},
	"normalize":            {make: func() Op { return &normalizeOp{} }, need: []string{"mean", "std"}, example: `{"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}`},
}

// OpNames lists the transforms that [ParseOp] knows, "recipe" aside, sorted.
func OpNames() []string {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// decodeOp reads one transform's parameters. An empty text has none.
func decodeOp(name string, params json.RawMessage) (Op, error) {
	k, known := kinds[name]
	if !known {
		return nil, fault.New(fault.Usage, suggest(name, append(OpNames(), "recipe"), "transforms"), "unknown transform %q", name)
	}
	op := k.make()
	given := map[string]json.RawMessage{}
	if len(params) > 0 {
		if err := json.Unmarshal(params, &given); err != nil {
			return nil, fault.New(fault.Usage, k.hint(), "transform %s: its parameters are no JSON object", name)
		}
	}
	names := parameters(op)
	for _, key := range sorted(given) {
		if !slices.Contains(names, key) {
			return nil, fault.New(fault.Usage, suggest(key, names, "its parameters"), "transform %s has no parameter %q", name, key)
		}
	}
	for _, key := range k.need {
		if v, ok := given[key]; !ok || string(v) == "null" {
			return nil, fault.New(fault.Usage, k.hint(), "transform %s needs the parameter %q", name, key)
		}
	}
	if len(params) > 0 {
		if err := json.Unmarshal(params, op); err != nil {
			return nil, fault.New(fault.Usage, k.hint(), "transform %s: %s", name, wrongType(err))
		}
		for i, key := range names {
			if err := sameLength(given[key], fieldTypes(op)[i]); err != nil {
				return nil, fault.New(fault.Usage, k.hint(), "transform %s: parameter %q %w", name, key, err)
			}
		}
	}
	if err := op.check(); err != nil {
		return nil, fault.New(fault.Usage, k.hint(), "transform %s: %w", name, err)
	}
	return op, nil
}

func (k kind) hint() string {
	if k.example == "" {
		return "it takes no parameters: {}"
	}
	return "for example " + k.example
}

func wrongType(err error) string {
	if wrong, ok := err.(*json.UnmarshalTypeError); ok {
		return fmt.Sprintf("parameter %q cannot be a %s", wrong.Field, wrong.Value)
	}
	return err.Error()
}

// parameters lists the JSON names of an Op's fields.
func parameters(op Op) []string {
	var names []string
	for field := range jsonFields(op) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// fieldTypes lists the types of parameters.
func fieldTypes(op Op) []reflect.Type {
	var types []reflect.Type
	for field := range jsonFields(op) {
		types = append(types, field.Type)
	}
	return types
}

func jsonFields(op Op) iter.Seq[reflect.StructField] {
	t := reflect.TypeOf(op).Elem()
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if f := t.Field(i); f.Tag.Get("json") != "" && !yield(f) {
				return
			}
		}
	}
}

// sameLength reports a list of another length than its array: encoding/json
// drops what is too much and fills up what is missing.
func sameLength(text json.RawMessage, t reflect.Type) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Array || len(text) == 0 {
		return nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil || len(items) != t.Len() {
		return fmt.Errorf("is no list of %d", t.Len())
	}
	for _, item := range items {
		if err := sameLength(item, t.Elem()); err != nil {
			return err
		}
	}
	return nil
}

// suggest is a hint with the known name that is nearest to a wrong one.
func suggest(wrong string, known []string, what string) string {
	slices.Sort(known)
	hint := what + ": " + strings.Join(known, ", ")
	if len(known) == 0 {
		hint = "it takes none"
	}
	if nearest := fault.Nearest(wrong, known); nearest != "" {
		return "did you mean " + nearest + "? " + hint
	}
	return hint
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// within reports a parameter outside [low, high]; not a number is outside.
func within(name string, v, low, high float64) error {
	if math.IsNaN(v) || v < low || v > high {
		return fmt.Errorf("%s is %v, not in [%v, %v]", name, v, low, high)
	}
	return nil
}

func oneOf(name string, v int, allowed ...int) error {
	if !slices.Contains(allowed, v) {
		return fmt.Errorf("%s is %d, not one of %v", name, v, allowed)
	}
	return nil
}
