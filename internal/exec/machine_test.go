package exec

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
	"melanoma/internal/numtest"
)

// network builds one test network: body maps images to features [N,...], with
// parameters made by param.
type network struct {
	n, size, channels, classes int
	body                       func(x *gorgonia.Node, b *builder) *gorgonia.Node
	eval                       bool // given statistics, no gradients
}

// builder collects a program's parameters, in float32 or float64.
type builder struct {
	g    *gorgonia.ExprGraph
	dt   tensor.Dtype
	prog *graph.Program
	eval bool
}

func (b *builder) node(name string, shape ...int) *gorgonia.Node {
	return gorgonia.NewTensor(b.g, b.dt, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
}

func (b *builder) param(name string, shape ...int) *gorgonia.Node {
	n := b.node(name, shape...)
	b.prog.Params = append(b.prog.Params, graph.Param{Name: name, Shape: shape, Node: n})
	return n
}

func (b *builder) norm(name string, x *gorgonia.Node) *gorgonia.Node {
	c := x.Shape()[x.Dims()-1]
	running := map[string]*gorgonia.Node{}
	for _, s := range []string{".running_mean", ".running_var"} {
		running[s] = b.node(name+s, c)
		b.prog.Buffers = append(b.prog.Buffers, graph.Param{Name: name + s, Shape: []int{c}, Node: running[s]})
	}
	gamma, beta := b.param(name+".weight", c), b.param(name+".bias", c)
	if b.eval {
		return graph.BatchNormEval(x, gamma, beta, running[".running_mean"], running[".running_var"], 1e-3)
	}
	y, stats := graph.BatchNormTrain(x, gamma, beta, 1e-3)
	b.prog.BatchNorms = append(b.prog.BatchNorms, graph.BatchNormUse{Stats: stats, Mean: name + ".running_mean",
		Variance: name + ".running_var", Momentum: 0.1, Count: x.Shape().TotalSize() / c})
	return y
}

func (nw network) program(t *testing.T, dt tensor.Dtype) *graph.Program {
	t.Helper()
	b := &builder{g: gorgonia.NewGraph(), dt: dt, prog: &graph.Program{Key: new(uint64)}, eval: nw.eval}
	b.prog.Graph = b.g
	images := b.node("images", nw.n, nw.size, nw.size, nw.channels)
	targets, weights := b.node("targets", nw.n, nw.classes), b.node("row_weights", nw.n)
	b.prog.Inputs = map[string]*gorgonia.Node{"images": images, "targets": targets, "row_weights": weights}
	y := nw.body(images, b)
	if y.Dims() == 4 {
		y = graph.Flatten(graph.GlobalMean(y))
	}
	b.prog.Pooled = y
	b.prog.Logits = graph.Linear(y, b.param("head.weight", nw.classes, y.Shape()[1]), b.param("head.bias", nw.classes))
	b.prog.Loss = graph.SoftmaxCrossEntropy(b.prog.Logits, targets, weights)
	if nw.eval {
		return b.prog
	}
	if err := b.prog.Differentiate(); err != nil {
		t.Fatal(err)
	}
	return b.prog
}

// blocks are two inverted residuals, the second with squeeze and excitation.
const blocks, inference = "two inverted residuals, the second with squeeze and excitation", "inference"

func networks() map[string]network {
	conv := func(stride int, pad [4]int, groups int) graph.ConvAttrs {
		return graph.ConvAttrs{Stride: [2]int{stride, stride}, Pad: pad, Groups: groups}
	}
	all := map[string]network{
		"stem, swish": {3, 9, 3, 4, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			return graph.Swish(b.norm("bn", graph.Conv2D(x, b.param("stem", 5, 3, 3, 3), conv(2, [4]int{0, 0, 1, 1}, 1))))
		}, false},
		"two dense convolutions": {2, 7, 3, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			x = graph.Swish(graph.Conv2D(x, b.param("a", 4, 3, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 1)))
			return graph.Conv2D(x, b.param("b", 6, 4, 5, 3), conv(2, [4]int{2, 1, 1, 0}, 1))
		}, false},
		blocks: {4, 8, 8, 5, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			f := graph.Clip(b.norm("bn4", graph.Conv2D(x, b.param("expand0", 20, 8, 1, 1), conv(1, [4]int{}, 1))), 0, 6)
			f = graph.Clip(b.norm("bn5", graph.Conv2D(f, b.param("dw0", 20, 1, 5, 5), conv(2, [4]int{1, 1, 2, 2}, 20))), 0, 6)
			x = b.norm("bn6", graph.Conv2D(f, b.param("project0", 8, 20, 1, 1), conv(1, [4]int{}, 1)))
			h := graph.Swish(b.norm("bn1", graph.Conv2D(x, b.param("expand", 24, 8, 1, 1), conv(1, [4]int{}, 1))))
			h = graph.Swish(b.norm("bn2", graph.Conv2D(h, b.param("dw", 24, 1, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 24))))
			s := graph.AddBias(graph.Conv2D(graph.GlobalMean(h), b.param("reduce", 3, 24, 1, 1), conv(1, [4]int{}, 1)), b.param("reduce.bias", 3))
			s = graph.AddBias(graph.Conv2D(graph.Swish(s), b.param("widen", 24, 3, 1, 1), conv(1, [4]int{}, 1)), b.param("widen.bias", 24))
			h = graph.ScaleChannels(h, graph.Sigmoid(s))
			h = b.norm("bn3", graph.Conv2D(h, b.param("project", 8, 24, 1, 1), conv(1, [4]int{}, 1)))
			return graph.Add(h, x)
		}, false},
		"depthwise 5x5 of stride 2, relu6": {3, 11, 17, 2, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			x = graph.Swish(graph.Conv2D(x, b.param("pw", 17, 17, 1, 1), conv(1, [4]int{}, 1)))
			h := graph.Conv2D(x, b.param("dw", 17, 1, 5, 5), conv(2, [4]int{1, 1, 2, 2}, 17))
			return graph.Clip(b.norm("bn", h), 0, 6)
		}, false},
		"grouped convolution by the plain loops": {2, 5, 4, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			return graph.Conv2D(graph.Swish(x), b.param("g", 6, 2, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 2))
		}, false},
		"head with dropout, product, concat": {6, 4, 3, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			p := graph.Flatten(graph.GlobalMean(graph.Conv2D(x, b.param("pw", 10, 3, 1, 1), conv(1, [4]int{}, 1))))
			q := graph.Swish(b.norm("bn", graph.Linear(p, b.param("l.weight", 8, 10), b.param("l.bias", 8))))
			q = graph.Dropout(q, 0.3, 2, 1, b.prog.Key)
			return graph.Concat(graph.Mul(p, graph.Sigmoid(p)), q)
		}, false},
	}
	eval := all[blocks]
	eval.eval = true
	all[inference] = eval
	return all
}

// fill gives the same reals to the store and the inputs of every variant.
func fill(p *graph.Program, set func(name string, shape []int, data []float32)) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, name := range []string{"images", "targets", "row_weights"} {
		shape := p.Inputs[name].Shape()
		data := make([]float32, shape.TotalSize())
		for i := range data {
			data[i] = float32(r.NormFloat64())
			if name != "images" {
				data[i] = float32(r.Float64())
			}
		}
		set(name, shape, data)
	}
	for _, param := range append(append([]graph.Param{}, p.Params...), p.Buffers...) {
		data := make([]float32, param.Size())
		for i := range data {
			data[i] = 0.5 * float32(r.NormFloat64())
			if len(param.Shape) == 1 {
				data[i] += 1
			}
			if strings.HasSuffix(param.Name, "running_var") {
				data[i] = 0.1 + data[i]*data[i]
			}
		}
		set(param.Name, param.Shape, data)
	}
}

// runReference runs the float64 program on Gorgonia's TapeMachine through the
// operators' plain loops.
func runReference(t *testing.T, p *graph.Program) (loss float64, logits []float64, grads [][]float64) {
	t.Helper()
	nodes := map[string]*gorgonia.Node{}
	for name, n := range p.Inputs {
		nodes[name] = n
	}
	for _, param := range append(append([]graph.Param{}, p.Params...), p.Buffers...) {
		nodes[param.Name] = param.Node
	}
	fill(p, func(name string, shape []int, data []float32) {
		wide := make([]float64, len(data))
		for i, v := range data {
			wide[i] = float64(v)
		}
		if err := gorgonia.Let(nodes[name], tensor.New(tensor.WithShape(shape...), tensor.WithBacking(wide))); err != nil {
			t.Fatal(err)
		}
	})
	*p.Key = 11
	outputs := append(gorgonia.Nodes{p.Loss, p.Logits}, p.Grads...)
	m := gorgonia.NewTapeMachine(p.Graph.SubgraphRoots(outputs...))
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	for _, g := range p.Grads {
		grads = append(grads, g.Value().Data().([]float64))
	}
	return p.Loss.Value().Data().(float64), p.Logits.Value().Data().([]float64), grads
}

func machine(t *testing.T, p *graph.Program, workers int, options ...Option) (*Machine, *Store) {
	t.Helper()
	pool := NewPool(workers)
	t.Cleanup(pool.Close)
	s := NewStore(p)
	m, err := Compile(p, s, pool, options...)
	if err != nil {
		t.Fatal(err)
	}
	fill(p, func(name string, _ []int, data []float32) {
		if dst := m.Input(name); dst != nil {
			copy(dst, data)
			return
		}
		dst, _ := s.View(name)
		copy(dst, data)
	})
	s.Changed()
	return m, s
}

// TestMachineAgreesWithTapeMachine compares the loss, the logits and every
// gradient with Gorgonia's machine running the plain loops in float64.
func TestMachineAgreesWithTapeMachine(t *testing.T) {
	for name, nw := range networks() {
		loss, logits, grads := runReference(t, nw.program(t, tensor.Float64))
		for _, path := range kernel.Available() {
			t.Run(name+" on "+path, func(t *testing.T) {
				restore, err := kernel.Use(path)
				if err != nil {
					t.Fatal(err)
				}
				defer restore()
				p := nw.program(t, tensor.Float32)
				m, s := machine(t, p, 2)
				for pass := range 2 { // the second finds nothing left over by the first
					if err := m.Run(11); err != nil {
						t.Fatal(err)
					}
					check(t, fmt.Sprintf("pass %d: loss", pass), []float32{m.Loss()}, []float64{loss})
					check(t, "logits", m.Logits(), logits)
					// A bias before a normalisation has no gradient but noise, so
					// all are measured together.
					var all []float64
					for _, g := range grads {
						all = append(all, g...)
					}
					if !nw.eval {
						check(t, "gradient", s.Grads(), all)
					}
				}
			})
		}
	}
}

func check(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	// Sums of at most a few hundred float32 products, normalised: 2e-5 of the
	// largest value leaves room for cancellation in the batch normalisations.
	if d := numtest.MaxRelative(got, want); d > 2e-5 {
		t.Errorf("%s is off by %.2g of its largest value", what, d)
	}
}

// TestWorkersDoNotChangeResults compares bytes for 1, 2, 3 and 4 workers.
func TestWorkersDoNotChangeResults(t *testing.T) {
	for name, nw := range networks() {
		t.Run(name, func(t *testing.T) {
			var want []float32
			for _, workers := range []int{1, 2, 3, 4} {
				m, s := machine(t, nw.program(t, tensor.Float32), workers)
				if err := m.Run(11); err != nil {
					t.Fatal(err)
				}
				got := append(append([]float32{}, m.Logits()...), s.Grads()...)
				if want == nil {
					want = got
				}
				for i := range want {
					if got[i] != want[i] {
						t.Fatalf("%d workers: value %d is %v, want %v", workers, i, got[i], want[i])
					}
				}
			}
		})
	}
}

// TestRunAllocatesNothing counts the allocations of a run after the first: of
// training and inference, by one worker and by two. A step without a kernel is
// the exception.
func TestRunAllocatesNothing(t *testing.T) {
	for name, nw := range networks() {
		if strings.Contains(name, "plain loops") {
			continue
		}
		for _, workers := range []int{1, 2} {
			m, _ := machine(t, nw.program(t, tensor.Float32), workers)
			if err := m.Run(1); err != nil {
				t.Fatal(err)
			}
			if n := testing.AllocsPerRun(10, func() { _ = m.Run(1) }); n > 0 {
				t.Errorf("%s, %d workers: %v allocations a run", name, workers, n)
			}
		}
	}
}

// TestPlacesDoNotOverlap replays the plan: no step may write where a value
// that is still needed lies.
func TestPlacesDoNotOverlap(t *testing.T) {
	for name, nw := range networks() {
		t.Run(name, func(t *testing.T) {
			p := nw.program(t, tensor.Float32)
			plan, err := newPlanner(p, optionsOf(nil))
			if err != nil {
				t.Fatal(err)
			}
			plan.alias()
			plan.place()
			for i, v := range plan.order {
				for j, w := range plan.order[:i] {
					if v.home != v || w.home != w || (!w.keep && w.last < i) {
						continue
					}
					if !w.keep && w.last == i && w.offset == v.offset && w.size == v.size {
						continue // in place
					}
					if v.offset < w.offset+w.size && w.offset < v.offset+v.size {
						t.Errorf("step %d (%v) overwrites the result of step %d (%v)", i, v.op, j, w.op)
					}
				}
			}
		})
	}
}
