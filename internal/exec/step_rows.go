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
	over := func(f func(y []float32, i, j int)) func() {
		return c.rowBlocks(len(a.y)/ch, ch, func(lo, hi int) {
			for r := lo; r < hi; r++ {
				f(a.y[r*ch:(r+1)*ch], r*ch, (r+1)*ch)
			}
		})
	}
	switch s := spec.(type) {
	case graph.Softmax:
		return over(func(y []float32, i, j int) { softmaxRow(y, a.x[0][i:j], s.Log) })
	case graph.SoftmaxGrad:
		return over(func(dx []float32, i, j int) { softmaxGradRow(dx, a.x[0][i:j], a.x[1][i:j], s.Log) })
	case graph.LayerNorm:
		return over(func(y []float32, i, j int) { layerNormRow(y, a.x[0][i:j], a.x[1], a.x[2], s.Eps) })
	case graph.LayerNormGradInput:
		return over(func(dx []float32, i, j int) { layerNormGradRow(dx, a.x[0][i:j], a.x[1][i:j], a.x[2], s.Eps) })
	case graph.LayerNormGradParams:
		return c.layerNormGradParams(s, a)
	case graph.LocalNorm:
		return over(func(y []float32, i, j int) { localNormRow(y, a.x[0][i:j], s) })
	default:
		panic(fmt.Sprintf("exec: %s does not treat rows alike", spec))
	}
}

func softmaxRow(y, x []float32, logarithm bool) {
	top, sum := float32(math.Inf(-1)), 0.0
	for _, v := range x {
		top = max(top, v)
	}
	for k, v := range x {
		e := math.Exp(float64(v - top))
		if sum += e; !logarithm {
			y[k] = float32(e)
		}
	}
	if !logarithm {
		kernel.Scale(y, y, float32(1/sum))
		return
	}
	for k, v := range x {
		y[k] = float32(float64(v-top) - math.Log(sum))
	}
}

func softmaxGradRow(dx, dy, y []float32, logarithm bool) {
	sum := 0.0
	for k, d := range dy {
		if logarithm {
			sum += float64(d)
		} else {
			sum += float64(d) * float64(y[k])
		}
	}
	for k, d := range dy {
		if logarithm {
			dx[k] = float32(float64(d) - math.Exp(float64(y[k]))*sum)
		} else {
			dx[k] = y[k] * float32(float64(d)-sum)
		}
	}
}

// momentsOf returns the mean of a row and one over its deviation.
func momentsOf(x []float32, eps float64) (mean, scale float32) {
	m := kernel.Sum(x) / float64(len(x))
	mean = float32(m)
	squares := float32(0)
	for _, v := range x {
		squares += (v - mean) * (v - mean)
	}
	return mean, float32(1 / math.Sqrt(float64(squares)/float64(len(x))+eps))
}

func layerNormRow(y, x, gamma, beta []float32, eps float64) {
	mean, scale := momentsOf(x, eps)
	for k, v := range x {
		y[k] = (v-mean)*scale*gamma[k] + beta[k]
	}
}

func layerNormGradRow(dx, dy, x, gamma []float32, eps float64) {
	mean, scale := momentsOf(x, eps)
	sum, along := 0.0, 0.0
	for k, d := range dy {
		sum += float64(d * gamma[k])
		along += float64(d * gamma[k] * (x[k] - mean) * scale)
	}
	s, g := float32(sum/float64(len(x))), float32(along/float64(len(x)))
	for k, d := range dy {
		dx[k] = scale * (d*gamma[k] - s - (x[k]-mean)*scale*g)
	}
}

// layerNormGradParams binds dgamma and dbeta, the halves of y.
func (c *compiler) layerNormGradParams(s graph.LayerNormGradParams, a call) func() {
	ch := a.yShape[1]
	dy, x := a.x[0], a.x[1]
	total := c.newChannelSums(len(x)/ch, 2*ch).bind(c.pool, func(sum []float32, lo, hi int) {
		for r := lo; r < hi; r++ {
			mean, scale := momentsOf(x[r*ch:(r+1)*ch], s.Eps)
			for k, d := range dy[r*ch : (r+1)*ch] {
				sum[k] += d * (x[r*ch+k] - mean) * scale
				sum[ch+k] += d
			}
		}
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
