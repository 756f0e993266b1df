//go:build amd64 && !noasm

package pixel

var (
	smoothAVX2 = smoothTable{func(dst, line []float64, stride int, weights []float64) {
		symmetricSumsAVX2(dst, &line[0], 8*stride, weights)
	}}
	smoothAVX512 = smoothTable{func(dst, line []float64, stride int, weights []float64) {
		symmetricSumsAVX512(dst, &line[0], 8*stride, weights)
	}}
)
