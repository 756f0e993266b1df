package bayes

import (
	"math"
	"strings"
	"testing"
)

func TestWrongProgramsAreNamed(t *testing.T) {
	good := []Instr{
		{Op: Load, D: 0, A: int(Param)},
		{Op: MulScalar, D: 1, A: 0, S: 0},
		{Op: Store, D: int(Param), A: 1},
	}
	with := func(i int, in Instr) []Instr {
		out := append([]Instr(nil), good...)
		out[i] = in
		return out
	}
	for _, test := range []struct {
		name      string
		code      []Instr
		registers int
		want      string
	}{
		{"a register read before it is written", with(1, Instr{Op: MulScalar, D: 1, A: 1}), 2, "before it is written"},
		{"a register that does not exist", with(2, Instr{Op: Store, D: 0, A: 5}), 2, "before it is written"},
		{"a register written twice", with(1, Instr{Op: Sqrt, D: 0, A: 0}), 2, "writes register 0"},
		{"more registers than declared", good, 1, "writes register 1 of 1"},
		{"fewer registers than declared", good, 3, "declares 3 registers and writes 2"},
		{"a scalar that does not exist", with(1, Instr{Op: MulScalar, D: 1, A: 0, S: 1}), 2, "scalar 1 of 1"},
		{"a vector that does not exist", with(0, Instr{Op: Load, A: 4}), 2, "vector 4 of 4"},
		{"a store to the gradient", with(2, Instr{Op: Store, D: int(Grad), A: 1}), 2, "read-only"},
		{"a store to the mask", with(2, Instr{Op: Store, D: int(Decay), A: 1}), 2, "read-only"},
		{"no store to the parameters", with(2, Instr{Op: Store, D: int(FirstSlot), A: 1}), 2, "never stores"},
		{"noise drawn twice", []Instr{{Op: Noise}, {Op: Noise, D: 1}}, 2, "second time"},
		{"a register never read", append(append([]Instr(nil), good...), Instr{Op: Noise, D: 2}), 3, "never read"},
		{"an operation that does not exist", with(0, Instr{Op: 99}), 2, "not an operation"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Program{Slots: []string{"m"}, Scalars: []string{"s"}, Registers: test.registers, Code: test.code}
			if err := p.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one that says %q", err, test.want)
			}
		})
	}
	p := Program{Slots: []string{"m"}, Scalars: []string{"s"}, Registers: 2, Code: good}
	if err := p.Validate(); err != nil {
		t.Errorf("a right program: %v", err)
	}
}

// Every operation, in both precisions, against the expression it stands for.
func TestRunComputesEveryOperation(t *testing.T) {
	for _, test := range []struct {
		op   Op
		want float64
	}{
		{Add, 3.25}, {Sub, 1.25}, {Mul, 2.25}, {Div, 2.25}, {Sqrt, 1.5},
		{Neg, -2.25}, {AddScalar, 2.75}, {MulScalar, 1.125}, {Noise, 4},
	} {
		p := Program{Scalars: []string{"s"}, Code: []Instr{{Op: Load, D: 0, A: int(Param)}, {Op: Load, D: 1, A: int(Grad)},
			{Op: test.op, D: 2, A: 0, B: 1}, {Op: Store, D: int(Param), A: 2}}, Registers: 3}
		runOne[float32](t, &p, test.op, test.want)
		runOne[float64](t, &p, test.op, test.want)
	}
}

func runOne[T Float](t *testing.T, p *Program, op Op, want float64) {
	t.Helper()
	v := Vectors[T]{Param: []T{2.25}, Grad: []T{1}, Decay: []T{0}}
	Run(p, v, []float64{0.5}, func(dst []T) { dst[0] = 4 })
	if float64(v.Param[0]) != want {
		t.Errorf("%v in %T gives %g, want %g", op, v.Param, v.Param[0], want)
	}
}

func TestNoRuleDecaysMaskedParameters(t *testing.T) {
	for _, name := range Names() {
		c := Default()
		c.Name, c.WeightDecay, c.Temperature, c.Observations = name, 0.1, 0, 10
		rule, err := NewRule(c)
		if err != nil {
			t.Fatal(err)
		}
		v := newVectors[float64](rule, []float64{1, 1}, 0)
		v.Decay[1] = 1
		for step := range 3 {
			Run(rule.Program(), v, rule.Scalars(step, 0.1), nil)
		}
		if v.Param[0] != 1 || v.Param[1] >= 1 {
			t.Errorf("%s with no gradient: masked parameter %g, other %g", name, v.Param[0], v.Param[1])
		}
	}
}

func TestStepsResumeExactly(t *testing.T) {
	for _, name := range Names() {
		c := Default()
		c.Name, c.Observations = name, 10
		rule, _ := NewRule(c)
		again, _ := NewRule(c)
		rule.Scalars(0, 1) // an earlier call must not matter
		for i, s := range rule.Scalars(41, 0.3) {
			if s != again.Scalars(41, 0.3)[i] || math.IsNaN(s) {
				t.Errorf("%s: scalar %s is %g or %g", name, rule.Program().Scalars[i], s, again.Scalars(41, 0.3)[i])
			}
		}
	}
}
