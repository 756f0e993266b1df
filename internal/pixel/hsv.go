package pixel

import (
	"fmt"
	"math"
)

// OpenCV's 8-bit HSV: half the hue's degrees (0..179), saturation and value of
// 0..255.

// hsvTables holds 2^12 times 255/v and 30/d, rounded, and 0 for 0: what
// saturation and hue are multiplied with.
var hsvSaturation, hsvHue = newHSVTable(255), newHSVTable(30)

func newHSVTable(scale float64) (t [256]int32) {
	for i := 1; i < 256; i++ {
		t[i] = int32(math.RoundToEven(scale * 4096 / float64(i)))
	}
	return t
}

// hsvShift holds what a hue, saturation and value become.
type hsvShift struct {
	hue               [180]uint8
	saturation, value [256]uint8

	// uniform says that each table adds a whole number, then limits the sum or
	// takes it modulo 180: unless a shift is nearly a whole number.
	uniform                         bool
	addHue, addSaturation, addValue int

	tail [4 * 32]uint8 // room for the odd pixels of a row
}

func (s *hsvShift) set(hue, saturation, value float64) {
	for i := range s.hue {
		h := math.Mod(float64(i)+hue, 180)
		if h < 0 {
			h += 180
		}
		s.hue[i] = uint8(int(h) % 180) // h may have become 180, which is 0
	}
	s.addHue = int(s.hue[0])
	s.uniform = true
	for i, h := range s.hue {
		s.uniform = s.uniform && int(h) == (i+s.addHue)%180
	}
	for _, t := range []struct {
		table *[256]uint8
		add   *int
		shift float64
	}{{&s.saturation, &s.addSaturation, saturation}, {&s.value, &s.addValue, value}} {
		*t.add = int(math.Floor(min(max(t.shift, -256), 256)))
		for i := range t.table {
			t.table[i] = uint8(min(max(float64(i)+t.shift, 0), 255))
			s.uniform = s.uniform && t.table[i] == clamp8(i+*t.add)
		}
	}
}

// ShiftHSV adds to hue (half degrees, modulo 180), saturation and value
// (0..255, limited) of a picture in place, each sum truncated. As
// albumentations 0.4.6 does with OpenCV's AVX2 code: the last Width mod 32
// pixels of a row are rounded, all others truncated on the way back to RGB.
// Numbers that are not finite panic.
func ShiftHSV(w *Workspace, p *Picture, hue, saturation, value float64) {
	for _, v := range [...]float64{hue, saturation, value} {
		if v-v != 0 {
			panic(fmt.Sprintf("pixel: shift of HSV by %v", v))
		}
	}
	shift, kernels := &w.hsv, active()
	shift.set(hue, saturation, value)
	if p.Width%32 == 0 {
		kernels.shiftHSV(p.Pix, shift, p.Width*p.Height)
		return
	}
	for y := range p.Height {
		kernels.shiftHSV(p.Row(y), shift, p.Width/32*32)
	}
}

// shiftHSVRef does a row of pixels, of which the first even are truncated.
func shiftHSVRef(row []uint8, shift *hsvShift, even int) {
	for x := 0; 4*x < len(row); x++ {
		p := row[4*x : 4*x+3 : 4*x+3]
		h, s, v := hsvFromRGB(p[0], p[1], p[2])
		p[0], p[1], p[2] = rgbFromHSV(shift.hue[h], shift.saturation[s], shift.value[v], x < even)
	}
}

func hsvFromRGB(red, green, blue uint8) (hue, saturation, value uint8) {
	r, g, b := int32(red), int32(green), int32(blue)
	v := max(r, g, b)
	d := v - min(r, g, b)
	var numerator int32
	switch v {
	case r:
		numerator = g - b
	case g:
		numerator = b - r + 2*d
	default:
		numerator = r - g + 4*d
	}
	h := (numerator*hsvHue[d] + 2048) >> 12
	if h < 0 {
		h += 180
	}
	return uint8(h), uint8((d*hsvSaturation[v] + 2048) >> 12), uint8(v)
}

// rgbFromHSV is the way back. Its even pixels are those that OpenCV does as
// vectors, fused and truncated.
func rgbFromHSV(hue, saturation, value uint8, even bool) (r, g, b uint8) {
	s, v := float32(float32(saturation)*(1.0/255)), float32(float32(value)*(1.0/255))
	h := float32(float32(hue) * (float32(6) / 180))
	sector := int(h)
	f := h - float32(sector)
	p, q := float32(v*(1-s)), float32(v*oneMinusProduct(s, f))
	t := float32(v * oneMinusProduct(s, 1-f))
	if !even {
		t = v * (1 - float32(s*(1-f)))
	}
	rgb := [6][3]float32{{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}}[sector%6]
	return hsvByte(rgb[0], even), hsvByte(rgb[1], even), hsvByte(rgb[2], even)
}

// oneMinusProduct is 1 - a*b, rounded once.
func oneMinusProduct(a, b float32) float32 { return float32(1 - float64(a)*float64(b)) }

func hsvByte(x float32, even bool) uint8 {
	x *= 255
	if !even {
		x = float32(math.RoundToEven(float64(x)))
	}
	return clamp8(int(x))
}
