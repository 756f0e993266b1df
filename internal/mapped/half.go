package mapped

import "math"

// Half returns the value of the IEEE 754 binary16 number with these bits;
// every one of them is a float32. A NaN keeps its payload.
func Half(bits uint16) float32 {
	sign, exponent, fraction := uint32(bits>>15)<<31, uint32(bits>>10)&31, uint32(bits)&0x3ff
	switch exponent {
	case 0: // zero, or a subnormal: a multiple of 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(math.Ldexp(float64(fraction), -24))))
	case 31: // infinity or NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// Brain returns the value of the bfloat16 number with these bits.
func Brain(bits uint16) float32 { return math.Float32frombits(uint32(bits) << 16) }
