package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// Permuted lays out x anew: axis i of the result is axis perm[i] of x.
func Permuted(x *gorgonia.Node, perm []int) *gorgonia.Node {
	p := Permute{R: x.Dims()}
	copy(p.Perm[:], perm)
	return Apply(p, x)
}

// Permute is the operator of [Permuted] on inputs of rank R.
type Permute struct {
	R    int
	Perm [MaxRank]int
}

// String implements Spec.
func (p Permute) String() string { return fmt.Sprintf("permute %v", p.Perm[:p.R]) }

// Ranks implements Spec.
func (p Permute) Ranks() ([]int, int) { return []int{p.R}, p.R }

// Shape implements Spec.
func (p Permute) Shape(in [][]int) ([]int, error) {
	out, seen := make([]int, p.R), [MaxRank]bool{}
	for i, k := range p.Perm[:p.R] {
		if k < 0 || k >= p.R || seen[k] || len(in[0]) != p.R {
			return nil, wrong(in)
		}
		seen[k] = true
		out[i] = in[0][k]
	}
	return out, nil
}

// DiffWRT implements differentiable.
func (Permute) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable.
func (p Permute) Gradients(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	back := make([]int, p.R)
	for i, k := range p.Perm[:p.R] {
		back[k] = i
	}
	return gorgonia.Nodes{Permuted(dy, back)}
}

// Strides returns the steps in the input of the result's axes.
func (p Permute) Strides(in []int) []int {
	own, out := strides(in, in), make([]int, p.R)
	for i, k := range p.Perm[:p.R] {
		out[i] = own[k]
	}
	return out
}

// Eval implements Spec.
func (p Permute) Eval(out Array, in []Array) {
	from := p.Strides(in[0].Shape)
	each(out.Shape, func(i int, at []int) { out.Data[i] = in[0].Data[dot(at, from)] })
}

// Padded adds before[i] and after[i] elements of the given value along axis i
// of x; negative numbers take elements away.
func Padded(x *gorgonia.Node, before, after []int, value float64) *gorgonia.Node {
	p := Pad{R: x.Dims(), Value: value}
	copy(p.Before[:], before)
	copy(p.After[:], after)
	return Apply(p, x)
}

// Pad is the operator of [Padded] on inputs of rank R.
type Pad struct {
	R             int
	Before, After [MaxRank]int
	Value         float64
}

// String implements Spec.
func (p Pad) String() string {
	return fmt.Sprintf("pad %v %v with %g", p.Before[:p.R], p.After[:p.R], p.Value)
}

// Ranks implements Spec.
func (p Pad) Ranks() ([]int, int) { return []int{p.R}, p.R }

// Shape implements Spec.
func (p Pad) Shape(in [][]int) ([]int, error) {
	out := append([]int{}, in[0]...)
	for i := range out {
		if out[i] += p.Before[i] + p.After[i]; out[i] < 1 || -p.Before[i] > in[0][i] || -p.After[i] > in[0][i] {
			return nil, wrong(in)
		}
	}
	return out, nil
}

// DiffWRT implements differentiable.
func (Pad) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable: what was added is taken away again,
// and zeros stand for what was taken away.
func (p Pad) Gradients(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	back := Pad{R: p.R}
	for i := range p.R {
		back.Before[i], back.After[i] = -p.Before[i], -p.After[i]
	}
	return gorgonia.Nodes{Apply(back, dy)}
}

// Eval implements Spec.
func (p Pad) Eval(out Array, in []Array) {
	s := in[0].Shape
	own := strides(s, s)
	each(out.Shape, func(i int, at []int) {
		k := 0
		for d, v := range at {
			if v -= p.Before[d]; v < 0 || v >= s[d] {
				out.Data[i] = p.Value
				return
			}
			k += (at[d] - p.Before[d]) * own[d]
		}
		out.Data[i] = in[0].Data[k]
	})
}

// Concat joins arrays of one rank along an axis.
func Concat(axis int, x ...*gorgonia.Node) *gorgonia.Node {
	return Apply(Join{x[0].Dims(), axis, len(x)}, x...)
}

// Join is the operator of [Concat] on N inputs of rank R.
type Join struct{ R, Axis, N int }

// String implements Spec.
func (j Join) String() string { return fmt.Sprintf("join %d along %d rank=%d", j.N, j.Axis, j.R) }

// Ranks implements Spec.
func (j Join) Ranks() ([]int, int) {
	in := make([]int, j.N)
	for i := range in {
		in[i] = j.R
	}
	return in, j.R
}

// Shape implements Spec.
func (j Join) Shape(in [][]int) ([]int, error) {
	if j.Axis < 0 || j.Axis >= len(in[0]) {
		return nil, wrong(in)
	}
	out := append([]int{}, in[0]...)
	out[j.Axis] = 0
	for _, s := range in {
		if len(s) != len(out) {
			return nil, wrong(in)
		}
		for i, d := range s {
			if i != j.Axis && d != out[i] {
				return nil, wrong(in)
			}
		}
		out[j.Axis] += s[j.Axis]
	}
	return out, nil
}

// DiffWRT implements differentiable.
func (j Join) DiffWRT() []bool {
	all := make([]bool, j.N)
	for i := range all {
		all[i] = true
	}
	return all
}

// Gradients implements differentiable.
func (j Join) Gradients(x gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
	grads := make(gorgonia.Nodes, len(x))
	from := 0
	for i, n := range x {
		p := Pad{R: j.R}
		p.Before[j.Axis] = -from
		from += n.Shape()[j.Axis]
		p.After[j.Axis] = from - y.Shape()[j.Axis]
		grads[i] = Apply(p, dy)
	}
	return grads
}

// Eval implements Spec.
func (j Join) Eval(out Array, in []Array) {
	width := size(out.Shape[j.Axis:])
	at := 0
	for _, x := range in {
		w := size(x.Shape[j.Axis:])
		for i := range len(out.Data) / width {
			copy(out.Data[i*width+at:], x.Data[i*w:(i+1)*w])
		}
		at += w
	}
}
