package kernel

import "math"

// Sigmoid computes y = 1/(1+exp(-x)). y may alias x. -Inf gives 0, +Inf 1.
// Error against float64: at most 2.49 ULP, found by trying every float32,
// where the result is at least 2^-126; below that (x < -87.3) at most 2^-126.
// Tolerance: 2 ULP or 2^-126.
func Sigmoid(y, x []float32) {
	same(len(x), len(y), "sigmoid", "x")
	active.sigmoid(y, x)
}

// SigmoidBackward computes dx = dy*y*(1-y) from the output y of Sigmoid.
// dx may alias dy or y. Tolerance: 0 ULP.
func SigmoidBackward(dx, dy, y []float32) {
	same(len(dy), len(dx), "sigmoidBackward", "dy")
	same(len(y), len(dx), "sigmoidBackward", "y")
	active.sigmoidBackward(dx, dy, y)
}

// Swish computes y = x*sigmoid(x) (Ramachandran and others 2017). y may
// alias x. -Inf gives NaN, as Inf*0 does. Error against float64: at most
// 2.41 ULP, found by trying every float32, for x > -87 and a result of at
// least 2^-126; at most 2^-119 elsewhere. Tolerance: 2 ULP or 2^-119.
func Swish(y, x []float32) {
	same(len(x), len(y), "swish", "x")
	active.swish(y, x)
}

// SwishBackward computes dx = dy*s*(1 + x*(1-s)) with s = sigmoid(x), from
// the input x of Swish. dx may alias dy or x. The error against float64 is at
// most 4e-7*|dy|*max(1, |x|*s). Tolerance: 18 units of |dy|, the most near
// x = 16.6, where x*(1-s) is small and its error is not. Where s vanishes
// (x < -88.7) assembly makes NaN of an infinite dy.
func SwishBackward(dx, dy, x []float32) { backward("swishBackward", active.swishBackward, dx, dy, x) }

func logistic(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }

func sigmoidRef(y, x []float32) {
	for i, v := range x {
		y[i] = float32(logistic(v))
	}
}

func sigmoidBackwardRef(dx, dy, y []float32) {
	for i, v := range y {
		dx[i] = dy[i] * (v * (1 - v))
	}
}

func swishRef(y, x []float32) {
	for i, v := range x {
		y[i] = float32(float64(v) * logistic(v))
	}
}

func swishBackwardRef(dx, dy, x []float32) {
	for i, v := range x {
		s := logistic(v)
		dx[i] = float32(float64(dy[i]) * (s * (1 + float64(v)*(1-s))))
	}
}
