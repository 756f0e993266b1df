package data

import (
	"math"
	"math/rand/v2"
)

// How far the ABCD degrees of melanomas and benign lesions overlap: means of
// the degree (0 harmless to 1 suspicious), the spread that all four degrees of
// a lesion share and the spread of each. They set how hard the data set is.
const (
	synthMelanomaDegree  = 0.78
	synthKeratosisDegree = 0.28
	synthNevusDegree     = 0.22
	synthSharedSpread    = 0.10
	synthOwnSpread       = 0.12
)

// synthLesion is the look of one lesion. Lengths are in widths of the
// picture; degrees are in [0, 1].
type synthLesion struct {
	kind                synthKind
	asymmetry, border   float64
	variegation         float64
	centreU, centreV    float64
	cos, sin, stretch   float64      // long axis and its ratio to the short one
	radius              [256]float64 // of the outline by direction
	softness            float64      // of the edge, relative to the radius
	warp                float64
	brown, dark         synthColour
	accents             [3]synthColour
	tilt, opacity       float64
	warpU, warpV        *synthField
	patches, ragged     [3]*synthField
	shade, fine, specks *synthField
}

func newSynthLesion(r *rand.Rand, kind synthKind) *synthLesion {
	mean := map[synthKind]float64{synthMelanoma: synthMelanomaDegree, synthKeratosis: synthKeratosisDegree, synthNevus: synthNevusDegree}[kind]
	mean += synthSharedSpread * r.NormFloat64()
	degree := func() float64 { return min(max(mean+synthOwnSpread*r.NormFloat64(), 0), 1) }
	l := &synthLesion{kind: kind, asymmetry: degree(), border: degree(), variegation: degree()}
	size := 0.15 + 0.15*degree() + 0.015*r.NormFloat64()
	l.centreU, l.centreV = 0.05*r.NormFloat64(), 0.05*r.NormFloat64()
	l.sin, l.cos = math.Sincos(2 * math.Pi * r.Float64())
	l.stretch = 1.05 + 0.15*r.Float64() + 0.3*l.asymmetry*r.Float64()
	l.outline(r, max(size, 0.11))
	l.colours(r)
	l.textures(r)
	return l
}

// outline draws the radius by direction as a Fourier series: the first
// harmonics are lopsidedness, the higher ones notches of the border.
func (l *synthLesion) outline(r *rand.Rand, size float64) {
	for i := range l.radius {
		l.radius[i] = 1
	}
	for k := 1; k <= 11; k++ {
		amplitude := 0.02 + 0.19*l.asymmetry
		if k > 3 {
			amplitude = (0.015 + 0.13*l.border) / math.Sqrt(float64(k-2))
		}
		amplitude *= 0.4 + 0.6*r.Float64()
		phase := 2 * math.Pi * r.Float64()
		for i := range l.radius {
			l.radius[i] += amplitude * math.Cos(float64(k)*2*math.Pi*float64(i)/float64(len(l.radius))+phase)
		}
	}
	for i := range l.radius {
		l.radius[i] = size * max(l.radius[i], 0.35)
	}
	l.softness = 0.10 + 0.22*r.Float64()
	l.warp = 0.012 + 0.05*l.border
	if l.kind == synthKeratosis {
		l.softness *= 0.5 // "stuck on" the skin
	}
}

func (l *synthLesion) colours(r *rand.Rand) {
	warmth := r.Float64()
	l.brown = synthColour{176, 122, 88}.mix(synthColour{138, 88, 62}, warmth)
	l.dark = synthColour{104, 66, 50}.mix(synthColour{70, 46, 40}, r.Float64())
	if l.kind == synthKeratosis {
		l.brown = synthColour{184, 134, 98}.mix(synthColour{136, 96, 72}, warmth)
		l.dark = synthColour{108, 76, 58}
	}
	l.accents = [3]synthColour{
		{44, 33, 33}, // black
		synthColour{120, 118, 126}.mix(synthColour{88, 86, 102}, r.Float64()),  // blue-grey veil
		synthColour{178, 100, 84}.mix(synthColour{206, 172, 156}, r.Float64()), // red to white regression
	}
	l.tilt = l.asymmetry * (0.3 + 0.5*r.Float64())
	l.opacity = 0.78 + 0.2*r.Float64()
}

func (l *synthLesion) textures(r *rand.Rand) {
	l.warpU, l.warpV = newSynthField(r, 9), newSynthField(r, 9)
	for i := range l.patches {
		l.patches[i] = newSynthField(r, 5+3*r.Float64())
		l.ragged[i] = newSynthField(r, 22)
	}
	l.shade = newSynthField(r, 11)
	l.fine = newSynthField(r, 30+10*r.Float64())
	l.specks = newSynthField(r, 36)
}

// over returns the skin with the lesion on it at picture coordinates (u, v).
func (l *synthLesion) over(skin synthColour, u, v float64) synthColour {
	du := u - l.centreU + l.warp*(l.warpU.at(u, v)-0.5)
	dv := v - l.centreV + l.warp*(l.warpV.at(u, v)-0.5)
	along, across := (du*l.cos+dv*l.sin)/l.stretch, (dv*l.cos-du*l.sin)*math.Sqrt(l.stretch)
	distance := math.Hypot(along, across)
	if distance > 0.6 {
		return skin
	}
	angle := math.Atan2(across, along)/(2*math.Pi)*float64(len(l.radius)) + float64(len(l.radius))
	i := int(angle)
	fraction := angle - float64(i)
	n := len(l.radius)
	radius := l.radius[i%n] + fraction*(l.radius[(i+1)%n]-l.radius[i%n])
	q := distance / radius // 0 in the middle, 1 on the outline
	halo := 0.10 * (1 - synthStep(0.9, 1.7, q))
	skin = skin.mix(synthColour{205, 120, 105}, halo)
	cover := 1 - synthStep(1-l.softness, 1+l.softness, q)
	if cover == 0 {
		return skin
	}
	return skin.mix(l.inside(u, v, q, along/radius), cover*l.opacity)
}

// inside returns the colour of the lesion; side runs along its long axis.
func (l *synthLesion) inside(u, v, q, side float64) synthColour {
	depth := 0.45*(1-q) + 0.7*(l.shade.at(u, v)-0.5) + 0.35 + l.tilt*side*0.5
	c := l.brown.mix(l.dark, min(max(depth, 0), 1))
	for i, accent := range l.accents {
		threshold := 0.97 - 0.46*l.variegation
		patch := 0.78*l.patches[i].at(u, v) + 0.22*l.ragged[i].at(u, v)
		w := synthStep(threshold-0.09, threshold+0.15, patch)
		c = c.mix(accent, 0.8*w*synthStep(0, 0.3, l.variegation))
	}
	ridge := 1 - math.Abs(2*l.fine.at(u, v)-1) // pigment network
	c = c.times(1.04 - 0.17*ridge*ridge)
	if l.kind == synthKeratosis {
		c = c.mix(synthColour{226, 206, 176}, 0.55*synthStep(0.84, 0.97, l.specks.at(u, v))) // milia-like cysts
	}
	return c
}
