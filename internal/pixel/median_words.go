package pixel

import "encoding/binary"

// Medians of eight bytes at a time, for the Go path: the networks of the
// assembly on 64-bit words.

// topBits has the top bit of each of eight bytes.
const topBits = 0x8080808080808080

// exchange returns the smaller and the larger bytes of two words.
func exchange(x, y uint64) (low, high uint64) {
	d := (x | topBits) - y&^topBits                // a top bit: the seven lower bits of x are not below those of y
	above := (x&^y | ^(x^y)&d) & topBits           // the same for all eight bits
	swap := (x ^ y) & (above | (above - above>>7)) // whole bytes
	return x ^ swap, y ^ swap
}

func sort3Words(a, b, c uint64) (x, y, z uint64) {
	a, c = exchange(a, c)
	a, b = exchange(a, b)
	b, c = exchange(b, c)
	return a, b, c
}

func sort5Words(a, b, c, d, e uint64) (v, w, x, y, z uint64) {
	a, d = exchange(a, d)
	b, e = exchange(b, e)
	a, c = exchange(a, c)
	b, d = exchange(b, d)
	a, b = exchange(a, b)
	c, e = exchange(c, e)
	b, c = exchange(b, c)
	d, e = exchange(d, e)
	c, d = exchange(c, d)
	return a, b, c, d, e
}

// byWords runs f at 0, 8, ... and at last at n - 8; n >= 8.
func byWords(n int, f func(i int)) {
	for i := 0; i < n; i += 8 {
		f(min(i, n-8))
	}
}

func sortRowsWords(k int) func(ranks []uint8, stride int, rows *[5][]uint8) {
	short := sortRowsRef(k)
	return func(ranks []uint8, stride int, rows *[5][]uint8) {
		if len(rows[0]) < 8 {
			short(ranks, stride, rows)
			return
		}
		byWords(len(rows[0]), func(i int) {
			var v [5]uint64
			for r := range k {
				v[r] = binary.LittleEndian.Uint64(rows[r][i:])
			}
			if k == 3 {
				v[0], v[1], v[2] = sort3Words(v[0], v[1], v[2])
			} else {
				v[0], v[1], v[2], v[3], v[4] = sort5Words(v[0], v[1], v[2], v[3], v[4])
			}
			for r := range k {
				binary.LittleEndian.PutUint64(ranks[r*stride+i:], v[r])
			}
		})
	}
}

func mergeRanksWords(k int) func(dst, ranks []uint8, stride int) {
	short, median := mergeRanksRef(k), median3Words
	if k == 5 {
		median = median5Words
	}
	return func(dst, ranks []uint8, stride int) {
		if len(dst) < 8 {
			short(dst, ranks, stride)
			return
		}
		byWords(len(dst), func(i int) {
			binary.LittleEndian.PutUint64(dst[i:], median(ranks[i:], stride))
		})
	}
}

// median3Words returns the medians of three sorted columns each.
func median3Words(ranks []uint8, stride int) uint64 {
	at := func(r, d int) uint64 { return binary.LittleEndian.Uint64(ranks[r*stride+4*d:]) }
	_, _, low := sort3Words(at(0, 0), at(0, 1), at(0, 2))
	_, middle, _ := sort3Words(at(1, 0), at(1, 1), at(1, 2))
	high, _, _ := sort3Words(at(2, 0), at(2, 1), at(2, 2))
	_, middle, _ = sort3Words(low, middle, high)
	return middle
}

// median5Words returns the medians of five sorted columns each. Of the ranks,
// sorted, thirteen are left.
func median5Words(ranks []uint8, stride int) uint64 {
	row := func(r int) (v, w, x, y, z uint64) {
		at := ranks[r*stride:]
		return sort5Words(binary.LittleEndian.Uint64(at), binary.LittleEndian.Uint64(at[4:]),
			binary.LittleEndian.Uint64(at[8:]), binary.LittleEndian.Uint64(at[12:]), binary.LittleEndian.Uint64(at[16:]))
	}
	_, _, _, m03, m04 := row(0)
	_, _, m12, m13, m14 := row(1)
	_, m21, m22, m23, _ := row(2)
	m30, m31, m32, _, _ := row(3)
	m40, m41, _, _, _ := row(4)

	_, a := exchange(m03, m12)
	_, a = exchange(a, m31)
	b, _ := exchange(m13, m32)
	b, _ = exchange(b, m41)
	_, b = exchange(b, m30)
	_, c := exchange(m04, m21)
	d, _ := exchange(m14, m23)
	d, _ = exchange(d, a)
	low, high := exchange(d, c)
	e, f := exchange(m22, m40)
	_, low = exchange(low, e)
	high, _ = exchange(high, f)
	low, high = exchange(low, high)
	_, low = exchange(low, b)
	middle, _ := exchange(low, high)
	return middle
}
