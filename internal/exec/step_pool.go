package exec

import (
	"fmt"
	"math"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// poolStep binds poolings and their gradients. Forward passes are cut into rows of
// images; windows overlap, so gradients are cut into images.
func (c *compiler) poolStep(spec graph.Spec, a call) func() {
	switch s := spec.(type) {
	case graph.MaxPool:
		p := newPoolCall(s.PoolAttrs, a.shapes[0], a.yShape)
		return c.imageRows(p.n, p.g.OutH, p.g.OutW*p.ch, func(i, lo, hi int) {
			kernel.MaxPool(a.y[p.out(i, lo):p.out(i, hi)], a.x[0][p.in(i):p.in(i+1)], p.g, p.ch, lo, hi)
		})
	case graph.MaxPoolGrad:
		p := newPoolCall(s.PoolAttrs, a.yShape, a.shapes[0])
		rest := c.scratch(p.ch)
		return c.eachImage(p.n, func(i, worker int) {
			from, to, x := p.out(i, 0), p.out(i+1, 0), p.in(i)
			kernel.MaxPoolBackward(a.y[x:p.in(i+1)], rest[worker], a.x[0][from:to], a.x[1][x:p.in(i+1)], a.x[2][from:to], p.g, p.ch)
		})
	case graph.AveragePool:
		p := newPoolCall(s.PoolAttrs, a.shapes[0], a.yShape)
		scale := p.scale(s)
		return c.imageRows(p.n, p.g.OutH, p.g.OutW*p.ch, func(i, lo, hi int) {
			kernel.AveragePool(a.y[p.out(i, lo):p.out(i, hi)], a.x[0][p.in(i):p.in(i+1)], scale, p.g, p.ch, lo, hi)
		})
	case graph.AveragePoolGrad:
		p := newPoolCall(s.Pool.PoolAttrs, a.yShape, a.shapes[0])
		scale := p.scale(s.Pool)
		return c.eachImage(p.n, func(i, _ int) {
			kernel.AveragePoolBackward(a.y[p.in(i):p.in(i+1)], a.x[0][p.out(i, 0):p.out(i+1, 0)], scale, p.g, p.ch)
		})
	default:
		panic(fmt.Sprintf("exec: %s is no pooling", spec))
	}
}

// poolCall is one pooling's shapes.
type poolCall struct {
	g     kernel.Geometry
	n, ch int
}

func newPoolCall(a graph.PoolAttrs, x, y []int) poolCall {
	return poolCall{n: x[0], ch: x[3], g: kernel.Geometry{InH: x[1], InW: x[2], OutH: y[1], OutW: y[2], KH: a.Kernel[0], KW: a.Kernel[1],
		StrideH: a.Stride[0], StrideW: a.Stride[1], PadTop: a.Pad[0], PadLeft: a.Pad[1]}}
}

// in is where an image of the input begins, out where a row of the output's.
func (p poolCall) in(image int) int { return image * p.g.InH * p.g.InW * p.ch }

func (p poolCall) out(image, row int) int { return (image*p.g.OutH + row) * p.g.OutW * p.ch }

// scale returns one over what each window of an average counts.
func (p poolCall) scale(a graph.AveragePool) []float32 {
	scale := make([]float32, 0, p.g.OutH*p.g.OutW)
	for i := range p.g.OutH {
		for j := range p.g.OutW {
			scale = append(scale, 1/float32(a.Counted(i, j, p.g.InH, p.g.InW)))
		}
	}
	return scale
}

// eachImage runs f on each of n images.
func (c *compiler) eachImage(n int, f func(i, worker int)) func() {
	return func() { c.pool.Run(n, f) }
}

// groupStep binds the operators of split attention.
func (c *compiler) groupStep(spec graph.Spec, a call) func() {
	switch s := spec.(type) {
	case graph.GroupSum:
		ch := a.yShape[3]
		return c.rowBlocks(len(a.y)/ch, s.Radix*ch, func(lo, hi int) {
			for r := lo; r < hi; r++ {
				y, x := a.y[r*ch:(r+1)*ch], a.x[0][r*s.Radix*ch:(r+1)*s.Radix*ch]
				copy(y, x)
				for g := 1; g < s.Radix; g++ {
					kernel.Add(y, y, x[g*ch:(g+1)*ch])
				}
			}
		})
	case graph.GroupSumGrad:
		ch := a.shapes[0][3]
		return c.rowBlocks(len(a.y)/(s.Radix*ch), s.Radix*ch, func(lo, hi int) {
			for r := lo * s.Radix; r < hi*s.Radix; r++ {
				copy(a.y[r*ch:(r+1)*ch], a.x[0][r/s.Radix*ch:])
			}
		})
	case graph.GroupSoftmax:
		return func() { groupSoftmax(s, a.y, a.x[0], a.yShape) }
	case graph.GroupSoftmaxGrad:
		return func() { groupSoftmaxGrad(graph.GroupSoftmax(s), a.y, a.x[0], a.x[1], a.yShape) }
	default:
		panic(fmt.Sprintf("exec: %s is no operator on groups", spec))
	}
}

// groupSoftmax and its gradient work on [N,1,1,C], too little to share out.
func groupSoftmax(s graph.GroupSoftmax, y, x []float32, shape []int) {
	s.Each(shape[0], shape[3], func(i, iStep, o, oStep int) {
		top, sum := x[i], 0.0
		for r := range s.Radix {
			top = max(top, x[i+r*iStep])
		}
		for r := range s.Radix {
			sum += math.Exp(float64(x[i+r*iStep] - top))
		}
		for r := range s.Radix {
			y[o+r*oStep] = float32(math.Exp(float64(x[i+r*iStep]-top)) / sum)
		}
	})
}

func groupSoftmaxGrad(s graph.GroupSoftmax, dx, dy, y []float32, shape []int) {
	s.Each(shape[0], shape[3], func(i, iStep, o, oStep int) {
		dot := 0.0
		for r := range s.Radix {
			dot += float64(dy[o+r*oStep]) * float64(y[o+r*oStep])
		}
		for r := range s.Radix {
			dx[i+r*iStep] = float32(float64(y[o+r*oStep]) * (float64(dy[o+r*oStep]) - dot))
		}
	})
}

// depthMask binds stochastic depth.
func (c *compiler) depthMask(s graph.DepthMask, a call) func() {
	per := len(a.y) / a.yShape[0]
	return c.eachImage(a.yShape[0], func(i, _ int) {
		kernel.Scale(a.y[i*per:(i+1)*per], a.x[0][i*per:(i+1)*per], float32(s.Factor(i)))
	})
}
