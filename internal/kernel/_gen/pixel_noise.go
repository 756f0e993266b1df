package main

import (
	"github.com/mmcloughlin/avo/operand"
)

// weyl, mixFirst and mixSecond are the constants of splitmix64.
const (
	weyl      = 0x9e3779b97f4a7c15
	mixFirst  = 0xbf58476d1ce4e5b9
	mixSecond = 0x94d049bb133111eb
)

// noiseWriter holds the constants of addNoise in registers, or in memory where
// those of AVX2 do not suffice.
type noiseWriter struct {
	*emitter
	counters [2]vec // of pixels 0 1 4 5 8 9 12 13 and 2 3 6 7 10 11 14 15
	step     vec
	mixers   map[uint64]vec
	cubics   [4][2]vec // wide: by power of t, octaves 0..15 and 16..23
	table    gp        // narrow: the same in memory
}

// quads fills a vector with a 64-bit number.
func (e *emitter) quads(v uint64) vec {
	r, x := e.GP64(), e.vec()
	e.MOVQ(operand.U64(v), r)
	e.MOVQ(r, x.AsX())
	e.VPBROADCASTQ(x.AsX(), x)
	return x
}

func (e *emitter) bitXor(a, b, to vec) {
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

// multiply multiplies 64-bit numbers by a constant.
func (w *noiseWriter) multiply(x vec, by uint64) {
	if w.wide {
		w.VPMULLQ(w.mixers[by], x, x)
		return
	}
	low, top := w.data.bits(uint32(by)), w.data.bits(uint32(by>>32))
	high, cross := w.vec(), w.vec()
	w.VPSRLQ(operand.U8(32), x, high)
	w.VPMULUDQ(low, high, high)
	w.VPMULUDQ(top, x, cross)
	w.VPADDQ(cross, high, high)
	w.VPSLLQ(operand.U8(32), high, high)
	w.VPMULUDQ(low, x, x)
	w.VPADDQ(high, x, x)
}

// splitmix returns the outputs for counters.
func (w *noiseWriter) splitmix(counter vec) vec {
	x, t := w.vec(), w.vec()
	mixed := func(from vec, shift uint64, to vec) {
		w.VPSRLQ(operand.U8(shift), from, t)
		w.bitXor(t, from, to)
	}
	mixed(counter, 30, x)
	w.multiply(x, mixFirst)
	mixed(x, 27, x)
	w.multiply(x, mixSecond)
	mixed(x, 31, x)
	return x
}

// coefficient returns the cubics' coefficient of a power of t at octaves.
func (w *noiseWriter) coefficient(power int, octave vec) vec {
	v := w.vec()
	if w.wide {
		w.move(octave, v)
		w.VPERMI2PS(w.cubics[power][1], w.cubics[power][0], v)
		return v
	}
	// Bits 3 and 4 of an octave choose among three tables of eight.
	part := func(i int) mem { return mem{Base: w.table, Disp: 96*power + 32*i} }
	other, sign := w.vec(), w.vec()
	w.VPERMPS(part(0), octave, v)
	w.VPERMPS(part(1), octave, other)
	w.VPSLLD(operand.U8(28), octave, sign)
	w.VBLENDVPS(sign, other, v, v)
	w.VPERMPS(part(2), octave, other)
	w.VPSLLD(operand.U8(27), octave, sign)
	w.VBLENDVPS(sign, other, v, v)
	return v
}

// number returns the normal numbers of the 21 leading bits of u.
func (w *noiseWriter) number(u vec) vec {
	t, octave := w.vec(), w.vec()
	w.VPSRLD(operand.U8(9), u, t)
	w.masked2(t, 0x3ffffc, 2)
	w.VCVTDQ2PS(t, t)
	w.VPSRLD(operand.U8(23), t, octave)
	w.masked2(t, 0x7fffff, 0x3f800000)
	z := w.coefficient(3, octave)
	for power := 2; power >= 0; power-- {
		w.VMULPS(t, z, z)
		w.VADDPS(w.coefficient(power, octave), z, z)
	}
	sign := w.vec()
	w.bitAnd(w.fixed(0x80000000), u, sign)
	w.bitXor(sign, z, z)
	return z
}

// masked2 is v&and | or.
func (w *noiseWriter) masked2(v vec, and, or uint32) {
	w.bitAnd(w.fixed(and), v, v)
	w.bitOr(w.fixed(or), v, v)
}

// noisy adds numbers to a channel, clips and cuts; v holds the channel alone.
func (w *noiseWriter) noisy(v, u vec) {
	w.VCVTDQ2PS(v, v)
	w.VADDPS(w.number(u), v, v)
	zero := w.vec()
	w.zero(zero)
	w.VMAXPS(zero, v, v)
	if w.wide {
		w.VMINPS(w.fixed(0x437f0000), v, v)
	} else {
		w.VMINPS(w.data.float32(255), v, v)
	}
	w.VCVTTPS2DQ(v, v)
}

func writeNoise(e *emitter) {
	e.function("addNoise", "(pix []uint8, state uint64, normal *[96]float32)",
		"what addNoiseRef does with a table scaled by sigma, of whole vectors.")
	w := &noiseWriter{emitter: e, table: e.param("normal")}
	at, left := e.base("pix"), e.length("pix")
	w.start(e.param("state"))
	done := e.label("done")
	e.SHRQ(operand.U8(map[bool]uint64{true: 6, false: 5}[e.wide]), left)
	e.JZ(operand.LabelRef(done))
	e.loop(left, func() {
		w.pixels(mem{Base: at})
		e.ADDQ(operand.I32(e.bytes()), at)
	})
	e.Label(done)
	e.finish()
}

// start fills the counters of the first pixels and loads the constants.
func (w *noiseWriter) start(state gp) {
	first := w.vec()
	w.MOVQ(state, first.AsX())
	w.VPBROADCASTQ(first.AsX(), first)
	for i, name := range []string{"countersLow", "countersHigh"} {
		var block []uint8
		for j := range 8 {
			place := uint64(4*(j/2) + j%2 + 2*i + 1)
			for b := range 8 {
				block = append(block, uint8(place*weyl>>(8*b)))
			}
		}
		w.counters[i] = w.readBytes(w.data.bytes(name, block))
		w.VPADDQ(first, w.counters[i], w.counters[i])
	}
	lanes := uint64(w.lanes())
	w.step = w.quads(lanes * weyl)
	if w.wide {
		w.mixers = map[uint64]vec{mixFirst: w.quads(mixFirst), mixSecond: w.quads(mixSecond)}
		for power := range w.cubics {
			low, high := w.vec(), w.vec()
			w.VMOVUPS(mem{Base: w.table, Disp: 96 * power}, low)
			w.VMOVUPS(mem{Base: w.table, Disp: 96*power + 64}, high.AsY())
			w.cubics[power] = [2]vec{low, high}
		}
	}
}

// pixels adds noise to a vector of pixels.
func (w *noiseWriter) pixels(at mem) {
	var bits [2]vec
	for i, c := range w.counters {
		bits[i] = w.splitmix(c)
		w.VPADDQ(w.step, c, c)
	}
	low, high, green := w.vec(), w.vec(), w.vec()
	w.VSHUFPS(operand.U8(0x88), bits[1], bits[0], low)
	w.VSHUFPS(operand.U8(0xdd), bits[1], bits[0], high)
	w.VPSLLD(operand.U8(11), high, green)
	w.bitAnd(w.fixed(0x1fffff), green, green)
	shifted := w.vec()
	w.VPSLLD(operand.U8(21), low, shifted)
	w.bitOr(shifted, green, green)
	pixels, all := w.readBytes(at), w.vec()
	for c, u := range []vec{low, green, high} {
		v := w.vec()
		w.VPSRLD(operand.U8(8*c), pixels, v)
		w.bitAnd(w.fixed(0xff), v, v)
		w.noisy(v, u)
		if c == 0 {
			w.move(v, all)
			continue
		}
		w.VPSLLD(operand.U8(8*c), v, v)
		w.bitOr(v, all, all)
	}
	w.writeBytes(all, at)
}
