package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
)

// tails are functions of exp(-t) for t >= 0.
type tails struct {
	exponential
	magnitude op // all bits but the sign's
}

// flat is where exp(-t)-1 has long been -1.
const flat = 30

func (k *tails) prepare(e *emitter) {
	k.exponential.prepare(e)
	k.magnitude = e.pattern(0x7fffffff)
}

// within returns min(|x|, limit); NaN passes.
func (k *tails) within(e *emitter, x, limit vec) vec {
	t := e.vec()
	e.VANDPS(k.magnitude, x, t)
	e.VMINPS(t, limit, t)
	return t
}

// signed gives the sign of x to y, which has none. It may write over x.
func (k *tails) signed(e *emitter, y, x vec) vec {
	e.VANDNPS(x, e.register(k.magnitude), x)
	e.VORPS(x, y, y)
	return y
}

// decay returns exp(-t).
func (k *tails) decay(e *emitter, t vec) vec {
	n, r := k.reduce(e, t)
	return k.power(e, n, r)
}

// minusOne returns exp(-t)-1 = 2^n*(exp(r)-1) + (2^n-1) for 0 <= t <= 30,
// which keeps the digits of a small t.
func (k *tails) minusOne(e *emitter, t vec) vec {
	n, r := k.reduce(e, t)
	p, whole := k.fraction(e, r), e.vec()
	if e.wide {
		e.VSCALEFPS(n, k.one, whole)
	} else {
		e.VCVTPS2DQ(n, whole)
		e.VPADDD(k.bias, whole, whole)
		e.VPSLLD(operand.U8(23), whole, whole)
	}
	y := e.vec()
	e.VSUBPS(k.one, whole, y)
	e.VFMADD231PS(p, whole, y)
	return y
}

// tanh is -d/(d+2) with d = exp(-2|x|)-1, with the sign of x.
func (k *tails) tanh(e *emitter, x vec) vec {
	t := k.within(e, x, e.broadcast(flat/2))
	e.VADDPS(t, t, t)
	d, under := k.minusOne(e, t), e.vec()
	e.VADDPS(k.one, d, under)
	e.VADDPS(k.one, under, under)
	e.VDIVPS(under, d, d)
	e.VANDPS(k.magnitude, d, d)
	return k.signed(e, d, x)
}

// tanhSlope is 4*p/(1+p)^2 with p = exp(-2|x|).
func (k *tails) tanhSlope(e *emitter, x vec) vec {
	t := k.within(e, x, e.broadcast(52))
	e.VADDPS(t, t, t)
	p, under := k.decay(e, t), e.vec()
	e.VADDPS(k.one, p, under)
	e.VMULPS(under, under, under)
	e.VADDPS(p, p, p)
	e.VADDPS(p, p, p)
	e.VDIVPS(under, p, p)
	return p
}

func writeExponentials(e *emitter) {
	k, l := &tails{}, &logarithm{}
	const unary, note = "(y, x []float32)", "by the method of _gen/exponentials.go"
	var sign op
	for _, m := range []elementMap{
		{
			name: "exp", signature: unary, inputs: []string{"x"},
			prepare: func(e *emitter) {
				k.prepare(e)
				sign = e.pattern(0x80000000)
			},
			value: func(e *emitter, in, _ []vec) vec {
				e.VXORPS(sign, in[0], in[0])
				return k.negative(e, in[0])
			},
			loop: "y[i] = exp(x[i])", note: note,
		},
		{
			name: "log", signature: unary, inputs: []string{"x"}, prepare: l.prepare,
			value: func(e *emitter, in, _ []vec) vec { return l.value(e, in[0]) },
			loop:  "y[i] = log(x[i])", note: note,
		},
		{
			name: "tanh", signature: unary, inputs: []string{"x"}, prepare: k.prepare,
			value: func(e *emitter, in, _ []vec) vec { return k.tanh(e, in[0]) },
			loop:  "y[i] = tanh(x[i])", note: note,
		},
		{
			name: "tanhBackward", signature: "(dx, dy, x []float32)", inputs: []string{"dy", "x"}, prepare: k.prepare,
			value: func(e *emitter, in, _ []vec) vec {
				slope := k.tanhSlope(e, in[1])
				e.VMULPS(in[0], slope, slope)
				return slope
			},
			loop: "dx[i] = dy[i] * (1 - tanh(x[i])^2)", note: note,
		},
	} {
		m.write(e)
	}
}

// logarithm splits x into 2^n*(1+f) with 1+f from sqrt(1/2) to sqrt(2) and
// takes the polynomial of the Cephes library (Moshier 1992, logf) in f.
type logarithm struct {
	one, zero, infinite vec
	root                op // the bits of sqrt(1/2)
	half                op
	ln2                 [2]op // high and low part
}

// logPolynomial is log(1+f) = f - f^2/2 + f^3*(polynomial in f), highest power
// first.
var logPolynomial = []float64{7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1}

func (k *logarithm) prepare(e *emitter) {
	k.one, k.infinite, k.zero = e.broadcast(1), e.broadcast(math.Inf(1)), e.vec()
	e.zero(k.zero)
	k.root = e.pattern(math.Float32bits(math.Sqrt2 / 2))
	k.half = e.constant(0.5)
	k.ln2 = [2]op{e.constant(0.693359375), e.constant(-2.12194440e-4)}
}

func (k *logarithm) value(e *emitter, x vec) vec {
	n, f := k.split(e, x)
	square := e.vec()
	e.VMULPS(f, f, square)
	y := e.horner(f, logPolynomial)
	e.VMULPS(f, y, y)
	e.VMULPS(square, y, y)
	e.VFMADD231PS(k.ln2[1], n, y)
	e.VFNMADD231PS(k.half, square, y)
	e.VADDPS(f, y, y)
	e.VFMADD231PS(k.ln2[0], n, y)
	// What has no finite logarithm: NaN and Inf stay, 0 gives -Inf, all below
	// gives NaN.
	const equal = 0
	y = e.where(lessQuiet, x, k.infinite, y, e.copied(x))
	least := e.vec()
	e.VSUBPS(k.infinite, k.zero, least)
	y = e.where(equal, x, k.zero, least, y)
	return e.where(lessQuiet, x, k.zero, e.broadcast(math.NaN()), y)
}

// split returns n and f. Numbers below 2^-126 are multiplied by 2^23 first.
func (k *logarithm) split(e *emitter, x vec) (n, f vec) {
	f, scaled := e.copied(x), e.vec()
	e.VMULPS(e.broadcast(0x1p23), x, scaled)
	small := e.broadcast(0x1p-126)
	f = e.where(lessQuiet, x, small, scaled, f)
	off := e.where(lessQuiet, x, small, e.broadcast(-23), e.copied(k.zero))
	n, whole := e.vec(), e.vec()
	e.VPSUBD(k.root, f, n)
	e.VPSRAD(operand.U8(23), n, n)
	e.VPSLLD(operand.U8(23), n, whole)
	e.VPSUBD(whole, f, f)
	e.VCVTDQ2PS(n, n)
	e.VADDPS(off, n, n)
	e.VSUBPS(k.one, f, f)
	return n, f
}
