package main

// normal computes Phi(-a) and the density at a >= 0 of the standard normal
// distribution. Phi(-a) = exp(-a^2/2)*R(a), where R is a ratio of two
// polynomials without a negative coefficient: nothing cancels, so a tail keeps
// its digits. It was fitted to erfc by Remez' exchange, with a relative error
// of 6.8e-9 up to a = 14.49; beyond that Phi is 0 in float32.
type normal struct {
	tails
	limit   vec // of a
	half    op
	density op // 1/sqrt(2*pi)
}

// The polynomials of R, highest power first.
var (
	tailOver  = []float64{0.00404435004684, 0.0401757186743, 0.181920976193, 0.436589538185, 0.500000001691}
	tailUnder = []float64{0.0101375548434, 0.100712393253, 0.465989295415, 1.19715445996, 1.67106392083, 1}
)

const tailEnd = 14.49

func (k *normal) prepare(e *emitter) {
	k.tails.prepare(e)
	k.limit = e.broadcast(tailEnd)
	k.half = e.constant(0.5)
	k.density = e.constant(0.3989422804014327)
}

// squared returns a*a and its rounding error, without which a tail would lose
// thousands of its last units.
func (k *normal) squared(e *emitter, a vec) (square, low vec) {
	square, low = e.vec(), e.vec()
	e.VMULPS(a, a, square)
	e.VMOVAPS(square, low)
	e.VFMSUB231PS(a, a, low)
	return square, low
}

// bell returns exp(-a^2/2).
func (k *normal) bell(e *emitter, a vec) vec {
	square, low := k.squared(e, a)
	e.VMULPS(k.half, square, square)
	e.VMULPS(k.half, low, low)
	return k.ofSum(e, square, low)
}

// ratio returns R(a).
func (k *normal) ratio(e *emitter, a vec) vec {
	over, under := e.horner(a, tailOver), e.horner(a, tailUnder)
	e.VDIVPS(under, over, over)
	return over
}

func writeGelu(e *emitter) {
	k := &normal{}
	note := "by the method of _gen/gelu.go"
	for _, m := range []elementMap{
		{
			name: "gelu", signature: "(y, x []float32)", inputs: []string{"x"}, prepare: k.prepare,
			value: func(e *emitter, in, _ []vec) vec { return k.gelu(e, in[0]) },
			loop:  "y[i] = x[i] * Phi(x[i])", note: note,
		},
		{
			name: "geluBackward", signature: "(dx, dy, x []float32)", inputs: []string{"dy", "x"}, prepare: k.prepare,
			value: func(e *emitter, in, _ []vec) vec {
				slope := k.slope(e, in[1])
				e.VMULPS(in[0], slope, slope)
				return slope
			},
			loop: "dx[i] = dy[i] * (Phi(x[i]) + x[i]*phi(x[i]))", note: note,
		},
	} {
		m.write(e)
	}
	writeErf(e)
	writeGeluTanh(e)
}

// gelu is max(x,0) - a*Phi(-a) with a = |x|, on either side of 0.
func (k *normal) gelu(e *emitter, x vec) vec {
	a := k.within(e, x, k.limit)
	tail := k.ratio(e, a)
	e.VMULPS(k.bell(e, a), tail, tail)
	zero := e.vec()
	e.zero(zero)
	e.VMAXPS(x, zero, x) // NaN passes
	e.VFNMADD231PS(a, tail, x)
	return x
}

// slope is d = exp(-a^2/2)*(R(a) - a/sqrt(2*pi)) for negative x, 1-d for
// others.
func (k *normal) slope(e *emitter, x vec) vec {
	a := k.within(e, x, k.limit)
	d := k.ratio(e, a)
	e.VFNMADD231PS(k.density, a, d)
	e.VMULPS(k.bell(e, a), d, d)
	other := e.vec()
	e.VSUBPS(d, k.one, other)
	return e.whereNegative(x, d, other)
}
