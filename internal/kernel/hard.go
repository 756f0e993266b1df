package kernel

// The hard functions (Howard and others 2019) are made of the straight line
// t = alpha*x + beta, rounded after each operation, cut off at 0 and 1.
// alpha = 1/6 and beta = 0.5 make those of MobileNetV3.

// HardSigmoid computes y = min(max(t, 0), 1). y may alias x.
// Tolerance: 0 ULP.
func HardSigmoid(y, x []float32, alpha, beta float32) {
	same(len(x), len(y), "hardSigmoid", "x")
	active.hardSigmoid(y, x, alpha, beta)
}

// HardSigmoidBackward computes dx = dy*alpha where 0 < t < 1 and 0 elsewhere,
// from the input x of HardSigmoid. dx may alias dy or x. Tolerance: 0 ULP.
func HardSigmoidBackward(dx, dy, x []float32, alpha, beta float32) {
	same(len(dy), len(dx), "hardSigmoidBackward", "dy")
	same(len(x), len(dx), "hardSigmoidBackward", "x")
	active.hardSigmoidBackward(dx, dy, x, alpha, beta)
}

// HardSwish computes y = x*min(max(t, 0), 1). y may alias x. -Inf gives NaN,
// as Inf*0 does. Tolerance: 0 ULP.
func HardSwish(y, x []float32, alpha, beta float32) {
	same(len(x), len(y), "hardSwish", "x")
	active.hardSwish(y, x, alpha, beta)
}

// HardSwishBackward computes dx = dy*(min(max(t, 0), 1) + alpha*x), without
// alpha*x where not 0 < t < 1, from the input x of HardSwish. dx may alias dy
// or x. Tolerance: 0 ULP.
func HardSwishBackward(dx, dy, x []float32, alpha, beta float32) {
	same(len(dy), len(dx), "hardSwishBackward", "dy")
	same(len(x), len(dx), "hardSwishBackward", "x")
	active.hardSwishBackward(dx, dy, x, alpha, beta)
}

// hardLine is t. The conversions keep the compiler from fusing.
func hardLine(x, alpha, beta float32) float32 { return float32(alpha*x) + beta }

func hardClipped(t float32) float32 {
	switch {
	case t < 0:
		return 0
	case t > 1:
		return 1
	}
	return t
}

func hardSigmoidRef(y, x []float32, alpha, beta float32) {
	for i, v := range x {
		y[i] = hardClipped(hardLine(v, alpha, beta))
	}
}

func hardSigmoidBackwardRef(dx, dy, x []float32, alpha, beta float32) {
	for i, v := range x {
		if t := hardLine(v, alpha, beta); 0 < t && t < 1 {
			dx[i] = dy[i] * alpha
		} else {
			dx[i] = 0
		}
	}
}

func hardSwishRef(y, x []float32, alpha, beta float32) {
	for i, v := range x {
		y[i] = v * hardClipped(hardLine(v, alpha, beta))
	}
}

func hardSwishBackwardRef(dx, dy, x []float32, alpha, beta float32) {
	for i, v := range x {
		t := hardLine(v, alpha, beta)
		var inside float32
		if 0 < t && t < 1 {
			inside = alpha * v
		}
		dx[i] = dy[i] * (hardClipped(t) + float32(inside))
	}
}
