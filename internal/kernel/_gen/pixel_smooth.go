package main

import "github.com/mmcloughlin/avo/operand"

// smoothStep is how many sums are made at a time, at most.
const smoothStep = 32

// writeSmooth emits the filter of float64 fields with a symmetric kernel.
func writeSmooth(e *emitter) {
	e.function("symmetricSums", "(dst []float64, line *float64, stride int, weights []float64)",
		"the following of whole eights of sums, with r = len(weights)-1 and stride in", "bytes, here in elements:", "",
		"	dst[i] = line[i+r*stride]*weights[0]",
		"	for j = r, r-1, ... 1 { dst[i] += (line[i+(r-j)*stride]+line[i+(r+j)*stride])*weights[j] }")
	dst, n, line, stride, weights, count := e.base("dst"), e.length("dst"), e.param("line"), e.param("stride"), e.base("weights"), e.length("weights")
	first, reach := e.GP64(), e.GP64() // the outermost weight; from its place to the centre
	e.LEAQ(mem{Base: weights, Index: count, Scale: 8, Disp: -8}, first)
	e.MOVQ(count, reach)
	e.DECQ(reach)
	e.IMULQ(stride, reach)
	done := e.label("done")
	for sums := smoothStep; sums >= 8; sums /= 4 {
		loop, next := e.label("block"), e.label("smaller")
		e.Label(loop)
		e.CMPQ(n, operand.I32(sums))
		e.JLT(operand.LabelRef(next))
		e.symmetricBlock(dst, line, stride, reach, first, count, sums)
		e.ADDQ(operand.I32(8*sums), dst)
		e.ADDQ(operand.I32(8*sums), line)
		e.SUBQ(operand.I32(sums), n)
		e.JMP(operand.LabelRef(loop))
		e.Label(next)
	}
	e.Label(done)
	e.finish()
}

// symmetricBlock makes so many sums.
func (e *emitter) symmetricBlock(dst, line, stride, reach, first, count gp, n int) {
	vectors := 8 * n / e.bytes()
	sums := e.vecs(vectors)
	before, after, w, left := e.GP64(), e.GP64(), e.GP64(), e.GP64()
	e.MOVQ(line, before)
	e.LEAQ(mem{Base: line, Index: reach, Scale: 2}, after)
	e.MOVQ(first, w)
	centre := e.GP64()
	e.LEAQ(mem{Base: line, Index: reach, Scale: 1}, centre)
	e.MOVQ(count, left)
	e.NEGQ(left)
	weight := e.vec()
	e.VBROADCASTSD(mem{Base: first, Index: left, Scale: 8, Disp: 8}, weight)
	for i, sum := range sums {
		e.VMULPD(e.at(centre, i), weight, sum)
	}
	e.MOVQ(count, left)
	pairs, over := e.label("pairs"), e.label("over")
	e.Label(pairs)
	e.DECQ(left)
	e.JZ(operand.LabelRef(over))
	e.VBROADCASTSD(mem{Base: w}, weight)
	for i, sum := range sums {
		pair := e.vec()
		e.VMOVUPD(e.at(before, i), pair)
		e.VADDPD(e.at(after, i), pair, pair)
		e.VMULPD(weight, pair, pair)
		e.VADDPD(pair, sum, sum)
	}
	e.ADDQ(stride, before)
	e.SUBQ(stride, after)
	e.SUBQ(operand.I32(8), w)
	e.JMP(operand.LabelRef(pairs))
	e.Label(over)
	for i, sum := range sums {
		e.VMOVUPD(sum, e.at(dst, i))
	}
}
