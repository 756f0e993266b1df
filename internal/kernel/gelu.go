package kernel

import "math"

// Erf computes y = erf(x), the error function. y may alias x. Error against
// float64: at most 2.47 ULP, found by trying every 17th float32, where the
// result is at least 2^-126; at most 2^-126 elsewhere.
// Tolerance: 3 ULP or 2^-126.
func Erf(y, x []float32) {
	same(len(x), len(y), "erf", "x")
	active.erf(y, x)
}

// ErfBackward computes dx = dy*2/sqrt(pi)*exp(-x*x) from the input x of Erf.
// dx may alias dy or x. Where the slope is below 2^-126 assembly may make NaN
// of an infinite dy. Tolerance: 5 units of |dy|.
func ErfBackward(dx, dy, x []float32) { backward("erfBackward", active.erfBackward, dx, dy, x) }

// Gelu computes y = x*Phi(x) with the standard normal distribution Phi
// (Hendrycks and Gimpel 2016), 0 at -Inf. y may alias x. Error against
// float64: at most 9.5 ULP, and 5 for x > -4, found by trying every 17th
// float32, where the result is at least 2^-126; at most 2^-126 elsewhere.
// Tolerance: 10 ULP or 2^-126.
func Gelu(y, x []float32) {
	same(len(x), len(y), "gelu", "x")
	active.gelu(y, x)
}

// GeluBackward computes dx = dy*(Phi(x) + x*phi(x)), phi the density of Phi,
// from the input x of Gelu. dx may alias dy or x. Where the slope is below
// 2^-126 assembly may make NaN of an infinite dy. Tolerance: 4 units of |dy|.
func GeluBackward(dx, dy, x []float32) { backward("geluBackward", active.geluBackward, dx, dy, x) }

// GeluTanh computes y = x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3))), an
// approximation of Gelu by the same authors; 0 at -Inf. y may alias x. Error
// against float64: at most 2 units of |x|. Tolerance: 3 units of |x|.
func GeluTanh(y, x []float32) {
	same(len(x), len(y), "geluTanh", "x")
	active.geluTanh(y, x)
}

// GeluTanhBackward computes dx = dy*y'(x) from the input x of GeluTanh. dx may
// alias dy or x. Where the slope is below 2^-100 assembly may make NaN of an
// infinite dy. Tolerance: 6 units of |dy|.
func GeluTanhBackward(dx, dy, x []float32) {
	backward("geluTanhBackward", active.geluTanhBackward, dx, dy, x)
}

// backward runs a kernel that takes a gradient dy and an input x.
func backward(op string, f func(dx, dy, x []float32), dx, dy, x []float32) {
	same(len(dy), len(dx), op, "dy")
	same(len(x), len(dx), op, "x")
	f(dx, dy, x)
}

func erfRef(y, x []float32) {
	for i, v := range x {
		y[i] = float32(math.Erf(float64(v)))
	}
}

func erfBackwardRef(dx, dy, x []float32) {
	for i, v := range x {
		dx[i] = float32(float64(dy[i]) * erfSlope(float64(v)))
	}
}

func erfSlope(x float64) float64 { return 2 / math.SqrtPi * math.Exp(-x*x) }

func geluRef(y, x []float32) {
	for i, v := range x {
		y[i] = float32(gelu(float64(v)))
	}
}

// tailEnd is where |x|*Phi(-|x|) has long been 0 in float32.
const tailEnd = 15

// gelu is x*Phi(x) without the product of an infinity and 0.
func gelu(x float64) float64 {
	a := min(math.Abs(x), tailEnd)
	return max(x, 0) - a*0.5*math.Erfc(a/math.Sqrt2)
}

func geluBackwardRef(dx, dy, x []float32) {
	for i, v := range x {
		dx[i] = float32(float64(dy[i]) * geluSlope(float64(v)))
	}
}

func geluSlope(x float64) float64 {
	x = min(max(x, -tailEnd), tailEnd)
	return 0.5*math.Erfc(-x/math.Sqrt2) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}

// geluTanhEnd is where the tail of geluTanh has long been 0.
const geluTanhEnd = 20

func geluTanhRef(y, x []float32) {
	for i, v := range x {
		w := max(float64(v), -geluTanhEnd)
		s, _ := geluTanhLogistic(w)
		y[i] = float32(w * s)
	}
}

// geluTanhLogistic returns (1+tanh(u))/2 = 1/(1+exp(-2u)), the factor of x in
// geluTanh, and the derivative of 2u.
func geluTanhLogistic(x float64) (s, rate float64) {
	const scale, cube = 1.5957691216057308, 0.044715 // 2*sqrt(2/pi)
	return 1 / (1 + math.Exp(-scale*(x+cube*x*x*x))), scale * (1 + 3*cube*x*x)
}

func geluTanhBackwardRef(dx, dy, x []float32) {
	for i, v := range x {
		w := min(max(float64(v), -geluTanhEnd), geluTanhEnd)
		s, rate := geluTanhLogistic(w)
		dx[i] = float32(float64(dy[i]) * s * (1 + w*(1-s)*rate))
	}
}
