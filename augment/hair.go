package augment

import (
	"math"
	"slices"

	"melanoma/internal/pixel"
)

// Hair draws Strands dark, curved, tapering hairs over the picture, all
// functions of Seed. The idea is that of the "advanced hair augmentation" of
// SIIM-ISIC 2020's competitors (Roman 2020), who pasted photographs of hairs;
// here each hair is a quadratic Bezier curve and needs no pictures.
type Hair struct {
	plain
	Strands   int     `json:"strands"`   // 0 to 200
	Thickness float64 `json:"thickness"` // at the root of the thickest, in pixels
	Seed      uint64  `json:"seed"`
}

// Name is the transform's name in records.
func (*Hair) Name() string { return "hair" }

func (h *Hair) check() error {
	return firstOf(within("strands", float64(h.Strands), 0, 200), within("thickness", h.Thickness, 0, 100))
}

// hairMemory is what hairs need.
type hairMemory struct {
	cover       []float32 // of the strand in the making, 0 to 1
	grey        []uint8
	closed      []uint8 // the largest closing
	line, spare []uint8
	mask        []bool  // true: hair
	part        []int32 // pixels of one connected part
}

// segments a strand.
const strandSegments = 24

// strand is one hair: three control points, radius at the root, colour and
// how much of the picture it hides.
type strand struct {
	x, y    [3]float64
	radius  float64
	colour  [3]float64
	opacity float64
}

// drawStrand places a strand: through a point anywhere, in any direction,
// 0.2 to 0.9 diagonals long, bent by up to a third of its length; between
// black and dark brown.
func drawStrand(r *stream, width, height, thickness float64) strand {
	length := r.between(0.2, 0.9) * math.Hypot(width, height)
	x, y, angle, bend := r.between(0, width), r.between(0, height), r.between(0, 2*math.Pi), r.around(1.0/3)*length
	sin, cos := math.Sincos(angle)
	s := strand{radius: r.between(0.5, 1) * thickness / 2, opacity: r.between(0.65, 0.95)}
	s.x = [3]float64{x - cos*length/2, x - sin*bend, x + cos*length/2}
	s.y = [3]float64{y - sin*length/2, y + cos*bend, y + sin*length/2}
	red := r.between(10, 70)
	s.colour = [3]float64{red, red * r.between(0.6, 0.9), red * r.between(0.4, 0.7)}
	return s
}

// at returns the point of the curve at t in [0, 1].
func (s *strand) at(t float64) (x, y float64) {
	a, b, c := (1-t)*(1-t), 2*t*(1-t), t*t
	return a*s.x[0] + b*s.x[1] + c*s.x[2], a*s.y[0] + b*s.y[1] + c*s.y[2]
}

func (h *Hair) apply(c *canvas) {
	p, m := c.picture(), &c.hair
	m.cover = slices.Grow(m.cover[:0], p.Width*p.Height)[:p.Width*p.Height]
	clear(m.cover)
	r := stream{key: h.Seed}
	for range h.Strands {
		s := drawStrand(&r, float64(p.Width), float64(p.Height), h.Thickness)
		for i := range strandSegments {
			m.coverSegment(p, &s, i)
		}
		for i := range strandSegments {
			m.blend(p, &s, i)
		}
	}
}

// part returns the ends of segment i, its radius (strands taper to a third)
// and the pixels about it, clipped.
func (s *strand) part(p *pixel.Picture, i int) (ends [4]float64, radius float64, box [4]int) {
	t0, t1 := float64(i)/strandSegments, float64(i+1)/strandSegments
	ax, ay := s.at(t0)
	bx, by := s.at(t1)
	radius = s.radius * (1 - 2.0/3*t0)
	reach := radius + 1
	box = [4]int{
		max(int(math.Floor(min(ax, bx)-reach)), 0), max(int(math.Floor(min(ay, by)-reach)), 0),
		min(int(math.Ceil(max(ax, bx)+reach))+1, p.Width), min(int(math.Ceil(max(ay, by)+reach))+1, p.Height),
	}
	return [4]float64{ax, ay, bx, by}, radius, box
}

// coverSegment raises the cover of the pixels near a segment: full within the
// radius, falling to none over one pixel.
func (m *hairMemory) coverSegment(p *pixel.Picture, s *strand, i int) {
	ends, radius, box := s.part(p, i)
	dx, dy := ends[2]-ends[0], ends[3]-ends[1]
	scale := 1 / max(dx*dx+dy*dy, 1e-12)
	for y := box[1]; y < box[3]; y++ {
		for x := box[0]; x < box[2]; x++ {
			px, py := float64(x)-ends[0], float64(y)-ends[1]
			along := min(max((px*dx+py*dy)*scale, 0), 1)
			distance := math.Hypot(px-along*dx, py-along*dy)
			cover := float32(min(max(radius+0.5-distance, 0), 1) * min(2*radius, 1))
			at := y*p.Width + x
			m.cover[at] = max(m.cover[at], cover)
		}
	}
}

// blend paints the covered pixels about a segment and clears their cover, so
// that each is painted once a strand.
func (m *hairMemory) blend(p *pixel.Picture, s *strand, i int) {
	_, _, box := s.part(p, i)
	for y := box[1]; y < box[3]; y++ {
		cover, row := m.cover[y*p.Width:], p.Row(y)
		for x := box[0]; x < box[2]; x++ {
			if cover[x] == 0 {
				continue
			}
			opacity := s.opacity * float64(cover[x])
			cover[x] = 0
			for ch, colour := range s.colour {
				v := float64(row[4*x+ch])
				row[4*x+ch] = uint8(v + (colour-v)*opacity + 0.5)
			}
		}
	}
}

// HairStep draws [Hair]: a number of strands uniform in Strands, and a
// thickness uniform in Thickness.
type HairStep struct {
	P         float64    `yaml:"p"`         // probability
	Strands   [2]int     `yaml:"strands"`   // least and most, 0 to 200
	Thickness [2]float64 `yaml:"thickness"` // shares of the shorter side
}

func (s *HairStep) chance() float64 { return s.P }

func (s *HairStep) check() error {
	return firstOf(interval("strands", [2]float64{float64(s.Strands[0]), float64(s.Strands[1])}, 0, 200), interval("thickness", s.Thickness, 0, 0.1))
}

func (s *HairStep) prepare(env) drawer {
	op := new(Hair)
	return func(r *stream, d *drawing) {
		op.Strands = s.Strands[0] + r.below(s.Strands[1]-s.Strands[0]+1)
		op.Thickness = r.between(s.Thickness[0], s.Thickness[1]) * float64(min(d.width, d.height))
		op.Seed = r.seed()
		d.add(op)
	}
}
