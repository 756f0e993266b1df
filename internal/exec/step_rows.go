package exec

import (
	"fmt"
	"math"

	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// rowwise binds operators that treat every row, the last axis, alike.
func (c *compiler) rowwise(spec graph.Spec, a call) func() {
	ch := a.shapes[0][len(a.shapes[0])-1]
	blocks := func(f func(y []float32, i, j, rows int)) func() {
		return c.rowBlocks(len(a.y)/ch, ch, func(lo, hi int) { f(a.y[lo*ch:hi*ch], lo*ch, hi*ch, hi-lo) })
	}
	over := func(f func(y []float32, i, j int)) func() {
		return c.rowBlocks(len(a.y)/ch, ch, func(lo, hi int) {
			for r := lo; r < hi; r++ {
				f(a.y[r*ch:(r+1)*ch], r*ch, (r+1)*ch)
			}
		})
	}
	switch s := spec.(type) {
	case graph.Softmax:
		if s.Log {
			return over(func(y []float32, i, j int) { logSoftmaxRow(y, a.x[0][i:j]) })
		}
		return blocks(func(y []float32, i, j, rows int) { kernel.Softmax(y, a.x[0][i:j], rows, ch) })
	case graph.SoftmaxGrad:
		if s.Log {
			return over(func(dx []float32, i, j int) { logSoftmaxGradRow(dx, a.x[0][i:j], a.x[1][i:j]) })
		}
		return blocks(func(dx []float32, i, j, rows int) { kernel.SoftmaxBackward(dx, a.x[0][i:j], a.x[1][i:j], rows, ch) })
	case graph.LayerNorm:
		return blocks(func(y []float32, i, j, rows int) {
			kernel.LayerNorm(y, a.x[0][i:j], a.x[1], a.x[2], rows, ch, float32(s.Eps))
		})
	case graph.LayerNormGradInput:
		return blocks(func(dx []float32, i, j, rows int) {
			kernel.LayerNormBackward(dx, a.x[0][i:j], a.x[1][i:j], a.x[2], rows, ch, float32(s.Eps))
		})
	case graph.LayerNormGradParams:
		return c.layerNormGradParams(s, a)
	case graph.LocalNorm:
		return over(func(y []float32, i, j int) { localNormRow(y, a.x[0][i:j], s) })
	default:
		panic(fmt.Sprintf("exec: %s does not treat rows alike", spec))
	}
}

func logSoftmaxRow(y, x []float32) {
	top, sum := float32(math.Inf(-1)), 0.0
	for _, v := range x {
		top = max(top, v)
	}
	for _, v := range x {
		sum += math.Exp(float64(v - top))
	}
	sum = math.Log(sum)
	for k, v := range x {
		y[k] = float32(float64(v-top) - sum)
	}
}

func logSoftmaxGradRow(dx, dy, y []float32) {
	sum := kernel.Sum(dy)
	for k, d := range dy {
		dx[k] = float32(float64(d) - math.Exp(float64(y[k]))*sum)
	}
}

// layerNormGradParams binds dgamma and dbeta, the halves of y.
func (c *compiler) layerNormGradParams(s graph.LayerNormGradParams, a call) func() {
	ch := a.yShape[1]
	dy, x := a.x[0], a.x[1]
	total := c.newChannelSums(len(x)/ch, 2*ch).bind(c.pool, func(sum []float32, lo, hi int) {
		from, to := lo*ch, hi*ch
		kernel.LayerNormBackwardSums(sum[:ch], sum[ch:], dy[from:to], x[from:to], hi-lo, ch, float32(s.Eps))
	})
	return func() {
		for k, v := range total() {
			a.y[k] = float32(v)
		}
	}
}

func localNormRow(y, x []float32, s graph.LocalNorm) {
	for k, v := range x {
		lo, hi := s.Neighbours(k, len(x))
		sum := float32(0)
		for _, n := range x[lo:hi] {
			sum += n * n
		}
		y[k] = v * powered(float32(s.Bias)+float32(s.Alpha/float64(s.Size))*sum, s.Beta)
	}
}

// powered is b^-p; the usual p is three quarters.
func powered(b float32, p float64) float32 {
	if p == 0.75 {
		r := math.Sqrt(float64(b))
		return float32(1 / (r * math.Sqrt(r)))
	}
	return float32(math.Pow(float64(b), -p))
}

// batchMatMul binds a product for each pair of matrices.
func (c *compiler) batchMatMul(s graph.BatchMatMul, a call) func() {
	p := len(a.yShape) - 2
	m, n, k, _ := s.Dims(a.shapes[0][p:], a.shapes[1][p:])
	if s.TransposeA && s.TransposeB {
		return reference(s, a)
	}
	packed := c.scratch(kernel.PackedLen(k, n))
	each := func(i, worker int) {
		y, x, w := a.y[i*m*n:(i+1)*m*n], a.x[0][i*m*k:(i+1)*m*k], a.x[1][i*k*n:(i+1)*k*n]
		if s.TransposeA {
			kernel.GemmTN(y, n, x, m, w, n, k, n, m, false)
			return
		}
		if s.TransposeB {
			kernel.PackBT(packed[worker], w, k, n, k)
		} else {
			kernel.PackB(packed[worker], w, k, n, n)
		}
		kernel.GemmPacked(y, n, x, k, packed[worker], m, n, k, false)
	}
	parts := len(a.y) / (m * n)
	return func() { c.pool.Run(parts, each) }
}
