package kernel

import (
	"math"
	"testing"
)

// sweep is every 997th float32 of magnitudes up to 200, both signs, with the
// places of the largest errors that a search of all of them found.
func sweep() []float32 {
	x := []float32{-16.635704, -16.68377, 16.63553, 16.546131, -88.72284, -87.33946}
	for bits := uint32(0); bits < math.Float32bits(200); bits += 997 {
		v := math.Float32frombits(bits)
		x = append(x, v, -v)
	}
	return x
}

// accuracy is the error of one function: in units of the last place where
// the result is of full accuracy, else as it is.
type accuracy struct{ ulps, low float64 }

func (a *accuracy) add(got float32, want float64, full bool) {
	if full {
		a.ulps = max(a.ulps, ulps(got, want))
		return
	}
	a.low = max(a.low, math.Abs(float64(got)-want))
}

// ulps is the distance of a value from the truth in units of its last place.
func ulps(got float32, want float64) float64 {
	return math.Abs(float64(got)-want) / ulp(float32(want))
}

// TestSigmoidAndSwishKeepTheirAccuracy compares with float64 and takes the
// limits from the comments of the kernels.
func TestSigmoidAndSwishKeepTheirAccuracy(t *testing.T) {
	x := sweep()
	s := make([]float64, len(x))
	for i, v := range x {
		s[i] = 1 / (1 + math.Exp(-float64(v)))
	}
	eachPath(t, func(t *testing.T) {
		y, z := make([]float32, len(x)), make([]float32, len(x))
		Sigmoid(y, x)
		Swish(z, x)
		var sigmoid, swish accuracy
		for i, v := range x {
			w := s[i] * float64(v)
			sigmoid.add(y[i], s[i], s[i] >= 0x1p-126)
			swish.add(z[i], w, v > -87 && math.Abs(w) >= 0x1p-126)
		}
		sigmoid.check(t, "Sigmoid")
		swish.check(t, "Swish")
	})
}

func (a accuracy) check(t *testing.T, name string) {
	t.Helper()
	m := errorStatement.FindStringSubmatch(sources().docs[name])
	if m == nil {
		t.Fatalf("the comment of %s states no error", name)
	}
	t.Logf("%s is off by at most %.4f ULP, by 2^%.1f near zero", name, a.ulps, math.Log2(a.low))
	if floor := stated(t, name).floor; a.ulps > number(m[1]) || a.low > floor {
		t.Errorf("%s is off by %.4f ULP, by %.3g near zero; stated are %s and %.3g", name, a.ulps, a.low, m[1], floor)
	}
}

func TestActivationsAtTheEnds(t *testing.T) {
	x := []float32{inf, -inf, nan, 1000, -1000}
	one := []float32{1, 1, 1, 1, 1}
	zero := float32(0)
	eachPath(t, func(t *testing.T) {
		y := make([]float32, len(x))
		Sigmoid(y, x)
		near(t, "sigmoid", y, []float32{1, 0, nan, 1, 0}, 0, nil)
		Swish(y, x)
		near(t, "swish", y, []float32{inf, nan, nan, 1000, zero}, 0, nil)
		SwishBackward(y, one, x)
		near(t, "swish backward", y, []float32{nan, nan, nan, 1, 0}, 0, nil)
	})
}
