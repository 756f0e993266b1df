package kernel

import (
	"maps"
	"math"
	"slices"
	"testing"
)

// trials makes a trial of each exported kernel.
var trials = func() map[string]func(d *draw) *trial {
	all := map[string]func(d *draw) *trial{}
	for _, m := range []map[string]func(d *draw) *trial{gemmTrials, bfloat16Trials, convolutionTrials, channelTrials, elementTrials, functionTrials, normalizeTrials, poolTrials, rowTrials} {
		maps.Copy(all, m)
	}
	return all
}()

// trial is one call of a kernel with drawn arguments, to be made on every
// path and compared with the Go reference.
type trial struct {
	outs, ins []buffer // outs as the kernel finds them
	run       func(outs, ins [][]float32)
	terms     int  // of the sum in an element of a result
	uneven    bool // values of any sign and size, not random reals alone

	// reference takes the place of run on path "go" for kernels that are the
	// same code on every path.
	reference func(outs, ins [][]float32)
	// sizes takes the place of run where the magnitudes behind a result come
	// from other parameters.
	sizes func(outs, ins [][]float32)
	minus []int // inputs that are subtracted

	// vanishing tells that a factor is 0 in assembly where it is below the
	// smallest number of full accuracy: times Inf that makes NaN.
	vanishing bool
	alias     []int // inputs that outs[0] may share
}

// check makes the call on every path and returns the largest difference from
// the reference as a part of the tolerance.
func (c *trial) check(t *testing.T, name string) (worst float64) {
	t.Helper()
	want, size := c.reckon(c.reference, false), c.reckon(c.sizes, true)
	for _, path := range Available() {
		worst = max(worst, c.checkPath(t, name, path, want, size))
	}
	return worst
}

// checkPath makes the call at two places in memory and over each input that
// the result may share.
func (c *trial) checkPath(t *testing.T, name, path string, want, size []buffer) (worst float64) {
	t.Helper()
	restore, err := Use(path)
	if err != nil {
		t.Fatal(err)
	}
	defer restore()
	what, tol := name+" on "+path, stated(t, name)
	got := c.call(t, what, clones(c.outs), clones(c.ins))
	elsewhere := c.call(t, what+" elsewhere", moved(c.outs, 3), moved(c.ins, 5))
	for j, g := range got {
		w := c.pardoned(g.data, want[j].data)
		worst = max(worst, tol.compare(t, what, g.data, w, size[j].data, tol.limit(c.terms, c.uneven)))
		sameBits(t, what+" elsewhere", elsewhere[j].data, g.data)
	}
	for _, i := range c.alias {
		ins := clones(c.ins)
		over := c.call(t, what+" in place", []buffer{ins[i]}, ins)
		sameBits(t, what+" in place", over[0].data, got[0].data)
	}
	return worst
}

// pardoned is want, or NaN in place of Inf where a factor may have vanished.
func (c *trial) pardoned(got, want []float32) []float32 {
	if !c.vanishing {
		return want
	}
	want = slices.Clone(want)
	for i, w := range want {
		if math.IsInf(float64(w), 0) && got[i] != got[i] {
			want[i] = nan
		}
	}
	return want
}

// call runs the kernel and returns its results. It fails the test if the
// kernel wrote anywhere else.
func (c *trial) call(t *testing.T, what string, outs, ins []buffer) []buffer {
	t.Helper()
	before := clones(ins)
	c.run(contents(outs), contents(ins))
	for _, b := range outs {
		b.intact(t, what)
	}
	for i, b := range ins {
		if &b.all[0] != &outs[0].all[0] {
			b.unchanged(t, before[i], what)
		}
	}
	return outs
}

// moved returns copies that start elsewhere within 64 bytes.
func moved(b []buffer, by int) []buffer {
	c := make([]buffer, len(b))
	for i := range b {
		c[i] = newBuffer(len(b[i].data), (b[i].offset-guard+by)%16)
		copy(c[i].data, b[i].data)
	}
	return c
}

// reckon returns the results of f, or of the kernel on path "go" where f is
// nil. With magnitudes set every term enters with its absolute value, those
// that are no numbers with a large one: results of them are compared by kind.
func (c *trial) reckon(f func(outs, ins [][]float32), magnitudes bool) []buffer {
	restore, err := Use("go")
	if err != nil {
		panic(err) // there always is one
	}
	defer restore()
	outs, ins := clones(c.outs), clones(c.ins)
	if magnitudes {
		for _, b := range append(outs, ins...) {
			for i, v := range b.data {
				b.data[i] = max(v, -v)
				if !(b.data[i] <= math.MaxFloat32) {
					b.data[i] = largest
				}
			}
		}
		for _, i := range c.minus {
			for j := range ins[i].data {
				ins[i].data[j] *= -1
			}
		}
	}
	if f == nil {
		f = c.run
	}
	f(contents(outs), contents(ins))
	return outs
}

func clones(b []buffer) []buffer {
	c := make([]buffer, len(b))
	for i := range b {
		c[i] = b[i].clone()
	}
	return c
}

func contents(b []buffer) [][]float32 {
	c := make([][]float32, len(b))
	for i := range b {
		c[i] = b[i].data
	}
	return c
}

// sameBits fails unless all elements agree in all bits; any NaN is a NaN.
func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, w := range want {
		if g := got[i]; math.Float32bits(g) != math.Float32bits(w) && !(g != g && w != w) {
			t.Fatalf("%s: element %d of %d is %v, want %v", what, i, len(want), g, w)
		}
	}
}

// drawTrial makes a trial of a kernel from the bytes of a fuzz target.
func drawTrial(t *testing.T, name string, layout, raw []byte) *trial {
	t.Helper()
	d := newDraw(layout, raw, stated(t, name).inUlp)
	c := trials[name](d)
	c.uneven = len(raw) > 0
	return c
}

// fuzzKernel compares one kernel with its reference on calls made from the
// fuzzer's bytes.
func fuzzKernel(f *testing.F, name string) {
	f.Add([]byte{}, []byte{})
	f.Add([]byte{5, 3, 9, 1, 2, 1, 2, 1, 3}, []byte{0, 0, 0x80, 0x7f, 1, 0, 0, 0}) // +Inf and the smallest number
	f.Add([]byte{33, 17, 40, 2, 1, 3, 1, 2, 2}, []byte{0, 0, 0xc0, 0x7f})          // NaN
	f.Add([]byte{130, 7, 64, 3, 3, 0, 1, 1, 1}, []byte{0, 0, 0x80, 0xff, 0, 0, 0xb0, 0xc2})
	f.Fuzz(func(t *testing.T, layout, raw []byte) {
		drawTrial(t, name, layout, raw).check(t, name)
	})
}

// TestKernelsEqualTheReference has every first size from 0 to 130, so every
// tail of every vector, with other sizes and starts at random.
func TestKernelsEqualTheReference(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(trials)) {
		t.Run(name, func(t *testing.T) {
			worst := 0.0
			for n := range 131 {
				r := stream(n, len(name))
				layout := []byte{byte(n)}
				for range 11 {
					layout = append(layout, byte(r.IntN(256)))
				}
				worst = max(worst, drawTrial(t, name, layout, nil).check(t, name))
				drawTrial(t, name, layout, rawValues[:4*(1+n%(len(rawValues)/4))]).check(t, name)
			}
			t.Logf("largest difference: %.2f of the tolerance", worst)
		})
	}
}
