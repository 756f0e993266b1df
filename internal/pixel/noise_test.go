package pixel

import (
	"math"
	"slices"
	"testing"
)

// TestNormalNumbers holds the table against the quantile, for every number it
// can give, and its moments against those of the normal distribution.
func TestNormalNumbers(t *testing.T) {
	cubics := scaledCubics(1)
	var second, fourth, worst float64
	const n = 1 << 20
	for m := range uint32(n) {
		z := cubics.number(m << 11)
		if other := cubics.number(m<<11 | 1<<31 | 0x7ff); other != -z {
			t.Fatalf("number %d is %g, with the sign and meaningless bits %g", m, z, other)
		}
		p := (float64(m) + 0.5) / (2 * n)
		want := math.Sqrt2 * math.Erfcinv(2*p)
		worst = max(worst, math.Abs(float64(z)-want))
		second += float64(z) * float64(z) / n
		fourth += math.Pow(float64(z), 4) / n
	}
	if worst > 2e-4 {
		t.Errorf("off by %g from the quantile, want at most 2e-4", worst)
	}
	if math.Abs(second-1) > 2e-5 || math.Abs(fourth-3) > 1e-3 {
		t.Errorf("variance %.7f and fourth moment %.6f, want 1 and 3", second, fourth)
	}
}

// noiseTest is a grey picture with noise whose sigma keeps it off the ends: a
// channel below 128 + sigma*z says that the number is below z.
const (
	noiseGrey  = 128
	noiseSigma = 20
	noiseSize  = 1024
)

// noised returns the channels of the noisy picture in order of place.
func noised(key uint64) []uint8 {
	p := new(Picture)
	p.Reset(noiseSize, noiseSize)
	Fill(p, 0, 0, noiseSize, noiseSize, noiseGrey, noiseGrey, noiseGrey)
	AddNoise(p, key, noiseSigma)
	rgb := make([]uint8, 3*noiseSize*noiseSize)
	Store(rgb, p)
	return rgb
}

// below is the normal distribution function.
func below(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// TestNoiseDistribution compares the levels' counts with the normal
// distribution: each level's by chi-square, the cumulated ones by
// Kolmogorov and Smirnov's statistic, moments and tails by their errors.
func TestNoiseDistribution(t *testing.T) {
	for _, key := range []uint64{0, 1, 0x123456789abcdef} {
		rgb := noised(key)
		var counts [256]float64
		for _, v := range rgb {
			counts[v]++
		}
		n := float64(len(rgb))
		var chi, degrees, sum, largest float64
		for v, count := range counts {
			lo, hi := below(float64(v-noiseGrey)/noiseSigma), below(float64(v+1-noiseGrey)/noiseSigma)
			sum += count
			largest = max(largest, math.Abs(sum/n-hi))
			if want := n * (hi - lo); want > 20 {
				chi += (count - want) * (count - want) / want
				degrees++
			}
		}
		if z := (chi - degrees) / math.Sqrt(2*degrees); math.Abs(z) > 4 {
			t.Errorf("key %#x: chi-square %.1f of %g levels", key, chi, degrees)
		}
		if d := largest * math.Sqrt(n); d > 1.95 { // 1 in 1000
			t.Errorf("key %#x: Kolmogorov-Smirnov %.2f", key, d)
		}
		noiseTails(t, key, counts[:], n)
		noiseMoments(t, key, counts[:], n)
	}
}

func noiseTails(t *testing.T, key uint64, counts []float64, n float64) {
	for z := 1; z <= 4; z++ {
		p := below(-float64(z))
		for side, tail := range map[string][]float64{"below": counts[:noiseGrey-z*noiseSigma], "above": counts[noiseGrey+z*noiseSigma:]} {
			var found float64
			for _, c := range tail {
				found += c
			}
			if e := (found - n*p) / math.Sqrt(n*p*(1-p)); math.Abs(e) > 4 {
				t.Errorf("key %#x: %g numbers %s %d sigma, want %.0f", key, found, side, z, n*p)
			}
		}
	}
}

func noiseMoments(t *testing.T, key uint64, counts []float64, n float64) {
	var moment [5]float64 // of the number in units of sigma; a cut takes half a level
	for v, c := range counts {
		for k := range moment {
			moment[k] += c / n * math.Pow((float64(v)+0.5-noiseGrey)/noiseSigma, float64(k))
		}
	}
	// A level is uniform within itself: Sheppard's corrections.
	h := 1.0 / (noiseSigma * noiseSigma)
	variance := moment[2] - h/12
	fourth := moment[4] - h/2*moment[2] + 7.0/240*h*h
	for _, m := range []struct {
		name            string
		got, want, unit float64
	}{
		{"mean", moment[1], 0, 1},
		{"variance", variance, 1, math.Sqrt(2)},
		{"third moment", moment[3], 0, math.Sqrt(15)},
		{"fourth moment", fourth, 3, math.Sqrt(96)},
	} {
		if math.Abs(m.got-m.want) > 4*m.unit/math.Sqrt(n) {
			t.Errorf("key %#x: %s %.5f, want %g within %.5f", key, m.name, m.got, m.want, 4*m.unit/math.Sqrt(n))
		}
	}
}

// TestNoiseIndependence looks for correlations of numbers, and of their
// squares, between neighbours, channels and keys that differ little.
func TestNoiseIndependence(t *testing.T) {
	const key = 7
	a := noised(key)
	const row = 3 * noiseSize
	for name, b := range map[string][]uint8{
		"red and green, green and blue": a[1:], "red and blue": a[2:],
		"neighbours in a row": a[3:], "two apart": a[6:], "sixteen apart": a[48:],
		"neighbours in a column": a[row:], "diagonal neighbours": a[row+3:],
		"the next key": noised(key + 1), "a key with one bit more": noised(key | 1<<40),
		"the key that follows in the stream, less one": noised(key + weyl - 1),
	} {
		var product, squares float64
		for i, v := range b {
			x, y := (float64(a[i])+0.5-noiseGrey)/noiseSigma, (float64(v)+0.5-noiseGrey)/noiseSigma
			product += x * y
			squares += (x*x - 1) * (y*y - 1) / 2
		}
		n := float64(len(b))
		if r := product / n; math.Abs(r) > 4/math.Sqrt(n) {
			t.Errorf("%s: correlation %.5f", name, r)
		}
		if r := squares / n; math.Abs(r) > 4.5/math.Sqrt(n) {
			t.Errorf("%s: correlation of squares %.5f", name, r)
		}
	}
}

// TestNoiseByRows checks that a number depends on the key and its place alone:
// a picture in parts has the noise of the whole.
func TestNoiseByRows(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		whole, parts := slices.Repeat([]uint8{100}, 4*1000), slices.Repeat([]uint8{100}, 4*1000)
		active().addNoise(whole, 99, 5)
		for i := 0; i < 1000; i += 37 {
			active().addNoise(parts[4*i:4*min(i+37, 1000)], 99+uint64(i)*weyl, 5)
		}
		same(t, "noise in parts", &Picture{parts, 1000, 1}, &Picture{whole, 1000, 1})
	})
}

// TestNoiseCuts checks the recipe's rounding: fractions are cut off after the
// sum has been clipped, and no noise changes nothing.
func TestNoiseCuts(t *testing.T) {
	cubics := scaledCubics(5)
	eachPath(t, func(t *testing.T) {
		for _, level := range []uint8{0, 3, 128, 254, 255} {
			pix := slices.Repeat([]uint8{level}, 4*64)
			active().addNoise(pix, 5, 5)
			for i := range 64 {
				n := float64(cubics.number(uint32(splitmix(5 + uint64(i+1)*weyl))))
				want := math.Trunc(min(max(float64(level)+n, 0), 255))
				if got := float64(pix[4*i]); got != want && math.Abs(float64(level)+n-math.Round(float64(level)+n)) > 1e-4 {
					t.Errorf("level %d with %g gives %g, want %g", level, n, got, want)
				}
			}
			still := slices.Repeat([]uint8{level}, 4*64)
			active().addNoise(still, 5, 0)
			same(t, "no noise", &Picture{still, 64, 1}, &Picture{slices.Repeat([]uint8{level}, 4*64), 64, 1})
		}
	})
}
