package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// constants are a file's read-only vectors: eight copies of each value, so
// that AVX2 can use them as memory operands.
type constants struct {
	ctx    *build.Context
	known  map[uint32]mem
	blocks map[string]mem
	lanes  *mem
}

func newConstants(ctx *build.Context) *constants {
	return &constants{ctx: ctx, known: map[uint32]mem{}, blocks: map[string]mem{}}
}

// float32 is a vector of v; bits one of a 32-bit pattern.
func (c *constants) float32(v float64) mem { return c.bits(math.Float32bits(float32(v))) }

func (c *constants) bits(v uint32) mem {
	if m, ok := c.known[v]; ok {
		return m
	}
	m := c.global(fmt.Sprintf("const%08x", v), func(int) uint32 { return v })
	c.known[v] = m
	return m
}

// iota is the vector 0, 1, ... 7.
func (c *constants) iota() mem {
	if c.lanes == nil {
		m := c.global("iota", func(i int) uint32 { return uint32(i) })
		c.lanes = &m
	}
	return *c.lanes
}

func (c *constants) global(name string, value func(i int) uint32) mem {
	m := c.ctx.StaticGlobal(name)
	c.ctx.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 8 {
		c.ctx.AppendDatum(operand.U32(value(i)))
	}
	return m
}

// transposed is the vector of 16 integers that exchanges the rows and columns
// of a 4 x 4 matrix.
func (c *constants) transposed() mem {
	m := c.ctx.StaticGlobal("transposed")
	c.ctx.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 16 {
		c.ctx.AppendDatum(operand.U32(i%4*4 + i/4))
	}
	return m
}
