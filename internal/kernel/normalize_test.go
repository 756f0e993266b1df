package kernel

import (
	"fmt"
	"math"
	"testing"
)

// normalizeCase holds inputs for all Normalize kernels of one shape.
type normalizeCase struct {
	rows, c int
	act     Activation
	x, dy   buffer
	ch      map[string]buffer // values per channel
}

func newNormalizeCase(rows, c int, act Activation, special ...float32) *normalizeCase {
	r := stream(rows, c, len(special), int(act.Kind))
	k := &normalizeCase{
		rows: rows, c: c, act: act,
		x: normals(r, rows*c, special...), dy: normals(r, rows*c, special...), ch: map[string]buffer{},
	}
	for _, name := range []string{"scale", "shift", "s", "q", "mean", "a", "b", "d", "start"} {
		k.ch[name] = normals(r, c)
	}
	return k
}

// point is one element with the values of its channel in float64.
type point struct {
	x, dy, z            float64
	s, q, mean, a, b, d float64
	gate                bool
	act                 Activation
}

func (k *normalizeCase) point(r, i int, gate bool) point {
	at := func(name string) float64 { return float64(k.ch[name].data[i]) }
	x := float64(k.x.data[r*k.c+i])
	return point{
		x: x, dy: float64(k.dy.data[r*k.c+i]), z: float64(float32(x*at("scale") + at("shift"))),
		s: at("s"), q: at("q"), mean: at("mean"), a: at("a"), b: at("b"), d: at("d"), gate: gate, act: k.act,
	}
}

// value is act(z) with a size that its error is relative to.
func (p point) value() (value, size float64) {
	switch p.act.Kind {
	case SwishActivation:
		v := p.z / (1 + math.Exp(-p.z))
		return v, math.Abs(v)
	case ClipActivation:
		v := min(max(p.z, float64(p.act.Lo)), float64(p.act.Hi))
		return v, math.Abs(v)
	}
	return p.z, math.Abs(p.z)
}

func (p point) dz() (value, size float64) {
	g, size := p.dy, math.Abs(p.dy)
	if p.gate {
		g, size = p.dy*p.s+p.q, math.Abs(p.dy*p.s)+math.Abs(p.q)
	}
	switch p.act.Kind {
	case SwishActivation:
		s := 1 / (1 + math.Exp(-p.z))
		return g * s * (1 + p.z*(1-s)), size * max(1, math.Abs(p.z)*s)
	case ClipActivation:
		if !(float64(p.act.Lo) < p.z && p.z < float64(p.act.Hi)) {
			return 0, 0
		}
	}
	return g, size
}

func (p point) dx() (value, size float64) {
	dz, size := p.dz()
	return p.a*dz + p.b*p.x + p.d, math.Abs(p.a)*size + math.Abs(p.b*p.x) + math.Abs(p.d)
}

// normalizeTolerance is the error of one element relative to its size.
const normalizeTolerance = 10 * eps

// checkMap compares a kernel that writes [rows,c], out of place and over
// each input of in, with its definition.
func (k *normalizeCase) checkMap(t *testing.T, what string, gate bool, run func(y, x, dy []float32), f func(p point) (float64, float64)) {
	t.Helper()
	what = fmt.Sprintf("%s rows=%d c=%d act=%v gate=%v", what, k.rows, k.c, k.act, gate)
	var want, scale []float32
	for r := range k.rows {
		for i := range k.c {
			v, size := f(k.point(r, i, gate))
			want, scale = append(want, float32(v)), append(scale, bounded(size))
		}
	}
	y, x, dy := newBuffer(k.rows*k.c, k.c%16), k.x.clone(), k.dy.clone()
	run(y.data, x.data, dy.data)
	near(t, what, y.data, want, normalizeTolerance, scale)
	y.intact(t, what)
	x.unchanged(t, k.x, what)
	dy.unchanged(t, k.dy, what)
	run(x.data, x.data, dy.data)
	near(t, what+" over x", x.data, y.data, 0, nil)
	x.intact(t, what+" over x")
	run(dy.data, k.x.data, dy.data)
	near(t, what+" over dy", dy.data, y.data, 0, nil)
	dy.intact(t, what+" over dy")
}

// checkSums compares a kernel that adds to sums with the definitions.
func (k *normalizeCase) checkSums(t *testing.T, what string, gate bool, run func(sums [][]float32), f ...func(p point) (float64, float64)) {
	t.Helper()
	what = fmt.Sprintf("%s rows=%d c=%d act=%v gate=%v", what, k.rows, k.c, k.act, gate)
	var got []buffer
	var sums [][]float32
	for range f {
		b := k.ch["start"].clone()
		got, sums = append(got, b), append(sums, b.data)
	}
	run(sums)
	for j, b := range got {
		var want, scale []float32
		for i := range k.c {
			start := float64(k.ch["start"].data[i])
			total, size := start, math.Abs(start)
			for r := range k.rows {
				v, s := f[j](k.point(r, i, gate))
				total += v
				size += s
			}
			want, scale = append(want, float32(total)), append(scale, bounded(size))
		}
		near(t, what, b.data, want, normalizeTolerance+eps*math.Sqrt(float64(k.rows)), scale)
		b.intact(t, what)
	}
}

// bounded keeps an infinite size from allowing every error.
func bounded(size float64) float32 { return float32(min(size, 1e30)) }

func (k *normalizeCase) check(t *testing.T) {
	t.Helper()
	ch := func(name string) []float32 { return k.ch[name].data }
	scale, shift := ch("scale"), ch("shift")
	k.checkMap(t, "activate", false, func(y, x, _ []float32) { NormalizeActivate(y, x, scale, shift, k.rows, k.c, k.act) }, point.value)
	k.checkMap(t, "scale", false, func(y, x, _ []float32) { NormalizeActivateScale(y, x, scale, shift, ch("s"), k.rows, k.c, k.act) },
		func(p point) (float64, float64) {
			v, size := p.value()
			return v * p.s, size * math.Abs(p.s)
		})
	k.checkSums(t, "sum", false, func(s [][]float32) { NormalizeActivateSum(s[0], k.x.data, scale, shift, k.rows, k.c, k.act) }, point.value)
	k.checkSums(t, "dot", false, func(s [][]float32) { NormalizeActivateDot(s[0], k.dy.data, k.x.data, scale, shift, k.rows, k.c, k.act) },
		func(p point) (float64, float64) {
			v, size := p.value()
			return p.dy * v, math.Abs(p.dy) * size
		})
	k.checkGradient(t, nil, nil)
	k.checkGradient(t, ch("s"), ch("q"))
}

func (k *normalizeCase) checkGradient(t *testing.T, s, q []float32) {
	t.Helper()
	ch := func(name string) []float32 { return k.ch[name].data }
	k.checkSums(t, "backward sums", s != nil, func(sums [][]float32) {
		NormalizeActivateBackwardSums(sums[0], sums[1], k.dy.data, k.x.data, ch("scale"), ch("shift"), ch("mean"), s, q, k.rows, k.c, k.act)
	}, point.dz, func(p point) (float64, float64) {
		dz, size := p.dz()
		return dz * (p.x - p.mean), size * (math.Abs(p.x) + math.Abs(p.mean))
	})
	k.checkMap(t, "backward", s != nil, func(dx, x, dy []float32) {
		NormalizeActivateBackward(dx, dy, x, ch("scale"), ch("shift"), ch("a"), ch("b"), ch("d"), s, q, k.rows, k.c, k.act)
	}, point.dx)
}

var activationsTested = []Activation{
	{},
	{Kind: SwishActivation},
	{Kind: ClipActivation, Lo: 0, Hi: 6},
	{Kind: ClipActivation, Lo: -0.5, Hi: 0.75},
	{Kind: ClipActivation, Lo: 0, Hi: inf},
}

func TestNormalizeKernelsForEveryShape(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, act := range activationsTested {
			for c := range 131 {
				newNormalizeCase(3, c, act).check(t)
			}
			for rows := range 20 {
				newNormalizeCase(rows, 21, act).check(t)
			}
			newNormalizeCase(1100, 24, act).check(t) // several blocks
			newNormalizeCase(40, 1000, act).check(t)
		}
	})
}

func TestNormalizeKernelsPropagateNaNAndInf(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, act := range activationsTested {
			for _, c := range []int{1, 13, 40, 150} {
				for _, special := range [][]float32{{nan}, {inf}, {-inf}, {1e30, -1e30}, {nan, inf, -inf}} {
					newNormalizeCase(9, c, act, special...).check(t)
				}
			}
		}
	})
}

func TestNormalizeClipPassesNoGradientAtItsLimits(t *testing.T) {
	x := []float32{-1, 0, 1e-40, 5.9999995, 6, 7, nan, inf, -inf, 3}
	dy, one, zero := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	for i := range x {
		dy[i], one[i] = 2, 1
	}
	eachPath(t, func(t *testing.T) {
		sum, sumX := make([]float32, len(x)), make([]float32, len(x))
		NormalizeActivateBackwardSums(sum, sumX, dy, x, one, zero, zero, nil, nil, 1, len(x), Activation{Kind: ClipActivation, Hi: 6})
		near(t, "sum of dz", sum, []float32{0, 0, 2, 2, 0, 0, 0, 0, 0, 2}, 0, nil)
	})
}

func TestNormalizeRefusesHalfAGateAndUnknownActivations(t *testing.T) {
	v := make([]float32, 4)
	for name, f := range map[string]func(){
		"s alone":  func() { NormalizeActivateBackwardSums(v, v, v, v, v, v, v, v, nil, 1, 4, Activation{}) },
		"q alone":  func() { NormalizeActivateBackward(v, v, v, v, v, v, v, v, nil, v, 1, 4, Activation{}) },
		"kind":     func() { NormalizeActivate(v, v, v, v, 1, 4, Activation{Kind: activationKinds}) },
		"too long": func() { NormalizeActivateSum(v, v, v, v, 2, 4, Activation{}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}
