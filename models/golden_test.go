package models

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"melanoma/internal/graph"
	"melanoma/internal/numtest"
)

// golden is a file of golden/models.
type golden struct {
	Model      string
	Weights    string // an ONNX file; empty for formula weights
	Input      []int
	Targets    []int
	Parameters int
	State      [][2]json.RawMessage
	BatchNorm  struct{ Eps, Momentum float64 }

	EvalLogits  [][]float64 `json:"eval_logits"`
	AfterPass   [][]float64 `json:"eval_logits_after_batchnorm_momentum_1_pass"`
	TrainLogits [][]float64 `json:"train_logits"`
	TrainLoss   float64     `json:"train_loss"`
	Gradients   map[string]goldenVector
	Running     map[string]goldenVector `json:"running_after_one_step"`
	GradientL2  float64                 `json:"gradient_global_l2"`

	// Deviation is how far torch's own float64 lands from itself in another
	// memory layout, where that is more than the tolerance.
	Deviation struct {
		AfterPass float64 `json:"eval_logits_after_batchnorm_momentum_1_pass"`
	} `json:"float64_deviation"`
}

type goldenVector struct {
	L2     float64
	First4 []float64
}

// tolerance of the float64 path against torch's float64, as the golden
// files' README states.
const tolerance = 1e-9

func TestGoldenModels(t *testing.T) {
	for name, path := range goldenFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := readGolden(t, path)
			net, weights := g.build(t)
			g.checkState(t, net)
			if g.slow(net, 1e9) {
				t.Skip("takes minutes in plain loops: only with MELANOMA_SLOW=1")
			}
			g.checkEvaluation(t, net, weights)
			if g.slow(net, 150e6) {
				t.Log("training not checked here: it takes minutes in plain loops; MELANOMA_SLOW=1 runs it")
				return
			}
			g.checkTraining(t, net, weights)
		})
	}
}

// goldenFiles returns the golden files by name: those of the shared folder,
// and of testdata, which has copies and smaller relatives of the large ones.
func goldenFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, folder := range []string{"testdata", filepath.Dir(numtest.Golden(t, "models/tf_efficientnet_b0@64.json"))} {
		paths, err := filepath.Glob(filepath.Join(folder, "*@*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			files[strings.TrimSuffix(filepath.Base(path), ".json")] = path
		}
	}
	return files
}

// slow reports whether an image takes more multiply-adds than the plain loops
// should be given. The engine's golden tests cover all networks in float32.
func (g golden) slow(net *Net, most int64) bool {
	s, err := net.Summary(g.Input[2])
	return os.Getenv("MELANOMA_SLOW") != "1" && (err != nil || s.MACs > most)
}

func readGolden(t *testing.T, path string) golden {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// build returns the golden's network with its weights, or skips the test
// where the family is not built.
func (g golden) build(t *testing.T) (*Net, Weights) {
	t.Helper()
	if !slices.Contains(List(), g.Model) {
		t.Skipf("%s is not built", g.Model)
	}
	if g.Weights != "" {
		net, weights, err := ReadONNX(numtest.Shared(t, g.Weights), g.Input[2])
		if err != nil {
			t.Fatal(err)
		}
		return net, weights
	}
	net, _, err := Build(Config{Arch: g.Model, Classes: len(g.EvalLogits[0])})
	if err != nil {
		t.Fatal(err)
	}
	weights := Weights{}
	for _, p := range net.Params {
		weights[p.Name] = numtest.FormulaWeights(p.Name, p.Shape)
	}
	return net, weights
}

func (g golden) checkState(t *testing.T, net *Net) {
	t.Helper()
	if g.Parameters != 0 && net.Parameters() != g.Parameters {
		t.Errorf("%d parameters, want %d", net.Parameters(), g.Parameters)
	}
	if g.State == nil {
		return
	}
	if len(net.Params) != len(g.State) {
		t.Fatalf("%d names, want %d", len(net.Params), len(g.State))
	}
	for i, p := range net.Params {
		var name string
		var shape []int
		if json.Unmarshal(g.State[i][0], &name) != nil || json.Unmarshal(g.State[i][1], &shape) != nil {
			t.Fatalf("state %d is no name with a shape", i)
		}
		if p.Name != name || !slices.Equal(p.Shape, shape) {
			t.Fatalf("parameter %d is %s %v, want %s %v", i, p.Name, p.Shape, name, shape)
		}
	}
	for _, l := range net.Layers {
		if l.Op == OpBatchNorm && (l.Epsilon != g.BatchNorm.Eps || l.Momentum != g.BatchNorm.Momentum) {
			t.Fatalf("%s: epsilon %g momentum %g, want %+v", l.Name, l.Epsilon, l.Momentum, g.BatchNorm)
		}
	}
}

func (g golden) checkEvaluation(t *testing.T, net *Net, weights Weights) {
	t.Helper()
	p := g.instantiate(t, net, false)
	got := runProgram(t, p, doubles(weights), g.inputs(), p.Logits)
	if d := numtest.MaxRelative(got[0], flatten(g.EvalLogits)); d > tolerance {
		t.Errorf("evaluation logits differ by %.2g", d)
	}
}

func (g golden) checkTraining(t *testing.T, net *Net, weights Weights) {
	t.Helper()
	p := g.instantiate(t, net, true)
	if err := p.Differentiate(); err != nil {
		t.Fatal(err)
	}
	wanted := []*gorgonia.Node{p.Logits, p.Loss}
	for _, b := range p.BatchNorms {
		wanted = append(wanted, b.Stats)
	}
	wanted = append(wanted, p.Grads...)
	got := runProgram(t, p, doubles(weights), g.inputs(), wanted...)
	if d := numtest.MaxRelative(got[0], flatten(g.TrainLogits)); d > tolerance {
		t.Errorf("training logits differ by %.2g", d)
	}
	if d := math.Abs(got[1][0]/g.TrainLoss - 1); d > tolerance {
		t.Errorf("loss is %v, want %v", got[1][0], g.TrainLoss)
	}
	g.checkRunning(t, p, weights, got[2:])
	g.checkGradients(t, p, got[2+len(p.BatchNorms):])
	g.checkAfterPass(t, net, weights, p, got[2:])
}

// checkRunning compares the running statistics after one step.
func (g golden) checkRunning(t *testing.T, p *graph.Program, weights Weights, stats [][]float64) {
	t.Helper()
	running := doubles(weights)
	for i, b := range p.BatchNorms {
		follow(running, b, stats[i], b.Momentum)
	}
	for name, want := range g.Running {
		if l2 := norm(running[name]); math.Abs(l2-want.L2) > tolerance*want.L2 {
			t.Errorf("%s has norm %v, want %v", name, l2, want.L2)
		}
		if d := numtest.MaxRelative(running[name][:4], want.First4); d > tolerance*10 {
			t.Errorf("%s differs by %.2g", name, d)
		}
	}
}

// follow moves running statistics towards a batch's by the weight momentum.
func follow(running map[string][]float64, b graph.BatchNormUse, stats []float64, momentum float64) {
	mean, variance := running[b.Mean], running[b.Variance]
	c, n := len(mean), float64(b.Count)
	for k := range c {
		mean[k] += momentum * (stats[k] - mean[k])
		variance[k] += momentum * (stats[c+k]*n/(n-1) - variance[k])
	}
}

// checkGradients compares every gradient against the global norm: one that is
// zero in exact arithmetic is noise by its own.
func (g golden) checkGradients(t *testing.T, p *graph.Program, grads [][]float64) {
	t.Helper()
	total := 0.0
	for i, param := range p.Params {
		want := g.Gradients[param.Name]
		l2 := norm(grads[i])
		total += l2 * l2
		if math.Abs(l2-want.L2) > tolerance*g.GradientL2 {
			t.Errorf("gradient of %s has norm %v, want %v", param.Name, l2, want.L2)
		}
		for j, v := range want.First4 {
			if math.Abs(grads[i][j]-v) > tolerance*g.GradientL2 {
				t.Errorf("gradient of %s [%d] is %v, want %v", param.Name, j, grads[i][j], v)
			}
		}
	}
	if d := math.Abs(math.Sqrt(total)/g.GradientL2 - 1); d > tolerance {
		t.Errorf("global gradient norm %v, want %v", math.Sqrt(total), g.GradientL2)
	}
}

// checkAfterPass evaluates with the statistics of the training batch.
func (g golden) checkAfterPass(t *testing.T, net *Net, weights Weights, trained *graph.Program, stats [][]float64) {
	t.Helper()
	if g.AfterPass == nil {
		return
	}
	values := doubles(weights)
	for i, b := range trained.BatchNorms {
		follow(values, b, stats[i], 1)
	}
	p := g.instantiate(t, net, false)
	got := runProgram(t, p, values, g.inputs(), p.Logits)
	if d := numtest.MaxRelative(got[0], flatten(g.AfterPass)); d > max(tolerance, 4*g.Deviation.AfterPass) {
		t.Errorf("evaluation logits after a pass of momentum 1 differ by %.2g", d)
	}
}

func (g golden) instantiate(t *testing.T, net *Net, train bool) *graph.Program {
	t.Helper()
	p, err := net.Instantiate(Instance{Batch: g.Input[0], Size: g.Input[2], Train: train, Double: true, Targets: train})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (g golden) inputs() map[string][]float64 {
	n, classes := g.Input[0], len(g.EvalLogits[0])
	targets, rowWeights := make([]float64, n*classes), make([]float64, n)
	for i, k := range g.Targets {
		targets[i*classes+k], rowWeights[i] = 1, 1
	}
	images := double(numtest.FormulaImages(n, g.Input[2]))
	return map[string][]float64{"images": images, "targets": targets, "row_weights": rowWeights}
}

// runProgram runs a float64 program on Gorgonia's own machine, through the
// operators' plain loops, and returns the wanted nodes' values.
func runProgram(t *testing.T, p *graph.Program, weights, inputs map[string][]float64, wanted ...*gorgonia.Node) [][]float64 {
	t.Helper()
	let := func(n *gorgonia.Node, v []float64) {
		if err := gorgonia.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(slices.Clone(v)))); err != nil {
			t.Fatalf("%s: %v", n.Name(), err)
		}
	}
	for name, node := range p.Inputs {
		let(node, inputs[name])
	}
	for _, param := range slices.Concat(p.Params, p.Buffers) {
		let(param.Node, weights[param.Name])
	}
	values := make([]gorgonia.Value, len(wanted))
	for i, n := range wanted {
		gorgonia.Read(n, &values[i])
	}
	m := gorgonia.NewTapeMachine(p.Graph)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	out := make([][]float64, len(wanted))
	for i, v := range values {
		switch d := v.Data().(type) {
		case float64:
			out[i] = []float64{d}
		case []float64:
			out[i] = slices.Clone(d)
		}
	}
	return out
}

func flatten(rows [][]float64) []float64 { return slices.Concat(rows...) }

func double(x []float32) []float64 {
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = float64(v)
	}
	return d
}

func doubles(w Weights) map[string][]float64 {
	d := make(map[string][]float64, len(w))
	for name, v := range w {
		d[name] = double(v)
	}
	return d
}

func norm(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v * v
	}
	return math.Sqrt(s)
}
