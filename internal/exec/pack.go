package exec

// form is a layout into which weights are packed for a kernel.
type form int

const (
	inputRows        form = iota // [in,out] panels: the forward product
	inputRowsShort               // the same in bfloat16
	outputRows                   // [out,in] panels: the product of the data gradient
	tapRows                      // [taps,channels]: depthwise
	tapGroups                    // the same for each of channelGroups
	filterRows                   // dense: as inputRows for each row of the filters
	filterRowsTurned             // the same for the gradient of the input
	scaleShift                   // of a normalisation with given statistics
	onesShift                    // of a bias
)

// packKey names a packed form of an array by where the array starts.
type packKey struct {
	array *float32
	form  form
}

// pack is one packed form and how to fill it.
type pack struct {
	data []float32
	fill func(dst []float32)
}

// pack returns the packed form of an array of weights, size elements long,
// which fill writes: now stale, brought up to date by refresh. All machines
// over a store share its packs.
func (s *Store) pack(w []float32, f form, size int, fill func(dst []float32)) []float32 {
	key := packKey{&w[0], f}
	if p := s.packs[key]; p != nil {
		return p.data
	}
	if s.packs == nil {
		s.packs = map[packKey]*pack{}
	}
	p := &pack{s.takeRoom(size), fill}
	s.packs[key] = p
	s.fills = append(s.fills, func() { p.fill(p.data) })
	s.packed = 0
	return p.data
}

// packRoom is how many numbers' room is made at a time: packs lie side by side,
// on large pages.
const packRoom = 1 << 20

// takeRoom returns room for a pack.
func (s *Store) takeRoom(size int) []float32 {
	if size > packRoom/4 {
		return floats(size)
	}
	if size > len(s.room) {
		s.room = floats(packRoom)
	}
	data := s.room[:size:size]
	s.room = s.room[rounded(size):]
	return data
}

// refresh packs all weights anew if they changed since they were packed.
func (s *Store) refresh(pool *Pool) {
	if s.packed == s.generation {
		return
	}
	pool.Run(len(s.fills), func(part, _ int) { s.fills[part]() })
	s.packed = s.generation
}
