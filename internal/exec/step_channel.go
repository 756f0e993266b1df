package exec

import (
	"fmt"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// elementwise binds operators that treat every element alike.
func (c *compiler) elementwise(spec graph.Spec, a call) func() {
	y, x := a.y, a.x
	switch s := spec.(type) {
	case graph.Unary:
		return c.blocks(len(y), func(lo, hi int) { unary(s, y[lo:hi], x[0][lo:hi]) })
	case graph.UnaryGrad:
		return c.blocks(len(y), func(lo, hi int) { unaryGrad(s, y[lo:hi], x[0][lo:hi], x[1][lo:hi]) })
	case graph.Product:
		return c.blocks(len(y), func(lo, hi int) { kernel.Mul(y[lo:hi], x[0][lo:hi], x[1][lo:hi]) })
	default:
		panic(fmt.Sprintf("exec: %s is not element-wise", spec))
	}
}

// channelwise binds operators with one number a channel.
func (c *compiler) channelwise(spec graph.Spec, a call) func() {
	switch s := spec.(type) {
	case graph.Bias:
		ch := len(a.x[1])
		return c.rowBlocks(len(a.y)/ch, ch, func(lo, hi int) {
			kernel.AddBias(a.y[lo*ch:hi*ch], a.x[0][lo*ch:hi*ch], a.x[1], hi-lo, ch)
		})
	case graph.BiasGrad:
		return c.biasGrad(a)
	case graph.Excite:
		ch := a.yShape[3]
		return c.imageRows(a.yShape[0], area(a.yShape), ch, func(i, lo, hi int) {
			from, to := (i*area(a.yShape)+lo)*ch, (i*area(a.yShape)+hi)*ch
			kernel.ScaleChannels(a.y[from:to], a.x[0][from:to], a.x[1][i*ch:(i+1)*ch], hi-lo, ch)
		})
	case graph.ExciteGradScale:
		return c.perImage(a.shapes[0], func(i, rows, ch, from, to int) {
			sum := a.y[i*ch : (i+1)*ch]
			clear(sum)
			kernel.ChannelMulSum(sum, a.x[0][from:to], a.x[1][from:to], rows, ch)
		})
	case graph.Squeeze:
		return c.perImage(a.shapes[0], func(i, rows, ch, from, to int) {
			sum := a.y[i*ch : (i+1)*ch]
			clear(sum)
			kernel.ChannelSum(sum, a.x[0][from:to], rows, ch)
			kernel.Scale(sum, sum, 1/float32(rows))
		})
	case graph.SqueezeGrad:
		return c.perImage(a.yShape, func(i, rows, ch, from, to int) {
			dx := a.y[from:to]
			kernel.Scale(dx[:ch], a.x[0][i*ch:(i+1)*ch], 1/float32(rows))
			for r := 1; r < rows; r++ {
				copy(dx[r*ch:(r+1)*ch], dx[:ch])
			}
		})
	default:
		panic(fmt.Sprintf("exec: %s is not channel-wise", s))
	}
}

// perImage runs f on each image of an [N,H,W,C] array, its elements
// [from,to).
func (c *compiler) perImage(shape []int, f func(i, rows, ch, from, to int)) func() {
	rows, ch := area(shape), shape[3]
	each := func(i, _ int) { f(i, rows, ch, i*rows*ch, (i+1)*rows*ch) }
	return func() { c.pool.Run(shape[0], each) }
}

func (c *compiler) biasGrad(a call) func() {
	ch := len(a.y)
	dy := a.x[0]
	rows := len(dy) / ch
	total := c.newChannelSums(rows, ch).bind(c.pool, func(sum []float32, lo, hi int) {
		kernel.ChannelSum(sum, dy[lo*ch:hi*ch], hi-lo, ch)
	})
	return func() {
		for k, v := range total() {
			a.y[k] = float32(v)
		}
	}
}

func (c *compiler) dropout(s graph.DropoutMask, a call) func() {
	x, y := a.x[0], a.y
	width := len(y) / a.yShape[0]
	return c.blocks(len(y), func(lo, hi int) {
		s.Factors(lo, hi, width, func(i int, factor float64) { y[i] = x[i] * float32(factor) })
	})
}
