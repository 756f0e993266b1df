package data

import (
	"image"
	"math"
	"slices"
	"testing"

	"melanoma/internal/rng"
)

// Hair, vignette and tube do not tell the diagnosis: their means over 400
// pictures of a kind differ by less than 4 standard errors.
func TestSynthNuisancesDoNotTellTheDiagnosis(t *testing.T) {
	const n = 400
	var mean, square [2][3]float64
	for kind, k := range []synthKind{synthNevus, synthMelanoma} {
		for i := range n {
			r := rng.New(rng.Key(5, "nuisance", kind, i))
			newSynthLesion(r, k)
			scene := newSynthScene(r, 0.3)
			var cover float64
			for _, v := range newSynthHair(r, 24).cover {
				cover += v
			}
			for j, v := range [3]float64{cover, scene.vignette, scene.tube} {
				mean[kind][j] += v / n
				square[kind][j] += v * v / n
			}
		}
	}
	for j, name := range []string{"hair", "vignette", "tube"} {
		var variance float64
		for kind := range mean {
			variance += (square[kind][j] - mean[kind][j]*mean[kind][j]) / n
		}
		if d := math.Abs(mean[0][j] - mean[1][j]); d > 4*math.Sqrt(variance) {
			t.Errorf("%s differs by %.3g between nevi and melanomas, more than %.3g", name, d, 4*math.Sqrt(variance))
		}
	}
}

// Pictures of one patient share a skin tone.
func TestSynthSkinBelongsToThePatient(t *testing.T) {
	c := DefaultSynth()
	c.Size, c.Images = 24, 120
	byPatient := map[int][]float64{}
	var all []float64
	for _, row := range synthPlan(c) {
		im := synthDraw(c, row).(*image.RGBA)
		var corner []float64 // the brightest third of the edge's green: skin without hair or tube
		for i := range c.Size {
			corner = append(corner, float64(im.Pix[im.PixOffset(i, 0)+1]), float64(im.Pix[im.PixOffset(0, i)+1]))
		}
		slices.Sort(corner)
		skin := corner[len(corner)*5/6]
		byPatient[row.Patient] = append(byPatient[row.Patient], skin)
		all = append(all, skin)
	}
	var within, count float64
	for _, values := range byPatient {
		if len(values) > 1 {
			within += synthSpread(values) * float64(len(values)-1)
			count += float64(len(values) - 1)
		}
	}
	if within/count > 0.6*synthSpread(all) {
		t.Errorf("variance of the skin's green is %.1f within patients and %.1f over all", within/count, synthSpread(all))
	}
}

// synthSpread returns the variance of the values.
func synthSpread(values []float64) float64 {
	var mean, square float64
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	return square / float64(len(values)-1)
}

// How hard the data set is, by a score without training: the sum of the ranks
// of area and colour spread of what is darker than the skin. A small network
// trained for a few epochs should land in the same range.
func TestSynthDifficulty(t *testing.T) {
	c := DefaultSynth()
	c.Size = 48
	var area, colour []float64
	var positive []bool
	for _, row := range synthPlan(c) {
		if row.Test {
			continue
		}
		a, s := synthDarkPart(synthDraw(c, row).(*image.RGBA))
		area, colour = append(area, a), append(colour, s)
		positive = append(positive, row.Diagnosis == "melanoma")
	}
	areaRank, colourRank := synthRanks(area), synthRanks(colour)
	score := make([]float64, len(area))
	for i := range score {
		score[i] = areaRank[i] + 2*colourRank[i]
	}
	auc := synthAUC(score, positive)
	t.Logf("AUC %.3f of %d pictures", auc, len(score))
	if auc < 0.75 || auc > 0.95 {
		t.Errorf("AUC %.3f of area and colour spread, want 0.75 to 0.95", auc)
	}
}

// synthDarkPart returns the share of the middle that is darker than the skin and
// the spread of its red-blue balance.
func synthDarkPart(im *image.RGBA) (area, colour float64) {
	size := im.Rect.Dx()
	var light []float64
	for i := range size {
		p := im.Pix[im.PixOffset(i, size/6):]
		light = append(light, float64(p[0])+float64(p[1])+float64(p[2]))
	}
	slices.Sort(light)
	skin := light[size/2]
	var balance []float64
	for y := size / 6; y < size*5/6; y++ {
		for x := size / 6; x < size*5/6; x++ {
			p := im.Pix[im.PixOffset(x, y):]
			if sum := float64(p[0]) + float64(p[1]) + float64(p[2]); sum < 0.8*skin && sum > 60 {
				balance = append(balance, (float64(p[0])-float64(p[2]))/sum)
			}
		}
	}
	if len(balance) < 10 {
		return 0, 0
	}
	return float64(len(balance)), synthSpread(balance)
}

func synthRanks(values []float64) []float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	out := make([]float64, len(values))
	for i, v := range values {
		rank, _ := slices.BinarySearch(sorted, v)
		out[i] = float64(rank)
	}
	return out
}

// synthAUC counts pairs.
func synthAUC(score []float64, positive []bool) float64 {
	var wins, pairs float64
	for i := range score {
		for j := range score {
			if positive[i] && !positive[j] {
				pairs++
				if score[i] > score[j] {
					wins++
				} else if score[i] == score[j] {
					wins += 0.5
				}
			}
		}
	}
	return wins / pairs
}

func BenchmarkSynthDraw(b *testing.B) {
	c := DefaultSynth()
	rows := synthPlan(c)
	for i := range b.N {
		synthDraw(c, rows[i%len(rows)])
	}
}
