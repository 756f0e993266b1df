package exec

import (
	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// compiler binds the steps of a planned program.
type compiler struct {
	*Machine
	plan *planner
}

// data returns the memory of a value.
func (c *compiler) data(v *value) []float32 {
	h := v.home
	if h.fixed != nil {
		return h.fixed[v.shift : v.shift+v.size]
	}
	lo := h.offset + v.shift
	return c.arena[lo : lo+v.size : lo+v.size]
}

// call is what a step works on.
type call struct {
	y      []float32
	x      [][]float32
	yShape []int
	shapes [][]int
}

// bind returns the function that computes a value.
func (c *compiler) bind(v *value) func() {
	a := call{y: c.data(v), yShape: v.shape}
	for _, in := range v.in {
		a.x = append(a.x, c.data(in))
		a.shapes = append(a.shapes, in.shape)
	}
	switch s := v.op.(type) {
	case addition:
		return c.blocks(len(a.y), func(lo, hi int) { kernel.Add(a.y[lo:hi], a.x[0][lo:hi], a.x[1][lo:hi]) })
	case graph.Spec:
		return c.bindSpec(s, a)
	default:
		return c.bindFused(s, a)
	}
}

// bindSpec binds one of the graph's operators.
func (c *compiler) bindSpec(spec graph.Spec, a call) func() {
	switch s := spec.(type) {
	case graph.Conv:
		return c.conv(s, a)
	case graph.ConvGradInput:
		return c.convGradInput(s, a)
	case graph.ConvGradWeights:
		return c.convGradWeights(s, a)
	case graph.MatMul:
		return c.matMul(s, a)
	case graph.BatchNormStats:
		return c.batchNormStats(a)
	case graph.BatchNorm:
		return c.batchNorm(s, a)
	case graph.BatchNormFixed:
		return c.batchNormFixed(s, a)
	case graph.BatchNormGradParams:
		return c.batchNormGradParams(s, a)
	case graph.BatchNormGradInput:
		return c.batchNormGradInput(s, a)
	case graph.Unary, graph.UnaryGrad, graph.Product:
		return c.elementwise(spec, a)
	case graph.Bias, graph.BiasGrad, graph.Excite, graph.ExciteGradScale, graph.Squeeze, graph.SqueezeGrad:
		return c.channelwise(spec, a)
	case graph.DropoutMask:
		return c.dropout(s, a)
	default:
		return reference(spec, a)
	}
}

// bindFused binds an operator that a fusion rule made.
func (c *compiler) bindFused(op operator, a call) func() {
	switch s := op.(type) {
	case normActivate:
		return c.normActivate(s, a)
	case normActivateSqueeze:
		return c.normActivateSqueeze(s, a)
	case normActivateExcite:
		return c.normActivateExcite(s, a)
	case normActivateDot:
		return c.normActivateDot(s, a)
	case normActivateGradParams:
		return c.normActivateGradParams(s, a)
	case normActivateGradInput:
		return c.normActivateGradInput(s, a)
	default:
		panic("exec: no kernel for the fused operator " + op.String())
	}
}

// reference runs a Spec's plain loops: right, and as slow as they are.
func reference(s graph.Spec, a call) func() {
	out := graph.Array{Shape: a.yShape, Data: make([]float64, len(a.y))}
	in := make([]graph.Array, len(a.x))
	for i, x := range a.x {
		in[i] = graph.Array{Shape: a.shapes[i], Data: make([]float64, len(x))}
	}
	return func() {
		for i, x := range a.x {
			for j, v := range x {
				in[i].Data[j] = float64(v)
			}
		}
		s.Eval(out, in)
		for i, v := range out.Data {
			a.y[i] = float32(v)
		}
	}
}

// blockSize is the number of elements that one part of an element-wise step
// handles: large enough to hide the hand-over, small enough to share out.
const blockSize = 1 << 14

// blocks cuts n elements into parts and runs f on each.
func (c *compiler) blocks(n int, f func(lo, hi int)) func() {
	each := func(lo, hi, _, _ int) { f(lo, hi) }
	return func() { c.pool.ranges(n, blockSize, each) }
}

// rowBlocks cuts rows of the given width into parts of about blockSize
// elements.
func (c *compiler) rowBlocks(rows, width int, f func(lo, hi int)) func() {
	most := max(1, blockSize/width)
	each := func(lo, hi, _, _ int) { f(lo, hi) }
	return func() { c.pool.ranges(rows, most, each) }
}

// reduction adds up partial results of equal size in a fixed order.
type reduction struct {
	pool  *Pool
	parts [][]float32
}

// newReduction returns room for `parts` partial results. The first one is the
// destination itself.
func (c *compiler) newReduction(dst []float32, parts int) *reduction {
	r := &reduction{pool: c.pool, parts: make([][]float32, parts)}
	r.parts[0] = dst
	for i := 1; i < parts; i++ {
		r.parts[i] = make([]float32, len(dst))
	}
	return r
}

// sum adds parts 1, 2, ... to part 0, element by element in that order.
func (r *reduction) sum() {
	if len(r.parts) == 1 {
		return
	}
	r.pool.ranges(len(r.parts[0]), blockSize, func(lo, hi, _, _ int) {
		for _, p := range r.parts[1:] {
			kernel.Add(r.parts[0][lo:hi], r.parts[0][lo:hi], p[lo:hi])
		}
	})
}

func area(shape []int) int { return shape[1] * shape[2] }
