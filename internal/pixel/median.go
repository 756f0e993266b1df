package pixel

import "fmt"

// MedianBlur gives every channel the median of its k x k neighbourhood, k = 3
// or 5. Outside the picture its edge goes on (cv2.medianBlur).
func MedianBlur(w *Workspace, dst, src *Picture, k int) {
	if k != 3 && k != 5 {
		panic(fmt.Sprintf("pixel: median: kernel of %d", k))
	}
	apart(dst, src, "median")
	dst.Reset(src.Width, src.Height)
	if len(dst.Pix) == 0 {
		return
	}
	t, half := active(), k/2
	sortRows, merge := t.sortRows3, t.mergeRanks3
	if k == 5 {
		sortRows, merge = t.sortRows5, t.mergeRanks5
	}
	ranks, stride := w.filter.rows(k, half, src.Width)
	ends := newEnds(half, src.Width, func(i, n int) int { return min(max(i, 0), n-1) })
	rows := &w.filter.taps
	for y := range src.Height {
		for i := range k {
			rows[i] = src.Row(min(max(y+i-half, 0), src.Height-1))
		}
		sortRows(ranks[4*half:], stride, rows)
		for r := range k {
			fillEnds(ranks[r*stride:], &ends)
		}
		merge(dst.Row(y), ranks, stride)
	}
}

// sortRowsRef sorts the bytes that lie below one another in the first k rows:
// rank r of byte i goes to ranks[r*stride+i].
func sortRowsRef(k int) func(ranks []uint8, stride int, rows *[5][]uint8) {
	return func(ranks []uint8, stride int, rows *[5][]uint8) {
		for i := range rows[0] {
			var v [5]uint8
			for r := range k {
				v[r] = rows[r][i]
			}
			sortBytes(v[:k])
			for r := range k {
				ranks[r*stride+i] = v[r]
			}
		}
	}
}

// mergeRanksRef finds the median of k sorted columns that lie side by side.
func mergeRanksRef(k int) func(dst, ranks []uint8, stride int) {
	return func(dst, ranks []uint8, stride int) {
		var v [25]uint8
		for i := range dst {
			for r := range k {
				for d := range k {
					v[r*k+d] = ranks[r*stride+i+4*d]
				}
			}
			sortBytes(v[:k*k])
			dst[i] = v[k*k/2]
		}
	}
}

// sortBytes sorts by insertion: the ranks come almost sorted.
func sortBytes(v []uint8) {
	for i := 1; i < len(v); i++ {
		x, j := v[i], i
		for ; j > 0 && v[j-1] > x; j-- {
			v[j] = v[j-1]
		}
		v[j] = x
	}
}
