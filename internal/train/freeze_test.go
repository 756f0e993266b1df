package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/exec"
	"melanoma/models"
)

func TestPatternsNameParameters(t *testing.T) {
	net, _, err := models.Build(models.Config{Arch: "tiny", Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		pattern string
		first   string // of the matches
		count   int
	}{
		{"conv_stem*", "conv_stem.weight", 1},
		{"blocks.[0-1].*", "blocks.0.0.conv_dw.weight", 0},
		{"*.bias", "bn1.bias", 0},
		{"bn?.weight", "bn1.weight", 2},
		{"classifier.*", "classifier.weight", 2},
		{"*", "conv_stem.weight", 0},
	} {
		names, err := named(net, "freeze.0", c.pattern)
		if err != nil || names[0] != c.first || c.count > 0 && len(names) != c.count {
			t.Errorf("%s matches %v, %v", c.pattern, names, err)
		}
	}
	for _, c := range []struct{ pattern, problem, advice string }{
		{"conv_stm*", "matches no parameter of tiny", "did you mean conv_stem.weight?"},
		{"block.2.*", "matches no parameter of tiny", "did you mean blocks.2."},
		{"bn1", "matches no parameter of tiny", "did you mean bn1.weight?"},
		{"*.running_mean", "matches no parameter", "did you mean"}, // followed, not trained
		{"blocks.[0-", "is no pattern", "close"},
	} {
		_, err := named(net, "freeze.0", c.pattern)
		e, ok := err.(*ConfigError)
		if !ok || e.Key != "freeze.0" || !strings.Contains(e.Problem, c.problem) || !strings.Contains(e.Advice, c.advice) {
			t.Errorf("%s: %v; %v", c.pattern, err, e)
		}
	}
	if _, err := (Config{Freeze: []string{"*"}}).frozen(net); err == nil {
		t.Error("a network without anything to train is accepted")
	}
}

// TestFrozenParametersKeepEveryBit trains with an optimiser that decays and
// with a sampler that draws noise.
func TestFrozenParametersKeepEveryBit(t *testing.T) {
	s := smallStore(t, 40, 32)
	for _, rule := range []string{"adamw", "sghmc"} {
		task := smallTask(t, s, rule)
		task.Config.Update.WeightDecay, task.Config.DecayAll = 0.1, true
		task.Config.Freeze = []string{"conv_stem*", "blocks.[0-2].*"}
		start := startOf(t, &task)
		after := trained(t, task)
		for name, v := range after {
			still := slices.Equal(v, start[name])
			follows := strings.Contains(name, "running")
			held := strings.HasPrefix(name, "conv_stem") || strings.HasPrefix(name, "blocks.0") || strings.HasPrefix(name, "blocks.1") || strings.HasPrefix(name, "blocks.2")
			if still != (held && !follows) {
				t.Errorf("%s, %s: the same as before is %v", rule, name, still)
			}
		}
	}
}

// startOf returns the weights that a task starts from.
func startOf(t *testing.T, task *Task) models.Weights {
	t.Helper()
	tr, err := newTrainer(task)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.close()
	return tr.store.Export()
}

// TestFreezingChangesNoOtherGradient compares the gradients of what is not
// frozen with those of the whole network.
func TestFreezingChangesNoOtherGradient(t *testing.T) {
	net, weights, err := models.Build(models.Config{Arch: "tiny", Classes: 2, Size: 32, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	pool := exec.NewPool(2)
	defer pool.Close()
	gradients := func(patterns ...string) (*exec.Store, int) {
		set, err := (Config{Freeze: patterns}).frozen(net)
		if err != nil {
			t.Fatal(err)
		}
		p, err := net.Instantiate(models.Instance{Batch: 4, Train: true, Targets: true, Frozen: set})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Differentiate(); err != nil {
			t.Fatal(err)
		}
		s := exec.NewStore(p)
		m, err := exec.Compile(p, s, pool)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Load(weights); err != nil {
			t.Fatal(err)
		}
		for i, x := range m.Input("images") {
			m.Input("images")[i] = float32(math.Sin(float64(i))) + x
		}
		copy(m.Input("targets"), []float32{1, 0, 0, 1, 1, 0, 0, 1})
		copy(m.Input("row_weights"), []float32{1, 2, 1, 1})
		if err := m.Run(1); err != nil {
			t.Fatal(err)
		}
		costs, err := m.Profile(1, 1)
		if err != nil {
			t.Fatal(err)
		}
		return s, len(costs)
	}
	whole, steps := gradients()
	for _, patterns := range [][]string{{"conv_stem*", "bn1.*", "blocks.[0-2].*"}, {"*.bias"}, {"*.bn?.*"}, {"*.conv_dw.*"}, {"blocks.3.*"}, {"[^c]*", "conv*"}} {
		part, fewer := gradients(patterns...)
		if patterns[0] == "conv_stem*" && fewer > steps*3/4 {
			t.Errorf("%v: %d steps, %d without freezing: gradients of the stem are computed", patterns, fewer, steps)
		}
		for _, name := range whole.Names() {
			want, trains := whole.Grad(name)
			got, has := part.Grad(name)
			if !has {
				continue
			}
			if !trains {
				t.Fatalf("%s has a gradient", name)
			}
			for i := range want {
				if d := math.Abs(float64(got[i] - want[i])); d > 1e-5*norm(want) {
					t.Fatalf("%v: gradient %d of %s is %g, without freezing %g", patterns, i, name, got[i], want[i])
				}
			}
		}
	}
}

func norm(x []float32) float64 {
	total := 0.0
	for _, v := range x {
		total += float64(v) * float64(v)
	}
	return math.Sqrt(total)
}
