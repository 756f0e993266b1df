package kernel

import "math"

// Exp computes y = exp(x). y may alias x. Error against float64: at most 1.02
// ULP, found by trying every 34th float32, where the result is at least
// 2^-126; at most 2^-126 elsewhere. Tolerance: 2 ULP or 2^-126.
func Exp(y, x []float32) {
	same(len(x), len(y), "exp", "x")
	active.exp(y, x)
}

// Log computes y = log(x), -Inf at 0 and NaN below. y may alias x. Error
// against float64: at most 0.81 ULP, found by trying every 34th float32.
// Tolerance: 2 ULP.
func Log(y, x []float32) {
	same(len(x), len(y), "log", "x")
	active.log(y, x)
}

// Tanh computes y = tanh(x). y may alias x. Error against float64: at most 2.5
// ULP, found by trying every 34th float32; small x keep their digits.
// Tolerance: 3 ULP.
func Tanh(y, x []float32) {
	same(len(x), len(y), "tanh", "x")
	active.tanh(y, x)
}

// TanhBackward computes dx = dy*(1 - tanh(x)^2) from the input x of Tanh. dx
// may alias dy or x. Where the slope is below 2^-126 assembly may make NaN of
// an infinite dy. Tolerance: 4 units of |dy|.
func TanhBackward(dx, dy, x []float32) { backward("tanhBackward", active.tanhBackward, dx, dy, x) }

func expRef(y, x []float32) {
	for i, v := range x {
		y[i] = float32(math.Exp(float64(v)))
	}
}

func logRef(y, x []float32) {
	for i, v := range x {
		y[i] = float32(math.Log(float64(v)))
	}
}

func tanhRef(y, x []float32) {
	for i, v := range x {
		y[i] = float32(math.Tanh(float64(v)))
	}
}

func tanhBackwardRef(dx, dy, x []float32) {
	for i, v := range x {
		dx[i] = float32(float64(dy[i]) * tanhSlope(float64(v)))
	}
}

// tanhSlope is 1/cosh(x)^2.
func tanhSlope(x float64) float64 {
	c := math.Cosh(x)
	return 1 / (c * c)
}
