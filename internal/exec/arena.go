package exec

import "slices"

// alignment keeps every result on a cache line: 16 floats of 4 bytes.
const alignment = 16

// arena hands out places in one array by best fit and takes them back.
type arena struct {
	gaps []gap // free places below high, by offset, never adjacent
	high int
}

type gap struct{ offset, size int }

func rounded(size int) int { return (size + alignment - 1) / alignment * alignment }

// take returns the offset of a free place: the smallest gap that is large
// enough, the lowest of equals, or the end.
func (a *arena) take(size int) int {
	size = rounded(size)
	best := -1
	for i, g := range a.gaps {
		if g.size >= size && (best < 0 || g.size < a.gaps[best].size) {
			best = i
		}
	}
	if best < 0 {
		return a.extend(size)
	}
	g := &a.gaps[best]
	offset := g.offset
	g.offset += size
	g.size -= size
	if g.size == 0 {
		a.gaps = slices.Delete(a.gaps, best, best+1)
	}
	return offset
}

// extend grows the arena, using a gap at its end.
func (a *arena) extend(size int) int {
	if n := len(a.gaps); n > 0 && a.gaps[n-1].offset+a.gaps[n-1].size == a.high {
		offset := a.gaps[n-1].offset
		a.gaps = a.gaps[:n-1]
		a.high = offset + size
		return offset
	}
	offset := a.high
	a.high += size
	return offset
}

// free returns a place and joins it with its neighbours.
func (a *arena) free(offset, size int) {
	size = rounded(size)
	i, _ := slices.BinarySearchFunc(a.gaps, offset, func(g gap, o int) int { return g.offset - o })
	a.gaps = slices.Insert(a.gaps, i, gap{offset, size})
	if i+1 < len(a.gaps) && a.gaps[i].offset+a.gaps[i].size == a.gaps[i+1].offset {
		a.gaps[i].size += a.gaps[i+1].size
		a.gaps = slices.Delete(a.gaps, i+1, i+2)
	}
	if i > 0 && a.gaps[i-1].offset+a.gaps[i-1].size == a.gaps[i].offset {
		a.gaps[i-1].size += a.gaps[i].size
		a.gaps = slices.Delete(a.gaps, i, i+1)
	}
}
