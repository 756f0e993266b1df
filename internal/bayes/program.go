package bayes

import "fmt"

// Op is one element-wise operation of a [Program]. d is the destination
// register, a and b are registers, s is a scalar of the step; every operation
// rounds once, in the precision of the vectors, and none are fused.
type Op uint8

// The operations.
const (
	Load      Op = iota // d = vector A
	Store               // vector D = a
	Add                 // d = a + b
	Sub                 // d = a - b
	Mul                 // d = a * b
	Div                 // d = a / b
	Sqrt                // d = sqrt(a)
	Neg                 // d = -a
	AddScalar           // d = a + s
	MulScalar           // d = a * s
	Noise               // d = standard normal number of this element at this step
	opCount
)

var opNames = [opCount]string{"load", "store", "add", "sub", "mul", "div", "sqrt", "neg", "add_scalar", "mul_scalar", "noise"}

func (o Op) String() string {
	if o < opCount {
		return opNames[o]
	}
	return fmt.Sprintf("op(%d)", uint8(o))
}

// Vector is the index of a vector that a program loads or stores.
type Vector int

// The vectors that every program has; a rule's slots follow from FirstSlot
// on, in the order of [Rule.Slots].
const (
	Param     Vector = iota // parameters; read and written
	Grad                    // gradient of the loss; read
	Decay                   // 1 where weight decay and the prior act, else 0; read
	FirstSlot               // the rule's first slot; read and written
)

// Instr is one instruction. D is a register, for Store a [Vector]. A is a
// register, for Load a Vector. B is a register, S an index into the step's
// scalars; fields that an operation does not use are 0.
type Instr struct {
	Op         Op
	D, A, B, S int
}

// Program is an update rule as data: straight-line code over element i of
// vectors of length P, the same for every i. Registers are numbered in the
// order in which they are written, each is written once.
type Program struct {
	Slots     []string // names of the slots, vectors FirstSlot, FirstSlot+1, ...
	Scalars   []string // names of the scalars of a step
	Registers int
	Code      []Instr
}

// Validate reports the first instruction that breaks a rule: a register is
// read before it was written, or never read; registers are not written in
// order; an index is out of range; the gradient or the mask is written; noise
// is drawn twice; the parameters are never written.
func (p *Program) Validate() error {
	v := validator{program: p, read: make([]bool, max(p.Registers, 0))}
	for i, in := range p.Code {
		if err := v.instr(in); err != nil {
			return fmt.Errorf("bayes: instruction %d (%v): %w", i, in.Op, err)
		}
	}
	if v.written != p.Registers {
		return fmt.Errorf("bayes: program declares %d registers and writes %d", p.Registers, v.written)
	}
	for r, read := range v.read {
		if !read {
			return fmt.Errorf("bayes: register %d is written and never read", r)
		}
	}
	if !v.param {
		return fmt.Errorf("bayes: program never stores the parameters")
	}
	return nil
}

// Stochastic reports whether the program draws noise.
func (p *Program) Stochastic() bool {
	for _, in := range p.Code {
		if in.Op == Noise {
			return true
		}
	}
	return false
}

type validator struct {
	program *Program
	written int // registers 0..written-1 hold a value
	read    []bool
	noise   bool
	param   bool
}

func (v *validator) instr(in Instr) error {
	if err := v.operands(in); err != nil {
		return err
	}
	if in.Op == Store {
		return v.store(in.D)
	}
	if in.D != v.written || in.D >= v.program.Registers {
		return fmt.Errorf("writes register %d of %d, the next is %d", in.D, v.program.Registers, v.written)
	}
	v.written++
	return nil
}

func (v *validator) operands(in Instr) error {
	switch in.Op {
	case Load:
		return v.vector(in.A)
	case Noise:
		if v.noise {
			return fmt.Errorf("draws the noise of an element a second time")
		}
		v.noise = true
		return nil
	case Store, Sqrt, Neg:
		return v.register(in.A)
	case Add, Sub, Mul, Div:
		if err := v.register(in.A); err != nil {
			return err
		}
		return v.register(in.B)
	case AddScalar, MulScalar:
		if in.S < 0 || in.S >= len(v.program.Scalars) {
			return fmt.Errorf("reads scalar %d of %d", in.S, len(v.program.Scalars))
		}
		return v.register(in.A)
	}
	return fmt.Errorf("is not an operation")
}

func (v *validator) register(r int) error {
	if r < 0 || r >= v.written || r >= len(v.read) {
		return fmt.Errorf("reads register %d before it is written", r)
	}
	v.read[r] = true
	return nil
}

func (v *validator) vector(i int) error {
	if n := int(FirstSlot) + len(v.program.Slots); i < 0 || i >= n {
		return fmt.Errorf("names vector %d of %d", i, n)
	}
	return nil
}

func (v *validator) store(i int) error {
	if err := v.vector(i); err != nil {
		return err
	}
	if Vector(i) == Grad || Vector(i) == Decay {
		return fmt.Errorf("stores vector %d, which is read-only", i)
	}
	v.param = v.param || Vector(i) == Param
	return nil
}
