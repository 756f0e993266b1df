package main

// hardLine is alpha*x + beta, rounded twice as the reference does: where it
// meets 0 or 1 a gradient jumps, and all paths must jump at the same x.
func hardLine(e *emitter, x vec, scalars []vec) vec {
	t := e.vec()
	e.VMULPS(scalars[0], x, t)
	e.VADDPS(scalars[1], t, t)
	return t
}

func writeHard(e *emitter) {
	limits := make([]vec, 2)
	prepare := func(e *emitter) {
		limits[0], limits[1] = e.vec(), e.broadcast(1)
		e.zero(limits[0])
	}
	clipped := func(e *emitter, t vec) vec {
		e.VMAXPS(t, limits[0], t) // a NaN wins where it is the first operand
		e.VMINPS(t, limits[1], t)
		return t
	}
	scalars := []string{"alpha", "beta"}
	const (
		forward  = "(y, x []float32, alpha, beta float32)"
		backward = "(dx, dy, x []float32, alpha, beta float32)"
		line     = ", with t = alpha*x[i] + beta"
	)
	for _, m := range []elementMap{
		{
			name: "hardSigmoid", signature: forward, inputs: []string{"x"}, scalars: scalars, prepare: prepare,
			value: func(e *emitter, in, s []vec) vec { return clipped(e, hardLine(e, in[0], s)) },
			loop:  "y[i] = min(max(t, 0), 1)" + line,
		},
		{
			name: "hardSigmoidBackward", signature: backward, inputs: []string{"dy", "x"}, scalars: scalars, prepare: prepare,
			value: func(e *emitter, in, s []vec) vec {
				e.VMULPS(s[0], in[0], in[0])
				return clipBackward(e, []vec{in[0], hardLine(e, in[1], s)}, limits)
			},
			loop: "dx[i] = dy[i] * alpha if 0 < t && t < 1, else 0" + line,
		},
		{
			name: "hardSwish", signature: forward, inputs: []string{"x"}, scalars: scalars, prepare: prepare,
			value: func(e *emitter, in, s []vec) vec {
				t := clipped(e, hardLine(e, in[0], s))
				e.VMULPS(in[0], t, t)
				return t
			},
			loop: "y[i] = x[i] * min(max(t, 0), 1)" + line,
		},
		{
			name: "hardSwishBackward", signature: backward, inputs: []string{"dy", "x"}, scalars: scalars, prepare: prepare,
			value: func(e *emitter, in, s []vec) vec {
				dy, x := in[0], in[1]
				t, slope := hardLine(e, x, s), e.vec()
				e.VMULPS(s[0], x, x)
				e.VMOVAPS(t, slope)
				slope = clipped(e, slope)
				inside := clipBackward(e, []vec{x, t}, limits)
				e.VADDPS(inside, slope, slope)
				e.VMULPS(slope, dy, dy)
				return dy
			},
			loop: "dx[i] = dy[i] * (min(max(t, 0), 1) + (alpha*x[i] if 0 < t && t < 1, else 0))" + line,
		},
	} {
		m.write(e)
	}
}
