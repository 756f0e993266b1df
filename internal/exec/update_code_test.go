package exec

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"melanoma/internal/bayes"
	"melanoma/internal/rng"
)

// TestUpdatesAreThoseOfTheProgram: to the bit what [bayes.Run] computes, which
// copies every register.
func TestUpdatesAreThoseOfTheProgram(t *testing.T) {
	for _, name := range bayes.Names() {
		s := parameters()
		u := updater(t, name, s, 2)
		want := bayes.Vectors[float32]{Param: slices.Clone(s.Params()), Grad: slices.Clone(s.Grads()), Decay: s.DecayMask(true)}
		for _, v := range u.vectors.Slots {
			want.Slots = append(want.Slots, slices.Clone(v))
		}
		for step := range 4 {
			key := rng.Key(u.seed, "update", step)
			bayes.Run(u.rule.Program(), want, u.rule.Scalars(step, 0.1), func(dst []float32) { rng.Normal(dst, key, 0) })
			u.Step(step, 0.1, Clip{})
		}
		if !slices.Equal(s.Params(), want.Param) {
			t.Errorf("%s: other parameters than the program's", name)
		}
		for i, v := range u.vectors.Slots {
			if !slices.Equal(v, want.Slots[i]) {
				t.Errorf("%s: another slot %d than the program's", name, i)
			}
		}
	}
}

// TestAssembledProgramsComputeTheSame for programs drawn at random, which
// store and load vectors again in every order.
func TestAssembledProgramsComputeTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		p := randomProgram(r)
		vectors := func() bayes.Vectors[float32] {
			v := bayes.Vectors[float32]{Param: []float32{2, -3}, Grad: []float32{5, 7}, Decay: []float32{1, 0}}
			v.Slots = [][]float32{{11, 13}, {17, -19}}
			return v
		}
		want, got := vectors(), vectors()
		scalars := []float64{0.5}
		bayes.Run(p, want, scalars, nil)
		code, arrays := assemble(p)
		own := make([][]float32, arrays)
		for i := range own {
			own[i] = make([]float32, 2)
		}
		u := &Updater{code: code, vectors: got}
		u.block(0, 2, own, scalars, 0)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%+v\nassembled to %+v\nleaves %v, want %v", p.Code, code, got, want)
		}
	}
}

// randomProgram draws straight-line code without divisions.
func randomProgram(r *rand.Rand) *bayes.Program {
	p := &bayes.Program{Slots: []string{"a", "b"}, Scalars: []string{"s"}}
	emit := func(in bayes.Instr) {
		in.D = p.Registers
		p.Registers++
		p.Code = append(p.Code, in)
	}
	for range 4 + r.IntN(14) {
		if p.Registers == 0 || r.IntN(3) == 0 {
			emit(bayes.Instr{Op: bayes.Load, A: r.IntN(5)})
			continue
		}
		a, b := r.IntN(p.Registers), r.IntN(p.Registers)
		switch r.IntN(4) {
		case 0:
			emit(bayes.Instr{Op: bayes.Add, A: a, B: b})
		case 1:
			emit(bayes.Instr{Op: bayes.Sub, A: a, B: b})
		case 2:
			emit(bayes.Instr{Op: bayes.MulScalar, A: a})
		default:
			vector := []int{int(bayes.Param), int(bayes.FirstSlot), int(bayes.FirstSlot) + 1}[r.IntN(3)]
			p.Code = append(p.Code, bayes.Instr{Op: bayes.Store, D: vector, A: a})
		}
	}
	p.Code = append(p.Code, bayes.Instr{Op: bayes.Store, D: int(bayes.Param), A: p.Registers - 1})
	return p
}
