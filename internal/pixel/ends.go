package pixel

// filterMemory is what the filters keep: rows with the pixels beyond their
// ends, as bytes and as 16-bit sums, and the rows that a kernel reads.
type filterMemory struct {
	bytes []uint8
	words []uint16
	taps  [5][]uint8
}

// lead is the place of a padded row's own pixels, in elements: their vectors
// are then aligned, which is dear to get wrong where they are stored.
const lead = 64

// rows returns n rows of bytes that lie stride apart, with half pixels before
// and behind their own width.
func (m *filterMemory) rows(n, half, width int) (rows []uint8, stride int) {
	stride = (lead + 4*(width+half) + 63) &^ 63
	if cap(m.bytes) < n*stride {
		m.bytes = make([]uint8, n*stride)
	}
	return m.bytes[lead-4*half : n*stride], stride
}

// sums returns one such row of 16-bit numbers.
func (m *filterMemory) sums(half, width int) []uint16 {
	length := lead + 4*(width+half)
	if cap(m.words) < length {
		m.words = make([]uint16, length)
	}
	return m.words[lead-4*half : length]
}

// ends says where the pixels beyond a row's ends come from. A padded row has
// half pixels before and behind its own.
type ends struct {
	half, width int
	from        [8]int // for each pixel before, then behind: the one to copy, in elements of the padded row
}

// newEnds takes a border's rule: the pixel of n that place i shows.
func newEnds(half, width int, border func(i, n int) int) (e ends) {
	e.half, e.width = half, width
	for i := range half {
		e.from[i] = 4 * (half + border(i-half, width))
		e.from[half+i] = 4 * (half + border(width+i, width))
	}
	return e
}

// fillEnds fills in the pixels beyond the ends of a padded row.
func fillEnds[T uint8 | uint16](row []T, e *ends) {
	for i := range e.half {
		*(*[4]T)(row[4*i:]) = *(*[4]T)(row[e.from[i]:])
		*(*[4]T)(row[4*(e.half+e.width+i):]) = *(*[4]T)(row[e.from[e.half+i]:])
	}
}

// ring holds the last k rows of a picture, padded by reflection.
type ring struct {
	src              *Picture
	rows             []uint8
	stride, k, ready int // ready: rows that have been in the ring
	ends             ends
}

func (m *filterMemory) ring(src *Picture, k int) (r ring) {
	r.src, r.k, r.ends = src, k, newEnds(k/2, src.Width, reflect101)
	r.rows, r.stride = m.rows(k, k/2, src.Width)
	return r
}

// around lists the k rows around row y. Rows come one after the other.
func (r *ring) around(y int, rows *[9][]uint8) {
	half := r.k / 2
	for ; r.ready <= min(y+half, r.src.Height-1); r.ready++ {
		row := r.rows[r.ready%r.k*r.stride:]
		copy(row[4*half:], r.src.Row(r.ready))
		fillEnds(row, &r.ends)
	}
	for i := range r.k {
		rows[i] = r.rows[reflect101(y+i-half, r.src.Height)%r.k*r.stride:]
	}
}
