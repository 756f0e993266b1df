package kernel

import "math"

// Layer normalisation (Ba, Kiros and Hinton 2016) of x [rows,c] over each row:
// xhat = (x-mean)*rstd with rstd = 1/sqrt(variance + eps) and the biased
// variance. Moments are taken in two passes, of which the second corrects the
// mean of the first (Chan, Golub and LeVeque 1983, equation 1.7): a row far
// from zero keeps its digits. In the tolerances d is the sum of |x-mean|, its
// mean over the row and 2^-20 of the mean of |x|.

// LayerNorm computes y = xhat*gamma + beta with gamma, beta [c]. y may alias
// x. Tolerance: 4+sqrt(c) units of d*rstd*|gamma| + |beta|.
func LayerNorm(y, x, gamma, beta []float32, rows, c int, eps float32) {
	const op = "layerNorm"
	need(len(y), rows*c, op, "y")
	need(len(x), rows*c, op, "x")
	need(len(gamma), c, op, "gamma")
	need(len(beta), c, op, "beta")
	active.layerNorm(y[:rows*c], x[:rows*c], gamma[:c], beta[:c], rows, c, eps)
}

// LayerNormBackward computes dx = rstd*(g - mean(g) - xhat*mean(g*xhat)) with
// g = dy*gamma and means over the row. dx may alias dy or x. Tolerance:
// 4+sqrt(c) units of rstd*(|g| + mean(|g|) + d*rstd*mean(|g|*d*rstd)).
func LayerNormBackward(dx, dy, x, gamma []float32, rows, c int, eps float32) {
	const op = "layerNormBackward"
	need(len(dx), rows*c, op, "dx")
	need(len(dy), rows*c, op, "dy")
	need(len(x), rows*c, op, "x")
	need(len(gamma), c, op, "gamma")
	active.layerNormBackward(dx[:rows*c], dy[:rows*c], x[:rows*c], gamma[:c], rows, c, eps)
}

// LayerNormBackwardSums adds to dgamma [c] the column sums of dy*xhat and to
// dbeta [c] those of dy, row after row. Tolerance: 4+sqrt(rows+c) units of
// the sums of |dy|*d*rstd and of |dy|.
func LayerNormBackwardSums(dgamma, dbeta, dy, x []float32, rows, c int, eps float32) {
	const op = "layerNormBackwardSums"
	need(len(dgamma), c, op, "dgamma")
	need(len(dbeta), c, op, "dbeta")
	need(len(dy), rows*c, op, "dy")
	need(len(x), rows*c, op, "x")
	active.layerNormSums(dy[:rows*c], x[:rows*c], dgamma[:c], dbeta[:c], rows, c, eps)
}

// layerMoments returns the mean of a row and its rstd.
func layerMoments(x []float32, eps float32) (mean, rstd float64) {
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	variance := 0.0
	for _, v := range x {
		d := float64(v) - mean
		variance += d * d
	}
	return mean, 1 / math.Sqrt(variance/float64(len(x))+float64(eps))
}

func layerNormRef(y, x, gamma, beta []float32, rows, c int, eps float32) {
	for r := range rows {
		out, in := y[r*c:][:c], x[r*c:][:c]
		mean, rstd := layerMoments(in, eps)
		for i, v := range in {
			out[i] = float32((float64(v)-mean)*rstd*float64(gamma[i]) + float64(beta[i]))
		}
	}
}

func layerNormBackwardRef(dx, dy, x, gamma []float32, rows, c int, eps float32) {
	for r := range rows {
		out, g, in := dx[r*c:][:c], dy[r*c:][:c], x[r*c:][:c]
		mean, rstd := layerMoments(in, eps)
		var plain, along float64
		for i, v := range in {
			t := float64(g[i]) * float64(gamma[i])
			plain += t
			along += t * (float64(v) - mean) * rstd
		}
		plain, along = plain/float64(c), along/float64(c)
		for i, v := range in {
			xhat := (float64(v) - mean) * rstd
			out[i] = float32(rstd * (float64(g[i])*float64(gamma[i]) - plain - xhat*along))
		}
	}
}

func layerNormSumsRef(dy, x, dgamma, dbeta []float32, rows, c int, eps float32) {
	for r := range rows {
		g, in := dy[r*c:][:c], x[r*c:][:c]
		mean, rstd := layerMoments(in, eps)
		for i, v := range in {
			dgamma[i] += float32(float64(g[i]) * (float64(v) - mean) * rstd)
			dbeta[i] += g[i]
		}
	}
}
