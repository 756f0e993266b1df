package main

import (
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func writeElementwise(e *emitter) {
	for _, m := range elementMaps {
		m.write(e)
	}
	writeTakeEqual(e)
	writeSum(e, "sum", false)
	writeSum(e, "sumSquares", true)
}

// elementMap is a kernel that computes each element of its first argument
// from those at the same place in others and from scalars.
type elementMap struct {
	signature string
	inputs    []string
	scalars   []string
	name      string
	prepare   func(e *emitter)
	value     func(e *emitter, in, scalars []vec) vec
	loop      string
	note      string
}

// binaryMap is y = f(a, b) by one instruction, whose operands come in the
// assembler's order: b, a, result.
func binaryMap(name, operator string, f func(e *emitter) func(...op)) elementMap {
	return elementMap{
		name: name, signature: "(y, a, b []float32)", inputs: []string{"a", "b"},
		value: func(e *emitter, in, _ []vec) vec {
			f(e)(in[1], in[0], in[0])
			return in[0]
		},
		loop: "y[i] = a[i] " + operator + " b[i]",
	}
}

// scalarMap is y = f(a, s) by one commutative instruction.
func scalarMap(name, operator string, f func(e *emitter) func(...op)) elementMap {
	return elementMap{
		name: name, signature: "(y, a []float32, s float32)", inputs: []string{"a"}, scalars: []string{"s"},
		value: func(e *emitter, in, s []vec) vec {
			f(e)(s[0], in[0], in[0])
			return in[0]
		},
		loop: "y[i] = a[i] " + operator + " s",
	}
}

var elementMaps = []elementMap{
	binaryMap("add", "+", func(e *emitter) func(...op) { return e.VADDPS }),
	binaryMap("sub", "-", func(e *emitter) func(...op) { return e.VSUBPS }),
	binaryMap("mul", "*", func(e *emitter) func(...op) { return e.VMULPS }),
	binaryMap("div", "/", func(e *emitter) func(...op) { return e.VDIVPS }),
	{
		name: "maximum", signature: "(y, a, b []float32)", inputs: []string{"a", "b"},
		value: maximum,
		loop:  "y[i] = max(a[i], b[i])",
	},
	scalarMap("scale", "*", func(e *emitter) func(...op) { return e.VMULPS }),
	scalarMap("addScalar", "+", func(e *emitter) func(...op) { return e.VADDPS }),
	{
		name: "axpy", signature: "(y []float32, s float32, x []float32)", inputs: []string{"x", "y"}, scalars: []string{"s"},
		value: func(e *emitter, in, s []vec) vec {
			e.VFMADD231PS(in[0], s[0], in[1])
			return in[1]
		},
		loop: "y[i] += s * x[i]", note: "fusing multiply and add",
	},
	{
		name: "fill", signature: "(y []float32, s float32)", scalars: []string{"s"},
		value: func(_ *emitter, _, s []vec) vec { return s[0] },
		loop:  "y[i] = s",
	},
	{
		name: "sqrt", signature: "(y, x []float32)", inputs: []string{"x"},
		value: func(e *emitter, in, _ []vec) vec {
			e.VSQRTPS(in[0], in[0])
			return in[0]
		},
		loop: "y[i] = float32(math.Sqrt(float64(x[i])))",
	},
	{
		name: "clip", signature: "(y, x []float32, lo, hi float32)", inputs: []string{"x"}, scalars: []string{"lo", "hi"},
		value: func(e *emitter, in, s []vec) vec {
			e.VMAXPS(in[0], s[0], in[0]) // a NaN wins where it is the first operand
			e.VMINPS(in[0], s[1], in[0])
			return in[0]
		},
		loop: "y[i] = min(max(x[i], lo), hi)",
	},
	{
		name: "clipBackward", signature: "(dx, dy, x []float32, lo, hi float32)", inputs: []string{"dy", "x"}, scalars: []string{"lo", "hi"},
		value: clipBackward,
		loop:  "dx[i] = dy[i] if lo < x[i] && x[i] < hi, else 0",
	},
}

// maximum lets a NaN of either operand win: VMAXPS keeps that of the first one
// alone.
func maximum(e *emitter, in, _ []vec) vec {
	const unordered = 3
	a, b := in[0], in[1]
	e.VMAXPS(b, a, b)
	if e.wide {
		k := e.K()
		e.VCMPPS(operand.U8(unordered), a, a, k)
		e.VMOVAPS(a, k, b)
		return b
	}
	odd := e.vec()
	e.VCMPPS(operand.U8(unordered), a, a, odd)
	e.VBLENDVPS(odd, a, b, b)
	return b
}

func clipBackward(e *emitter, in, s []vec) vec {
	const less = 0x11 // ordered, quiet
	dy, x, lo, hi := in[0], in[1], s[0], s[1]
	if e.wide {
		k := e.K()
		e.VCMPPS(operand.U8(less), x, lo, k)
		e.VCMPPS(operand.U8(less), hi, x, k, k)
		e.VMOVAPS_Z(dy, k, dy)
		return dy
	}
	above := e.vec()
	e.VCMPPS(operand.U8(less), x, lo, above)
	e.VCMPPS(operand.U8(less), hi, x, x)
	e.VANDPS(above, dy, dy)
	e.VANDPS(x, dy, dy)
	return dy
}

// writeTakeEqual emits the step of a max pool's gradient from one tap.
func writeTakeEqual(e *emitter) {
	const equal = 0 // ordered, quiet
	e.function("takeEqual", "(dx, rest, x, y []float32)", "the following, in any order:", "",
		"	for i := range dx {", "		if x[i] == y[i] {", "			dx[i] += rest[i]", "			rest[i] = 0", "		}", "	}")
	n, p := e.length("dx"), e.bases([]string{"dx", "rest", "x", "y"})
	zero := e.vec()
	e.zero(zero)
	e.stages(n, []int{2, 1}, func(vectors int) {
		for v := range vectors {
			in := e.each(p, v)
			dx, rest, x, y := in[0], in[1], in[2], in[3]
			moved := e.vec()
			e.zero(moved)
			e.VADDPS(e.where(equal, x, y, rest, moved), dx, dx)
			e.store(dx, e.at(p[0], v))
			e.store(e.where(equal, x, y, zero, rest), e.at(p[1], v))
		}
		for _, at := range p {
			e.ADDQ(operand.I32(vectors*e.bytes()), at)
		}
	})
	e.finish()
}

func (m elementMap) write(e *emitter) {
	out := strings.Trim(strings.FieldsFunc(m.signature, func(r rune) bool { return r == ',' || r == ' ' })[0], "(")
	lead := "the following, in any order:"
	if m.note != "" {
		lead = "the following, " + m.note + ":"
	}
	e.function(m.name, m.signature, lead, "", "	for i := range "+out+" {", "		"+m.loop, "	}")
	if m.prepare != nil {
		m.prepare(e)
	}
	to, n := e.base(out), e.length(out)
	from := e.bases(m.inputs)
	var scalars []vec
	for _, name := range m.scalars {
		v := e.vec()
		e.VBROADCASTSS(e.frame(name), v)
		scalars = append(scalars, v)
	}
	e.stages(n, []int{4, 1}, func(vectors int) {
		for v := range vectors {
			e.store(m.value(e, e.each(from, v), scalars), e.at(to, v))
		}
		for _, p := range append([]gp{to}, from...) {
			e.ADDQ(operand.I32(vectors*e.bytes()), p)
		}
	})
	e.finish()
}

// sumLanes is the number of interleaved float64 sums, the same on all paths.
const sumLanes = 16

// writeSum writes Sum or SumSquares. The product of two float32 is exact in
// float64, so fusing it with the addition changes nothing.
func writeSum(e *emitter, name string, square bool) {
	term := "float64(x[i])"
	if square {
		term += " * float64(x[i])"
	}
	e.function(name, "(x []float32) float64", "the sum of the lanes, in order, after", "",
		"	for i := range x {", "		lanes[i%16] += "+term, "	}")
	x, n := e.base("x"), e.length("x")
	lanes := e.AllocLocal(8 * sumLanes)
	sums := e.vecs(sumLanes * 2 / e.lanes())
	for _, s := range sums {
		e.zero(s)
	}
	loop, done := e.label("sixteen"), e.label("rest")
	e.Label(loop)
	e.CMPQ(n, operand.I32(sumLanes))
	e.JLT(operand.LabelRef(done))
	for i, s := range sums {
		v := e.vec()
		e.VCVTPS2PD(mem{Base: x, Disp: i * e.bytes() / 2}, v)
		if square {
			e.VFMADD231PD(v, v, s)
		} else {
			e.VADDPD(v, s, s)
		}
	}
	e.ADDQ(operand.I32(4*sumLanes), x)
	e.SUBQ(operand.I32(sumLanes), n)
	e.JMP(operand.LabelRef(loop))
	e.Label(done)
	for i, s := range sums {
		e.VMOVUPD(s, lanes.Offset(i*e.bytes()))
	}
	e.VZEROUPPER()
	e.sumRest(x, n, lanes, square)
	total := e.XMM()
	e.VXORPD(total, total, total)
	for i := range sumLanes {
		e.VADDSD(lanes.Offset(8*i), total, total)
	}
	e.Store(total, e.ReturnIndex(0))
	e.RET()
}

// sumRest adds the last n < 16 elements to the lanes in memory.
func (e *emitter) sumRest(x, n gp, lanes mem, square bool) {
	end, lane := e.label("end"), e.GP64()
	e.TESTQ(n, n)
	e.JZ(operand.LabelRef(end))
	e.LEAQ(lanes, lane)
	e.loop(n, func() {
		v := e.XMM()
		e.scalar(v, x)
		if square {
			e.VMULSD(v, v, v)
		}
		e.VADDSD(mem{Base: lane}, v, v)
		e.VMOVSD(v, mem{Base: lane})
		e.ADDQ(operand.I32(4), x)
		e.ADDQ(operand.I32(8), lane)
	})
	e.Label(end)
}

// scalar loads the float32 at x as a float64.
func (e *emitter) scalar(v reg.VecVirtual, x gp) {
	e.VXORPD(v, v, v)
	e.VCVTSS2SD(mem{Base: x}, v, v)
}
