package jpeg

// Constants of the transform times 2^13, rounded (Loeffler, Ligtenberg and
// Moschytz 1989, as libjpeg's "islow" scales them).
const (
	c0_298 = 2446
	c0_390 = 3196
	c0_541 = 4433
	c0_765 = 6270
	c0_899 = 7373
	c1_175 = 9633
	c1_501 = 12299
	c1_847 = 15137
	c1_961 = 16069
	c2_053 = 16819
	c2_562 = 20995
	c3_072 = 25172
)

// inverse is the one-dimensional transform of eight numbers, times
// 8*sqrt(8)/2^shift, rounded. Sums of two inputs wrap at 16 bits, as in
// libjpeg-turbo's vectors; that shows only in files no encoder writes.
func inverse(x *[8]int16, shift uint) (y [8]int32) {
	round := int32(1) << (shift - 1)
	t2 := int32(x[2])*c0_541 + int32(x[6])*(c0_541-c1_847)
	t3 := int32(x[2])*(c0_541+c0_765) + int32(x[6])*c0_541
	t0 := int32(x[0]+x[4])<<13 + round
	t1 := int32(x[0]-x[4])<<13 + round
	even := [4]int32{t0 + t3, t1 + t2, t1 - t2, t0 - t3}

	z3, z4 := int32(x[7]+x[3]), int32(x[5]+x[1])
	z3, z4 = z3*(c1_175-c1_961)+z4*c1_175, z3*c1_175+z4*(c1_175-c0_390)
	odd := [4]int32{
		int32(x[7])*-c0_899 + int32(x[1])*(c1_501-c0_899) + z4,
		int32(x[5])*-c2_562 + int32(x[3])*(c3_072-c2_562) + z3,
		int32(x[5])*(c2_053-c2_562) + int32(x[3])*-c2_562 + z4,
		int32(x[7])*(c0_298-c0_899) + int32(x[1])*-c0_899 + z3,
	}
	for i := range 4 {
		y[i] = (even[i] + odd[i]) >> shift
		y[7-i] = (even[i] - odd[i]) >> shift
	}
	return y
}

// transformRef writes the samples of quads of blocks side by side: dequantise,
// inverse transform, add 128, clip. quant is in rows. Row y of the samples
// starts at dst[y*stride].
func transformRef(dst []uint8, stride int, coef []int16, quant *[64]int16, quads int) {
	for i := range quads * quadBlocks {
		q := (*quad)(coef[i/quadBlocks*quadSize:])
		transformBlock(dst[i*blockSize:], stride, q, i%quadBlocks*blockSize, quant)
	}
}

func transformBlock(dst []uint8, stride int, q *quad, lane int, quant *[64]int16) {
	rest := int16(0)
	for y := 1; y < 8; y++ {
		for _, v := range q[y*quadRow+lane : y*quadRow+lane+8] {
			rest |= v
		}
	}
	var rows [8][8]int16 // after the first pass
	for x := range 8 {
		if rest == 0 { // the same but where it wraps, as libjpeg-turbo does then
			for y := range 8 {
				rows[y][x] = q[lane+x] * quant[x] << 2
			}
			continue
		}
		var column [8]int16
		for y := range 8 {
			column[y] = q[y*quadRow+lane+x] * quant[8*y+x]
		}
		for y, v := range inverse(&column, 11) {
			rows[y][x] = int16(min(max(v, -1<<15), 1<<15-1))
		}
	}
	for y := range 8 {
		out := dst[y*stride : y*stride+8]
		for x, v := range inverse(&rows[y], 18) {
			out[x] = uint8(min(max(v, -128), 127) + 128)
		}
	}
}
