package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/bayes"
	"melanoma/internal/exec"
	"melanoma/internal/kernel"
	"melanoma/internal/numtest"
	"melanoma/models"
)

// golden is a file of golden/models: figures of torch in float64.
type golden struct {
	Model     string
	Weights   string // an ONNX file; empty for formula weights
	Input     []int
	Targets   []int
	BatchNorm struct{ Eps, Momentum float64 }

	EvalLogits   [][]float64 `json:"eval_logits"`
	AfterPass    [][]float64 `json:"eval_logits_after_batchnorm_momentum_1_pass"`
	TrainLogits  [][]float64 `json:"train_logits"`
	TrainLoss    float64     `json:"train_loss"`
	Gradients    map[string]goldenVector
	Running      map[string]goldenVector `json:"running_after_one_step"`
	AdamLosses   []float64               `json:"adam_losses_lr1e-4"`
	FrozenAffine []float64               `json:"frozen_affine_losses"`
	AfterAdam    [][]float64             `json:"eval_logits_after_adam"`
	GradientL2   float64                 `json:"gradient_global_l2"`
	Deviation    map[string]any          `json:"float32_deviation"`
}

type goldenVector struct {
	L2     float64
	First4 []float64
}

// allowed is four times what torch's own float32 deviates by, never less than
// 2e-5; 0 if torch's own figure is chaotic (1e-2 and more) or absent. Of a
// sequence of losses it is the largest deviation so far that counts: a later
// one may be small because the two curves cross, and after a chaotic one there
// is nothing left to compare.
func (r *goldenRun) allowed(name string, index int) float64 {
	var d float64
	switch v := r.Deviation[name].(type) {
	case float64:
		d = v
	case []any:
		if index >= len(v) {
			return 0
		}
		for _, earlier := range v[:index+1] {
			e, _ := earlier.(float64)
			d = max(d, e)
		}
	default:
		return 0
	}
	if d >= 1e-2 {
		return 0
	}
	if name == "adam_losses_lr1e-4" && r.kinks() {
		switch {
		case index >= 2:
			return max(4*d, chaosOfReLU)
		case index == 1 && d > 1e-4: // one step was enough to amplify roundings
			return max(4*d, chaosOfDepth)
		}
	}
	return max(4*d, 2e-5)
}

// kinks reports whether the network has ReLUs.
func (r *goldenRun) kinks() bool {
	return slices.ContainsFunc(r.net.Layers, func(l models.Layer) bool { return l.Op == models.OpReLU || l.Op == models.OpClip })
}

// chaosOfReLU is how far the losses of a network with ReLU may deviate from
// the third one on. An activation that rounding moves over a kink changes the
// gradient by a jump, which Adam turns into full steps of small elements: on
// pretrained_lite0@128 torch 2.15's own float32 deviates there by 1e-5 to 3e-3
// in NCHW, which is what the file states, and by 3e-4 to 2.6e-2 in
// channels_last.
const chaosOfReLU = 2.6e-2

// chaosOfDepth is how far the second loss of a deep network with ReLU may
// deviate: on seresnext101_32x4d@96 torch 2.15's own float32 deviates by 5e-4
// with two threads, which is what the file states, by 2.4e-3 with one, and by
// 3.4e-3 and 9.0e-3 in channels_last.
const chaosOfDepth = 9e-3

// TestGoldenEngine compares the float32 engine, on every kernel path of this
// processor, with the golden files of all built families.
func TestGoldenEngine(t *testing.T) {
	folder := filepath.Dir(numtest.Golden(t, "models/tf_efficientnet_b0@64.json"))
	files, err := filepath.Glob(filepath.Join(folder, "*@*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		for _, kernels := range kernel.Available() {
			name := strings.TrimSuffix(filepath.Base(path), ".json")
			t.Run(name+" on "+kernels, func(t *testing.T) {
				deep := kernels == "go" && strings.Contains(name, "101") // minutes each in plain Go
				if (kernels != kernel.Selected() && large(name) || deep) && os.Getenv("MELANOMA_SLOW") == "" {
					t.Skip("on this kernel path only with MELANOMA_SLOW=1")
				}
				restore, err := kernel.Use(kernels)
				if err != nil {
					t.Fatal(err)
				}
				defer restore()
				newGoldenRun(t, path).check(t)
			})
		}
	}
}

// large tells the files that take the plain loops the better part of a minute.
func large(name string) bool {
	return slices.ContainsFunc([]string{"_b3@", "_b6@", "101"}, func(part string) bool { return strings.Contains(name, part) })
}

// goldenRun is one golden file with its network on the engine.
type goldenRun struct {
	golden
	net     *models.Net
	weights models.Weights
	pool    *exec.Pool
	images  []float32
}

func newGoldenRun(t *testing.T, path string) *goldenRun {
	t.Helper()
	r := &goldenRun{}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &r.golden); err != nil {
		t.Fatal(err)
	}
	if r.Weights != "" {
		r.net, r.weights, err = models.ReadONNX(numtest.Shared(t, r.Weights), r.Input[2])
	} else {
		if !slices.Contains(models.List(), r.Model) {
			t.Skipf("%s is not built", r.Model)
		}
		r.net, r.weights, err = models.Build(models.Config{Arch: r.Model, Classes: len(r.TrainLogits[0])})
		for _, p := range r.net.Params {
			r.weights[p.Name] = numtest.FormulaWeights(p.Name, p.Shape)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	r.pool = exec.NewPool(2)
	t.Cleanup(r.pool.Close)
	r.images = numtest.FormulaImages(r.Input[0], r.Input[2])
	return r
}

// machines returns a training and an evaluation machine over one store with
// the golden weights.
func (r *goldenRun) machines(t *testing.T) (training, evaluation *exec.Machine, s *exec.Store) {
	t.Helper()
	training, evaluation, s, err := compileBoth(r.net, r.Input[0], r.Input[2], r.pool)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Load(r.weights); err != nil {
		t.Fatal(err)
	}
	copy(training.Input("images"), r.images)
	copy(evaluation.Input("images"), r.images)
	k := r.net.Classes
	for i, target := range r.Targets {
		training.Input("targets")[i*k+target] = 1
		training.Input("row_weights")[i] = 1
	}
	return training, evaluation, s
}

func (r *goldenRun) check(t *testing.T) {
	training, evaluation, s := r.machines(t)
	run(t, evaluation)
	r.compare(t, "eval_logits", 0, evaluation.Logits(), flatten(r.EvalLogits))

	run(t, training)
	r.compare(t, "train_logits", 0, training.Logits(), flatten(r.TrainLogits))
	r.compare(t, "train_loss", 0, []float32{training.Loss()}, []float64{r.TrainLoss})
	r.checkGradients(t, s)
	training.UpdateRunningStatistics(r.BatchNorm.Momentum)
	r.checkRunning(t, s)
	training.UpdateRunningStatistics(1)
	run(t, evaluation)
	r.compare(t, "eval_logits_after_batchnorm_momentum_1_pass", 0, evaluation.Logits(), flatten(r.AfterPass))
	r.checkAdam(t)
}

func run(t *testing.T, m *exec.Machine) {
	t.Helper()
	if err := m.Run(0); err != nil {
		t.Fatal(err)
	}
}

// compare measures the largest difference against the largest value.
func (r *goldenRun) compare(t *testing.T, name string, index int, got []float32, want []float64) {
	t.Helper()
	if want == nil {
		return
	}
	allowed := r.allowed(name, index)
	d := numtest.MaxRelative(got, want)
	switch {
	case allowed == 0:
		t.Logf("%s %d: torch's float32 is chaotic here; ours deviates by %.2g", name, index, d)
	case d > allowed:
		t.Errorf("%s %d deviates by %.2g, allowed %.2g", name, index, d, allowed)
	}
}

// checkGradients compares against the global norm: a gradient that is zero in
// exact arithmetic is noise by its own.
func (r *goldenRun) checkGradients(t *testing.T, s *exec.Store) {
	t.Helper()
	byNorm, byFirst := r.allowed("gradient_l2_over_global_l2", 0), r.allowed("gradient_first4_over_global_l2", 0)
	for _, limit := range []*float64{&byNorm, &byFirst} {
		if *limit == 0 {
			t.Log("torch's float32 is chaotic in norms or elements of gradients")
			*limit = math.Inf(1)
		}
	}
	for name, want := range r.Gradients {
		g, ok := s.Grad(name)
		if !ok {
			t.Errorf("no gradient of %s", name)
			continue
		}
		if d := math.Abs(l2(g)-want.L2) / r.GradientL2; d > byNorm {
			t.Errorf("norm of the gradient of %s deviates by %.2g of the global norm, allowed %.2g", name, d, byNorm)
		}
		for i, w := range want.First4 {
			if d := math.Abs(float64(g[i])-w) / r.GradientL2; d > byFirst {
				t.Errorf("gradient of %s[%d] deviates by %.2g of the global norm, allowed %.2g", name, i, d, byFirst)
			}
		}
	}
}

func (r *goldenRun) checkRunning(t *testing.T, s *exec.Store) {
	t.Helper()
	for name, want := range r.Running {
		v, _ := s.View(name)
		if d := math.Abs(l2(v)-want.L2) / want.L2; !(d <= 1e-4) {
			t.Errorf("%s deviates by %.2g of its norm, allowed 1e-4", name, d)
		}
		for i, w := range want.First4 {
			if d := math.Abs(float64(v[i])-w) / want.L2; !(d <= 1e-4) {
				t.Errorf("%s[%d] deviates by %.2g of its norm, allowed 1e-4", name, i, d)
			}
		}
	}
}

// checkAdam takes ten steps on the one batch; entry i of the losses is before
// step i.
func (r *goldenRun) checkAdam(t *testing.T) {
	t.Helper()
	training, evaluation, s := r.machines(t)
	c := bayes.Default()
	c.Name = "adam"
	rule, err := bayes.NewRule(c)
	if err != nil {
		t.Fatal(err)
	}
	u, err := exec.NewUpdater(rule, s, r.pool, s.DecayMask(false), 1)
	if err != nil {
		t.Fatal(err)
	}
	for step, want := range r.AdamLosses {
		run(t, training)
		r.compare(t, "adam_losses_lr1e-4", step, []float32{training.Loss()}, []float64{want})
		u.Step(step, 1e-4, exec.Clip{})
		training.UpdateRunningStatistics(r.BatchNorm.Momentum)
	}
	run(t, evaluation)
	r.compare(t, "eval_logits_after_adam", 0, evaluation.Logits(), flatten(r.AfterAdam))
}

func l2(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

func flatten(rows [][]float64) []float64 {
	if rows == nil {
		return nil
	}
	return slices.Concat(rows...)
}
