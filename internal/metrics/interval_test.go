package metrics

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// components is DeLong's variance from its definition: every pair compared,
// no ranks (DeLong et al. 1988, equations 5 to 7).
func components(score []float64, positive []bool) float64 {
	var ofPos, ofNeg []float64
	for i, p := range positive {
		if p {
			ofPos = append(ofPos, score[i])
		} else {
			ofNeg = append(ofNeg, score[i])
		}
	}
	v10, v01 := make([]float64, len(ofPos)), make([]float64, len(ofNeg))
	for i, a := range ofPos {
		for j, b := range ofNeg {
			v10[i] += beats(a, b) / float64(len(ofNeg))
			v01[j] += beats(a, b) / float64(len(ofPos))
		}
	}
	return stat.Variance(v10, nil)/float64(len(ofPos)) + stat.Variance(v01, nil)/float64(len(ofNeg))
}

func TestDeLongVarianceEqualsItsDefinition(t *testing.T) {
	for seed := range uint64(30) {
		score, positive := problem(seed, 20+int(seed)*5, 3+int(seed))
		near(t, "variance", deLongVariance(score, positive), components(score, positive), 1e-14)
	}
}

func TestDeLongAgreesWithTheBootstrap(t *testing.T) {
	score, positive := problem(3, 600, 1000)
	group := make([]string, len(score))
	for i := range group {
		group[i] = strconv.Itoa(i)
	}
	d, err := DeLong(score, positive, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	b, err := BootstrapAUC(score, positive, group, 0.95, 4000, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	width := d.High - d.Low
	if b.Value != d.Value || math.Abs(b.Low-d.Low) > 0.08*width || math.Abs(b.High-d.High) > 0.08*width {
		t.Errorf("DeLong %+v, bootstrap %+v", d, b)
	}
}

// The interval should hold the true AUC in 95 of 100 samples: two normal
// populations one standard deviation apart have Phi(1/sqrt 2) = 0.7602.
func TestDeLongCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	truth := 0.5 * math.Erfc(-0.5)
	held := 0
	const trials = 2000
	for range trials {
		score, positive := make([]float64, 120), make([]bool, 120)
		for i := range score {
			score[i] = r.NormFloat64()
			if i < 30 {
				score[i], positive[i] = score[i]+1, true
			}
		}
		v, err := DeLong(score, positive, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if v.Low <= truth && truth <= v.High {
			held++
		}
	}
	if share := float64(held) / trials; share < 0.93 || share > 0.97 {
		t.Errorf("the 95%% interval holds the truth in %.3f of samples", share)
	}
}

func TestIntervalsWhereTheVarianceSaysNothing(t *testing.T) {
	for _, c := range []struct {
		name     string
		score    []float64
		positive []bool
		want     Interval
	}{
		{"one positive", []float64{1, 2, 3, 4}, []bool{false, false, true, false}, Interval{2. / 3, 0, 1}},
		{"perfect", []float64{1, 2, 3, 4, 5}, []bool{false, false, false, true, true}, Interval{1, math.Sqrt(0.025), 1}},
		{"inverted", []float64{5, 4, 3, 2, 1}, []bool{false, false, false, true, true}, Interval{0, 0, 1 - math.Sqrt(0.025)}},
		{"all scores equal", []float64{1, 1, 1, 1}, []bool{false, true, false, true}, Interval{0.5, 0.5, 0.5}},
	} {
		v, err := DeLong(c.score, c.positive, 0.95)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		near(t, c.name, v.Value, c.want.Value, 1e-15)
		near(t, c.name+": low", v.Low, c.want.Low, 1e-12)
		near(t, c.name+": high", v.High, c.want.High, 1e-12)
	}
}

// Copies of every row in its own group must not narrow a grouped interval,
// while DeLong, which takes rows as independent, does narrow.
func TestBootstrapResamplesWholeGroups(t *testing.T) {
	score, positive := problem(5, 100, 1000)
	group := make([]string, len(score))
	for i := range group {
		group[i] = strconv.Itoa(i)
	}
	once, err := BootstrapAUC(score, positive, group, 0.95, 1000, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	var s []float64
	var p []bool
	var g []string
	for range 9 {
		s, p, g = append(s, score...), append(p, positive...), append(g, group...)
	}
	nine, err := BootstrapAUC(s, p, g, 0.95, 1000, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "low", nine.Low, once.Low, 1e-12)
	near(t, "high", nine.High, once.High, 1e-12)
}
