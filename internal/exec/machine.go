package exec

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"melanoma/internal/graph"
)

// Machine runs one program: the forward pass, and where the program was
// differentiated the backward pass after it.
type Machine struct {
	program *graph.Program
	store   *Store
	pool    *Pool
	arena   []float32
	inputs  map[string][]float32
	steps   []step
	work    []float32 // memory that one step after the other uses while it runs
	logits  []float32
	pooled  []float32
	outputs [][]float32
	loss    []float32
	stats   [][]float32
	data    func(*value) []float32 // where a value lies
}

var _ gorgonia.VM = (*Machine)(nil)

// step is one operator bound to its places.
type step struct {
	run  func()
	cost StepCost // but for the time
	v    *value   // what it computes; nil if it copies
}

// Compile plans the program over the store's parameters. It fails where the
// store was made for another network.
func Compile(p *graph.Program, s *Store, pool *Pool, list ...Option) (*Machine, error) {
	m := &Machine{program: p, store: s, pool: pool, inputs: map[string][]float32{}}
	o := optionsOf(list)
	plan, copies, err := m.plan(o)
	if err != nil {
		return nil, err
	}
	if err := o.fits(plan.size); err != nil {
		return nil, err
	}
	m.arena = floats(plan.size)
	c := &compiler{Machine: m, plan: plan, bfloat16: o.bfloat16 && p.Grads == nil}
	for _, v := range plan.order {
		if !v.ownStep() {
			continue
		}
		c.workUsed = 0
		m.steps = append(m.steps, step{c.bind(v), costOf(v), v})
	}
	if err := o.fits(plan.size + c.workSize); err != nil {
		return nil, err
	}
	c.lend()
	for _, cp := range copies {
		src := c.data(cp.from)
		m.steps = append(m.steps, step{func() { copy(cp.to, src) }, StepCost{Name: "copy", Kind: "copy", Bytes: 8 * int64(len(src))}, nil})
	}
	m.findOutputs(c)
	m.data = c.data
	return m, nil
}

// plan orders, fuses and places the program's values.
func (m *Machine) plan(o options) (*planner, []copyOut, error) {
	plan, err := newPlanner(m.program, o)
	if err != nil {
		return nil, nil, err
	}
	plan.alias()
	copies, err := m.settle(plan)
	if err != nil {
		return nil, nil, err
	}
	plan.place()
	return plan, copies, nil
}

// ownStep tells whether a step computes v: not where another value's step does,
// or where v is a view of something computed before.
func (v *value) ownStep() bool {
	_, accompanies := v.op.(companion)
	return !accompanies && v.home == v
}

type copyOut struct {
	from *value
	to   []float32
}

// settle gives a fixed place to everything that lives outside the arena:
// inputs, parameters, constants, and the gradients that a step can write
// where the update reads them. The other gradients are copied at the end.
func (m *Machine) settle(plan *planner) ([]copyOut, error) {
	for name, n := range m.program.Inputs {
		buf := floats(max(1, n.Shape().TotalSize()))
		m.inputs[name] = buf
		if v := plan.values[n.ID()]; v != nil {
			v.fixed = buf
		}
	}
	for _, p := range append(append([]graph.Param{}, m.program.Params...), m.program.Buffers...) {
		view, ok := m.store.View(p.Name)
		if !ok || len(view) != p.Size() {
			return nil, fmt.Errorf("exec: compile: the store has no array %s of shape %v", p.Name, p.Shape)
		}
		if p.Node == nil {
			continue // a running statistic that this mode does not read
		}
		if v := plan.values[p.Node.ID()]; v != nil {
			v.fixed = view
		}
	}
	for _, v := range plan.values {
		if v.outside && v.fixed == nil {
			return nil, fmt.Errorf("exec: compile: input %s has no float32 value and is none of the program's inputs or parameters", v.name)
		}
	}
	var copies []copyOut
	for i, n := range m.program.Grads {
		to, _ := m.store.Grad(m.program.Params[i].Name)
		v := plan.values[n.ID()]
		if v.home == v && v.fixed == nil && !v.outside {
			v.fixed = to
			continue
		}
		copies = append(copies, copyOut{v, to})
	}
	return copies, nil
}

func (m *Machine) findOutputs(c *compiler) {
	of := func(n *gorgonia.Node) []float32 {
		if n == nil {
			return nil
		}
		return c.data(c.plan.values[n.ID()])
	}
	m.logits, m.pooled, m.loss = of(m.program.Logits), of(m.program.Pooled), of(m.program.Loss)
	for _, n := range m.program.Outputs {
		m.outputs = append(m.outputs, of(n))
	}
	for _, b := range m.program.BatchNorms {
		m.stats = append(m.stats, of(b.Stats))
	}
}

// Input returns the array of a named input for the caller to fill ("images"
// [N,H,W,3], "meta", "targets", "row_weights"), nil if the program has none.
func (m *Machine) Input(name string) []float32 { return m.inputs[name] }

// FirstRow says of which row of a larger batch the images of the next runs are
// the first, 0 unless it is called: dropout's masks go by it.
func (m *Machine) FirstRow(row int) { m.program.Draws.FirstRow = row }

// Run computes everything once. key selects the dropout masks.
func (m *Machine) Run(key uint64) error {
	m.program.Draws.Key = key
	m.store.refresh(m.pool)
	for _, s := range m.steps {
		s.run()
	}
	return nil
}

// Logits returns the logits [N,K] of the last run, valid until the next.
func (m *Machine) Logits() []float32 { return m.logits }

// Pooled returns the features before the head, [N,F], of the last run; nil if
// the program does not name them.
func (m *Machine) Pooled() []float32 { return m.pooled }

// Output returns the program's further result i of the last run, valid until
// the next.
func (m *Machine) Output(i int) []float32 { return m.outputs[i] }

// Loss returns the loss of the last run, 0 if the program has none.
func (m *Machine) Loss() float32 {
	if m.loss == nil {
		return 0
	}
	return m.loss[0]
}

// ArenaBytes returns the memory of intermediate results in bytes.
func (m *Machine) ArenaBytes() int { return 4 * len(m.arena) }

// UpdateRunningStatistics moves the running statistics towards those of the
// last batch. momentum replaces the program's own if it is above 0; 1 sets
// them to the batch's.
func (m *Machine) UpdateRunningStatistics(momentum float64) {
	for i, b := range m.program.BatchNorms {
		mean, _ := m.store.View(b.Mean)
		variance, _ := m.store.View(b.Variance)
		w := b.Momentum
		if momentum > 0 {
			w = momentum
		}
		unbiased := 1.0
		if b.Count > 1 {
			unbiased = float64(b.Count) / float64(b.Count-1)
		}
		c := len(mean)
		for k := range c {
			mean[k] = float32((1-w)*float64(mean[k]) + w*float64(m.stats[i][k]))
			variance[k] = float32((1-w)*float64(variance[k]) + w*unbiased*float64(m.stats[i][c+k]))
		}
	}
	m.store.Changed()
}

// RunAll implements gorgonia.VM: one run with the key of the last.
func (m *Machine) RunAll() error { return m.Run(m.program.Draws.Key) }

// Reset implements gorgonia.VM. A machine carries nothing from run to run.
func (m *Machine) Reset() {}

// Close implements gorgonia.VM. The pool is the caller's.
func (m *Machine) Close() error { return nil }
