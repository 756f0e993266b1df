package augment

import "fmt"

// Views is the number of test-time views: the symmetries of the square.
const Views = 8

// View writes test-time view index (0..7) of one square picture src
// [size,size,channels] to dst, which must not overlap it. Views 4..7 transpose
// height and width first; then index mod 4 says: 0 nothing, 1 reverse the
// rows, 2 reverse the columns, 3 both (Ha, Liu, Liu 2020, `get_trans`). View 0
// is a copy. A wrong index or length panics.
func View(dst, src []float32, size, channels, index int) {
	n := size * size * channels
	if index < 0 || index >= Views || len(src) != n || len(dst) != n {
		panic(fmt.Sprintf("augment: view %d of size %d, channels %d: src holds %d and dst %d values",
			index, size, channels, len(src), len(dst)))
	}
	flipRows, flipColumns := index&1 != 0, index&2 != 0
	for y := range size {
		fromY := y
		if flipRows {
			fromY = size - 1 - y
		}
		for x := range size {
			fromX := x
			if flipColumns {
				fromX = size - 1 - x
			}
			from := (fromY*size + fromX) * channels
			if index >= 4 {
				from = (fromX*size + fromY) * channels
			}
			copy(dst[(y*size+x)*channels:][:channels], src[from:from+channels])
		}
	}
}
