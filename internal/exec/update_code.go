package exec

import (
	"slices"

	"melanoma/internal/bayes"
)

// updateOp is an instruction of an update program whose registers have become
// places: stretches of the vectors themselves where they hold what was loaded
// or what will be stored, and otherwise as few arrays as there are values in
// use at a time.
type updateOp struct {
	op   bayes.Op
	d    place
	a, b place
	s    int // scalar
}

// place is where an operand lies.
type place struct {
	vector int // of bayes.Vectors; -1 for an array of the worker
	array  int
}

// assembler turns registers into places.
type assembler struct {
	code   []bayes.Instr
	at     []place // of a register
	last   []int   // instruction that reads a register last
	free   []int   // arrays
	arrays int
}

// assemble returns the code with places, and how many arrays it needs. It
// computes what the program does, operation by operation.
func assemble(p *bayes.Program) (ops []updateOp, arrays int) {
	a := &assembler{code: p.Code, at: make([]place, p.Registers), last: make([]int, p.Registers)}
	for i, in := range p.Code {
		for _, r := range reads(in) {
			a.last[r] = i
		}
	}
	for i, in := range p.Code {
		if op, ok := a.instr(i, in); ok {
			ops = append(ops, op)
		}
	}
	return ops, a.arrays
}

// reads lists the registers that an instruction reads.
func reads(in bayes.Instr) []int {
	switch in.Op {
	case bayes.Load, bayes.Noise:
		return nil
	case bayes.Add, bayes.Sub, bayes.Mul, bayes.Div:
		return []int{in.A, in.B}
	default:
		return []int{in.A}
	}
}

// instr returns the operation of instruction i, false if none is left of it.
func (a *assembler) instr(i int, in bayes.Instr) (updateOp, bool) {
	op := updateOp{op: in.Op, s: in.S}
	switch in.Op {
	case bayes.Load:
		if !a.storedBetween(in.A, i, a.last[in.D]) {
			a.at[in.D] = place{vector: in.A}
			return op, false
		}
		op.a = place{vector: in.A}
	case bayes.Store:
		op.a, op.d = a.at[in.A], place{vector: in.D}
		a.release(i, in)
		return op, op.a != op.d
	default:
		for k, r := range reads(in) {
			*[]*place{&op.a, &op.b}[k] = a.at[r]
		}
	}
	a.release(i, in) // element by element, a result may overwrite an operand
	a.at[in.D] = a.result(i, in.D)
	op.d = a.at[in.D]
	return op, true
}

// result chooses where a register's value goes: to the vector that it will be
// stored in, if nothing reads what that holds until then, else to an array.
func (a *assembler) result(i, register int) place {
	for j := i + 1; j < len(a.code); j++ {
		if in := a.code[j]; in.Op == bayes.Store && in.A == register && !a.readAfter(in.D, i) && !a.storedBetween(in.D, i, max(j, a.last[register])+1, j) {
			return place{vector: in.D}
		}
	}
	if n := len(a.free); n > 0 {
		array := a.free[n-1]
		a.free = a.free[:n-1]
		return place{-1, array}
	}
	a.arrays++
	return place{-1, a.arrays - 1}
}

// storedBetween tells whether a vector is stored after instruction from and
// before to, but for the given instructions.
func (a *assembler) storedBetween(vector, from, to int, but ...int) bool {
	for j := from + 1; j < min(to, len(a.code)); j++ {
		if in := a.code[j]; in.Op == bayes.Store && in.D == vector && !slices.Contains(but, j) {
			return true
		}
	}
	return false
}

// readAfter tells whether an instruction behind i reads what a vector holds
// now: by loading it, or through a register that stands for it.
func (a *assembler) readAfter(vector, i int) bool {
	for r, p := range a.at[:a.written(i)] {
		if p == (place{vector: vector}) && a.last[r] > i {
			return true
		}
	}
	for _, in := range a.code[i+1:] {
		if in.Op == bayes.Load && in.A == vector {
			return true
		}
	}
	return false
}

// written counts the registers that are written before instruction i.
func (a *assembler) written(i int) int {
	n := 0
	for _, in := range a.code[:i] {
		if in.Op != bayes.Store {
			n++
		}
	}
	return n
}

// release frees the arrays of registers that instruction i reads last.
func (a *assembler) release(i int, in bayes.Instr) {
	for k, r := range reads(in) {
		if k == 1 && in.A == in.B {
			continue
		}
		if p := a.at[r]; a.last[r] == i && p.vector < 0 {
			a.free = append(a.free, p.array)
		}
	}
}
