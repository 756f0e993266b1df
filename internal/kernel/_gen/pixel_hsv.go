package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
)

// writeHSV computes in float32, exactly but for the way back, which rounds as
// OpenCV does.
func writeHSV(e *emitter) {
	writeShiftHSV(e, "shiftHSV", true)
	writeShiftHSV(e, "shiftHSVTail", false)
}

func writeShiftHSV(e *emitter, name string, even bool) {
	which := "even"
	if !even {
		which = "odd"
	}
	e.function(name, "(pix *uint8, blocks int, hue, saturation, value float32)",
		fmt.Sprintf("shiftHSVRef of blocks > 0 blocks of %d pixels, all of them %s ones,", e.lanes(), which),
		"with 0 for their fourth bytes. Whole numbers are added: to the hue one of",
		"0..179, given as 4096 times it plus 2048, to the saturation one given in the",
		"same way, and to the value.")
	pix, blocks := e.param("pix"), e.param("blocks")
	hue, saturation, value := e.everywhere("hue"), e.everywhere("saturation"), e.everywhere("value")
	zero, one := e.vec(), e.filled(math.Float32bits(1))
	e.zero(zero)
	limited := func(v vec, limit float64) {
		e.VMAXPS(zero, v, v)
		e.with(e.VMINPS, e.VMINPS_BCST, e.number(limit), v, v)
	}
	e.loop(blocks, func() {
		h, s, v := e.hsv(e.channels(mem{Base: pix}), one, hue, saturation)
		turns := e.vec() // the hue modulo 180
		e.with(e.VMULPS, e.VMULPS_BCST, e.number(1.0/180), h, turns)
		e.round(down, turns)
		e.with(e.VFNMADD231PS, e.VFNMADD231PS_BCST, e.number(180), turns, h)
		limited(s, 255)
		e.VADDPS(value, v, v)
		limited(v, 255)
		e.with(e.VMULPS, e.VMULPS_BCST, e.number(1.0/255), s, s)
		e.with(e.VMULPS, e.VMULPS_BCST, e.number(1.0/255), v, v)
		e.with(e.VMULPS, e.VMULPS_BCST, e.number(float64(float32(6)/180)), h, h)
		e.store(e.rgb(h, s, v, zero, one, even), mem{Base: pix})
		e.ADDQ(operand.I32(e.bytes()), pix)
	})
	e.finish()
}

// everywhere returns a parameter of 32 bits in all lanes.
func (e *emitter) everywhere(name string) vec {
	v := e.vec()
	e.VBROADCASTSS(e.frame(name), v)
	return v
}

// channels returns red, green and blue as float32.
func (e *emitter) channels(m mem) (c [3]vec) {
	low, p := e.filled(255), e.loaded(m)
	for i := range c {
		c[i] = e.vec()
		e.VPSRLD(operand.U8(8*i), p, c[i])
		if e.wide {
			e.VPANDD(low, c[i], c[i])
		} else {
			e.VPAND(low, c[i], c[i])
		}
		e.VCVTDQ2PS(c[i], c[i])
	}
	return c
}

// hsv returns hue and saturation with what is added to them, and value. Where
// the tables of the reference have 0 for 0 it divides by 1: what is multiplied
// with that is 0 as well.
func (e *emitter) hsv(rgb [3]vec, one, hue, saturation vec) (h, s, v vec) {
	r, g, b := rgb[0], rgb[1], rgb[2]
	v, d := e.vec(), e.vec()
	e.VMAXPS(g, r, v)
	e.VMAXPS(b, v, v)
	e.VMINPS(g, r, d)
	e.VMINPS(b, d, d)
	e.VSUBPS(d, v, d)
	h = e.vec()
	green, red := e.vec(), e.vec()
	e.VSUBPS(g, r, h)
	e.VSUBPS(r, b, green)
	e.VSUBPS(b, g, red)
	e.with(e.VFMADD231PS, e.VFMADD231PS_BCST, e.number(4), d, h)
	e.with(e.VFMADD231PS, e.VFMADD231PS_BCST, e.number(2), d, green)
	e.chooseEqual(v, g, green, h)
	e.chooseEqual(v, r, red, h)
	quotient := func(scale float64, x vec) vec {
		q := e.filled(math.Float32bits(float32(4096 * scale)))
		bounded := e.vec()
		e.VMAXPS(one, x, bounded)
		e.VDIVPS(bounded, q, q)
		e.round(nearest, q)
		return q
	}
	perHue, s := quotient(30, d), quotient(255, v)
	e.VFMADD213PS(hue, perHue, h)
	e.VFMADD213PS(saturation, d, s)
	for _, x := range []vec{h, s} {
		e.with(e.VMULPS, e.VMULPS_BCST, e.number(1.0/4096), x, x)
		e.round(down, x)
	}
	return h, s, v
}

// chooseEqual replaces lanes of to by those of v where x == y.
func (e *emitter) chooseEqual(x, y, v, to vec) {
	const equal = 0
	if e.wide {
		k := e.K()
		e.VCMPPS(operand.U8(equal), y, x, k)
		e.VMOVAPS(v, k, to)
		return
	}
	mask := e.vec()
	e.VCMPPS(operand.U8(equal), y, x, mask)
	e.VBLENDVPS(mask, v, to, to)
}

// rgb returns pixels. Each channel is v*(1 - s*c), with c rising or falling
// by 1 in two of the six sectors of h and constant, 0 or 1, between them. Odd
// pixels are rounded once more where it falls, and at the end.
func (e *emitter) rgb(h, s, v, zero, one vec, even bool) vec {
	var out vec
	for _, c := range []struct {
		rise, fall float64 // where c starts to
		both       func(ops ...op)
	}{{5, 2, e.VMAXPS}, {3, 0, e.VMAXPS}, {1, 4, e.VMINPS}} { // blue, green, red
		x, fall := e.vec(), e.filled(math.Float32bits(float32(c.fall+1)))
		e.with(e.VSUBPS, e.VSUBPS_BCST, e.number(c.rise), h, x)
		e.VSUBPS(h, fall, fall)
		c.both(fall, x, x)
		clamped, product := e.vec(), e.vec()
		e.VMAXPS(zero, x, clamped)
		e.VMINPS(one, clamped, clamped)
		if !even {
			e.VMULPS(s, clamped, product)
			e.VSUBPS(product, one, product)
		}
		e.VFNMADD213PS(one, s, clamped)
		if !even {
			e.chooseEqual(x, fall, product, clamped)
		}
		e.VMULPS(v, clamped, x)
		e.with(e.VMULPS, e.VMULPS_BCST, e.number(255), x, x)
		if even {
			e.VCVTTPS2DQ(x, x)
		} else {
			e.VCVTPS2DQ(x, x)
		}
		if out == nil {
			out = x
			continue
		}
		e.VPSLLD(operand.U8(8), out, out)
		e.or(x, out)
	}
	return out
}
