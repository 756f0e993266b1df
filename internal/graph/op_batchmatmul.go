package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// BatchMatMul multiplies the matrices in the last two axes of two inputs of
// rank R, whose other axes are equal; each is transposed first if so marked.
type BatchMatMul struct {
	MatMul
	R int
}

// String implements Spec.
func (b BatchMatMul) String() string { return fmt.Sprintf("batch %s rank=%d", b.MatMul, b.R) }

// Ranks implements Spec.
func (b BatchMatMul) Ranks() ([]int, int) { return []int{b.R, b.R}, b.R }

// Shape implements Spec.
func (b BatchMatMul) Shape(in [][]int) ([]int, error) {
	n := b.R - 2
	if len(in[0]) != b.R || len(in[1]) != b.R || !same(in[0][:n], in[1][:n]) {
		return nil, wrong(in)
	}
	m, err := b.MatMul.Shape([][]int{in[0][n:], in[1][n:]})
	return append(append([]int{}, in[0][:n]...), m...), err
}

// Gradients implements differentiable.
func (b BatchMatMul) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	of := func(ta, tb bool, x, y *gorgonia.Node) *gorgonia.Node {
		return Apply(BatchMatMul{MatMul{ta, tb}, b.R}, x, y)
	}
	dx, dz := of(false, !b.TransposeB, dy, x[1]), of(!b.TransposeA, false, x[0], dy)
	if b.TransposeA {
		dx = of(b.TransposeB, true, x[1], dy)
	}
	if b.TransposeB {
		dz = of(true, b.TransposeA, dy, x[0])
	}
	return gorgonia.Nodes{dx, dz}
}

// Eval implements Spec.
func (b BatchMatMul) Eval(out Array, in []Array) {
	n := b.R - 2
	part := func(a Array, i int) Array {
		per := size(a.Shape[n:])
		return Array{Shape: a.Shape[n:], Data: a.Data[i*per : (i+1)*per]}
	}
	for i := range size(out.Shape[:n]) {
		b.MatMul.Eval(part(out, i), []Array{part(in[0], i), part(in[1], i)})
	}
}
