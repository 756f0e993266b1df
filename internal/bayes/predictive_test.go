package bayes

import (
	"math"
	"testing"

	"melanoma/internal/numtest"
	"melanoma/internal/rng"
)

func TestEqualMembersHaveNoMutualInformation(t *testing.T) {
	one := []float32{1.5, -0.3, 0.2, 0.7, 0.1, -2} // 2 views of 3 classes
	var logits []float32
	for range 5 {
		logits = append(logits, one...)
	}
	p := Predictive(logits, 5, 2, 3, 0)
	if p.MutualInformation > 1e-15 {
		t.Errorf("mutual information %g of equal members, want 0", p.MutualInformation)
	}
	if p.ViewVariance <= 0 {
		t.Error("views differ, but their variance is not positive")
	}
}

func TestEntropyIsDividedExactly(t *testing.T) {
	for seed := range uint64(200) {
		logits := make([]float32, 4*3*5)
		rng.Normal(logits, rng.Key(seed, "logits"), 0)
		p := Predictive(logits, 4, 3, 5, 2)
		if p.MutualInformation <= 0 {
			t.Fatalf("seed %d: mutual information %g of differing members", seed, p.MutualInformation)
		}
		if d := p.PredictiveEntropy - p.ExpectedEntropy - p.MutualInformation; math.Abs(d) > 1e-15 {
			t.Fatalf("seed %d: total is not expected + mutual information by %g", seed, d)
		}
		var sum float64
		for _, q := range p.Prob {
			sum += q
		}
		if math.Abs(sum-1) > 1e-14 {
			t.Fatalf("seed %d: probabilities add up to %g", seed, sum)
		}
	}
}

// Two certain members that contradict each other: all uncertainty is between
// them. Two undecided ones: none is.
func TestKnownDecompositions(t *testing.T) {
	contradict := Predictive([]float64{800, -800, -800, 800}, 2, 1, 2, 1)
	if math.Abs(contradict.MutualInformation-math.Ln2) > 1e-15 || contradict.ExpectedEntropy != 0 {
		t.Errorf("contradiction: %+v, want mutual information ln 2", contradict)
	}
	undecided := Predictive([]float64{3, 3, -1, -1}, 2, 1, 2, 1)
	if undecided.MutualInformation != 0 || math.Abs(undecided.ExpectedEntropy-math.Ln2) > 1e-15 {
		t.Errorf("undecided: %+v, want expected entropy ln 2", undecided)
	}
}

// The views are averaged before entropies are taken: views that contradict
// each other within every member are not disagreement between members.
func TestViewsAreNotMembers(t *testing.T) {
	logits := []float64{40, -40, -40, 40, 40, -40, -40, 40} // 2 members, 2 views, 2 classes
	p := Predictive(logits, 2, 2, 2, 1)
	if p.MutualInformation > 1e-15 || math.Abs(p.ExpectedEntropy-math.Ln2) > 1e-12 {
		t.Errorf("as members and views: %+v", p)
	}
	if math.Abs(p.ViewVariance-0.25) > 1e-12 {
		t.Errorf("variance over views %g, want 0.25", p.ViewVariance)
	}
	if all := Predictive(logits, 2, 2, 2, -1); math.Abs(all.ViewVariance-0.5) > 1e-12 {
		t.Errorf("variance over views and classes %g, want 0.5", all.ViewVariance)
	}
	if q := Predictive(logits, 4, 1, 2, 1); math.Abs(q.MutualInformation-math.Ln2) > 1e-12 || q.ViewVariance != 0 {
		t.Errorf("as members alone: %+v", q)
	}
}

func TestPredictiveAgainstPlainSums(t *testing.T) {
	logits := []float64{0.3, -1, 2, 0.5, 0.5, -0.2, 1, 1, -3, 0, 0.1, 0.7}
	p := Predictive(logits, 2, 2, 3, 2)
	soft := func(l []float64) (out [3]float64) {
		z := math.Exp(l[0]) + math.Exp(l[1]) + math.Exp(l[2])
		for k := range out {
			out[k] = math.Exp(l[k]) / z
		}
		return out
	}
	var want [3]float64
	for v := range 4 {
		for k, q := range soft(logits[3*v : 3*v+3]) {
			want[k] += q / 4
		}
	}
	if d := numtest.MaxRelative(p.Prob, want[:]); d > 1e-14 {
		t.Errorf("probabilities differ by %g", d)
	}
}

func TestSoftmaxIsStable(t *testing.T) {
	got := make([]float64, 3)
	Softmax(got, []float32{1000, 999, -1000})
	want := []float64{1 / (1 + math.Exp(-1)), math.Exp(-1) / (1 + math.Exp(-1)), 0}
	if d := numtest.MaxRelative(got, want); d > 1e-15 {
		t.Errorf("softmax %v, want %v", got, want)
	}
}

func TestNonFiniteLogitsAreNotHidden(t *testing.T) {
	p := Predictive([]float64{math.NaN(), 0, 1, 2}, 2, 1, 2, 1)
	if !math.IsNaN(p.Prob[1]) || !math.IsNaN(p.MutualInformation) {
		t.Errorf("a NaN logit gives %+v", p)
	}
}
