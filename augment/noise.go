package augment

import (
	"fmt"
	"math"

	"melanoma/internal/fault"
	"melanoma/internal/pixel"
)

// GaussNoise adds a normal number of variance Var to every pixel and channel,
// clips and truncates (which darkens by half a level). The numbers are our
// own, functions of Seed and position; or those of a file, for replaying what
// another generator drew.
type GaussNoise struct {
	plain
	Var   float64 `json:"var"` // in squared levels
	Seed  uint64  `json:"seed,omitempty"`
	Field string  `json:"field,omitempty"` // a .npy file [H,W,3]; it has the variance already

	values []float64 // of the file
	shape  []int
}

// Name is the transform's name in records.
func (*GaussNoise) Name() string { return "gauss_noise" }

func (g *GaussNoise) check() error { return within("var", g.Var, 0, 65025) }

func (g *GaussNoise) fits(width, height int) error {
	if g.Field == "" || len(g.shape) == 3 && g.shape[0] == height && g.shape[1] == width && g.shape[2] == 3 {
		return nil
	}
	return fmt.Errorf("the field %s has shape %v, not [%d, %d, 3]", g.Field, g.shape, height, width)
}

// read fetches the field; values that are no finite numbers are errors.
func (g *GaussNoise) read(fields FieldReader) error {
	if g.Field == "" {
		return nil
	}
	if fields == nil {
		return fault.New(fault.Usage, `give "seed" in place of "field"`, "transform gauss_noise: no files can be read here, not %s", g.Field)
	}
	values, shape, err := fields(g.Field)
	if err != nil {
		return err
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fault.New(fault.Input, "write finite numbers", "transform gauss_noise: element %d of %s is %v", i, g.Field, v)
		}
	}
	g.values, g.shape = values, shape
	return nil
}

func (g *GaussNoise) apply(c *canvas) {
	if g.Field != "" {
		pixel.AddField(c.picture(), g.values)
		return
	}
	pixel.AddNoise(c.picture(), g.Seed, math.Sqrt(g.Var))
}

// GaussNoiseStep draws [GaussNoise] of a variance uniform in Var.
type GaussNoiseStep struct {
	P   float64    `yaml:"p"`   // probability
	Var [2]float64 `yaml:"var"` // least and largest, in squared levels
}

func (s *GaussNoiseStep) chance() float64 { return s.P }
func (s *GaussNoiseStep) check() error    { return interval("var", s.Var, 0, 65025) }

func (s *GaussNoiseStep) prepare(env) drawer {
	op := new(GaussNoise)
	return func(r *stream, d *drawing) {
		op.Var, op.Seed = r.between(s.Var[0], s.Var[1]), r.seed()
		d.add(op)
	}
}
