package augment

import (
	"fmt"
	"math"

	"melanoma/internal/pixel"
	"melanoma/internal/rng"
)

// Cutout blackens a square hole (DeVries and Taylor 2017) as albumentations
// 0.4.6 cuts it: its far edges count from the near ones after clipping, so a
// hole over the left or upper edge keeps its full size.
type Cutout struct {
	plain
	Hole    int     `json:"hole"` // pixels a side
	CentreX int     `json:"centre_x"`
	CentreY int     `json:"centre_y"`
	Rect    *[4]int `json:"rect,omitempty"` // x0, y0, x1, y1 as they follow from the others; checked where given
}

// RandomErasing fills a rectangle with random bytes, each pixel and channel
// its own (Zhong et al. 2020, RE-R).
type RandomErasing struct {
	plain
	Rect [4]int `json:"rect"` // x0, y0, x1, y1; the last two excluded
	Seed uint64 `json:"seed"`
}

// Name is the transform's name in records.
func (*Cutout) Name() string { return "cutout" }

// Name is the transform's name in records.
func (*RandomErasing) Name() string { return "random_erasing" }

func (o *Cutout) check() error {
	return firstOf(within("hole", float64(o.Hole), 0, LargestSide),
		within("centre_x", float64(o.CentreX), 0, LargestSide), within("centre_y", float64(o.CentreY), 0, LargestSide))
}

func (o *Cutout) fits(width, height int) error {
	if o.CentreX > width || o.CentreY > height {
		return fmt.Errorf("centre (%d, %d) lies outside %d x %d pixels", o.CentreX, o.CentreY, width, height)
	}
	if x0, y0, x1, y1 := o.rect(width, height); o.Rect != nil && *o.Rect != [4]int{x0, y0, x1, y1} {
		return fmt.Errorf("rect is %v, but hole and centre make it %v", *o.Rect, []int{x0, y0, x1, y1})
	}
	return nil
}

func (o *Cutout) rect(width, height int) (x0, y0, x1, y1 int) {
	x0, y0 = min(max(o.CentreX-o.Hole/2, 0), width), min(max(o.CentreY-o.Hole/2, 0), height)
	return x0, y0, min(x0+o.Hole, width), min(y0+o.Hole, height)
}

func (o *Cutout) apply(c *canvas) {
	p := c.picture()
	x0, y0, x1, y1 := o.rect(p.Width, p.Height)
	pixel.Fill(p, x0, y0, x1, y1, 0, 0, 0)
}

func (e *RandomErasing) fits(width, height int) error {
	r := e.Rect
	if r[0] < 0 || r[1] < 0 || r[0] > r[2] || r[1] > r[3] || r[2] > width || r[3] > height {
		return fmt.Errorf("rect %v is no part of %d x %d pixels", r, width, height)
	}
	return nil
}

func (e *RandomErasing) apply(c *canvas) {
	p := c.picture()
	for y := e.Rect[1]; y < e.Rect[3]; y++ {
		row := p.Row(y)
		for x := e.Rect[0]; x < e.Rect[2]; x++ {
			bits := uint64(rng.Uniform(e.Seed, uint64(y*p.Width+x)) * (1 << 53))
			row[4*x], row[4*x+1], row[4*x+2] = uint8(bits>>45), uint8(bits>>37), uint8(bits>>29)
		}
	}
}

// CutoutStep draws [Cutout]: a hole of Share of the network's side about a
// whole point uniform in the picture, its far edges included.
type CutoutStep struct {
	P     float64 `yaml:"p"`     // probability
	Share float64 `yaml:"share"` // of the side, in [0, 1]
}

// RandomErasingStep draws [RandomErasing]: the area uniform in Area, the ratio
// of height to width uniform in Ratio, drawn again until the rectangle lies
// inside (Zhong et al. 2020, algorithm 1; at most a hundred times, then none).
type RandomErasingStep struct {
	P     float64    `yaml:"p"`     // probability
	Area  [2]float64 `yaml:"area"`  // shares of the picture
	Ratio [2]float64 `yaml:"ratio"` // of height to width
}

func (s *CutoutStep) chance() float64        { return s.P }
func (s *RandomErasingStep) chance() float64 { return s.P }

func (s *CutoutStep) check() error { return share("share", s.Share) }

func (s *RandomErasingStep) check() error {
	return firstOf(interval("area", s.Area, 0, 1), interval("ratio", s.Ratio, 0.01, 100))
}

func (s *CutoutStep) prepare(e env) drawer {
	op := &Cutout{Hole: int(s.Share * float64(e.size))}
	return func(r *stream, d *drawing) {
		op.CentreY, op.CentreX = r.below(d.height+1), r.below(d.width+1)
		d.add(op)
	}
}

func (s *RandomErasingStep) prepare(env) drawer {
	op := new(RandomErasing)
	return func(r *stream, d *drawing) {
		for range 100 {
			area := float64(d.width*d.height) * r.between(s.Area[0], s.Area[1])
			ratio := r.between(s.Ratio[0], s.Ratio[1])
			width, height := int(math.Sqrt(area/ratio)), int(math.Sqrt(area*ratio))
			x, y := r.below(d.width), r.below(d.height)
			if x+width <= d.width && y+height <= d.height {
				op.Rect, op.Seed = [4]int{x, y, x + width, y + height}, r.seed()
				d.add(op)
				return
			}
		}
	}
}
