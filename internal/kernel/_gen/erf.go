package main

// erf is a polynomial near 0 and 1 - 2*exp(-x^2)*R(sqrt(2)*|x|) elsewhere.
type erf struct {
	normal
	root op // sqrt(2)
	two  op
	near vec
}

// erfNear is erf(x)/x in powers of x^2, highest first, up to |x| = 0.75 with a
// relative error of 1.4e-9, fitted as R was.
var erfNear = []float64{-0.000674951380372, 0.00511434562416, -0.0268346246009, 0.112833765749, -0.376126187568, 1.1283791655}

func (k *erf) prepare(e *emitter) {
	k.normal.prepare(e)
	k.limit = e.broadcast(tailEnd / 1.4142135623730951)
	k.root = e.constant(1.4142135623730951)
	k.two = e.constant(2)
	k.near = e.broadcast(0.75)
}

func (k *erf) value(e *emitter, x vec) vec {
	z, a := k.within(e, x, k.limit), e.vec()
	square, low := k.squared(e, z)
	near := e.horner(square, erfNear)
	e.VMULPS(z, near, near)
	e.VMULPS(k.root, z, a)
	far := k.ratio(e, a)
	e.VMULPS(k.ofSum(e, square, low), far, far)
	e.VFNMADD213PS(k.one, e.register(k.two), far)
	return k.signed(e, e.where(lessQuiet, z, k.near, near, far), x)
}

func writeErf(e *emitter) {
	k := &erf{}
	var rate op
	for _, m := range []elementMap{
		{
			name: "erf", signature: "(y, x []float32)", inputs: []string{"x"}, prepare: k.prepare,
			value: func(e *emitter, in, _ []vec) vec { return k.value(e, in[0]) },
			loop:  "y[i] = erf(x[i])", note: "by the method of _gen/gelu.go",
		},
		{
			name: "erfBackward", signature: "(dx, dy, x []float32)", inputs: []string{"dy", "x"},
			prepare: func(e *emitter) {
				k.prepare(e)
				rate = e.constant(1.1283791670955126)
			},
			value: func(e *emitter, in, _ []vec) vec {
				square, low := k.squared(e, k.within(e, in[1], k.limit))
				slope := k.ofSum(e, square, low)
				e.VMULPS(rate, slope, slope)
				e.VMULPS(in[0], slope, slope)
				return slope
			},
			loop: "dx[i] = dy[i] * 2/sqrt(pi) * exp(-x[i]*x[i])", note: "by the method of _gen/gelu.go",
		},
	} {
		m.write(e)
	}
}
