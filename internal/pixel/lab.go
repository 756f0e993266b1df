package pixel

import "math"

// OpenCV's 8-bit CIE Lab of sRGB with the white point D65, in integers: L is
// 255/100 of the lightness, a and b have 128 added.

// labScale is 1 in the fixed-point numbers of the way back.
const labScale = 1 << 14

// The tables of both ways. A pixel's linear light has 0..2040, the cube roots
// 15 bits behind the point, the way back 14.
var (
	labGamma  = newLabGamma()  // sRGB to linear light
	labRoot   = newLabRoot()   // CIE's f, of 2040ths
	labY      = newLabY()      // L to Y
	labF      = newLabF()      // L to f(Y)
	labEncode = newLabEncode() // linear light of 4096ths to sRGB
)

func newLabGamma() (t [256]uint16) {
	for i := range t {
		x := float64(i) / 255
		if x <= 0.04045 {
			x /= 12.92
		} else {
			x = math.Pow((x+0.055)/1.055, 2.4)
		}
		t[i] = uint16(math.RoundToEven(2040 * x))
	}
	return t
}

func newLabRoot() (t [2041]uint16) {
	for i := range t {
		x := float64(i) / 2040
		f := float64(x*841/108) + 16.0/116
		if x >= 216.0/24389 {
			f = math.Cbrt(x)
		}
		t[i] = uint16(math.RoundToEven(32768 * f))
	}
	t[49], t[628] = 9454, 22126 // OpenCV's cube root is off by more than a half there
	return t
}

func newLabY() (t [256]uint16) {
	for i := range t {
		y := float64(i) * labScale * 180 / (17 * 29 * 29 * 29)
		if i > 20 {
			f := labScale * (float64(float64(i)*100/255) + 16) / 116
			y = f * f * f / (labScale * labScale)
		}
		t[i] = uint16(math.RoundToEven(y))
	}
	return t
}

func newLabF() (t [256]uint16) {
	for i := range t {
		f := labScale * (16.0/116 + float64(float64(5*i)/(3*17*29)))
		if i > 20 {
			f = labScale * (float64(float64(i)*100/255) + 16) / 116
		}
		t[i] = uint16(math.RoundToEven(f))
	}
	return t
}

func newLabEncode() (t [4096]uint8) {
	for i := range t {
		x := float64(i) / 4096
		if x <= 0.0031308 {
			x *= 12.92
		} else {
			x = float64(1.055*math.Pow(x, 1/2.4)) - 0.055
		}
		t[i] = uint8(math.RoundToEven(255 * x))
	}
	return t
}

// labFromRGBRef writes the planes of len(l) pixels.
func labFromRGBRef(l, a, b, pix []uint8) {
	for i := range l {
		p := pix[4*i : 4*i+4 : 4*i+4]
		red, green, blue := int(labGamma[p[0]]), int(labGamma[p[1]]), int(labGamma[p[2]])
		x := int(labRoot[(1777*red+1541*green+778*blue+2048)>>12])
		y := int(labRoot[(871*red+2929*green+296*blue+2048)>>12])
		z := int(labRoot[(73*red+448*green+3575*blue+2048)>>12])
		const half, shift = 1 << 14, 1 << 22
		l[i] = clamp8((296*y - 1336934 + half) >> 15)
		a[i] = clamp8((500*(x-y) + shift + half) >> 15)
		b[i] = clamp8((200*(y-z) + shift + half) >> 15)
	}
}

// rgbFromLabRef is the way back.
func rgbFromLabRef(pix, l, a, b []uint8) {
	for i := range l {
		f, y := int(labF[l[i]]), int(labY[l[i]])
		x := labCube(f + (5*int(a[i])*53687+128)>>13 - 4194)
		z := labCube(f - ((int(b[i])*41943+16)>>9 - 10484))
		p := pix[4*i : 4*i+4 : 4*i+4]
		p[0] = labEncoded(12615*x - 6296*y - 2223*z)
		p[1] = labEncoded(-3773*x + 7684*y + 185*z)
		p[2] = labEncoded(217*x - 836*y + 4715*z)
	}
}

// labCube is the inverse of CIE's f, for -8145 <= f < 28719.
func labCube(f int) int {
	if f <= 3390 {
		return f*108/841 - 290
	}
	return f * f / labScale * f / labScale
}

func labEncoded(v int) uint8 { return labEncode[min(max((v+8192)>>14, 0), 4095)] }

func clamp8(v int) uint8 { return uint8(min(max(v, 0), 255)) }
