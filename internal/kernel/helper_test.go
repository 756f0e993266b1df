package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// eachPath runs a test on every path that this build and processor have.
func eachPath(t *testing.T, f func(t *testing.T)) {
	for _, name := range Available() {
		t.Run(name, func(t *testing.T) {
			restore, err := Use(name)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			f(t)
		})
	}
}

// stream is a random stream keyed by the numbers that describe a case.
func stream(key ...int) *rand.Rand {
	k := uint64(1)
	for _, p := range key {
		k = k*1000003 + uint64(p)
	}
	return rand.New(rand.NewPCG(k, 7))
}

// guard is the number of canaries on either side of a buffer.
const guard = 40

var canary = math.Float32frombits(0x7fc0dead)

// buffer is a slice between guard bands whose start is not aligned.
type buffer struct {
	all    []float32
	offset int
	data   []float32
}

func newBuffer(n, shift int) buffer {
	b := buffer{all: make([]float32, 2*guard+n+16), offset: guard + shift}
	for i := range b.all {
		b.all[i] = canary
	}
	b.data = b.all[b.offset:][:n:n]
	return b
}

// normals is a buffer of n standard normal values, a few of them replaced
// by those given.
func normals(r *rand.Rand, n int, special ...float32) buffer {
	b := newBuffer(n, r.IntN(16))
	for i := range b.data {
		b.data[i] = float32(r.NormFloat64())
	}
	for _, v := range special {
		if n > 0 {
			b.data[r.IntN(n)] = v
		}
	}
	return b
}

func (b buffer) clone() buffer {
	c := buffer{all: slices.Clone(b.all), offset: b.offset}
	c.data = c.all[b.offset:][:len(b.data):len(b.data)]
	return c
}

// intact fails the test if a canary died.
func (b buffer) intact(t *testing.T, what string) {
	t.Helper()
	for i, v := range b.all {
		if (i < b.offset || i >= b.offset+len(b.data)) && math.Float32bits(v) != math.Float32bits(canary) {
			t.Fatalf("%s: wrote %v at %d of [0,%d)", what, v, i-b.offset, len(b.data))
		}
	}
}

// unchanged fails the test if an input differs from its copy.
func (b buffer) unchanged(t *testing.T, copy buffer, what string) {
	t.Helper()
	for i := range b.all {
		if math.Float32bits(b.all[i]) != math.Float32bits(copy.all[i]) {
			t.Fatalf("%s: input changed at %d", what, i-b.offset)
		}
	}
}

// near fails unless |got-want| <= tolerance*scale for every element; NaN
// must meet NaN and Inf the same Inf. Scale nil stands for ones.
func near(t *testing.T, what string, got, want []float32, tolerance float64, scale []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		if g == w || math.IsNaN(g) && math.IsNaN(w) {
			continue
		}
		s := 1.0
		if scale != nil {
			s = float64(scale[i])
		}
		if !(math.Abs(g-w) <= tolerance*s) {
			t.Fatalf("%s: element %d of %d is %v, want %v (scale %v)", what, i, len(want), got[i], want[i], s)
		}
	}
}

const eps = 1.0 / (1 << 24) // half a unit in the last place of 1

var (
	inf = float32(math.Inf(1))
	nan = float32(math.NaN())
)
