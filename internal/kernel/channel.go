package kernel

// Channel reductions run over x [rows,c] in blocks of rows whose height
// depends on c alone: a block is summed by itself and then added to the
// result, which keeps rounding small and the order fixed.

// blockRows is the height of a block: about 32 KB of one operand.
func blockRows(c int) int { return min(max(8192/max(c, 1), 16), 512) }

// blocks calls f for each block of rows, as element range [lo,hi) and height.
func blocks(rows, c int, f func(lo, hi, rows int)) {
	step := blockRows(c)
	for r := 0; r < rows; r += step {
		n := min(step, rows-r)
		f(r*c, (r+n)*c, n)
	}
}

// ChannelSum adds to sum [c] the column sums of x [rows,c].
// Tolerance: 4+sqrt(rows) units.
func ChannelSum(sum, x []float32, rows, c int) {
	need(len(sum), c, "channelSum", "sum")
	need(len(x), rows*c, "channelSum", "x")
	blocks(rows, c, func(lo, hi, n int) { active.channelSum(sum[:c], x[lo:hi], n, c) })
}

// ChannelCenteredSquares adds to sq [c] the column sums of (x-mean)^2.
// Tolerance: 4+sqrt(rows) units of the sum of (|x|+|mean|)^2.
func ChannelCenteredSquares(sq, x, mean []float32, rows, c int) {
	need(len(sq), c, "channelCenteredSquares", "sq")
	need(len(x), rows*c, "channelCenteredSquares", "x")
	need(len(mean), c, "channelCenteredSquares", "mean")
	blocks(rows, c, func(lo, hi, n int) {
		active.channelCenteredSquares(sq[:c], x[lo:hi], mean[:c], n, c)
	})
}

// ChannelMoments adds to sum [c] the column sums of x-shift and to sq [c]
// those of (x-shift)^2, in one pass over x [rows,c]. With sums from zero and
// n rows in all the mean is shift + sum/n and the variance sq/n - (sum/n)^2,
// where shift [c] should be near the mean: the difference loses as many
// digits as (mean-shift)^2 exceeds the variance (Chan, Golub and LeVeque
// 1983). Tolerance: 4+sqrt(rows) units of the sums of |x|+|shift| and of
// (|x|+|shift|)^2.
func ChannelMoments(sum, sq, x, shift []float32, rows, c int) {
	need(len(sum), c, "channelMoments", "sum")
	need(len(sq), c, "channelMoments", "sq")
	need(len(x), rows*c, "channelMoments", "x")
	need(len(shift), c, "channelMoments", "shift")
	blocks(rows, c, func(lo, hi, n int) {
		active.channelMoments(sum[:c], sq[:c], x[lo:hi], shift[:c], n, c)
	})
}

// ChannelDot2 adds to sumDy [c] the column sums of dy and to sumDyXhat [c]
// those of dy*(x-mean)*rstd: the two reductions of BatchNorm's gradient
// (Ioffe and Szegedy 2015). Tolerance: 4+sqrt(rows) units.
func ChannelDot2(sumDy, sumDyXhat, dy, x, mean, rstd []float32, rows, c int) {
	need(len(sumDy), c, "channelDot2", "sumDy")
	need(len(sumDyXhat), c, "channelDot2", "sumDyXhat")
	need(len(dy), rows*c, "channelDot2", "dy")
	need(len(x), rows*c, "channelDot2", "x")
	need(len(mean), c, "channelDot2", "mean")
	need(len(rstd), c, "channelDot2", "rstd")
	blocks(rows, c, func(lo, hi, n int) {
		active.channelDot2(sumDy[:c], sumDyXhat[:c], dy[lo:hi], x[lo:hi], mean[:c], rstd[:c], n, c)
	})
}

// ChannelMulSum adds to sum [c] the column sums of x*y.
// Tolerance: 4+sqrt(rows) units.
func ChannelMulSum(sum, x, y []float32, rows, c int) {
	need(len(sum), c, "channelMulSum", "sum")
	need(len(x), rows*c, "channelMulSum", "x")
	need(len(y), rows*c, "channelMulSum", "y")
	blocks(rows, c, func(lo, hi, n int) { active.channelMulSum(sum[:c], x[lo:hi], y[lo:hi], n, c) })
}

// ChannelAffine computes y = x*scale + shift with scale, shift [c] and
// y, x [rows,c]. y may alias x. Tolerance: 1 ULP, for the reference rounds
// first to float64 and then to float32.
func ChannelAffine(y, x, scale, shift []float32, rows, c int) {
	need(len(y), rows*c, "channelAffine", "y")
	need(len(x), rows*c, "channelAffine", "x")
	need(len(scale), c, "channelAffine", "scale")
	need(len(shift), c, "channelAffine", "shift")
	active.channelAffine(y[:rows*c], x[:rows*c], scale[:c], shift[:c], rows, c)
}

// BatchNormBackward computes dx = a*dy + b*x + d with a, b, d [c] and
// dx, dy, x [rows,c]. dx may alias dy or x. Tolerance: 5 units.
func BatchNormBackward(dx, dy, x, a, b, d []float32, rows, c int) {
	need(len(dx), rows*c, "batchNormBackward", "dx")
	need(len(dy), rows*c, "batchNormBackward", "dy")
	need(len(x), rows*c, "batchNormBackward", "x")
	need(len(a), c, "batchNormBackward", "a")
	need(len(b), c, "batchNormBackward", "b")
	need(len(d), c, "batchNormBackward", "d")
	active.batchNormBackward(dx[:rows*c], dy[:rows*c], x[:rows*c], a[:c], b[:c], d[:c], rows, c)
}

// ScaleChannels computes y[r,i] = x[r,i]*s[i] for one image. y may alias x.
// Tolerance: 0 ULP.
func ScaleChannels(y, x, s []float32, rows, c int) {
	need(len(y), rows*c, "scaleChannels", "y")
	need(len(x), rows*c, "scaleChannels", "x")
	need(len(s), c, "scaleChannels", "s")
	active.scaleChannels(y[:rows*c], x[:rows*c], s[:c], rows, c)
}

// AddBias computes y[r,i] = x[r,i] + b[i]. y may alias x. Tolerance: 0 ULP.
func AddBias(y, x, b []float32, rows, c int) {
	need(len(y), rows*c, "addBias", "y")
	need(len(x), rows*c, "addBias", "x")
	need(len(b), c, "addBias", "b")
	active.addBias(y[:rows*c], x[:rows*c], b[:c], rows, c)
}
