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

// inverse is the one-dimensional transform of eight numbers of 16 bits, times
// 8*sqrt(8)/2^shift, rounded. Sums of two inputs wrap at 16 bits, as in
// libjpeg-turbo's vectors; that shows only in files no encoder writes.
func inverse(x0, x1, x2, x3, x4, x5, x6, x7 int32, shift uint) (y0, y1, y2, y3, y4, y5, y6, y7 int32) {
	round := int32(1) << (shift - 1)
	t2 := x2*c0_541 + x6*(c0_541-c1_847)
	t3 := x2*(c0_541+c0_765) + x6*c0_541
	t0 := int32(int16(x0+x4))<<13 + round
	t1 := int32(int16(x0-x4))<<13 + round
	e0, e1, e2, e3 := t0+t3, t1+t2, t1-t2, t0-t3

	z3, z4 := int32(int16(x7+x3)), int32(int16(x5+x1))
	z3, z4 = z3*(c1_175-c1_961)+z4*c1_175, z3*c1_175+z4*(c1_175-c0_390)
	o0 := x7*-c0_899 + x1*(c1_501-c0_899) + z4
	o1 := x5*-c2_562 + x3*(c3_072-c2_562) + z3
	o2 := x5*(c2_053-c2_562) + x3*-c2_562 + z4
	o3 := x7*(c0_298-c0_899) + x1*-c0_899 + z3
	shift &= 31
	return (e0 + o0) >> shift, (e1 + o1) >> shift, (e2 + o2) >> shift, (e3 + o3) >> shift,
		(e3 - o3) >> shift, (e2 - o2) >> shift, (e1 - o1) >> shift, (e0 - o0) >> shift
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

// transformBlock takes short ways where columns and rows are flat.
func transformBlock(dst []uint8, stride int, q *quad, lane int, quant *[64]int16) {
	var rows [64]int32 // after the first pass
	flat := 0
	for x := range blockSize {
		if transformColumn(&rows, x, (*[quadSize - 24]int16)(q[lane:]), quant) {
			flat++
		}
	}
	last := blockSize - 1
	if flat == blockSize { // all rows are the same
		for x := range blockSize { // wraps where other blocks are clipped, as libjpeg-turbo does
			rows[x] = int32(q[lane+x] * quant[x] << 2)
		}
		last = 0
	}
	for y := range last + 1 {
		transformRow((*[8]uint8)(dst[y*stride:]), (*[8]int32)(rows[8*y:]))
	}
	for y := last + 1; y < blockSize; y++ {
		copy(dst[y*stride:y*stride+blockSize], dst[:blockSize])
	}
}

// transformColumn reports whether the column has no more than a mean.
func transformColumn(rows *[64]int32, x int, q *[quadSize - 24]int16, quant *[64]int16) bool {
	const r = quadRow
	x &= 7
	if q[x+r]|q[x+2*r]|q[x+3*r]|q[x+4*r]|q[x+5*r]|q[x+6*r]|q[x+7*r] == 0 {
		v := clipWord(int32(q[x]*quant[x]) << 2)
		for y := range blockSize {
			rows[8*y+x] = v
		}
		return true
	}
	y0, y1, y2, y3, y4, y5, y6, y7 := inverse(int32(q[x]*quant[x]), int32(q[x+r]*quant[x+8]), int32(q[x+2*r]*quant[x+16]), int32(q[x+3*r]*quant[x+24]),
		int32(q[x+4*r]*quant[x+32]), int32(q[x+5*r]*quant[x+40]), int32(q[x+6*r]*quant[x+48]), int32(q[x+7*r]*quant[x+56]), 11)
	rows[x], rows[x+8], rows[x+16], rows[x+24] = clipWord(y0), clipWord(y1), clipWord(y2), clipWord(y3)
	rows[x+32], rows[x+40], rows[x+48], rows[x+56] = clipWord(y4), clipWord(y5), clipWord(y6), clipWord(y7)
	return false
}

func transformRow(dst *[8]uint8, x *[8]int32) {
	if x[1]|x[2]|x[3]|x[4]|x[5]|x[6]|x[7] == 0 {
		v := clip((x[0]+16)>>5 + 128)
		*dst = [8]uint8{v, v, v, v, v, v, v, v}
		return
	}
	y0, y1, y2, y3, y4, y5, y6, y7 := inverse(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], 18)
	*dst = [8]uint8{clip(y0 + 128), clip(y1 + 128), clip(y2 + 128), clip(y3 + 128), clip(y4 + 128), clip(y5 + 128), clip(y6 + 128), clip(y7 + 128)}
}

// clipWord clips to 16 bits.
func clipWord(v int32) int32 {
	if v != int32(int16(v)) {
		return v>>31 ^ 0x7fff
	}
	return v
}

// clip clips to a byte.
func clip(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31))
	}
	return uint8(v)
}
