package main

import "github.com/mmcloughlin/avo/operand"

// whereNegative returns yes where x has a sign, else no; it may write over
// both.
func (e *emitter) whereNegative(x, yes, no vec) vec {
	if e.wide {
		m := e.K()
		e.VPMOVD2M(x, m)
		e.VMOVAPS(yes, m, no)
		return no
	}
	e.VBLENDVPS(x, yes, no, no)
	return no
}

// lessQuiet compares in order, without a trap for NaN.
const lessQuiet = 0x11

// where returns yes where a and b compare so, else no; it may write over both.
func (e *emitter) where(predicate uint8, a, b, yes, no vec) vec {
	if e.wide {
		m := e.K()
		e.VCMPPS(operand.U8(predicate), b, a, m)
		e.VMOVAPS(yes, m, no)
		return no
	}
	m := e.vec()
	e.VCMPPS(operand.U8(predicate), b, a, m)
	e.VBLENDVPS(m, yes, no, no)
	return no
}
