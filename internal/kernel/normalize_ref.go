package kernel

// activationRef is a function with its gradient; lo and hi are for clip
// alone.
type activationRef interface {
	value(z, lo, hi float32) float32
	back(g, z, lo, hi float32) float32
}

type (
	identityActivation struct{}
	swishActivation    struct{}
	clipActivation     struct{}
)

func (identityActivation) value(z, _, _ float32) float32   { return z }
func (identityActivation) back(g, _, _, _ float32) float32 { return g }

func (swishActivation) value(z, _, _ float32) float32 { return float32(float64(z) * logistic(z)) }
func (swishActivation) back(g, z, _, _ float32) float32 {
	s := logistic(z)
	return float32(float64(g) * (s * (1 + float64(z)*(1-s))))
}

func (clipActivation) value(z, lo, hi float32) float32 { return min(max(z, lo), hi) }
func (clipActivation) back(g, z, lo, hi float32) float32 {
	if lo < z && z < hi {
		return g
	}
	return 0
}

// fused is x*y + z, rounded once.
func fused(x, y, z float32) float32 { return float32(float64(x)*float64(y) + float64(z)) }

func normalizeRef[A activationRef](y, x, scale, shift []float32, rows, c, ldy int, lo, hi float32) {
	var act A
	for r := range rows {
		out, in := y[r*ldy:][:c], x[r*c:][:c]
		for i, v := range in {
			out[i] = act.value(fused(v, scale[i], shift[i]), lo, hi)
		}
	}
}

func normalizeScaleRef[A activationRef](y, x, scale, shift, s []float32, rows, c int, lo, hi float32) {
	normalizeRef[A](y, x, scale, shift, rows, c, c, lo, hi)
	scaleChannelsRef(y, y, s, rows, c)
}

func normalizeSumRef[A activationRef](sum, x, scale, shift []float32, rows, c int, lo, hi float32) {
	var act A
	for i := range c {
		var s float32
		for r := range rows {
			s += act.value(fused(x[r*c+i], scale[i], shift[i]), lo, hi)
		}
		sum[i] += s
	}
}

func normalizeDotRef[A activationRef](sum, dy, x, scale, shift []float32, rows, c int, lo, hi float32) {
	var act A
	for i := range c {
		var s float32
		for r := range rows {
			s += dy[r*c+i] * act.value(fused(x[r*c+i], scale[i], shift[i]), lo, hi)
		}
		sum[i] += s
	}
}

func normalizeScaleBackwardSumsRef[A activationRef](sumDz, sumDzX, dy, x, scale, shift, mean, s, q []float32, rows, c int, lo, hi float32) {
	var act A
	for i := range c {
		var sum, sumX float32
		for r := range rows {
			g, v := gated(dy[r*c+i], s, q, i), x[r*c+i]
			dz := act.back(g, fused(v, scale[i], shift[i]), lo, hi)
			sum += dz
			sumX += dz * (v - mean[i])
		}
		sumDz[i] += sum
		sumDzX[i] += sumX
	}
}

func normalizeScaleBackwardRef[A activationRef](dx, dy, x, scale, shift, a, b, d, s, q []float32, rows, c int, lo, hi float32) {
	var act A
	for r := range rows {
		out, dyr, xr := dx[r*c:][:c], dy[r*c:][:c], x[r*c:][:c]
		for i, v := range xr {
			dz := act.back(gated(dyr[i], s, q, i), fused(v, scale[i], shift[i]), lo, hi)
			out[i] = a[i]*dz + (b[i]*v + d[i])
		}
	}
}

// gated is dy*s + q for channel i, or dy where there are no s and q.
func gated(dy float32, s, q []float32, i int) float32 {
	if s == nil {
		return dy
	}
	return fused(dy, s[i], q[i])
}

func normalizeBackwardSumsRef[A activationRef](sumDz, sumDzX, dy, x, scale, shift, mean []float32, rows, c int, lo, hi float32) {
	normalizeScaleBackwardSumsRef[A](sumDz, sumDzX, dy, x, scale, shift, mean, nil, nil, rows, c, lo, hi)
}

func normalizeBackwardRef[A activationRef](dx, dy, x, scale, shift, a, b, d []float32, rows, c int, lo, hi float32) {
	normalizeScaleBackwardRef[A](dx, dy, x, scale, shift, a, b, d, nil, nil, rows, c, lo, hi)
}
