package bayes

import (
	"fmt"
	"math"
)

// Float is the precision that a program runs in.
type Float interface{ ~float32 | ~float64 }

// Vectors are the vectors of one step, all of length P. Param and Slots are
// updated in place; none may overlap another.
type Vectors[T Float] struct {
	Param []T
	Grad  []T
	Decay []T
	Slots [][]T // in the order of [Rule.Slots]
}

// At returns the vector of that index.
func (v Vectors[T]) At(i Vector) []T {
	switch i {
	case Param:
		return v.Param
	case Grad:
		return v.Grad
	case Decay:
		return v.Decay
	}
	return v.Slots[i-FirstSlot]
}

// Run executes one step of a valid program over whole vectors, instruction by
// instruction: the definition of what a backend must compute. scalars are
// [Rule.Scalars] of the step, rounded to T. noise fills dst[i] with the
// standard normal number of element i at this step; it may be nil if the
// program is not stochastic. Lengths that disagree panic.
func Run[T Float](p *Program, v Vectors[T], scalars []float64, noise func(dst []T)) {
	checkVectors(p, v, scalars)
	n := len(v.Param)
	registers := make([][]T, p.Registers)
	for _, in := range p.Code {
		if in.Op == Store {
			copy(v.At(Vector(in.D)), registers[in.A])
			continue
		}
		d := make([]T, n)
		registers[in.D] = d
		switch in.Op {
		case Load:
			copy(d, v.At(Vector(in.A)))
		case Noise:
			noise(d)
		case AddScalar, MulScalar:
			withScalar(in.Op, d, registers[in.A], T(scalars[in.S]))
		case Sqrt, Neg:
			unary(in.Op, d, registers[in.A])
		default:
			binary(in.Op, d, registers[in.A], registers[in.B])
		}
	}
}

func checkVectors[T Float](p *Program, v Vectors[T], scalars []float64) {
	if len(scalars) != len(p.Scalars) {
		panic(fmt.Sprintf("bayes: run: %d scalars for %d names", len(scalars), len(p.Scalars)))
	}
	if len(v.Slots) != len(p.Slots) {
		panic(fmt.Sprintf("bayes: run: %d slots for %d names", len(v.Slots), len(p.Slots)))
	}
	for i := range int(FirstSlot) + len(p.Slots) {
		if n := len(v.At(Vector(i))); n != len(v.Param) {
			panic(fmt.Sprintf("bayes: run: vector %d has %d elements, the parameters have %d", i, n, len(v.Param)))
		}
	}
}

func withScalar[T Float](op Op, d, a []T, s T) {
	for i := range d {
		if op == AddScalar {
			d[i] = a[i] + s
		} else {
			d[i] = a[i] * s
		}
	}
}

func unary[T Float](op Op, d, a []T) {
	for i := range d {
		if op == Sqrt {
			d[i] = T(math.Sqrt(float64(a[i]))) // correctly rounded in float32, too
		} else {
			d[i] = -a[i]
		}
	}
}

func binary[T Float](op Op, d, a, b []T) {
	for i := range d {
		switch op {
		case Add:
			d[i] = a[i] + b[i]
		case Sub:
			d[i] = a[i] - b[i]
		case Mul:
			d[i] = a[i] * b[i]
		case Div:
			d[i] = a[i] / b[i]
		default:
			panic(fmt.Sprintf("bayes: run: %v", op))
		}
	}
}
