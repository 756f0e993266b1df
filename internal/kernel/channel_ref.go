package kernel

func channelSumRef(sum, x []float32, rows, c int) {
	for i := range c {
		var s float32
		for r := range rows {
			s += x[r*c+i]
		}
		sum[i] += s
	}
}

func channelCenteredSquaresRef(sq, x, mean []float32, rows, c int) {
	for i := range c {
		var s float32
		for r := range rows {
			d := x[r*c+i] - mean[i]
			s += d * d
		}
		sq[i] += s
	}
}

func channelMomentsRef(sum, sq, x, shift []float32, rows, c int) {
	for i := range c {
		var s, t float32
		for r := range rows {
			d := x[r*c+i] - shift[i]
			s += d
			t += d * d
		}
		sum[i] += s
		sq[i] += t
	}
}

func channelDot2Ref(sumDy, sumDyXhat, dy, x, mean, rstd []float32, rows, c int) {
	for i := range c {
		var s, t float32
		for r := range rows {
			s += dy[r*c+i]
			t += dy[r*c+i] * (x[r*c+i] - mean[i])
		}
		sumDy[i] += s
		sumDyXhat[i] += t * rstd[i]
	}
}

func channelMulSumRef(sum, x, y []float32, rows, c int) {
	for i := range c {
		var s float32
		for r := range rows {
			s += x[r*c+i] * y[r*c+i]
		}
		sum[i] += s
	}
}

func channelAffineRef(y, x, scale, shift []float32, rows, c int) {
	for r := range rows {
		yr, xr := y[r*c:][:c], x[r*c:][:c]
		for i := range yr {
			yr[i] = fused(xr[i], scale[i], shift[i])
		}
	}
}

func batchNormBackwardRef(dx, dy, x, a, b, d []float32, rows, c int) {
	for r := range rows {
		out, g, xr := dx[r*c:][:c], dy[r*c:][:c], x[r*c:][:c]
		for i := range out {
			out[i] = a[i]*g[i] + (b[i]*xr[i] + d[i])
		}
	}
}

func scaleChannelsRef(y, x, s []float32, rows, c int) {
	for r := range rows {
		mulRef(y[r*c:][:c], x[r*c:][:c], s)
	}
}

func addBiasRef(y, x, b []float32, rows, c int) {
	for r := range rows {
		addRef(y[r*c:][:c], x[r*c:][:c], b)
	}
}
