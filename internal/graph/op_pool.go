package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// PoolAttrs are the attributes of a pooling. Every window must hold at least
// one element of the image: Pad and Extra together must be smaller than
// Kernel on each side.
type PoolAttrs struct {
	Kernel [2]int // height, width of a window
	Stride [2]int // vertical, horizontal; at least 1
	Pad    [4]int // top, left, bottom, right
	// Extra rows below and columns right of the padding that windows may
	// reach but no average counts: outputs whose number was rounded up.
	Extra [2]int
}

func (a PoolAttrs) String() string {
	return fmt.Sprintf("kernel=%d,%d stride=%d,%d pad=%d,%d,%d,%d extra=%d,%d", a.Kernel[0], a.Kernel[1], a.Stride[0], a.Stride[1],
		a.Pad[0], a.Pad[1], a.Pad[2], a.Pad[3], a.Extra[0], a.Extra[1])
}

func (a PoolAttrs) shape(x []int) ([]int, error) {
	out := []int{x[0], 0, 0, x[3]}
	for d := range 2 {
		k, before, after := a.Kernel[d], a.Pad[d], a.Pad[d+2]+a.Extra[d]
		if k < 1 || a.Stride[d] < 1 || before < 0 || a.Pad[d+2] < 0 || a.Extra[d] < 0 || before >= k || after >= k {
			return nil, fmt.Errorf("a window of %d with stride %d and padding %d and %d", k, a.Stride[d], before, after)
		}
		room := x[d+1] + before + after - k
		if room < 0 || x[d+1] < 1 {
			return nil, fmt.Errorf("window of %d is larger than the padded input %v", k, x)
		}
		out[d+1] = room/a.Stride[d] + 1
	}
	return out, nil
}

// Window returns the input positions [lo,hi) of output o in direction d (0
// vertical, 1 horizontal) of an input of the given size.
func (a PoolAttrs) Window(d, o, size int) (lo, hi int) {
	first := o*a.Stride[d] - a.Pad[d]
	return max(first, 0), min(first+a.Kernel[d], size)
}

// windows calls f for every output position with its first output element and
// the window's input rows and columns.
func (a PoolAttrs) windows(x, y []int, f func(y, image int, rows, columns [2]int)) {
	for n := range y[0] {
		for i := range y[1] {
			for j := range y[2] {
				var rows, columns [2]int
				rows[0], rows[1] = a.Window(0, i, x[1])
				columns[0], columns[1] = a.Window(1, j, x[2])
				f(((n*y[1]+i)*y[2]+j)*y[3], n*x[1]*x[2]*x[3], rows, columns)
			}
		}
	}
}

// MaxPool2D takes the maximum of x [N,H,W,C] over each window, [N,H',W',C]
// with H' = (H + top + bottom - kH)/stride + 1. A NaN in a window is its
// maximum.
func MaxPool2D(x *gorgonia.Node, a PoolAttrs) *gorgonia.Node { return Apply(MaxPool{a}, x) }

// MaxPool is the operator of [MaxPool2D].
type MaxPool struct{ PoolAttrs }

// String implements Spec.
func (m MaxPool) String() string { return "max-pool " + m.PoolAttrs.String() }

// Ranks implements Spec.
func (MaxPool) Ranks() ([]int, int) { return []int{4}, 4 }

// Shape implements Spec.
func (m MaxPool) Shape(in [][]int) ([]int, error) { return m.shape(in[0]) }

// DiffWRT implements differentiable.
func (MaxPool) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable.
func (m MaxPool) Gradients(x gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{Apply(MaxPoolGrad(m), dy, x[0], y)}
}

// Eval implements Spec.
func (m MaxPool) Eval(out Array, in []Array) {
	x, s := in[0].Data, in[0].Shape
	m.windows(s, out.Shape, func(y, image int, rows, columns [2]int) {
		for c := range s[3] {
			top := math.Inf(-1)
			for r := rows[0]; r < rows[1]; r++ {
				for q := columns[0]; q < columns[1]; q++ {
					top = max(top, x[image+(r*s[2]+q)*s[3]+c])
				}
			}
			out.Data[y+c] = top
		}
	})
}

// MaxPoolGrad maps dy, the input x and the output y of a [MaxPool] to the
// gradient of x: each dy goes to the first element of its window, row by row,
// that is the maximum. A NaN gets none.
type MaxPoolGrad MaxPool

// String implements Spec.
func (m MaxPoolGrad) String() string { return "max-pool-dx " + m.PoolAttrs.String() }

// Ranks implements Spec.
func (MaxPoolGrad) Ranks() ([]int, int) { return []int{4, 4, 4}, 4 }

// Shape implements Spec.
func (m MaxPoolGrad) Shape(in [][]int) ([]int, error) {
	if y, err := m.shape(in[1]); err != nil || !same(in[0], y) || !same(in[2], y) {
		return nil, wrong(in)
	}
	return in[1], nil
}

// Eval implements Spec.
func (m MaxPoolGrad) Eval(out Array, in []Array) {
	clear(out.Data)
	dy, x, tops, s := in[0].Data, in[1].Data, in[2].Data, in[1].Shape
	m.windows(s, in[0].Shape, func(y, image int, rows, columns [2]int) {
		for c := range s[3] {
		search:
			for r := rows[0]; r < rows[1]; r++ {
				for q := columns[0]; q < columns[1]; q++ {
					if i := image + (r*s[2]+q)*s[3] + c; x[i] == tops[y+c] {
						out.Data[i] += dy[y+c]
						break search
					}
				}
			}
		}
	})
}

// AveragePool2D takes the mean of x [N,H,W,C] over each window, [N,H',W',C]
// with H' = (H + top + bottom + extra - kH)/stride + 1. With countPad the
// padding counts as zeros, else only elements of the image count.
func AveragePool2D(x *gorgonia.Node, a PoolAttrs, countPad bool) *gorgonia.Node {
	return Apply(AveragePool{a, countPad}, x)
}

// AveragePool is the operator of [AveragePool2D].
type AveragePool struct {
	PoolAttrs
	CountPad bool
}

// String implements Spec.
func (a AveragePool) String() string {
	return fmt.Sprintf("average-pool %s counted=%t", a.PoolAttrs, a.CountPad)
}

// Ranks implements Spec.
func (AveragePool) Ranks() ([]int, int) { return []int{4}, 4 }

// Shape implements Spec.
func (a AveragePool) Shape(in [][]int) ([]int, error) { return a.shape(in[0]) }

// DiffWRT implements differentiable.
func (AveragePool) DiffWRT() []bool { return []bool{true} }

// Gradients implements differentiable.
func (a AveragePool) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	s := x[0].Shape()
	return gorgonia.Nodes{Apply(AveragePoolGrad{a, s[1], s[2]}, dy)}
}

// Counted returns by how much the sum over the window of output (i, j) is
// divided, for an input of height h and width w.
func (a AveragePool) Counted(i, j, h, w int) int {
	count := 1
	for d, at := range [2]int{i, j} {
		size := [2]int{h, w}[d]
		lo, hi := a.Window(d, at, size)
		if a.CountPad {
			lo = at*a.Stride[d] - a.Pad[d]
			hi = min(lo+a.Kernel[d], size+a.Pad[d+2])
		}
		count *= hi - lo
	}
	return count
}

// taps calls f for every element of every window: output element, input
// element, and what the window's sum is divided by.
func (a AveragePool) taps(x, y []int, f func(y, x int, count float64)) {
	a.windows(x, y, func(first, image int, rows, columns [2]int) {
		at := first / y[3] % (y[1] * y[2])
		count := float64(a.Counted(at/y[2], at%y[2], x[1], x[2]))
		for r := rows[0]; r < rows[1]; r++ {
			for q := columns[0]; q < columns[1]; q++ {
				for c := range x[3] {
					f(first+c, image+(r*x[2]+q)*x[3]+c, count)
				}
			}
		}
	})
}

// Eval implements Spec.
func (a AveragePool) Eval(out Array, in []Array) {
	clear(out.Data)
	x := in[0].Data
	a.taps(in[0].Shape, out.Shape, func(i, j int, count float64) { out.Data[i] += x[j] / count })
}

// AveragePoolGrad maps dy to the gradient of the input of Pool, of height H
// and width W.
type AveragePoolGrad struct {
	Pool AveragePool
	H, W int
}

// String implements Spec.
func (a AveragePoolGrad) String() string {
	return fmt.Sprintf("%s dx input=%dx%d", a.Pool, a.H, a.W)
}

// Ranks implements Spec.
func (AveragePoolGrad) Ranks() ([]int, int) { return []int{4}, 4 }

// Shape implements Spec.
func (a AveragePoolGrad) Shape(in [][]int) ([]int, error) {
	x := []int{in[0][0], a.H, a.W, in[0][3]}
	if y, err := a.Pool.shape(x); err != nil || !same(in[0], y) {
		return nil, wrong(in)
	}
	return x, nil
}

// Eval implements Spec.
func (a AveragePoolGrad) Eval(out Array, in []Array) {
	clear(out.Data)
	dy := in[0].Data
	a.Pool.taps(out.Shape, in[0].Shape, func(i, j int, count float64) { out.Data[j] += dy[i] / count })
}
