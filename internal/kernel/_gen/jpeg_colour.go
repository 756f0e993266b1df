package main

import "github.com/mmcloughlin/avo/operand"

// colourFactors are those of the conversion; what does not fit into 16 bits
// is written as a whole number and a rest.
type colourFactors struct {
	centre, one, red, blue, green, half op
}

// writeConversion writes a conversion to packed pixels of so many bytes.
func writeConversion(e *emitter, name, doc string, size int, prepare func(), store func(parts [3][]vec, dst gp)) {
	e.function(name, "(dst, y, cb, cr []uint8, n int)", doc)
	dst, luma, cb, cr := e.base("dst"), e.base("y"), e.base("cb"), e.base("cr")
	f := colourFactors{
		centre: e.word16(128), one: e.word16(1), red: e.word16(91881 - 1<<16), blue: e.word16(116130 - 2<<16),
		green: e.fixed(uint32(uint16(0x10000-22554)) | (1<<16-46802)<<16), half: e.fixed(1 << 15),
	}
	prepare()
	e.eachBlock(func() {
		var parts [3][]vec
		for part := range 64 / e.bytes() {
			at := part * e.bytes() / 2
			r, g, b := e.colours(f, e.widened(mem{Base: luma, Disp: at}), e.widened(mem{Base: cb, Disp: at}), e.widened(mem{Base: cr, Disp: at}))
			for i, v := range []vec{r, g, b} {
				parts[i] = append(parts[i], v)
			}
		}
		store(parts, dst)
	}, step{dst, size * rowBlock}, step{luma, rowBlock}, step{cb, rowBlock}, step{cr, rowBlock})
}

func writeToRGB(e *emitter) {
	var places [2]vec
	prepare := func() {
		for i := range places {
			if e.wide {
				places[i] = e.readBytes(e.data.octets([2]string{"rgbLow", "rgbHigh"}[i], 64, func(j int) uint8 {
					j += 64 * i
					return uint8(j%3*32 + j/3%32)
				}))
			}
		}
	}
	writeConversion(e, "toRGB", "toRGBRef: JFIF's colours to R, G, B.", 3, prepare, func(parts [3][]vec, dst gp) {
		if e.wide {
			e.storeRGBWide(parts, places, dst)
		} else {
			e.storeRGBNarrow(parts, dst)
		}
	})
}

func writeToRGBA(e *emitter) {
	var places [2]vec
	var opaque op
	prepare := func() {
		opaque = e.word16(255)
		for i := range places {
			if e.wide { // word pairs of 16 pixels: of the first vector, then of the second
				places[i] = e.readBytes(e.data.octets([2]string{"rgbaLow", "rgbaHigh"}[i], 64, func(j int) uint8 {
					if j%2 != 0 {
						return 0
					}
					return uint8(j/2%2*32 + j/4 + 16*i)
				}))
			}
		}
	}
	writeConversion(e, "toRGBA", "toRGBARef: JFIF's colours to R, G, B, 255.", 4, prepare, func(parts [3][]vec, dst gp) {
		zero := e.vec()
		e.zero(zero)
		for part := range parts[0] {
			for _, p := range parts {
				e.VPMAXSW(zero, p[part], p[part])
				e.VPMINSW(opaque, p[part], p[part])
			}
			rg, ba := parts[1][part], e.vec()
			e.VPSLLW(operand.U8(8), rg, rg)
			e.or(parts[0][part], rg)
			e.VPSLLW(operand.U8(8), e.register16(opaque), ba)
			e.or(parts[2][part], ba)
			e.storeRGBA(rg, ba, places, mem{Base: dst, Disp: part * 2 * e.bytes()})
		}
	})
}

// register16 returns an operand in a register.
func (e *emitter) register16(o op) op {
	if m, ok := o.(mem); ok {
		return e.readBytes(m)
	}
	return o
}

// storeRGBA interleaves words and writes two vectors.
func (e *emitter) storeRGBA(rg, ba vec, places [2]vec, to mem) {
	if e.wide {
		for i, p := range places {
			t := e.vec()
			e.move(p, t)
			e.VPERMI2W(ba, rg, t)
			e.writeBytes(t, to.Offset(64*i))
		}
		return
	}
	low, high := e.vec(), e.vec()
	e.VPUNPCKLWD(ba, rg, low)
	e.VPUNPCKHWD(ba, rg, high)
	for lane, v := range []vec{low, high} {
		e.VMOVDQU(v.AsX(), to.Offset(16*lane))
		e.VEXTRACTI128(operand.U8(1), v, to.Offset(32+16*lane))
	}
}

// colours converts words.
func (e *emitter) colours(f colourFactors, y, cb, cr vec) (r, g, b vec) {
	e.VPSUBW(f.centre, cb, cb)
	e.VPSUBW(f.centre, cr, cr)
	low, high := e.vec(), e.vec()
	e.VPUNPCKLWD(cr, cb, low)
	e.VPUNPCKHWD(cr, cb, high)
	for _, v := range []vec{low, high} {
		e.VPMADDWD(f.green, v, v)
		e.VPADDD(f.half, v, v)
		e.VPSRAD(operand.U8(16), v, v)
	}
	g = e.vec()
	e.VPACKSSDW(high, low, g)
	e.VPSUBW(cr, g, g)
	e.VPADDW(y, g, g)
	r, b = e.scaled16(cr, f.red, f.one), e.scaled16(cb, f.blue, f.one)
	e.VPADDW(cr, r, r)
	e.VPADDW(y, r, r)
	e.VPADDW(cb, cb, cb)
	e.VPADDW(cb, b, b)
	e.VPADDW(y, b, b)
	return r, g, b
}

// scaled16 is v*factor / 2^16, rounded to the nearest, halves up.
func (e *emitter) scaled16(v vec, factor, one op) vec {
	t := e.vec()
	e.VPADDW(v, v, t)
	e.VPMULHW(factor, t, t)
	e.VPADDW(one, t, t)
	e.VPSRAW(operand.U8(1), t, t)
	return t
}

// storeRGBWide writes 32 pixels. It needs VBMI.
func (e *emitter) storeRGBWide(parts [3][]vec, places [2]vec, dst gp) {
	zero := e.vec()
	e.zero(zero)
	for i := range parts {
		v := parts[i][0]
		e.VPMAXSW(zero, v, v)
		e.VPMOVUSWB(v, v.AsY())
	}
	rg, b := parts[0][0], parts[2][0]
	e.VINSERTI64X4(operand.U8(1), parts[1][0].AsY(), rg, rg)
	for i, p := range places {
		t := e.vec()
		e.VMOVDQA64(p, t)
		e.VPERMI2B(b, rg, t)
		if i == 0 {
			e.VMOVDQU64(t, mem{Base: dst})
		} else {
			e.VMOVDQU(t.AsY(), mem{Base: dst, Disp: 64})
		}
	}
}

// storeRGBNarrow writes 32 pixels.
func (e *emitter) storeRGBNarrow(parts [3][]vec, dst gp) {
	for i := range parts {
		e.VPACKUSWB(parts[i][1], parts[i][0], parts[i][0])
		e.VPERMQ(operand.U8(0xd8), parts[i][0], parts[i][0]) // 16 pixels a lane
	}
	for third := range 3 {
		var out vec
		for channel := range 3 {
			m := e.data.octets("rgb"+string(rune('0'+third))+string(rune('0'+channel)), 32, func(j int) uint8 {
				j = 16*third + j%16
				if j%3 != channel {
					return 0x80
				}
				return uint8(j / 3)
			})
			v := e.vec()
			e.VPSHUFB(m, parts[channel][0], v)
			if channel > 0 {
				e.VPOR(out, v, v)
			}
			out = v
		}
		e.VMOVDQU(out.AsX(), mem{Base: dst, Disp: 16 * third})
		e.VEXTRACTI128(operand.U8(1), out, mem{Base: dst, Disp: 48 + 16*third})
	}
}
