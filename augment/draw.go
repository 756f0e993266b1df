package augment

import (
	"encoding/json"
	"fmt"

	"melanoma/internal/fault"
	"melanoma/internal/pixel"
)

// Draw is the record of one picture: the transforms that it gets, with their
// parameters, in order. As JSON it is {"steps": [[NAME, PARAMETERS], ...]},
// which is a recipe that [ParseOp] reads again.
type Draw struct{ Ops []Op }

// MarshalJSON writes the record.
func (d Draw) MarshalJSON() ([]byte, error) {
	steps := make([][2]any, len(d.Ops))
	for i, op := range d.Ops {
		steps[i] = [2]any{op.Name(), op}
	}
	return json.Marshal(map[string]any{"steps": steps})
}

// UnmarshalJSON reads a record as [ParseDraw] does, without files.
func (d *Draw) UnmarshalJSON(text []byte) error {
	parsed, err := ParseDraw(text, nil)
	*d = parsed
	return err
}

// FieldReader reads an array of numbers that a record names, row-major.
type FieldReader func(name string) (values []float64, shape []int, err error)

// ParseDraw reads a record. Unknown names, unknown or missing parameters and
// values out of range are usage errors that name the step. fields may be nil:
// records that name files are errors then.
func ParseDraw(text []byte, fields FieldReader) (Draw, error) {
	return ParseOp("recipe", text, fields)
}

// recipeExample is the hint of a recipe that cannot be read.
const recipeExample = `for example {"steps": [["transpose", {}], ["clahe", {"clip_limit": 2}]]}`

// ParseOp reads one transform by its name and its parameters as JSON, or a
// "recipe" of several.
func ParseOp(name string, params []byte, fields FieldReader) (Draw, error) {
	var d Draw
	err := d.parse(name, params, fields)
	for i, op := range d.Ops {
		if _, ok := op.(*normalizeOp); err == nil && ok && i < len(d.Ops)-1 {
			err = fault.New(fault.Usage, "make it the last step", "step %d of the recipe: normalize leaves no 8-bit picture for what follows", i)
		}
	}
	return d, err
}

func (d *Draw) parse(name string, params []byte, fields FieldReader) error {
	if name == "recipe" {
		return d.parseRecipe(params, fields)
	}
	op, err := decodeOp(name, params)
	if err != nil {
		return err
	}
	if noise, ok := op.(*GaussNoise); ok {
		if err := noise.read(fields); err != nil {
			return err
		}
	}
	d.Ops = append(d.Ops, op)
	return nil
}

func (d *Draw) parseRecipe(params []byte, fields FieldReader) error {
	given := map[string]json.RawMessage{}
	var list [][]json.RawMessage
	if json.Unmarshal(params, &given) != nil || len(given) != 1 || json.Unmarshal(given["steps"], &list) != nil {
		return fault.New(fault.Usage, recipeExample, "a recipe is an object with the list \"steps\"")
	}
	for i, step := range list {
		var name string
		if len(step) < 1 || len(step) > 2 || json.Unmarshal(step[0], &name) != nil {
			return fault.New(fault.Usage, recipeExample, "step %d of the recipe is no [NAME, PARAMETERS]", i)
		}
		var params json.RawMessage
		if len(step) == 2 {
			params = step[1]
		}
		if err := d.parse(name, params, fields); err != nil {
			return fmt.Errorf("step %d of the recipe: %w", i, err)
		}
	}
	return nil
}

// Fits reports the first transform that a picture of this size cannot have.
func (d Draw) Fits(width, height int) error {
	for i, op := range d.Ops {
		if err := op.fits(width, height); err != nil {
			return fault.New(fault.Usage, "the parameters belong to another picture", "transform %d, %s: %w", i, op.Name(), err)
		}
		width, height = op.size(width, height)
	}
	return nil
}

// Fast leaves out ElasticTransform's field, as the mode fast does.
func (d Draw) Fast() Draw {
	out := Draw{Ops: make([]Op, len(d.Ops))}
	for i, op := range d.Ops {
		if e, ok := op.(*Elastic); ok {
			flat := *e
			flat.Alpha = 0
			op = &flat
		}
		out.Ops[i] = op
	}
	return out
}

// Image returns the 8-bit picture after the record's transforms, in memory of
// its own. The record fits the picture, as [Draw.Fits] says.
func (d Draw) Image(im Image) Image {
	im.check()
	p := newCanvas().run(im.Pix, im.Width, im.Height, d)
	out := NewImage(p.Width, p.Height)
	pixel.Store(out.Pix, p)
	return out
}

// Normalization returns the parameters of a record that ends with
// normalisation: its result is no 8-bit picture but that of [Normalize.Into].
func (d Draw) Normalization() (n Normalize, ok bool) {
	if len(d.Ops) == 0 {
		return n, false
	}
	op, ok := d.Ops[len(d.Ops)-1].(*normalizeOp)
	if !ok {
		return n, false
	}
	return Normalize{Mean: op.Mean, Std: op.Std}, true
}
