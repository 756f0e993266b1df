package main

func writeActivation(e *emitter) {
	s := &sigmoid{}
	for _, m := range []elementMap{
		{
			name: "sigmoid", signature: "(y, x []float32)", inputs: []string{"x"}, prepare: s.prepare,
			value: func(e *emitter, in, _ []vec) vec {
				e.VDIVPS(s.denominator(e, in[0]), s.one, in[0])
				return in[0]
			},
			loop: "y[i] = 1 / (1 + exp(-x[i]))", note: "by the method of _gen/activation.go",
		},
		{
			name: "swish", signature: "(y, x []float32)", inputs: []string{"x"}, prepare: s.prepare,
			value: func(e *emitter, in, _ []vec) vec {
				e.VDIVPS(s.denominator(e, in[0]), in[0], in[0])
				return in[0]
			},
			loop: "y[i] = x[i] / (1 + exp(-x[i]))", note: "by the method of _gen/activation.go",
		},
		{
			name: "swishBackward", signature: "(dx, dy, x []float32)", inputs: []string{"dy", "x"}, prepare: s.prepare,
			value: func(e *emitter, in, _ []vec) vec {
				p, q := e.vec(), e.vec()
				e.VDIVPS(s.denominator(e, in[1]), s.one, p)
				e.VSUBPS(p, s.one, q)
				e.VFMADD213PS(s.one, in[1], q)
				e.VMULPS(q, p, p)
				e.VMULPS(in[0], p, p)
				return p
			},
			loop: "dx[i] = dy[i] * s * (1 + x[i]*(1-s)), with s = 1 / (1 + exp(-x[i]))", note: "by the method of _gen/activation.go",
		},
		{
			name: "sigmoidBackward", signature: "(dx, dy, y []float32)", inputs: []string{"dy", "y"},
			prepare: func(e *emitter) { s.one = e.broadcast(1) },
			value: func(e *emitter, in, _ []vec) vec {
				q := e.vec()
				e.VSUBPS(in[1], s.one, q)
				e.VMULPS(q, in[1], q)
				e.VMULPS(in[0], q, q)
				return q
			},
			loop: "dx[i] = dy[i] * (y[i] * (1 - y[i]))",
		},
	} {
		m.write(e)
	}
}

// sigmoid adds to the exponential what makes it 1/(1+exp(-x)).
type sigmoid struct{ exponential }

// denominator returns 1 + exp(-x) and leaves x alone.
func (s *sigmoid) denominator(e *emitter, x vec) vec {
	p := s.negative(e, x)
	e.VADDPS(s.one, p, p)
	return p
}
