package augment

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext/prng"

	"melanoma/internal/pixel"
)

// Elastic is ElasticTransform of albumentations 0.4.6 after Simard, Steinkraus
// and Platt (2003): an affine map that moves three points about the centre
// by PointOffsets, then a smooth random field of displacements, both with
// border REFLECT_101.
//
// The field comes from NumPy's RandomState(NumpySeed), after the six numbers
// of the points. With Sigma 50 its standard deviation is Alpha/306 pixels,
// less than the 1/32 that sampling resolves at Alpha 3: it does not show, and
// costs more than all else. Alpha 0 leaves it out.
type Elastic struct {
	plain
	Alpha        float64        `json:"alpha"`        // of the field, in pixels
	Sigma        float64        `json:"sigma"`        // of its smoothing, in pixels
	AlphaAffine  float64        `json:"alpha_affine"` // largest offset of a point, in pixels
	NumpySeed    uint32         `json:"numpy_seed"`
	PointOffsets *[3][2]float32 `json:"point_offsets,omitempty"` // x, y; absent: from NumpySeed
	Note         string         `json:"note,omitempty"`          // says where a record comes from

	offsets [3][2]float32 // storage of PointOffsets
}

// Name is the transform's name in records.
func (*Elastic) Name() string { return "elastic_transform" }

func (e *Elastic) check() error {
	if err := firstOf(within("alpha", e.Alpha, -1e4, 1e4), within("sigma", e.Sigma, 0, 500), within("alpha_affine", e.AlphaAffine, 0, LargestSide)); err != nil {
		return err
	}
	if e.PointOffsets == nil {
		var random numpyRandom
		e.drawOffsets(&random)
	}
	for _, p := range e.PointOffsets {
		if err := firstOf(within("a point's offset", float64(p[0]), -LargestSide, LargestSide), within("a point's offset", float64(p[1]), -LargestSide, LargestSide)); err != nil {
			return err
		}
	}
	return nil
}

// fits refuses pictures in which the three points are one.
func (e *Elastic) fits(width, height int) error {
	if width < 3 || height < 3 {
		return fmt.Errorf("%d x %d pixels are too few for an elastic transform", width, height)
	}
	return nil
}

// drawOffsets takes the points' offsets from NumpySeed, point by point, x
// before y.
func (e *Elastic) drawOffsets(random *numpyRandom) {
	random.seed(e.NumpySeed)
	for i := range 3 {
		for j := range 2 {
			e.offsets[i][j] = float32(-e.AlphaAffine + (e.AlphaAffine+e.AlphaAffine)*random.double())
		}
	}
	e.PointOffsets = &e.offsets
}

// elasticMemory is what the field needs.
type elasticMemory struct {
	random  numpyRandom
	field   []float64 // random numbers, smoothed in place
	weights []float64
	xs, ys  []float32
}

func (e *Elastic) apply(c *canvas) {
	if e.PointOffsets == nil {
		e.drawOffsets(&c.elastic.random)
	}
	if *e.PointOffsets != [3][2]float32{} { // else the map is the identity
		dst, src := c.step()
		pixel.WarpAffine(&c.work, dst, src, e.matrix(src.Width, src.Height), pixel.Reflect101)
		c.swap()
	}
	if e.Alpha == 0 {
		return
	}
	m := &c.elastic
	m.random.seed(e.NumpySeed)
	for range 6 {
		m.random.double()
	}
	m.weights = gaussianWeights(m.weights, e.Sigma)
	m.xs = m.displacement(&c.work, m.xs, c.width, c.height, e.Alpha)
	m.ys = m.displacement(&c.work, m.ys, c.width, c.height, e.Alpha)
	for y := range c.height {
		for x := range c.width {
			i := y*c.width + x
			m.xs[i] = float32(float64(x) + float64(m.xs[i]))
			m.ys[i] = float32(float64(y) + float64(m.ys[i]))
		}
	}
	dst, src := c.step()
	pixel.Remap(&c.work, dst, src, m.xs, m.ys, pixel.Reflect101)
	c.swap()
}

// matrix moves the points c+(s,s), c+(s,-s), c-(s,s) by their offsets;
// c = (height/2, width/2) taken as (x, y), as albumentations does, and s a
// third of the shorter side.
func (e *Elastic) matrix(width, height int) [6]float64 {
	x, y, s := float32(height/2), float32(width/2), float32(min(width, height)/3)
	from := [3][2]float32{{x + s, y + s}, {x + s, y - s}, {x - s, y - s}}
	to := from
	for i, offset := range e.PointOffsets {
		to[i][0] += offset[0]
		to[i][1] += offset[1]
	}
	return pixel.AffineFromPoints(from, to)
}

// displacement draws height x width numbers in [-1, 1), smooths them along
// the columns, then the rows, and scales them.
func (m *elasticMemory) displacement(w *pixel.Workspace, dst []float32, width, height int, alpha float64) []float32 {
	n := width * height
	m.field = slices.Grow(m.field[:0], n)[:n]
	for i := range m.field {
		m.field[i] = m.random.double()*2 - 1
	}
	if len(m.weights) > 1 {
		pixel.SmoothField(w, m.field, width, height, m.weights)
	}
	dst = slices.Grow(dst[:0], n)[:n]
	for i, v := range m.field {
		dst[i] = float32(v * alpha)
	}
	return dst
}

// gaussianWeights returns the centre and one side of scipy's Gaussian, whose
// radius is int(4*sigma + 0.5); below 1e-15 there is no smoothing.
func gaussianWeights(w []float64, sigma float64) []float64 {
	radius := int(4*sigma + 0.5)
	if sigma <= 1e-15 {
		radius = 0
	}
	w = slices.Grow(w[:0], radius+1)[:radius+1]
	sum := 0.0
	for i := range w {
		w[i] = 1
		if i > 0 {
			w[i] = math.Exp(-0.5 / (sigma * sigma) * float64(i*i))
			sum += w[i]
		}
	}
	sum = 2*sum + 1
	for i := range w {
		w[i] /= sum
	}
	return w
}

// numpyRandom is NumPy's RandomState of a whole number.
type numpyRandom struct{ source prng.MT19937 }

func (r *numpyRandom) seed(seed uint32) { r.source.Seed(uint64(seed)) }

// double returns 53 bits in [0, 1).
func (r *numpyRandom) double() float64 {
	high, low := r.source.Uint32()>>5, r.source.Uint32()>>6
	return (float64(high)*(1<<26) + float64(low)) / (1 << 53)
}

// ElasticStep draws [Elastic] of one of the 10,001 seeds that albumentations
// draws. The field is left out except in the mode parity.
type ElasticStep struct {
	P           float64 `yaml:"p"`            // probability
	Alpha       float64 `yaml:"alpha"`        // of the field, in pixels
	Sigma       float64 `yaml:"sigma"`        // of its smoothing, in pixels
	AlphaAffine float64 `yaml:"alpha_affine"` // largest offset of a point, in pixels
}

func (s *ElasticStep) chance() float64 { return s.P }

func (s *ElasticStep) check() error {
	return firstOf(limits("alpha", s.Alpha, 0, 1e4), limits("sigma", s.Sigma, 0, 500), limits("alpha_affine", s.AlphaAffine, 0, LargestSide))
}

func (s *ElasticStep) prepare(e env) drawer {
	op := &Elastic{Sigma: s.Sigma, AlphaAffine: s.AlphaAffine}
	if e.parity {
		op.Alpha = s.Alpha
	}
	random := new(numpyRandom)
	return func(r *stream, d *drawing) {
		op.NumpySeed = uint32(r.below(10001))
		op.drawOffsets(random)
		d.add(op)
	}
}
