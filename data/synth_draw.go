package data

import (
	"image"
	"math"
	"math/rand/v2"

	"melanoma/internal/rng"
)

// synthScene is everything about a picture but its lesion: nuisances that do
// not depend on the diagnosis.
type synthScene struct {
	skin            synthColour
	blotches, pores *synthField
	creases         *synthField
	lightU, lightV  float64 // slope of the light
	gain            synthColour
	vignette        float64 // darkening of the corners
	tube            float64 // radius of the visible circle; beyond 0.8 there is none
	grain           float64
}

// synthDraw draws one picture from its own random stream.
func synthDraw(c SynthConfig, row synthRow) image.Image {
	r := rng.New(rng.Key(c.Seed, "synth picture", row.Name))
	lesion := newSynthLesion(r, row.Kind)
	scene := newSynthScene(r, row.Tone)
	hair := newSynthHair(r, c.Size)
	out := image.NewRGBA(image.Rect(0, 0, c.Size, c.Size))
	for y := range c.Size {
		for x := range c.Size {
			u, v := (float64(x)+0.5)/float64(c.Size)-0.5, (float64(y)+0.5)/float64(c.Size)-0.5
			colour := lesion.over(scene.skinAt(u, v), u, v)
			colour = colour.mix(hair.colour, hair.cover[y*c.Size+x])
			colour = scene.seen(colour, u, v)
			i := out.PixOffset(x, y)
			noise := scene.grain * (r.Float64() + r.Float64() - 1)
			for k := range 3 {
				out.Pix[i+k] = uint8(min(max(colour[k]+noise+0.5, 0), 255))
			}
			out.Pix[i+3] = 255
		}
	}
	return out
}

func newSynthScene(r *rand.Rand, tone float64) *synthScene {
	tone = min(max(tone+0.05*r.NormFloat64(), 0), 1)
	light, medium, deep := synthColour{232, 202, 186}, synthColour{214, 168, 142}, synthColour{166, 122, 98}
	skin := light.mix(medium, min(2*tone, 1)).mix(deep, max(2*tone-1, 0))
	s := &synthScene{
		skin:     skin,
		blotches: newSynthField(r, 4), pores: newSynthField(r, 42), creases: newSynthField(r, 17),
		lightU: 0.14 * r.NormFloat64(), lightV: 0.14 * r.NormFloat64(),
		vignette: 0.45 * r.Float64(), tube: 1, grain: 3 + 4*r.Float64(),
	}
	if r.Float64() < 0.2 {
		s.tube = 0.50 + 0.12*r.Float64()
	}
	exposure := 1 + 0.05*r.NormFloat64()
	for k := range s.gain {
		s.gain[k] = exposure * (1 + 0.025*r.NormFloat64())
	}
	return s
}

// skinAt returns bare skin: blotches of redness, pores and creases.
func (s *synthScene) skinAt(u, v float64) synthColour {
	c := s.skin.mix(synthColour{214, 130, 118}, 0.28*max(0, s.blotches.at(u, v)-0.3))
	crease := 1 - math.Abs(2*s.creases.at(u, v)-1)
	return c.times(1.03 - 0.06*s.pores.at(u, v) - 0.03*crease*crease*crease)
}

// seen returns what the camera makes of a colour: light, white balance,
// vignette and the dermatoscope's tube.
func (s *synthScene) seen(c synthColour, u, v float64) synthColour {
	radius := math.Hypot(u, v)
	shade := (1 + s.lightU*u + s.lightV*v) * (1 - s.vignette*synthStep(0.3, 0.75, radius))
	shade *= 1 - 0.96*synthStep(s.tube, s.tube+0.035, radius)
	for k := range c {
		c[k] *= shade * s.gain[k]
	}
	return c
}

// synthHair is a layer of strokes over the picture.
type synthHair struct {
	colour synthColour
	cover  []float64 // [size,size], 0 bare to 1 hair
	size   int
}

// newSynthHair draws no hair on a third of the pictures, up to 16 strokes on
// the others, mostly in one direction.
func newSynthHair(r *rand.Rand, size int) *synthHair {
	h := &synthHair{cover: make([]float64, size*size), size: size}
	h.colour = synthColour{34, 24, 20}.mix(synthColour{150, 112, 76}, math.Pow(r.Float64(), 2))
	strokes := 0
	if r.Float64() > 0.35 {
		strokes = 1 + int(15*math.Pow(r.Float64(), 2))
	}
	direction := 2 * math.Pi * r.Float64()
	for range strokes {
		h.stroke(r, direction+0.45*r.NormFloat64())
	}
	return h
}

// stroke draws one bent hair, a quadratic curve, dot by dot.
func (h *synthHair) stroke(r *rand.Rand, angle float64) {
	sin, cos := math.Sincos(angle)
	length, bend := 0.35+0.6*r.Float64(), 0.16*r.NormFloat64()
	startU, startV := r.Float64()-0.5*length*cos, r.Float64()-0.5*length*sin
	width := (0.0035 + 0.0035*r.Float64()) * float64(h.size) // half of it
	alpha := 0.65 + 0.3*r.Float64()
	steps := int(2*length*float64(h.size)) + 2
	for i := range steps {
		t := float64(i) / float64(steps-1)
		side := bend * 4 * t * (1 - t) * length
		x := (startU + t*length*cos - side*sin) * float64(h.size)
		y := (startV + t*length*sin + side*cos) * float64(h.size)
		h.dot(x, y, width*(1-0.5*t), alpha)
	}
}

// dot covers the pixels about (x, y) with a soft disc.
func (h *synthHair) dot(x, y, radius, alpha float64) {
	reach := radius + 0.7
	for py := max(0, int(y-reach)); py <= min(h.size-1, int(y+reach)); py++ {
		for px := max(0, int(x-reach)); px <= min(h.size-1, int(x+reach)); px++ {
			distance := math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y)
			i := py*h.size + px
			h.cover[i] = max(h.cover[i], alpha*min(max(reach-distance, 0), 1)*min(1, radius+0.35))
		}
	}
}
