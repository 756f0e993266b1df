package main

// geluTanh is x*sigmoid(v) with v = x*(a + b*x^2): half of 1+tanh(u) is
// sigmoid(2u).
type geluTanh struct {
	exponential
	low, high vec // limits of x
	cube      op
	slope     op
}

const (
	geluScale = 1.5957691216057308 // 2*sqrt(2/pi)
	geluCube  = geluScale * 0.044715
)

// prepare lets x lie within [low,high]; on the lower side the result has
// vanished there.
func (k *geluTanh) prepare(e *emitter, low, high float64) {
	k.exponential.prepare(e)
	k.low, k.high = e.broadcast(low), e.broadcast(high)
	k.cube, k.slope = e.constant(geluCube), e.constant(geluScale)
}

func (k *geluTanh) value(e *emitter, x vec) vec {
	e.VMAXPS(x, k.low, x) // NaN passes
	v := e.vec()
	e.VMULPS(x, x, v)
	e.VFMADD213PS(e.register(k.slope), e.register(k.cube), v)
	e.VMULPS(x, v, v)
	p := k.negative(e, v)
	e.VADDPS(k.one, p, p)
	e.VDIVPS(p, x, x)
	return x
}

// back returns s*(1 + x*v'*(1-s)), where 1-s is exp(-v)*s without the loss of
// digits.
func (k *geluTanh) back(e *emitter, x vec) vec {
	e.VMAXPS(x, k.low, x)
	e.VMINPS(x, k.high, x)
	square, v := e.vec(), e.vec()
	e.VMULPS(x, x, square)
	e.VMOVAPS(square, v)
	e.VFMADD213PS(e.register(k.slope), e.register(k.cube), v)
	e.VMULPS(x, v, v)
	p := k.negative(e, v)
	s := e.vec()
	e.VADDPS(k.one, p, s)
	e.VDIVPS(s, k.one, s)
	rate := e.horner(square, []float64{3 * geluCube, geluScale})
	e.VMULPS(x, rate, rate)
	e.VMULPS(s, p, p)
	e.VFMADD213PS(k.one, rate, p)
	e.VMULPS(s, p, p)
	return p
}

func writeGeluTanh(e *emitter) {
	k := &geluTanh{}
	note := "by the method of _gen/gelutanh.go"
	for _, m := range []elementMap{
		{
			name: "geluTanh", signature: "(y, x []float32)", inputs: []string{"x"},
			prepare: func(e *emitter) { k.prepare(e, -20, 0) },
			value:   func(e *emitter, in, _ []vec) vec { return k.value(e, in[0]) },
			loop:    "y[i] = x[i]/2 * (1 + tanh(u)), with u = sqrt(2/pi)*(x[i] + 0.044715*x[i]^3)", note: note,
		},
		{
			name: "geluTanhBackward", signature: "(dx, dy, x []float32)", inputs: []string{"dy", "x"},
			prepare: func(e *emitter) { k.prepare(e, -10, 10) }, // beyond that exp(-v) is infinite
			value: func(e *emitter, in, _ []vec) vec {
				slope := k.back(e, in[1])
				e.VMULPS(in[0], slope, slope)
				return slope
			},
			loop: "dx[i] = dy[i] * y'(x[i]), with the y of GeluTanh", note: note,
		},
	} {
		m.write(e)
	}
}
