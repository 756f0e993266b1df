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
	counters  [2]vec // of pixels 0 1 4 5 8 9 12 13 and 2 3 6 7 10 11 14 15
	step      vec
	order     vec // wide: of the bytes of results
	mixers    map[uint64]vec
	constants map[uint32]vec
	cubics    [4][2]vec // wide: by power of t, octaves 0..15 and 16..23
	table     gp        // narrow: the same in memory
}

// quads fills a vector with a 64-bit number.
func (e *emitter) quads(v uint64) vec {
	r, x := e.GP64(), e.vec()
	e.MOVQ(operand.U64(v), r)
	e.MOVQ(r, x.AsX())
	e.VPBROADCASTQ(x.AsX(), x)
	return x
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

// octaves are the numbers of cubics: which of eight lies in the low bits of
// index; the signs of half and third say which table of eight (narrow).
type octaves struct{ index, half, third vec }

func (w *noiseWriter) octaves(exponent vec) octaves {
	o := octaves{index: w.vec()}
	w.VPSRLD(operand.U8(23), exponent, o.index)
	if !w.wide {
		o.half, o.third = w.vec(), w.vec()
		w.VPSLLD(operand.U8(28), o.index, o.half)
		w.VPSLLD(operand.U8(27), o.index, o.third)
	}
	return o
}

// coefficient returns the cubics' coefficient of a power of t.
func (w *noiseWriter) coefficient(power int, o octaves) vec {
	v := w.vec()
	if w.wide {
		w.move(o.index, v)
		w.VPERMI2PS(w.cubics[power][1], w.cubics[power][0], v)
		return v
	}
	part := func(i int) mem { return mem{Base: w.table, Disp: 96*power + 32*i} }
	other := w.vec()
	w.VPERMPS(part(0), o.index, v)
	w.VPERMPS(part(1), o.index, other)
	w.VBLENDVPS(o.half, other, v, v)
	w.VPERMPS(part(2), o.index, other)
	w.VBLENDVPS(o.third, other, v, v)
	return v
}

// number returns the normal numbers of the 21 leading bits of u.
func (w *noiseWriter) number(u vec) vec {
	t := w.vec()
	w.VPSRLD(operand.U8(9), u, t)
	w.maskOr(t, 0x3ffffc, 2)
	w.VCVTDQ2PS(t, t)
	o := w.octaves(t)
	w.maskOr(t, 0x7fffff, 0x3f800000)
	z := w.coefficient(3, o)
	for power := 2; power >= 0; power-- {
		w.VMULPS(t, z, z)
		w.VADDPS(w.coefficient(power, o), z, z)
	}
	if w.wide {
		const xorAnd = 0x78 // z ^ u&sign
		w.VPTERNLOGD(operand.U8(xorAnd), w.constant(1<<31), u, z)
		return z
	}
	sign := w.vec()
	w.VPAND(w.data.bits(1<<31), u, sign)
	w.VPXOR(sign, z, z)
	return z
}

// constant is a number in all lanes of a register that stays (wide).
func (w *noiseWriter) constant(v uint32) vec {
	if w.constants[v] == nil {
		panic("noise: no such constant")
	}
	return w.constants[v]
}

// maskOr is v&and | or.
func (w *noiseWriter) maskOr(v vec, and, or uint32) {
	if w.wide {
		const andOr = 0xea
		w.VPTERNLOGD(operand.U8(andOr), w.constant(or), w.constant(and), v)
		return
	}
	w.VPAND(w.data.bits(and), v, v)
	w.VPOR(w.data.bits(or), v, v)
}

// noisy adds numbers to a channel of pixels and cuts the sums' fractions.
func (w *noiseWriter) noisy(pixels vec, channel int, u vec) vec {
	v := w.vec()
	from := pixels
	if channel > 0 {
		w.VPSRLD(operand.U8(8*channel), pixels, v)
		from = v
	}
	if w.wide {
		w.VPANDD(w.constant(0xff), from, v)
	} else {
		w.VPAND(w.data.bits(0xff), from, v)
	}
	w.VCVTDQ2PS(v, v)
	w.VADDPS(w.number(u), v, v)
	w.VCVTTPS2DQ(v, v)
	return v
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
		w.order = w.readBytes(w.data.bytes("noiseOrder", noiseOrder()))
		w.constants = map[uint32]vec{}
		for _, v := range []uint32{0x3ffffc, 2, 0x7fffff, 0x3f800000, 1 << 31, 0xff, 0x1fffff} {
			w.constants[v] = w.filled(v)
		}
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
	shifted := w.vec()
	w.VPSLLD(operand.U8(21), low, shifted)
	if w.wide {
		const orAnd = 0xf8 // shifted | green&0x1fffff
		w.VPTERNLOGD(operand.U8(orAnd), w.constant(0x1fffff), green, shifted)
	} else {
		w.VPAND(w.data.bits(0x1fffff), green, green)
		w.VPOR(green, shifted, shifted)
	}
	pixels := w.readBytes(at)
	r := w.noisy(pixels, 0, low)
	g := w.noisy(pixels, 1, shifted)
	// Packing clips to 0..255: truncation and clipping commute.
	w.VPACKSSDW(g, r, r)
	b := w.noisy(pixels, 2, high)
	w.VPACKSSDW(b, b, b)
	w.VPACKUSWB(b, r, r)
	if w.wide {
		w.VPSHUFB(w.order, r, r)
	} else {
		w.VPSHUFB(w.data.bytes("noiseOrder", noiseOrder()), r, r)
	}
	w.writeBytes(r, at)
}

// noiseOrder takes bytes r r r r g g g g b b b b b b b b to pixels.
func noiseOrder() []uint8 {
	order := make([]uint8, 64)
	for i := range order {
		order[i] = uint8(i%16/4 + i%4*4)
	}
	return order
}
