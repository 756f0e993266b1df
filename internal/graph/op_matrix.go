package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// Linear is x [N,I] times the transpose of w [O,I], plus b [O]: [N,O].
func Linear(x, w, b *gorgonia.Node) *gorgonia.Node {
	return AddBias(Apply(MatMul{TransposeB: true}, x, w), b)
}

// MatMul is the product of two matrices, each transposed first if so marked.
type MatMul struct{ TransposeA, TransposeB bool }

// String implements Spec.
func (m MatMul) String() string { return fmt.Sprintf("matmul %t %t", m.TransposeA, m.TransposeB) }

// Ranks implements Spec.
func (MatMul) Ranks() ([]int, int) { return []int{2, 2}, 2 }

// Dims returns the product's rows, columns and inner length.
func (m MatMul) Dims(a, b []int) (rows, cols, inner, innerB int) {
	rows, inner = a[0], a[1]
	if m.TransposeA {
		rows, inner = inner, rows
	}
	innerB, cols = b[0], b[1]
	if m.TransposeB {
		innerB, cols = cols, innerB
	}
	return rows, cols, inner, innerB
}

// Shape implements Spec.
func (m MatMul) Shape(in [][]int) ([]int, error) {
	rows, cols, k, kb := m.Dims(in[0], in[1])
	if k != kb {
		return nil, wrong(in)
	}
	return []int{rows, cols}, nil
}

// DiffWRT implements differentiable.
func (MatMul) DiffWRT() []bool { return []bool{true, true} }

// Gradients implements differentiable.
func (m MatMul) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	a, b := x[0], x[1]
	da := Apply(MatMul{false, !m.TransposeB}, dy, b)
	if m.TransposeA {
		da = Apply(MatMul{m.TransposeB, true}, b, dy)
	}
	db := Apply(MatMul{!m.TransposeA, false}, a, dy)
	if m.TransposeB {
		db = Apply(MatMul{true, m.TransposeA}, dy, a)
	}
	return gorgonia.Nodes{da, db}
}

// Eval implements Spec.
func (m MatMul) Eval(out Array, in []Array) {
	rows, cols, inner, _ := m.Dims(in[0].Shape, in[1].Shape)
	a, b := in[0].Data, in[1].Data
	for i := range rows {
		for j := range cols {
			sum := 0.0
			for k := range inner {
				ai, bi := i*inner+k, k*cols+j
				if m.TransposeA {
					ai = k*rows + i
				}
				if m.TransposeB {
					bi = j*inner + k
				}
				sum += a[ai] * b[bi]
			}
			out.Data[i*cols+j] = sum
		}
	}
}

// Flatten reshapes x [N,1,1,C] (or any [N,...]) to [N, rest].
func Flatten(x *gorgonia.Node) *gorgonia.Node {
	s := x.Shape()
	return Reshaped(x, s[0], size(s[1:]))
}

// Reshaped keeps the elements of x in order and changes the shape.
func Reshaped(x *gorgonia.Node, to ...int) *gorgonia.Node {
	r := Reshape{From: x.Dims(), Rank: len(to)}
	copy(r.To[:], to)
	return Apply(r, x)
}

// Reshape keeps the elements in order and changes the shape from rank From to
// the first Rank entries of To.
type Reshape struct {
	From int
	To   [MaxRank]int
	Rank int
}

// String implements Spec.
func (r Reshape) String() string { return fmt.Sprintf("reshape %d->%v", r.From, r.To[:r.Rank]) }

// Ranks implements Spec.
func (r Reshape) Ranks() ([]int, int) { return []int{r.From}, r.Rank }

// Shape implements Spec.
func (r Reshape) Shape(in [][]int) ([]int, error) {
	to := append([]int{}, r.To[:r.Rank]...)
	if size(in[0]) != size(to) {
		return nil, wrong(in)
	}
	return to, nil
}

// DiffWRT implements differentiable.
func (Reshape) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable.
func (r Reshape) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	back := Reshape{From: r.Rank, Rank: r.From}
	copy(back.To[:], x[0].Shape())
	return gorgonia.Nodes{Apply(back, dy)}
}

// Eval implements Spec.
func (Reshape) Eval(out Array, in []Array) { copy(out.Data, in[0].Data) }
