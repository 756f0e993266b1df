package kernel

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// draw makes the arguments of a trial: sizes from the bytes of layout in
// turn, values at random except for a few that raw gives in bits.
type draw struct {
	layout, raw []byte
	r           *rand.Rand
	wide        bool // raw values keep their size
}

func newDraw(layout, raw []byte, wide bool) *draw {
	h := fnv.New64a()
	h.Write(layout)
	h.Write(raw)
	return &draw{layout: layout, raw: raw, r: rand.New(rand.NewPCG(h.Sum64(), 7)), wide: wide}
}

// size returns the next number of the layout, in [0,limit]; 0 at its end.
func (d *draw) size(limit int) int {
	n := 0
	for over := limit; over > 0 && len(d.layout) > 0; over >>= 8 {
		n = n<<8 | int(d.layout[0])
		d.layout = d.layout[1:]
	}
	return n % (limit + 1)
}

func (d *draw) flag() bool { return d.size(1) == 1 }

// reals is a buffer of n standard normal values, up to half of them replaced
// by raw ones.
func (d *draw) reals(n int) buffer {
	var special []float32
	for range min(len(d.raw)/4, (n+1)/2) {
		special = append(special, d.special())
	}
	return normals(d.r, n, special...)
}

// largest bounds the numbers of sums and products, whose overflow would
// depend on their order.
const largest = 1 << 20

func (d *draw) special() float32 {
	at := 4 * d.r.IntN(len(d.raw)/4)
	v := float64(float32At(d.raw[at:]))
	if !d.wide && math.Abs(v) > largest && !math.IsInf(v, 0) {
		v, _ = math.Frexp(v)
		v *= largest
	}
	return float32(v)
}

// float32At reads the bits of a number, lowest byte first.
func float32At(b []byte) float32 {
	return math.Float32frombits(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
}

// several returns count buffers of n values.
func (d *draw) several(count, n int) []buffer {
	b := make([]buffer, count)
	for i := range b {
		b[i] = d.reals(n)
	}
	return b
}

// matrix is what [rows,cols] of row stride ld covers.
func (d *draw) matrix(rows, cols, ld int) buffer {
	if rows == 0 {
		return d.reals(0)
	}
	return d.reals((rows-1)*ld + cols)
}

// rawValues are the special values of the tests, NaN and the infinities
// among them.
var rawValues = func() (raw []byte) {
	for _, v := range []float32{inf, nan, 0, -inf, float32(math.Copysign(0, -1)), 1e-40, -1, 88, -88, -95, 6, 1e30, -1e38, 16, -0x1p-149} {
		bits := math.Float32bits(v)
		raw = append(raw, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
	}
	return raw
}()
