package kernel

import "math"

// LeakyReLU computes y = alpha*x where x < 0 and x elsewhere. y may alias x.
// Tolerance: 0 ULP.
func LeakyReLU(y, x []float32, alpha float32) {
	same(len(x), len(y), "leakyReLU", "x")
	active.leaky(y, x, alpha)
}

// LeakyReLUBackward computes dx = dy where x > 0 and alpha*dy elsewhere (at 0
// and NaN too, as torch does), from the input x of LeakyReLU. dx may alias dy
// or x. Tolerance: 0 ULP.
func LeakyReLUBackward(dx, dy, x []float32, alpha float32) {
	same(len(dy), len(dx), "leakyReLUBackward", "dy")
	same(len(x), len(dx), "leakyReLUBackward", "x")
	active.leakyBackward(dx, dy, x, alpha)
}

// ELU computes y = alpha*(exp(x)-1) where x < 0 and x elsewhere (Clevert and
// others 2016), with all digits near zero. y may alias x.
// Tolerance: 3 ULP or 2^-126.
func ELU(y, x []float32, alpha float32) {
	same(len(x), len(y), "elu", "x")
	active.elu(y, x, alpha)
}

// ELUBackward computes dx = dy where x > 0 and dy*alpha*exp(x) elsewhere (at 0
// too, as torch does), from the input x of ELU. dx may alias dy or x. Where
// exp(x) is below 2^-126 assembly may make NaN of an infinite dy. Tolerance: 3
// units of |dy|*(1+|alpha|).
func ELUBackward(dx, dy, x []float32, alpha float32) {
	same(len(dy), len(dx), "eluBackward", "dy")
	same(len(x), len(dx), "eluBackward", "x")
	active.eluBackward(dx, dy, x, alpha)
}

func leakyRef(y, x []float32, alpha float32) {
	for i, v := range x {
		if v < 0 {
			v *= alpha
		}
		y[i] = v
	}
}

func leakyBackwardRef(dx, dy, x []float32, alpha float32) {
	for i, v := range x {
		d := dy[i]
		if !(v > 0) {
			d *= alpha
		}
		dx[i] = d
	}
}

func eluRef(y, x []float32, alpha float32) {
	for i, v := range x {
		if v < 0 {
			v = float32(float64(alpha) * math.Expm1(float64(v)))
		}
		y[i] = v
	}
}

func eluBackwardRef(dx, dy, x []float32, alpha float32) {
	for i, v := range x {
		slope := 1.0
		if !(v > 0) {
			slope = float64(alpha) * math.Exp(float64(v))
		}
		dx[i] = float32(float64(dy[i]) * slope)
	}
}
