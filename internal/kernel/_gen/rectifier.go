package main

// writeRectifier writes functions that are x itself where x is not negative.
func writeRectifier(e *emitter) {
	var zero vec
	k := &tails{}
	prepareZero := func(e *emitter) {
		zero = e.vec()
		e.zero(zero)
	}
	prepareBoth := func(e *emitter) {
		k.prepare(e)
		prepareZero(e)
	}
	const (
		forward  = "(y, x []float32, alpha float32)"
		backward = "(dx, dy, x []float32, alpha float32)"
		note     = "by the method of _gen/exponential.go"
	)
	alpha := []string{"alpha"}
	for _, m := range []elementMap{
		{
			name: "leaky", signature: forward, inputs: []string{"x"}, scalars: alpha, prepare: prepareZero,
			value: func(e *emitter, in, s []vec) vec {
				low := e.vec()
				e.VMULPS(s[0], in[0], low)
				return e.where(lessQuiet, in[0], zero, low, in[0])
			},
			loop: "y[i] = alpha*x[i] if x[i] < 0, else x[i]",
		},
		{
			name: "leakyBackward", signature: backward, inputs: []string{"dy", "x"}, scalars: alpha, prepare: prepareZero,
			value: func(e *emitter, in, s []vec) vec {
				low := e.vec()
				e.VMULPS(s[0], in[0], low)
				return e.where(lessQuiet, zero, in[1], in[0], low)
			},
			loop: "dx[i] = dy[i] if x[i] > 0, else alpha*dy[i]",
		},
		{
			name: "elu", signature: forward, inputs: []string{"x"}, scalars: alpha, prepare: prepareBoth,
			value: func(e *emitter, in, s []vec) vec {
				low := k.minusOne(e, k.within(e, in[0], e.broadcast(flat)))
				e.VMULPS(s[0], low, low)
				return e.where(lessQuiet, in[0], zero, low, in[0])
			},
			loop: "y[i] = alpha*(exp(x[i])-1) if x[i] < 0, else x[i]", note: note,
		},
		{
			name: "eluBackward", signature: backward, inputs: []string{"dy", "x"}, scalars: alpha, prepare: prepareBoth,
			value: func(e *emitter, in, s []vec) vec {
				slope := k.decay(e, k.within(e, in[1], e.register(k.limits[1])))
				e.VMULPS(s[0], slope, slope)
				slope = e.where(lessQuiet, zero, in[1], k.one, slope)
				e.VMULPS(in[0], slope, slope)
				return slope
			},
			loop: "dx[i] = dy[i] * (1 if x[i] > 0, else alpha*exp(x[i]))", note: note,
		},
	} {
		m.write(e)
	}
}

// copied returns a register that may be written over.
func (e *emitter) copied(v vec) vec {
	c := e.vec()
	e.VMOVAPS(v, c)
	return c
}
