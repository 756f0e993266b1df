package augment

import (
	"fmt"
	"slices"

	"melanoma/internal/pixel"
)

// OpticalDistortion looks through a lens: OpenCV's radial model with
// k1 = k2 = K, focal lengths Width and Height, principal point moved by DX
// and DY pixels; border REFLECT_101. Below K = -0.364 the map folds inside the
// picture: its corners show mirrored content.
type OpticalDistortion struct {
	plain
	K  float64 `json:"k"`
	DX float64 `json:"dx"`
	DY float64 `json:"dy"`
}

// GridDistortion stretches NumSteps columns and rows of cells by the factors
// XSteps and YSteps (one more than steps, the last for a remainder) without
// normalising their sum, as albumentations 0.4.6 does: the far side is cropped
// or mirrored. Border REFLECT_101.
type GridDistortion struct {
	plain
	NumSteps int       `json:"num_steps"`
	XSteps   []float64 `json:"xsteps"`
	YSteps   []float64 `json:"ysteps"`
}

// Name is the transform's name in records.
func (*OpticalDistortion) Name() string { return "optical_distortion" }

// Name is the transform's name in records.
func (*GridDistortion) Name() string { return "grid_distortion" }

func (o *OpticalDistortion) check() error {
	return firstOf(within("k", o.K, -100, 100), within("dx", o.DX, -LargestSide, LargestSide), within("dy", o.DY, -LargestSide, LargestSide))
}

func (g *GridDistortion) check() error {
	if err := within("num_steps", float64(g.NumSteps), 1, LargestSide); err != nil {
		return err
	}
	for _, list := range [][]float64{g.XSteps, g.YSteps} {
		if len(list) != g.NumSteps+1 {
			return fmt.Errorf("%d factors for %d steps: there is one more factor than steps", len(list), g.NumSteps)
		}
		for _, v := range list {
			if err := within("a factor", v, -100, 100); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *OpticalDistortion) apply(c *canvas) {
	dst, src := c.step()
	pixel.Distort(&c.work, dst, src, o.K, o.DX, o.DY, pixel.Reflect101)
	c.swap()
}

func (g *GridDistortion) apply(c *canvas) {
	dst, src := c.step()
	c.xs = gridRamp(c.xs, src.Width, g.NumSteps, g.XSteps)
	c.ys = gridRamp(c.ys, src.Height, g.NumSteps, g.YSteps)
	pixel.RemapSeparable(&c.work, dst, src, c.xs, c.ys, pixel.Reflect101)
	c.swap()
}

// gridRamp returns where each of n columns comes from: a ramp a cell, both
// ends included, as np.linspace computes it. A cell that the edge cuts ends at
// n. Where the remainder is wider than a cell, which takes fewer columns than
// steps squared, what is beyond the last cell comes from column 0.
func gridRamp(ramp []float32, n, steps int, factors []float64) []float32 {
	ramp = slices.Grow(ramp[:0], n)[:n]
	clear(ramp)
	cell, from := n/steps, 0.0
	for i, factor := range factors {
		start, end, to := i*cell, (i+1)*cell, float64(n)
		if end > n {
			end = n
		} else {
			to = from + float64(float64(cell)*factor)
		}
		slope := (to - from) / float64(end-start-1)
		for j := range end - start {
			ramp[start+j] = float32(from)
			if j > 0 {
				ramp[start+j] = float32(float64(float64(j)*slope) + from)
			}
		}
		if end-start > 1 {
			ramp[end-1] = float32(to)
		}
		from = to
	}
	return ramp
}

// OpticalDistortionStep draws [OpticalDistortion] of a K uniform in +-Limit.
// The shift of albumentations 0.4.6 is rounded to whole numbers and always 0.
type OpticalDistortionStep struct {
	P     float64 `yaml:"p"`     // probability
	Limit float64 `yaml:"limit"` // of K, in [0, 1]
}

// GridDistortionStep draws [GridDistortion] of Steps cells a side and factors
// uniform in 1+-Limit.
type GridDistortionStep struct {
	P     float64 `yaml:"p"`     // probability
	Steps int     `yaml:"steps"` // 1 to 64
	Limit float64 `yaml:"limit"` // in [0, 1]
}

func (s *OpticalDistortionStep) chance() float64 { return s.P }
func (s *GridDistortionStep) chance() float64    { return s.P }

func (s *OpticalDistortionStep) check() error { return share("limit", s.Limit) }
func (s *GridDistortionStep) check() error {
	return firstOf(share("limit", s.Limit), limits("steps", float64(s.Steps), 1, 64))
}

func (s *OpticalDistortionStep) prepare(env) drawer {
	op := new(OpticalDistortion)
	return func(r *stream, d *drawing) {
		op.K = r.around(s.Limit)
		d.add(op)
	}
}

func (s *GridDistortionStep) prepare(env) drawer {
	op := &GridDistortion{NumSteps: s.Steps, XSteps: make([]float64, s.Steps+1), YSteps: make([]float64, s.Steps+1)}
	return func(r *stream, d *drawing) {
		for _, list := range [2][]float64{op.XSteps, op.YSteps} {
			for i := range list {
				list[i] = 1 + r.around(s.Limit)
			}
		}
		d.add(op)
	}
}
