package kernel

// Element-wise functions take slices of equal length; the result may alias
// any input.

// Add computes y = a + b. Tolerance: 0 ULP.
func Add(y, a, b []float32) { binary("add", active.add, y, a, b) }

// Sub computes y = a - b. Tolerance: 0 ULP.
func Sub(y, a, b []float32) { binary("sub", active.sub, y, a, b) }

// Mul computes y = a * b. Tolerance: 0 ULP.
func Mul(y, a, b []float32) { binary("mul", active.mul, y, a, b) }

// Div computes y = a / b. Tolerance: 0 ULP.
func Div(y, a, b []float32) { binary("div", active.div, y, a, b) }

// Maximum computes y = max(a, b), NaN where either is one; of two zeros it is
// that of b. Tolerance: 0 ULP.
func Maximum(y, a, b []float32) { binary("maximum", active.maximum, y, a, b) }

func binary(op string, f func(y, a, b []float32), y, a, b []float32) {
	same(len(a), len(y), op, "a")
	same(len(b), len(y), op, "b")
	f(y, a, b)
}

// Scale computes y = a * s. Tolerance: 0 ULP.
func Scale(y, a []float32, s float32) {
	same(len(a), len(y), "scale", "a")
	active.scale(y, a, s)
}

// MulScalar is Scale under the name that update programs use.
// Tolerance: 0 ULP.
func MulScalar(y, a []float32, s float32) { Scale(y, a, s) }

// AddScalar computes y = a + s. Tolerance: 0 ULP.
func AddScalar(y, a []float32, s float32) {
	same(len(a), len(y), "addScalar", "a")
	active.addScalar(y, a, s)
}

// Axpy computes y += s*x; assembly fuses multiply and add. Tolerance: 3 units.
func Axpy(y []float32, s float32, x []float32) {
	same(len(x), len(y), "axpy", "x")
	active.axpy(y, s, x)
}

// Fill sets every element of y to s. Tolerance: 0 ULP.
func Fill(y []float32, s float32) { active.fill(y, s) }

// Sqrt computes y = sqrt(a), correctly rounded; NaN below zero.
// Tolerance: 0 ULP.
func Sqrt(y, a []float32) {
	same(len(a), len(y), "sqrt", "a")
	active.sqrt(y, a)
}

// Clip computes y = min(max(x, lo), hi), which is hi where lo > hi; NaN passes
// through.
// Tolerance: 0 ULP.
func Clip(y, x []float32, lo, hi float32) {
	same(len(x), len(y), "clip", "x")
	active.clip(y, x, lo, hi)
}

// ClipBackward computes dx = dy where lo < x < hi and 0 elsewhere (also
// where x is NaN): the rule of torch's hardtanh and relu6. ReLU is lo = 0,
// hi = +Inf. Tolerance: 0 ULP.
func ClipBackward(dx, dy, x []float32, lo, hi float32) {
	same(len(dy), len(dx), "clipBackward", "dy")
	same(len(x), len(dx), "clipBackward", "x")
	active.clipBackward(dx, dy, x, lo, hi)
}

// Sum returns the sum of x in float64, over 16 interleaved lanes on every
// path: all paths give the same bits.
// Tolerance: 0 ULP.
func Sum(x []float32) float64 { return active.sum(x) }

// SumSquares returns the sum of x*x in float64, in the order of Sum.
// Tolerance: 0 ULP.
func SumSquares(x []float32) float64 { return active.sumSquares(x) }
