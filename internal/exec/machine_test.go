package exec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
	"melanoma/internal/numtest"
)

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
	p.Draws.Key = 11
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
				for pass := range 2 {
					for i := range m.work { // what steps left there is nobody's input
						m.work[i] = float32(math.NaN())
					}
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
