package main

import "github.com/mmcloughlin/avo/operand"

// exponential computes exp(-t) by range reduction: exp(-t) = 2^n * exp(r)
// with n the integer next to -t/ln 2 and |r| <= ln 2/2, where the polynomial
// of the Cephes library (Moshier 1992, expf) is exact to half a unit. Beyond
// +-105 the result has long been 0 or infinite in float32, so t is to be
// clipped there.
type exponential struct {
	one    vec
	limits [2]op
	negLog op    // -1/ln 2
	ln2    [2]op // high and low part
	poly   []op
	bias   op
}

// polynomial is exp(r) = 1 + r + r^2*(polynomial in r), highest power first.
var polynomial = []float64{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1}

func (s *exponential) prepare(e *emitter) {
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

// clipped returns x within the limits; NaN passes.
func (s *exponential) clipped(e *emitter, x vec) vec {
	t := e.vec()
	lo, hi := e.register(s.limits[0]), e.register(s.limits[1])
	e.VMAXPS(x, lo, t) // a NaN wins where it is the first operand
	e.VMINPS(t, hi, t)
	return t
}

// reduce splits -t into n*ln 2 + r. It leaves t alone.
func (s *exponential) reduce(e *emitter, t vec) (n, r vec) {
	n, r = e.vec(), e.vec()
	e.VMULPS(s.negLog, t, n)
	e.roundToEven(n)
	e.VMOVAPS(t, r)
	e.VFNMSUB231PS(s.ln2[0], n, r) // r = -t - n*high
	e.VFNMADD231PS(s.ln2[1], n, r)
	return n, r
}

// fraction returns exp(r) - 1 for |r| <= ln 2/2.
func (s *exponential) fraction(e *emitter, r vec) vec {
	square := e.vec()
	e.VMULPS(r, r, square)
	p := s.pair(e, r, 0)
	e.VFMADD213PS(s.pair(e, r, 2), square, p)
	e.VFMADD213PS(s.pair(e, r, 4), square, p)
	e.VFMADD213PS(r, square, p) // r + r^2*polynomial
	return p
}

// pair returns poly[i]*r + poly[i+1]. The polynomial is summed by pairs, for
// a chain of all its terms would keep the processor waiting.
func (s *exponential) pair(e *emitter, r vec, i int) vec {
	p := e.vec()
	e.VMOVUPS(s.poly[i], p)
	e.VFMADD213PS(s.poly[i+1], r, p)
	return p
}

// power returns 2^n * exp(r); it may write over n.
func (s *exponential) power(e *emitter, n, r vec) vec {
	p := s.fraction(e, r)
	e.VADDPS(s.one, p, p)
	if e.wide {
		e.VSCALEFPS(n, p, p)
		return p
	}
	half := e.vec() // in two steps, for n may lie beyond the range of an exponent
	e.VCVTPS2DQ(n, n)
	e.VPSRAD(operand.U8(1), n, half)
	e.VPSUBD(half, n, n)
	for _, part := range []vec{half, n} {
		e.VPADDD(s.bias, part, part)
		e.VPSLLD(operand.U8(23), part, part)
		e.VMULPS(part, p, p)
	}
	return p
}

// negative returns exp(-x) and leaves x alone.
func (s *exponential) negative(e *emitter, x vec) vec {
	n, r := s.reduce(e, s.clipped(e, x))
	return s.power(e, n, r)
}

// ofSum returns exp(-(t+low)) for t within the limits and a small low. It may
// write over both.
func (s *exponential) ofSum(e *emitter, t, low vec) vec {
	n, r := s.reduce(e, t)
	e.VSUBPS(low, r, r)
	return s.power(e, n, r)
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

// roundToEven rounds to the next integers.
func (e *emitter) roundToEven(v vec) {
	if e.wide {
		e.VRNDSCALEPS(operand.U8(0), v, v)
		return
	}
	e.VROUNDPS(operand.U8(0), v, v)
}

// pattern is a constant of 32 bits, like constant.
func (e *emitter) pattern(bits uint32) op {
	if !e.wide {
		return e.data.bits(bits)
	}
	v := e.vec()
	e.VBROADCASTSS(e.data.bits(bits), v)
	return v
}

// horner returns a polynomial, highest power first. Its coefficients are read
// from memory each time: that is free beside the arithmetic.
func (e *emitter) horner(x vec, coefficients []float64) vec {
	p := e.broadcast(coefficients[0])
	for _, c := range coefficients[1:] {
		m := e.data.float32(c)
		if e.wide {
			e.VFMADD213PS_BCST(m, x, p)
		} else {
			e.VFMADD213PS(m, x, p)
		}
	}
	return p
}
