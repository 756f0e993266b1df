package exec

import (
	"fmt"
	"math"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// general binds operators on arrays of any rank.
func (c *compiler) general(spec graph.Spec, a call) func() {
	switch s := spec.(type) {
	case graph.Binary:
		return c.binary(s, a)
	case graph.Expand:
		w := newWalk(a.yShape, a.shapes[0])
		return c.rowBlocks(w.rows, w.inner, func(lo, hi int) {
			w.each(lo, hi, func(row int, at []int) {
				y := a.y[row*w.inner : (row+1)*w.inner]
				if w.steps[0] == 0 {
					kernel.Fill(y, a.x[0][at[0]])
					return
				}
				copy(y, a.x[0][at[0]:])
			})
		})
	case graph.Reduce:
		return c.reduce(s, a)
	case graph.Permute:
		return c.permute(s, a)
	case graph.Pad:
		return c.padStep(s, a)
	case graph.Join:
		return c.join(s, a)
	case graph.Softmax, graph.SoftmaxGrad, graph.LayerNorm, graph.LayerNormGradInput, graph.LayerNormGradParams, graph.LocalNorm:
		return c.rowwise(spec, a)
	case graph.BatchMatMul:
		return c.batchMatMul(s, a)
	default:
		panic(fmt.Sprintf("exec: %s has no general kernel", spec))
	}
}

// walk goes over an array row by row together with others that may have
// length 1 where it has more. Axes along which all go the same way are one.
type walk struct {
	rows, inner int   // inner is the length of a row
	shape       []int // of the rows
	strides     [][]int
	steps       []int // of the others within a row: 0 or 1
}

// newWalk puts neighbouring axes together as far as all arrays allow it.
func newWalk(shape []int, others ...[]int) *walk {
	w := &walk{rows: 1, strides: make([][]int, len(others)), steps: make([]int, len(others))}
	same := func(i, j int) bool { // whether all others treat axes i and j alike
		for _, o := range others {
			if (o[i] == 1 && shape[i] > 1) != (o[j] == 1 && shape[j] > 1) {
				return false
			}
		}
		return true
	}
	merged, kept := []int{}, []int{}
	for i, d := range shape {
		if d == 1 {
			continue
		}
		if len(kept) > 0 && same(kept[len(kept)-1], i) {
			merged[len(merged)-1] *= d
			kept[len(kept)-1] = i
			continue
		}
		merged, kept = append(merged, d), append(kept, i)
	}
	if len(merged) == 0 {
		merged, kept = []int{1}, []int{len(shape) - 1}
	}
	last := len(merged) - 1
	w.inner, w.shape = merged[last], merged[:last]
	for k, o := range others {
		w.strides[k] = make([]int, last)
		step := 1
		for i := last; i >= 0; i-- {
			repeated := o[kept[i]] == 1 && shape[kept[i]] > 1
			if !repeated {
				if i == last {
					w.steps[k] = 1
				} else {
					w.strides[k][i] = step
				}
				step *= merged[i]
			}
		}
	}
	for _, d := range w.shape {
		w.rows *= d
	}
	return w
}

// each calls f for the rows [lo,hi) with the others' first elements, which f
// must not keep.
func (w *walk) each(lo, hi int, f func(row int, at []int)) {
	var place [graph.MaxRank]int
	var room [2]int
	at := room[:len(w.strides)]
	rest := lo
	for i := len(w.shape) - 1; i >= 0; i-- {
		place[i], rest = rest%w.shape[i], rest/w.shape[i]
	}
	for row := lo; row < hi; row++ {
		for k, s := range w.strides {
			at[k] = 0
			for i, step := range s {
				at[k] += place[i] * step
			}
		}
		f(row, at)
		for i := len(w.shape) - 1; i >= 0; i-- {
			if place[i]++; place[i] < w.shape[i] {
				break
			}
			place[i] = 0
		}
	}
}

var binaries = map[string]func(y, a, b []float32){"add": kernel.Add, "sub": kernel.Sub, "mul": kernel.Mul, "div": kernel.Div, "max": kernel.Maximum}

func (c *compiler) binary(s graph.Binary, a call) func() {
	w := newWalk(a.yShape, a.shapes[0], a.shapes[1])
	quick, plain := binaries[s.Kind], s.Function()
	return c.rowBlocks(w.rows, w.inner, func(lo, hi int) {
		w.each(lo, hi, func(row int, at []int) {
			y, p, q := a.y[row*w.inner:(row+1)*w.inner], a.x[0][at[0]:], a.x[1][at[1]:]
			if quick != nil && w.steps[0] == 1 && w.steps[1] == 1 {
				quick(y, p[:w.inner], q[:w.inner])
				return
			}
			for i := range y {
				y[i] = float32(plain(float64(p[i*w.steps[0]]), float64(q[i*w.steps[1]])))
			}
		})
	})
}

// reduce binds a reduction. Axes that lie together are one; where they do not,
// the plain Spec runs.
func (c *compiler) reduce(s graph.Reduce, a call) func() {
	outer, mid, inner := 1, 1, 1
	for i, d := range a.shapes[0] {
		switch reduced := s.Axes>>i&1 == 1; {
		case reduced && inner > 1:
			return reference(s, a)
		case reduced:
			mid *= d
		case mid > 1:
			inner *= d
		default:
			outer *= d
		}
	}
	x, y := a.x[0], a.y
	return c.rowBlocks(outer, mid*inner, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			reduceBlock(s.Kind, y[i*inner:(i+1)*inner], x[i*mid*inner:(i+1)*mid*inner], mid, inner)
		}
	})
}

// reduceBlock reduces the rows of x [mid,inner].
func reduceBlock(kind string, y, x []float32, mid, inner int) {
	switch kind {
	case "sum", "mean":
		if inner == 1 {
			y[0] = float32(kernel.Sum(x))
		} else {
			clear(y)
			kernel.ChannelSum(y, x, mid, inner)
		}
		if kind == "mean" {
			kernel.Scale(y, y, 1/float32(mid))
		}
	default:
		f := func(a, b float32) float32 { return max(a, b) }
		if kind == "min" {
			f = func(a, b float32) float32 { return min(a, b) }
		}
		start := float32(math.Inf(-1))
		if kind == "min" {
			start = float32(math.Inf(1))
		}
		for k := range y {
			y[k] = start
		}
		for r := range mid {
			for k := range y {
				y[k] = f(y[k], x[r*inner+k])
			}
		}
	}
}
