//go:build amd64 && !noasm

package pixel

var (
	resamplingAVX2   = resampleTable{rowsBut(resampleRowAVX2), columnsFrom(32, resampleColumnsAVX2)}
	resamplingAVX512 = resampleTable{rowsBut(resampleRowAVX512), columnsFrom(64, resampleColumnsAVX512)}
)

// rowsBut runs a kernel on all rows but the last: it reads and writes one byte
// behind a row, which is then written again with the next one.
func rowsBut(kernel func(dst, src *uint8, first, weights *int32, count, n int)) func([]uint8, []uint8, *resampleTaps, int) {
	return func(dst, src []uint8, t *resampleTaps, rows int) {
		for y := range rows - 1 {
			kernel(&dst[3*y*t.to], &src[3*y*t.from], &t.first[0], &t.weights[0], t.count, t.to)
		}
		resampleRowsRef(dst[3*(rows-1)*t.to:], src[3*(rows-1)*t.from:], t, 1)
	}
}

// columnsFrom runs a kernel on rows of at least so many bytes.
func columnsFrom(least int, kernel func(dst []uint8, src *uint8, stride int, weights []int32)) func([]uint8, []uint8, int, []int32) {
	return func(dst, src []uint8, stride int, weights []int32) {
		if len(dst) < least {
			resampleColumnsRef(dst, src, stride, weights)
			return
		}
		kernel(dst, &src[0], stride, weights)
	}
}
