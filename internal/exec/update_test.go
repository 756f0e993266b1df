package exec

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"melanoma/internal/bayes"
	"melanoma/internal/graph"
)

// parameters is a store of arrays whose ends lie anywhere in the blocks of an
// update.
func parameters() *Store {
	p := &graph.Program{}
	for i, n := range []int{700, 3, 1, 512, 1300, 129} {
		shape := []int{n}
		if i%2 == 0 {
			shape = []int{1, n}
		}
		p.Params = append(p.Params, graph.Param{Name: fmt.Sprintf("p%d", i), Shape: shape})
	}
	s := NewStore(p)
	for i := range s.Params() {
		s.Params()[i] = float32(math.Sin(float64(i)))
		s.Grads()[i] = float32(math.Cos(float64(3 * i)))
	}
	return s
}

func updater(t *testing.T, rule string, s *Store, workers int) *Updater {
	t.Helper()
	c := bayes.Default()
	c.Name, c.WeightDecay, c.Observations = rule, 0.01, 100
	r, err := bayes.NewRule(c)
	if err != nil {
		t.Fatal(err)
	}
	pool := NewPool(workers)
	t.Cleanup(pool.Close)
	u, err := NewUpdater(r, s, pool, s.DecayMask(true), 5)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestRateFactorsAreRatesOfTheirOwn: each array must move, to the bit, as in an
// update of everything at its own rate, noise included.
func TestRateFactorsAreRatesOfTheirOwn(t *testing.T) {
	factors := map[string]float64{"p0": 1, "p1": 0.25, "p2": 0.25, "p3": 3, "p4": 1, "p5": 0.5}
	for _, rule := range bayes.Names() {
		for _, workers := range []int{1, 3} {
			got := parameters()
			u := updater(t, rule, got, workers)
			u.SetRateFactors(func(name string) float64 { return factors[name] })
			for step := range 3 {
				u.Step(step, 0.1, Clip{})
			}
			for name, f := range factors {
				want := parameters()
				u := updater(t, rule, want, 1)
				for step := range 3 {
					u.Step(step, 0.1*f, Clip{})
				}
				a, _ := got.View(name)
				b, _ := want.View(name)
				if !slices.Equal(a, b) {
					t.Errorf("%s, %d workers: %s does not move as at %g times the rate", rule, workers, name, f)
				}
			}
		}
	}
}

func TestClippingBoundsElementsThenTheNorm(t *testing.T) {
	for _, c := range []struct{ value, norm float64 }{{0, 0}, {0.5, 0}, {0, 3}, {0.5, 3}, {5, 1e6}} {
		s := parameters()
		before := slices.Clone(s.Grads())
		whole := l2(before)
		if got := updater(t, "sgd", s, 2).Step(0, 0.1, Clip{c.value, c.norm}); math.Abs(got-whole) > 1e-9*whole {
			t.Errorf("%+v: norm %g before clipping, want %g", c, got, whole)
		}
		want := slices.Clone(before)
		if c.value > 0 {
			for i, g := range want {
				want[i] = float32(min(max(float64(g), -c.value), c.value))
			}
		}
		if n := l2(want); c.norm > 0 && n > c.norm {
			for i := range want {
				want[i] *= float32(c.norm / n)
			}
		}
		for i, g := range s.Grads() {
			if math.Abs(float64(g-want[i])) > 1e-7 {
				t.Fatalf("%+v: element %d is %g, want %g", c, i, g, want[i])
			}
		}
	}
}

// TestANormThatIsNotFiniteIsNotHiddenByClipping: a bound on elements would
// make a number of an infinity.
func TestANormThatIsNotFiniteIsNotHiddenByClipping(t *testing.T) {
	for _, bad := range []float64{math.Inf(1), math.NaN()} {
		s := parameters()
		s.Grads()[600] = float32(bad)
		before := slices.Clone(s.Params())
		if norm := updater(t, "adam", s, 1).Step(0, 0.1, Clip{Value: 1, Norm: 1}); norm-norm == 0 {
			t.Errorf("norm %g with an element %g", norm, bad)
		}
		if !slices.Equal(s.Params(), before) {
			t.Errorf("an element %g led to an update", bad)
		}
	}
}

func l2(x []float32) float64 {
	total := 0.0
	for _, v := range x {
		total += float64(v) * float64(v)
	}
	return math.Sqrt(total)
}
