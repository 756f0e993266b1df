package pixel

import (
	"fmt"
	"math"
)

// AddField adds a number to every channel of every pixel, in float64, clips
// the sum to 0..255 and cuts its fraction off. len(field) = 3*Width*Height.
func AddField(p *Picture, field []float64) {
	n := p.Width * p.Height
	if len(field) != 3*n {
		panic(fmt.Sprintf("pixel: field: %d numbers for %d x %d pixels", len(field), p.Width, p.Height))
	}
	for i := range n {
		pixel, add := p.Pix[4*i:4*i+3], field[3*i:3*i+3]
		for c, v := range pixel {
			pixel[c] = uint8(min(max(float64(v)+add[c], 0), 255))
		}
	}
}

// AddNoise adds independent normal numbers of mean 0 and deviation sigma, in
// grey levels, to every channel, clips the sum to 0..255 and cuts its fraction
// off (which takes half a level from the mean, as in the recipe). The numbers
// are a function of the key and the pixel's place in row-major order alone.
//
// A pixel's 64 bits are those that splitmix64 (Steele, Lea and Flood 2014)
// gives for the seed key as its number i; each channel takes 21 of them: a sign
// and a tail probability p = (m + 1/2) / 2^21, m < 2^20. The number is the
// normal quantile of p by a cubic for each octave of p, as in Cheung, Lee, Luk
// and Villasenor 2007, "Hardware generation of arbitrary random number
// distributions from uniform distributions via the inversion method". It is
// within 2e-4 sigma of the quantile; the largest is 5.035 sigma. Sigma must lie
// in 0..10000.
func AddNoise(p *Picture, key uint64, sigma float64) {
	if !(sigma >= 0 && sigma <= 10000) {
		panic(fmt.Sprintf("pixel: noise: deviation of %g", sigma))
	}
	active().addNoise(p.Pix, key, float32(sigma))
}

// weyl is the step of splitmix64's counter.
const weyl = 0x9e3779b97f4a7c15

// splitmix returns the output of splitmix64 for a counter.
func splitmix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// addNoiseRef adds noise to pixels in a row; the counter of the first is
// state + weyl.
func addNoiseRef(pix []uint8, state uint64, sigma float32) {
	normal := scaledCubics(sigma)
	addNumbers(pix, state, &normal)
}

func addNumbers(pix []uint8, state uint64, normal *normalTable) {
	for i := 0; i+4 <= len(pix); i += 4 {
		state += weyl
		bits := splitmix(state)
		low, high := uint32(bits), uint32(bits>>32)
		pix[i] = noisy(pix[i], low, normal)
		pix[i+1] = noisy(pix[i+1], low<<21|high<<11&0x1fffff, normal)
		pix[i+2] = noisy(pix[i+2], high, normal)
	}
}

// noisy adds the normal number of the 21 leading bits of u.
func noisy(v uint8, u uint32, normal *normalTable) uint8 {
	return uint8(min(max(float32(v)+normal.number(u), 0), 255))
}

// normalTable holds cubics by power of t, from 0, and octave. The number of
// octave e has a tail probability of t * 2^(e-22), 1 <= t < 2.
type normalTable [4 * octaves]float32

// octaves is 21, with room for AVX2's tables of eight.
const octaves = 24

// scaledCubics returns the cubics of a normal number of deviation sigma.
func scaledCubics(sigma float32) (scaled normalTable) {
	for power, row := range normalCubics {
		for e, v := range row {
			scaled[power*octaves+e] = v * sigma
		}
	}
	return scaled
}

// number returns the table's number for the 21 leading bits of u.
func (c *normalTable) number(u uint32) float32 {
	bits := math.Float32bits(float32(u>>9&0x3ffffc | 2)) // 2(2m+1): its exponent is e modulo 32
	e := bits >> 23 % 32
	t := math.Float32frombits(bits&0x7fffff | 0x3f800000)
	z := float32(c[3*octaves+e]*t) + c[2*octaves+e]
	z = float32(z*t) + c[octaves+e]
	z = float32(z*t) + c[e]
	return math.Float32frombits(math.Float32bits(z) ^ u&0x80000000)
}

// normalCubics are near-minimax fits (least squares, weighted anew until the errors are
// level) of the normal quantile to the values of t that occur.
var normalCubics = [4][octaves]float32{
	{5.035406, 4.820706, 4.890138, 4.9207163, 4.7869163, 4.647808, 4.5038114, 4.355211, 4.2016516, 4.042771, 3.878075, 3.7069519, 3.5286567, 3.3422897, 3.1467314, 2.9406333, 2.722303, 2.4896157, 2.2399013, 1.970024, 1.6851935},
	{0, 0, -0.13787715, -0.4176669, -0.43599895, -0.45220944, -0.46802178, -0.48491728, -0.5031755, -0.523304, -0.5458016, -0.5712569, -0.6004122, -0.6342642, -0.6741542, -0.7220672, -0.78093004, -0.8553017, -0.9526526, -1.0864239, -1.304146},
	{0, 0, 0, 0.13821867, 0.14588353, 0.15179056, 0.15706795, 0.16261154, 0.16845742, 0.17479858, 0.18178907, 0.18959191, 0.1983943, 0.20842952, 0.219973, 0.23340549, 0.24918048, 0.26779014, 0.289516, 0.31385693, 0.35580757},
	{0, 0, 0, -0.020391757, -0.021715038, -0.022640847, -0.023423597, -0.024250342, -0.02511352, -0.02604502, -0.027067915, -0.028206095, -0.02948638, -0.03094169, -0.032610465, -0.034547653, -0.036822032, -0.039525717, -0.042809516, -0.04728665, -0.062538065},
}
