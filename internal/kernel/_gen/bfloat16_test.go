package main

import "testing"

// TestDotPairsBytes compares with the bytes that the GNU assembler writes.
func TestDotPairsBytes(t *testing.T) {
	for _, c := range []struct {
		b, a, sum  uint32
		long, word uint32
	}{
		{0, 1, 2, 0x4876f262, 0xd052},
		{9, 17, 30, 0x40764262, 0xf152},
		{31, 8, 15, 0x483e1262, 0xff52},
		{16, 31, 7, 0x4006b262, 0xf852},
	} {
		if long, word := dotPairsBytes(c.b, c.a, c.sum); long != c.long || word != c.word {
			t.Errorf("vdpbf16ps zmm%d, zmm%d, zmm%d is %08x %04x, want %08x %04x", c.b, c.a, c.sum, long, word, c.long, c.word)
		}
	}
}
