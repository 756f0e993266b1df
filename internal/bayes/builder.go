package bayes

import "fmt"

// builder writes a program; a reg is the number of a written register.
type builder struct {
	program Program
}

type reg int

func newBuilder(slots []Slot, scalars ...string) *builder {
	b := &builder{program: Program{Scalars: scalars}}
	for _, s := range slots {
		b.program.Slots = append(b.program.Slots, s.Name)
	}
	return b
}

func (b *builder) emit(op Op, x, y reg, s int) reg {
	d := b.program.Registers
	b.program.Registers++
	b.program.Code = append(b.program.Code, Instr{Op: op, D: d, A: int(x), B: int(y), S: s})
	return reg(d)
}

func (b *builder) load(v Vector) reg              { return b.emit(Load, reg(v), 0, 0) }
func (b *builder) noise() reg                     { return b.emit(Noise, 0, 0, 0) }
func (b *builder) add(x, y reg) reg               { return b.emit(Add, x, y, 0) }
func (b *builder) mul(x, y reg) reg               { return b.emit(Mul, x, y, 0) }
func (b *builder) div(x, y reg) reg               { return b.emit(Div, x, y, 0) }
func (b *builder) sqrt(x reg) reg                 { return b.emit(Sqrt, x, 0, 0) }
func (b *builder) times(x reg, scalar string) reg { return b.emit(MulScalar, x, 0, b.scalar(scalar)) }
func (b *builder) plus(x reg, scalar string) reg  { return b.emit(AddScalar, x, 0, b.scalar(scalar)) }

func (b *builder) store(v Vector, x reg) {
	b.program.Code = append(b.program.Code, Instr{Op: Store, D: int(v), A: int(x)})
}

// scalar returns the index of a named scalar and declares it on first use.
func (b *builder) scalar(name string) int {
	for i, s := range b.program.Scalars {
		if s == name {
			return i
		}
	}
	b.program.Scalars = append(b.program.Scalars, name)
	return len(b.program.Scalars) - 1
}

// decayed returns grad + scalar*mask*param.
func (b *builder) decayed(grad, param reg, scalar string) reg {
	return b.add(grad, b.times(b.mul(b.load(Decay), param), scalar))
}

// done returns the program; a program that is not valid is a mistake in the
// rule and panics.
func (b *builder) done() *Program {
	p := b.program
	if err := p.Validate(); err != nil {
		panic(fmt.Sprintf("bayes: rule builds a wrong program: %v", err))
	}
	return &p
}
