package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
)

// What the families of package pixel share.

// bytes returns a read-only block of bytes by name; both widths may ask for it.
func (c *constants) bytes(name string, value []uint8) mem {
	if m, ok := c.blocks[name]; ok {
		return m
	}
	m := c.ctx.StaticGlobal(name)
	c.ctx.DataAttributes(attr.RODATA | attr.NOPTR)
	for _, v := range value {
		c.ctx.AppendDatum(operand.U8(v))
	}
	c.blocks[name] = m
	return m
}

// overlapped runs body at i = 0, step, 2*step, ... and at last at n - step,
// which may do some elements again. n >= step.
func (e *emitter) overlapped(n gp, step int, body func(i gp)) {
	i, last := e.GP64(), e.GP64()
	e.XORQ(i, i)
	e.LEAQ(mem{Base: n, Disp: -step}, last)
	top, done := e.label("block"), e.label("done")
	e.Label(top)
	body(i)
	e.ADDQ(operand.I32(step), i)
	e.CMPQ(i, last)
	e.JLE(operand.LabelRef(top))
	e.CMPQ(i, n)
	e.JGE(operand.LabelRef(done))
	e.MOVQ(last, i)
	e.JMP(operand.LabelRef(top))
	e.Label(done)
}

// slices loads the addresses of the first n slices of the array at a pointer.
func (e *emitter) slices(array gp, n int) []gp {
	bases := make([]gp, n)
	for i := range bases {
		bases[i] = e.GP64()
		e.MOVQ(mem{Base: array, Disp: 24 * i}, bases[i])
	}
	return bases
}

// move copies a vector.
func (e *emitter) move(from, to vec) {
	if e.wide {
		e.VMOVDQA64(from, to)
		return
	}
	e.VMOVDQA(from, to)
}

// read and write move whole vectors of integers.
func (e *emitter) readBytes(m mem) vec {
	v := e.vec()
	if e.wide {
		e.VMOVDQU64(m, v)
	} else {
		e.VMOVDQU(m, v)
	}
	return v
}

func (e *emitter) writeBytes(v vec, m mem) {
	if e.wide {
		e.VMOVDQU64(v, m)
		return
	}
	e.VMOVDQU(v, m)
}

// bitXor, bitAnd and bitOr combine bits.
func (e *emitter) bitXor(a op, b, to vec) {
	if e.wide {
		e.VPXORD(a, b, to)
		return
	}
	e.VPXOR(a, b, to)
}

func (e *emitter) bitAnd(a op, b, to vec) {
	if e.wide {
		e.VPANDD(a, b, to)
		return
	}
	e.VPAND(a, b, to)
}

func (e *emitter) bitOr(a op, b, to vec) {
	if e.wide {
		e.VPORD(a, b, to)
		return
	}
	e.VPOR(a, b, to)
}

// fixed is a constant vector as an operand: in a register, or in memory.
func (e *emitter) fixed(v uint32) op {
	if e.wide {
		return e.filled(v)
	}
	return e.data.bits(v)
}
