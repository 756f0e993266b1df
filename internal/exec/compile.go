package exec

import (
	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// compiler binds the steps of a planned program.
type compiler struct {
	*Machine
	plan     *planner
	bfloat16 bool // products of inference
	loans    []loan
	workUsed int // of the step being bound
	workSize int // of the step that needs most
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
	also   [][]float32 // results of companions by slot, nil where there is none
	x      [][]float32
	yShape []int
	shapes [][]int
}

// beside returns the result of the companion in a slot, nil if there is none.
func (a call) beside(slot int) []float32 {
	if slot < len(a.also) {
		return a.also[slot]
	}
	return nil
}

// bind returns the function that computes a value.
func (c *compiler) bind(v *value) func() {
	a := call{y: c.data(v), yShape: v.shape}
	for _, in := range v.in {
		a.x = append(a.x, c.data(in))
		a.shapes = append(a.shapes, in.shape)
	}
	for _, also := range v.also {
		if also == nil {
			a.also = append(a.also, nil)
			continue
		}
		a.also = append(a.also, c.data(also))
	}
	if w := weightOf(v); w != nil && !w.outside { // packs are made anew only where parameters change
		return reference(v.op.(graph.Spec), a)
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
		return c.convolve(convolution{ConvAttrs: s.ConvAttrs, x: plain}, a)
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
	case graph.BatchNormFixedGradParams:
		return c.batchNormFixedGradParams(s, a)
	case graph.BatchNormGradInput, graph.BatchNormFixedGradInput:
		return c.loaded(s, a)
	case graph.Unary, graph.UnaryGrad, graph.Product:
		return c.elementwise(spec, a)
	case graph.Bias, graph.BiasGrad, graph.Excite, graph.ExciteGradScale, graph.Squeeze, graph.SqueezeGrad:
		return c.channelwise(spec, a)
	case graph.MaxPool, graph.MaxPoolGrad, graph.AveragePool, graph.AveragePoolGrad:
		return c.poolStep(spec, a)
	case graph.GroupSum, graph.GroupSumGrad, graph.GroupSoftmax, graph.GroupSoftmaxGrad:
		return c.groupStep(spec, a)
	case graph.Binary, graph.Expand, graph.Reduce, graph.Permute, graph.Pad, graph.Join, graph.Softmax, graph.SoftmaxGrad, graph.LayerNorm,
		graph.LayerNormGradInput, graph.LayerNormGradParams, graph.LocalNorm, graph.BatchMatMul:
		return c.general(spec, a)
	case graph.DropoutMask:
		return c.dropout(s, a)
	case graph.DepthMask:
		return c.depthMask(s, a)
	default:
		return reference(spec, a)
	}
}

// bindFused binds an operator that a fusion rule made.
func (c *compiler) bindFused(op operator, a call) func() {
	switch s := op.(type) {
	case limitedSum:
		return c.blocks(len(a.y), func(lo, hi int) {
			kernel.Add(a.y[lo:hi], a.x[0][lo:hi], a.x[1][lo:hi])
			kernel.Clip(a.y[lo:hi], a.y[lo:hi], s.lo, s.hi)
		})
	case normActivate, normActivateExcite, normActivateGradInput:
		return c.loaded(op, a)
	case normActivateSqueeze:
		return c.normActivateSqueeze(s, a)
	case normActivateDot:
		return c.normActivateDot(s, a)
	case normActivateGradParams:
		return c.normActivateGradParams(s, a)
	case convolution:
		return c.convolve(s, a)
	case convGradients:
		return c.convGradients(s, a)
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
	return c.pool.over(n, blockSize, func(lo, hi, _, _ int) { f(lo, hi) })
}

// rowBlocks cuts rows of the given width into parts of about blockSize
// elements.
func (c *compiler) rowBlocks(rows, width int, f func(lo, hi int)) func() {
	return c.pool.over(rows, max(1, blockSize/width), func(lo, hi, _, _ int) { f(lo, hi) })
}

// reduction adds up partial results of equal size in a fixed order.
type reduction struct {
	parts [][]float32
	add   func()
}

// newReduction returns room for `parts` partial results of the given size.
// The first one is where the sum will be: dst, or borrowed memory if dst is
// nil.
func (c *compiler) newReduction(dst []float32, size, parts int) *reduction {
	r := &reduction{parts: make([][]float32, parts), add: func() {}}
	if r.parts[0] = dst; dst == nil {
		c.borrow(&r.parts[0], size)
	}
	for i := 1; i < parts; i++ {
		c.borrow(&r.parts[i], size)
	}
	if parts > 1 {
		r.add = c.blocks(size, func(lo, hi int) {
			sum := r.parts[0][lo:hi]
			for _, p := range r.parts[1:] {
				kernel.Add(sum, sum, p[lo:hi])
			}
		})
	}
	return r
}

// sum adds parts 1, 2, ... to part 0, element by element in that order, and
// returns it.
func (r *reduction) sum() []float32 {
	r.add()
	return r.parts[0]
}

func area(shape []int) int { return shape[1] * shape[2] }
