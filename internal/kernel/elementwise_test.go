package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// element is a kernel of up to two vectors and two scalars beside its
// definition in float64. tolerance is relative to size.
type element struct {
	name      string
	run       func(y, a, b []float32, s, t float32)
	value     func(a, b, s, t float64) (value, size float64)
	tolerance float64
}

func exact(v float64) (float64, float64) { return v, 0 }

// rounded allows for the double rounding of float64 and float32.
func rounded(v float64) (float64, float64) { return v, math.Abs(v) }

var elements = slices.Concat(arithmetic, functions)

var arithmetic = []element{
	{"add", func(y, a, b []float32, _, _ float32) { Add(y, a, b) }, func(a, b, _, _ float64) (float64, float64) { return exact(a + b) }, 0},
	{"sub", func(y, a, b []float32, _, _ float32) { Sub(y, a, b) }, func(a, b, _, _ float64) (float64, float64) { return exact(a - b) }, 0},
	{"mul", func(y, a, b []float32, _, _ float32) { Mul(y, a, b) }, func(a, b, _, _ float64) (float64, float64) { return exact(a * b) }, 0},
	{"div", func(y, a, b []float32, _, _ float32) { Div(y, a, b) }, func(a, b, _, _ float64) (float64, float64) { return exact(float64(float32(a) / float32(b))) }, 0},
	{"maximum", func(y, a, b []float32, _, _ float32) { Maximum(y, a, b) }, func(a, b, _, _ float64) (float64, float64) { return exact(max(a, b)) }, 0},
	{"scale", func(y, a, _ []float32, s, _ float32) { Scale(y, a, s) }, func(a, _, s, _ float64) (float64, float64) { return exact(a * s) }, 0},
	{"mulScalar", func(y, a, _ []float32, s, _ float32) { MulScalar(y, a, s) }, func(a, _, s, _ float64) (float64, float64) { return exact(a * s) }, 0},
	{"addScalar", func(y, a, _ []float32, s, _ float32) { AddScalar(y, a, s) }, func(a, _, s, _ float64) (float64, float64) { return exact(a + s) }, 0},
	{"sqrt", func(y, a, _ []float32, _, _ float32) { Sqrt(y, a) }, func(a, _, _, _ float64) (float64, float64) { return exact(math.Sqrt(a)) }, 0},
	{"fill", func(y, _, _ []float32, s, _ float32) { Fill(y, s) }, func(_, _, s, _ float64) (float64, float64) { return exact(s) }, 0},
	{"axpy", func(y, a, b []float32, s, _ float32) { copy(y, a); Axpy(y, s, b) },
		func(a, b, s, _ float64) (float64, float64) { return a + s*b, math.Abs(a) + math.Abs(s*b) }, 2 * eps},
	{"clip", func(y, a, _ []float32, s, t float32) { Clip(y, a, s, t) }, func(a, _, s, t float64) (float64, float64) { return exact(min(max(a, s), t)) }, 0},
	{"clipBackward", func(y, a, b []float32, s, t float32) { ClipBackward(y, a, b, s, t) },
		func(a, b, s, t float64) (float64, float64) {
			if s < b && b < t {
				return exact(a)
			}
			return exact(0)
		}, 0},
	{"sigmoid", func(y, a, _ []float32, _, _ float32) { Sigmoid(y, a) }, func(a, _, _, _ float64) (float64, float64) { return rounded(1 / (1 + math.Exp(-a))) }, 6 * eps},
	{"sigmoidBackward", func(y, a, b []float32, _, _ float32) { SigmoidBackward(y, a, b) },
		func(a, b, _, _ float64) (float64, float64) { return a * b * (1 - b), math.Abs(a*b) * (1 + math.Abs(b)) }, 4 * eps},
	{"swish", func(y, a, _ []float32, _, _ float32) { Swish(y, a) }, func(a, _, _, _ float64) (float64, float64) { return rounded(a / (1 + math.Exp(-a))) }, 8 * eps},
	{"swishBackward", func(y, a, b []float32, _, _ float32) { SwishBackward(y, a, b) },
		func(a, b, _, _ float64) (float64, float64) {
			s := 1 / (1 + math.Exp(-b))
			return a * s * (1 + b*(1-s)), math.Abs(a) * max(1, math.Abs(b)*s)
		}, 4e-7},
}

// check runs one kernel on one pair of inputs, out of place and in place.
func (e *element) check(t *testing.T, a, b buffer, s, u float32) {
	t.Helper()
	n := len(a.data)
	what := fmt.Sprintf("%s n=%d", e.name, n)
	var want, scale []float32
	for i := range n {
		v, size := e.value(float64(a.data[i]), float64(b.data[i]), float64(s), float64(u))
		want, scale = append(want, float32(v)), append(scale, float32(size))
	}
	y, a0, b0 := newBuffer(n, n%16), a.clone(), b.clone()
	e.run(y.data, a.data, b.data, s, u)
	near(t, what, y.data, want, e.tolerance, scale)
	y.intact(t, what)
	a.unchanged(t, a0, what)
	b.unchanged(t, b0, what)
	e.run(a0.data, a0.data, b.data, s, u)
	near(t, what+" over a", a0.data, y.data, 0, nil)
	a0.intact(t, what+" over a")
	if e.name == "axpy" {
		return // y is a
	}
	e.run(b0.data, a.data, b0.data, s, u)
	near(t, what+" over b", b0.data, y.data, 0, nil)
	b0.intact(t, what+" over b")
}

func TestElementwiseForEveryLength(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for n := range 131 {
			r := stream(n)
			a, b := normals(r, n), normals(r, n)
			for _, e := range elements {
				e.check(t, a, b, -0.5, 0.75)
			}
		}
	})
}

func TestElementwiseSpecialValues(t *testing.T) {
	values := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 6, 5.9999995, inf, -inf, nan, 88, -86, 1e30, -80, 20, -20, 1e-40, 0.75, -0.5}
	eachPath(t, func(t *testing.T) {
		n := len(values) * len(values)
		a, b := newBuffer(n, 3), newBuffer(n, 5)
		for i := range a.data {
			a.data[i], b.data[i] = values[i%len(values)], values[i/len(values)]
		}
		for _, e := range arithmetic {
			for _, limits := range [][2]float32{{-0.5, 0.75}, {0, inf}, {0, 6}} {
				if e.name == "swishBackward" || e.name == "sigmoidBackward" || e.name == "swish" || e.name == "sigmoid" {
					continue // below, on finite ranges and at the ends
				}
				e.check(t, a, b, limits[0], limits[1])
			}
		}
	})
}

func TestSumsAreTheSameBitsOnEveryPath(t *testing.T) {
	for n := range 131 {
		x := normals(stream(n), n, 1e20)
		var want, wantSquares float64
		for _, v := range x.data {
			want += float64(v)
			wantSquares += float64(v) * float64(v)
		}
		sum, squares := sumRef(x.data), sumSquaresRef(x.data)
		if math.Abs(sum-want) > 1e-12*(1+math.Abs(want)) || math.Abs(squares-wantSquares) > 1e-12*(1+wantSquares) {
			t.Fatalf("n=%d: reference sums to %v and %v, want %v and %v", n, sum, squares, want, wantSquares)
		}
		eachPath(t, func(t *testing.T) {
			if s, q := Sum(x.data), SumSquares(x.data); s != sum || q != squares {
				t.Fatalf("n=%d: %v and %v, reference %v and %v", n, s, q, sum, squares)
			}
		})
	}
	eachPath(t, func(t *testing.T) {
		if s := Sum([]float32{1, inf, 2}); !math.IsInf(s, 1) {
			t.Errorf("sum with +Inf is %v", s)
		}
		if s := SumSquares(normals(stream(1), 40, nan).data); !math.IsNaN(s) {
			t.Errorf("sum of squares with NaN is %v", s)
		}
	})
}

func TestElementwiseRefusesOtherLengths(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Add(make([]float32, 3), make([]float32, 4), make([]float32, 3))
}
