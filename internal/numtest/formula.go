package numtest

import (
	"hash/crc32"
	"math"
	"strings"
)

// FormulaUnit returns element i of the golden models' formula for a tensor of
// that name, in [-1, 1): splitmix64 of a counter seeded by the name's CRC-32.
func FormulaUnit(name string, i int) float64 {
	z := uint64(crc32.ChecksumIEEE([]byte(name)))<<32 + uint64(i)
	z += 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	z ^= z >> 31
	return float64(z>>11)/(1<<53)*2 - 1
}

// FormulaWeights returns the golden models' values of a parameter or running
// statistic, row-major, rounded to float32.
func FormulaWeights(name string, shape []int) []float32 {
	n, inner := 1, 1
	for i, d := range shape {
		n *= d
		if i > 0 {
			inner *= d
		}
	}
	offset, scale := 0.0, math.Sqrt(3/float64(inner))
	switch {
	case strings.HasSuffix(name, "running_var"):
		offset, scale = 1, 0.5
	case strings.HasSuffix(name, "running_mean"):
		scale = 0.1
	case len(shape) == 1 && strings.HasSuffix(name, "weight"): // of a BatchNorm
		offset, scale = 1, 0.1
	case len(shape) == 1:
		scale = 0.1
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(offset + scale*FormulaUnit(name, i))
	}
	return v
}

// FormulaImages returns the golden models' input [N,size,size,3], laid out as
// the graph's images; the formula counts in [N,3,size,size].
func FormulaImages(n, size int) []float32 {
	v := make([]float32, n*size*size*3)
	for i := range v {
		pixel, channel := i/3, i%3
		image, at := pixel/(size*size), pixel%(size*size)
		v[i] = float32(FormulaUnit("input", (image*3+channel)*size*size+at))
	}
	return v
}
