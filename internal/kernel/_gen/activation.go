package main

import "github.com/mmcloughlin/avo/operand"

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

// sigmoid computes exp by range reduction: exp(z) = 2^n * exp(r) with n the
// integer next to z/ln 2 and |r| <= ln 2/2, where the polynomial of the
// Cephes library (Moshier 1992, expf) is exact to half a unit. Beyond +-105
// the result has long been 0 or infinite in float32, so z is clipped there;
// NaN passes.
type sigmoid struct {
	one    vec
	limits [2]op
	negLog op    // -1/ln 2
	ln2    [2]op // high and low part
	poly   []op
	bias   op
}

// polynomial is exp(r) = 1 + r + r^2*(polynomial in r), highest power first.
var polynomial = []float64{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1}

func (s *sigmoid) prepare(e *emitter) {
	s.one = e.broadcast(1)
	s.limits = [2]op{e.constant(-105), e.constant(105)}
	s.negLog = e.constant(-1.4426950408889634)
	s.ln2 = [2]op{e.constant(0.693359375), e.constant(-2.12194440e-4)}
	s.poly = nil
	for _, c := range polynomial {
		s.poly = append(s.poly, e.constant(c))
	}
	s.bias = e.data.bits(127)
}

// broadcast fills a register with a constant; constant is the same where
// registers abound (AVX-512), else a vector in memory.
func (e *emitter) broadcast(c float64) vec {
	v := e.vec()
	e.VBROADCASTSS(e.data.float32(c), v)
	return v
}

func (e *emitter) constant(c float64) op {
	if e.wide {
		return e.broadcast(c)
	}
	return e.data.float32(c)
}

// register returns a constant in a register, which is not to be written.
func (e *emitter) register(c op) vec {
	if v, ok := c.(vec); ok {
		return v
	}
	v := e.vec()
	e.VMOVUPS(c, v)
	return v
}

// denominator returns 1 + exp(-x) and leaves x alone.
func (s *sigmoid) denominator(e *emitter, x vec) vec {
	t, n, r := e.vec(), e.vec(), e.vec()
	lo, hi := e.register(s.limits[0]), e.register(s.limits[1])
	e.VMAXPS(x, lo, t) // a NaN wins where it is the first operand
	e.VMINPS(t, hi, t)
	e.VMULPS(s.negLog, t, n)
	if e.wide {
		e.VRNDSCALEPS(operand.U8(0), n, n)
	} else {
		e.VROUNDPS(operand.U8(0), n, n)
	}
	e.VMOVAPS(t, r)
	e.VFNMSUB231PS(s.ln2[0], n, r) // r = -t - n*high
	e.VFNMADD231PS(s.ln2[1], n, r)
	square := e.vec()
	e.VMULPS(r, r, square)
	p := s.pair(e, r, 0)
	e.VFMADD213PS(s.pair(e, r, 2), square, p)
	e.VFMADD213PS(s.pair(e, r, 4), square, p)
	e.VFMADD213PS(r, square, p) // r + r^2*polynomial
	e.VADDPS(s.one, p, p)
	if e.wide {
		e.VSCALEFPS(n, p, p)
	} else {
		s.power(e, n, p)
	}
	e.VADDPS(s.one, p, p)
	return p
}

// pair returns poly[i]*r + poly[i+1]. The polynomial is summed by pairs, for
// a chain of all its terms would keep the processor waiting.
func (s *sigmoid) pair(e *emitter, r vec, i int) vec {
	p := e.vec()
	e.VMOVUPS(s.poly[i], p)
	e.VFMADD213PS(s.poly[i+1], r, p)
	return p
}

// power multiplies p by 2^n in two steps, for n may lie beyond the range of
// an exponent.
func (s *sigmoid) power(e *emitter, n, p vec) {
	half := e.vec()
	e.VCVTPS2DQ(n, n)
	e.VPSRAD(operand.U8(1), n, half)
	e.VPSUBD(half, n, n)
	for _, part := range []vec{half, n} {
		e.VPADDD(s.bias, part, part)
		e.VPSLLD(operand.U8(23), part, part)
		e.VMULPS(part, p, p)
	}
}
