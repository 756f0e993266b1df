package bayes

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"melanoma/internal/numtest"
)

// regression is the softmax regression of the golden file: W [3,3] row-major,
// then b [3].
type regression struct {
	X [][]float64
	Y []int
}

type golden struct {
	regression
	Init struct {
		W [][]float64
		B []float64 `json:"b"`
	}
	LogPosterior []float64              `json:"log_posterior_at_init"`
	Trajectories map[string]goldenTrace `json:"temperature_0"`
}

type goldenTrace struct {
	Settings struct {
		LR      float64 `json:"lr"`
		Alpha   float64
		Sigma   float64
		Momenta float64 `json:"initial_momenta"`
	}
	After1  goldenParams  `json:"after_1"`
	After2  goldenParams  `json:"after_2"`
	After12 goldenParams  `json:"after_12"`
	Momenta *goldenParams `json:"final_momenta"`
}

type goldenParams struct {
	W [][]float64
	B []float64 `json:"b"`
}

func (p goldenParams) flat() []float64 {
	var out []float64
	for _, row := range p.W {
		out = append(out, row...)
	}
	return append(out, p.B...)
}

// loss returns the mean cross-entropy of rows [from,to) and its gradient.
func (g regression) loss(params []float64, from, to int) (float64, []float64) {
	grad := make([]float64, len(params))
	var loss float64
	n := float64(to - from)
	for i := from; i < to; i++ {
		logits := append([]float64(nil), params[9:]...)
		for r, x := range g.X[i] {
			for k := range logits {
				logits[k] += x * params[3*r+k]
			}
		}
		prob := make([]float64, 3)
		Softmax(prob, logits)
		loss -= math.Log(prob[g.Y[i]]) / n
		prob[g.Y[i]]--
		for k, d := range prob {
			grad[9+k] += d / n
			for r, x := range g.X[i] {
				grad[3*r+k] += d * x / n
			}
		}
	}
	return loss, grad
}

func readGolden(t *testing.T) golden {
	t.Helper()
	raw, err := os.ReadFile(numtest.Golden(t, "bayes/posteriors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// trace runs 12 updates in precision T and returns the parameters after each,
// and the slots at the end.
func trace[T Float](t *testing.T, g golden, c Config) (params [][]T, slots [][]T) {
	t.Helper()
	rule, err := NewRule(c)
	if err != nil {
		t.Fatal(err)
	}
	if rule.Stochastic() {
		t.Fatal("a rule at temperature 0 draws noise")
	}
	v := newVectors[T](rule, goldenParams(g.Init).flat(), 1)
	for step := range 12 {
		from := step % 4 * 10
		wide := make([]float64, len(v.Param))
		for i, p := range v.Param {
			wide[i] = float64(p)
		}
		_, grad := g.loss(wide, from, from+10)
		for i := range grad {
			v.Grad[i] = T(grad[i])
		}
		Run(rule.Program(), v, rule.Scalars(step, testLearningRate), nil)
		params = append(params, append([]T(nil), v.Param...))
	}
	return params, v.Slots
}

const testLearningRate = 0.1

// newVectors returns the vectors of a rule at its initial state.
func newVectors[T Float](rule Rule, init []float64, decay T) Vectors[T] {
	n := len(init)
	v := Vectors[T]{Param: make([]T, n), Grad: make([]T, n), Decay: make([]T, n)}
	for i := range init {
		v.Param[i], v.Decay[i] = T(init[i]), decay
	}
	for _, s := range rule.Slots() {
		slot := make([]T, n)
		for i := range slot {
			slot[i] = T(s.InitConst)
		}
		v.Slots = append(v.Slots, slot)
	}
	return v
}

func TestGoldenLogPosterior(t *testing.T) {
	g := readGolden(t)
	params := goldenParams(g.Init).flat()
	for batch, want := range g.LogPosterior {
		loss, _ := g.loss(params, 10*batch, 10*batch+10)
		got := -loss
		for _, p := range params {
			got += (-p*p/2 - math.Log(2*math.Pi)/2) / float64(len(g.X))
		}
		if d := math.Abs(got - want); d > 1e-12*math.Abs(want) {
			t.Errorf("batch %d: log posterior %.15g, want %.15g", batch, got, want)
		}
	}
}

func TestGoldenTrajectories(t *testing.T) {
	g := readGolden(t)
	for _, name := range []string{"sgld", "sghmc", "sghmc_sigma2"} {
		want, ok := g.Trajectories[name]
		if !ok {
			t.Fatalf("golden file has no trajectory %q", name)
		}
		c := Default()
		c.Name, c.Temperature, c.PriorPrecision, c.Observations = name[:min(5, len(name))], 0, 1, len(g.X)
		if name == "sgld" {
			c.Name = "sgld"
		} else {
			c.Friction, c.InitialMomenta = want.Settings.Alpha, want.Settings.Momenta
			if want.Settings.Sigma != 0 {
				c.Sigma = want.Settings.Sigma
			}
		}
		if want.Settings.LR != testLearningRate {
			t.Fatalf("%s: learning rate %g", name, want.Settings.LR)
		}
		t.Run(name+" in float64", func(t *testing.T) { compareTrace[float64](t, g, c, want, 1e-12) })
		t.Run(name+" in float32", func(t *testing.T) { compareTrace[float32](t, g, c, want, 1e-5) })
	}
	for name := range g.Trajectories {
		switch name {
		case "sgld", "sghmc", "sghmc_sigma2":
		default:
			t.Logf("not built: %s", name)
		}
	}
}

func compareTrace[T Float](t *testing.T, g golden, c Config, want goldenTrace, tolerance float64) {
	got, slots := trace[T](t, g, c)
	for _, at := range []struct {
		updates int
		want    goldenParams
	}{{1, want.After1}, {2, want.After2}, {12, want.After12}} {
		if d := numtest.MaxRelative(got[at.updates-1], at.want.flat()); d > tolerance {
			t.Errorf("after %d updates: relative difference %.2g > %.2g", at.updates, d, tolerance)
		}
	}
	if want.Momenta != nil {
		if d := numtest.MaxRelative(slots[0], want.Momenta.flat()); d > tolerance {
			t.Errorf("momenta: relative difference %.2g > %.2g", d, tolerance)
		}
	}
}
