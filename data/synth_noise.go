package data

import (
	"math"
	"math/rand/v2"
)

// synthField is smooth random texture: independent uniform numbers on a
// square lattice, turned by a random angle so that its grid does not show,
// interpolated with zero slope at the nodes (value noise).
type synthField struct {
	nodes    []float32
	n        int     // nodes per side
	scale    float64 // lattice cells per width of the picture
	sin, cos float64
}

// newSynthField draws texture with the given number of cells over the
// picture's width.
func newSynthField(r *rand.Rand, cells float64) *synthField {
	n := int(math.Ceil(cells*1.5)) + 2
	f := &synthField{nodes: make([]float32, n*n), n: n, scale: cells}
	f.sin, f.cos = math.Sincos(2 * math.Pi * r.Float64())
	for i := range f.nodes {
		f.nodes[i] = r.Float32()
	}
	return f
}

// at returns the texture at picture coordinates about [-0.5, 0.5], in [0, 1].
func (f *synthField) at(u, v float64) float64 {
	x, fx := f.cell(u*f.cos + v*f.sin)
	y, fy := f.cell(v*f.cos - u*f.sin)
	row := f.nodes[y*f.n+x:]
	below := f.nodes[(y+1)*f.n+x:]
	top := float64(row[0]) + fx*float64(row[1]-row[0])
	bottom := float64(below[0]) + fx*float64(below[1]-below[0])
	return top + fy*(bottom-top)
}

func (f *synthField) cell(u float64) (int, float64) {
	p := min(max((u+0.75)*f.scale, 0), float64(f.n)-1.001)
	i := int(p)
	t := p - float64(i)
	return i, t * t * (3 - 2*t)
}

// synthStep rises from 0 at lo to 1 at hi.
func synthStep(lo, hi, x float64) float64 {
	t := min(max((x-lo)/(hi-lo), 0), 1)
	return t * t * (3 - 2*t)
}

// synthColour is linear in display values, 0 to 255.
type synthColour [3]float64

func (c synthColour) mix(d synthColour, t float64) synthColour {
	for i := range c {
		c[i] += t * (d[i] - c[i])
	}
	return c
}

func (c synthColour) times(s float64) synthColour {
	for i := range c {
		c[i] *= s
	}
	return c
}
