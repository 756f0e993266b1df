package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const bfloat16Signature = "(c *float32, ldc int, a *uint16, lda int, b *uint16, ldb int, k, rows, tiles, cols int, accumulate bool)"

// writeBFloat16 writes what AVX-512 does for bfloat16; AVX2 has nothing to
// multiply it with. A pair of bfloat16 is as long as a float32 and their
// tiles are those of gemm, with another instruction to multiply.
func writeBFloat16(e *emitter) {
	if !e.wide {
		return
	}
	for _, vectors := range e.tileWidths() {
		cols := vectors * e.lanes()
		g := gemm{emitter: e, vectors: vectors, bfloat16: true}
		g.write(fmt.Sprintf("gemmBF16Tiles%d", cols),
			"with a and b [][2]bfloat16 and strides in pairs, tiles products of a",
			fmt.Sprintf("packed matrix below one another, cols <= %d and rows <= %d columns and", cols, g.maxRows()),
			"rows each, ldb the distance of two panels:",
			"", "	for i := range tiles * rows {",
			"		for j := range cols {",
			"			var s float32",
			"			for l := range k {",
			"				x, y := a[i*lda+l], b[j/16*ldb+l*16+j%16]",
			"				s += x[1] * y[1]",
			"				s += x[0] * y[0]",
			"			}",
			"			if accumulate {",
			"				s += c[i*ldc+j]",
			"			}",
			"			c[i*ldc+j] = s",
			"		}", "	}")
	}
	writeRoundBFloat16(e)
}

// writeRoundBFloat16 rounds in integers. VCVTNEPS2BF16 would take subnormals
// for zero, and not every processor with AVX-512 has it.
func writeRoundBFloat16(e *emitter) {
	e.function("roundBFloat16", "(dst *uint16, x *float32, n int)",
		"the following, in any order, and a quiet NaN where x[i] is one:", "",
		"	for i := range n {",
		"		bits := math.Float32bits(x[i])",
		"		dst[i] = uint16((bits + 0x7fff + bits>>16&1) >> 16)", "	}")
	one, half, quiet := e.vec(), e.vec(), e.vec()
	e.VPBROADCASTD(e.data.bits(1), one)
	e.VPBROADCASTD(e.data.bits(0x7fff), half)
	e.VPBROADCASTD(e.data.bits(1<<6), quiet)
	to, from, n := e.param("dst"), e.param("x"), e.param("n")
	e.stages(n, []int{4, 1}, func(vectors int) {
		for i := range vectors {
			x := e.loaded(e.at(from, i))
			e.storeHalves(e.rounded(x, one, half, quiet), mem{Base: to, Disp: i * e.bytes() / 2})
		}
		e.ADDQ(operand.I32(vectors*e.bytes()/2), to)
		e.ADDQ(operand.I32(vectors*e.bytes()), from)
	})
	e.finish()
}

// rounded returns the bfloat16 of x in the lower halves of the lanes.
func (e *emitter) rounded(x, one, half, quiet vec) vec {
	const unordered = 3
	upper, y, nan := e.vec(), e.vec(), e.K()
	e.VCMPPS(operand.U8(unordered), x, x, nan)
	e.VPSRLD(operand.U8(16), x, upper)
	e.VPANDD(one, upper, y)
	e.VPADDD(half, y, y)
	e.VPADDD(x, y, y)
	e.VPSRLD(operand.U8(16), y, y)
	e.VPORD(quiet, upper, nan, y)
	return y
}

// storeHalves stores the lower halves of the lanes (wide).
func (e *emitter) storeHalves(v vec, m mem) {
	if e.masked {
		e.VPMOVDW(v, e.kmask, m)
		return
	}
	e.VPMOVDW(v, m)
}

// dotPairs adds to each lane of sum the products of the pairs of bfloat16 in
// a and b. Neither avo nor Go's assembler knows VDPBF16PS: the instruction
// goes through the allocation of registers under its name, and encodeDotPairs
// puts bytes in its place.
func (e *emitter) dotPairs(b, a, sum vec) {
	e.Instruction(&ir.Instruction{
		Opcode:   dotPairsName,
		Operands: []operand.Op{b, a, sum},
		Inputs:   []operand.Op{b, a, sum},
		Outputs:  []operand.Op{sum},
		ISA:      []string{"AVX512BF16"},
	})
}

const dotPairsName = "VDPBF16PS"

// encodeDotPairs writes each VDPBF16PS, whose registers must be chosen by
// now, as bytes with the instruction in a comment.
func encodeDotPairs(file *ir.File) error {
	for _, f := range file.Functions() {
		for _, i := range f.Instructions() {
			if i.Opcode != dotPairsName {
				continue
			}
			var index [3]uint32
			for n, o := range i.Operands {
				p, ok := o.(reg.Physical)
				if !ok {
					return fmt.Errorf("%s: operand %v of %s is no register", f.Name, o, i.Opcode)
				}
				index[n] = uint32(p.PhysicalIndex())
			}
			long, word := dotPairsBytes(index[0], index[1], index[2])
			i.Opcode = fmt.Sprintf("LONG $0x%08x; WORD $0x%04x // %s %s, %s, %s", long, word, dotPairsName,
				i.Operands[0].Asm(), i.Operands[1].Asm(), i.Operands[2].Asm())
			i.Operands = nil
		}
	}
	return nil
}

// dotPairsBytes encodes VDPBF16PS for 512-bit registers, EVEX.512.F3.0F38.W0
// 52 /r, lowest byte first (Intel 64 and IA-32 Architectures Software
// Developer's Manual, volume 2, section 2.7): b in ModRM.rm, a in vvvv, sum
// in ModRM.reg. The prefix has the upper bits of all register numbers, and
// all of a, inverted.
func dotPairsBytes(b, a, sum uint32) (long, word uint32) {
	bit := func(r, n uint32) uint32 { return ^r >> n & 1 }
	const (
		map0F38 = 2
		prefix3 = 2 // F3
		always  = 1 << 2
		length  = 2 << 5 // 512 bits
		opcode  = 0x52
	)
	p0 := bit(sum, 3)<<7 | bit(b, 4)<<6 | bit(b, 3)<<5 | bit(sum, 4)<<4 | map0F38
	p1 := ^a&15<<3 | always | prefix3
	p2 := length | bit(a, 4)<<3
	modRM := 3<<6 | sum&7<<3 | b&7
	return 0x62 | p0<<8 | p1<<16 | p2<<24, opcode | modRM<<8
}
