package kernel

import "fmt"

// The Normalize kernels compute z = x*scale + shift, rounded once, with
// x [rows,c] and scale, shift [c]: a BatchNorm whose statistics are known.
// In the same pass they apply an Activation or its gradient, so that neither
// z nor act(z) need lie in memory between them.

// Activation is a function of one number. The zero value is the identity.
type Activation struct {
	Kind   ActivationKind
	Lo, Hi float32 // of ClipActivation: 0 and 6 make ReLU6, 0 and +Inf ReLU
}

// ActivationKind names the function of an Activation.
type ActivationKind uint8

const (
	IdentityActivation ActivationKind = iota // z
	SwishActivation                          // z*sigmoid(z), with the errors of Swish and SwishBackward
	ClipActivation                           // min(max(z, Lo), Hi) with the gradient of ClipBackward
	activationKinds
)

// kind checks an activation.
func (a Activation) kind(op string) ActivationKind {
	if a.Kind >= activationKinds {
		panic(fmt.Sprintf("kernel: %s: unknown activation %d", op, a.Kind))
	}
	return a.Kind
}

// NormalizeActivate computes y = act(z). y may alias x. Tolerance: 4 units of
// |x*scale|+|shift|, or of the limits of a clip where those are nearer.
func NormalizeActivate(y, x, scale, shift []float32, rows, c int, act Activation) {
	NormalizeActivateInto(y, c, x, scale, shift, rows, c, act)
}

// NormalizeActivateInto is NormalizeActivate for a y whose rows are ldy
// elements apart: some channels of a wider array. y may alias x where ldy is c.
// Tolerance: that of NormalizeActivate.
func NormalizeActivateInto(y []float32, ldy int, x, scale, shift []float32, rows, c int, act Activation) {
	const op = "normalizeActivate"
	checkMatrix(op, "y", len(y), rows, c, ldy)
	needAffine(x, scale, shift, rows, c, op)
	if rows == 0 || c == 0 {
		return
	}
	active.normalize[act.kind(op)](y[:(rows-1)*ldy+c], x[:rows*c], scale[:c], shift[:c], rows, c, ldy, act.Lo, act.Hi)
}

// NormalizeActivateScale computes y = act(z)*s with s [c]: the gate of a
// squeeze-and-excitation block on one image. y may alias x. Tolerance: 6
// units of |s| times those of NormalizeActivate.
func NormalizeActivateScale(y, x, scale, shift, s []float32, rows, c int, act Activation) {
	const op = "normalizeActivateScale"
	need(len(y), rows*c, op, "y")
	needAffine(x, scale, shift, rows, c, op)
	need(len(s), c, op, "s")
	n := rows * c
	active.normalizeScale[act.kind(op)](y[:n], x[:n], scale[:c], shift[:c], s[:c], rows, c, act.Lo, act.Hi)
}

// NormalizeActivateSum adds to sum [c] the column sums of act(z).
// Tolerance: 4+sqrt(rows) units, those of NormalizeActivate summed.
func NormalizeActivateSum(sum, x, scale, shift []float32, rows, c int, act Activation) {
	const op = "normalizeActivateSum"
	need(len(sum), c, op, "sum")
	needAffine(x, scale, shift, rows, c, op)
	f := active.normalizeSum[act.kind(op)]
	blocks(rows, c, func(lo, hi, n int) {
		f(sum[:c], x[lo:hi], scale[:c], shift[:c], n, c, act.Lo, act.Hi)
	})
}

// NormalizeActivateDot adds to sum [c] the column sums of dy*act(z) with
// dy [rows,c]: the gradient of the factor s of NormalizeActivateScale.
// Tolerance: 4+sqrt(rows) units of the sum of |dy| times those of
// NormalizeActivate.
func NormalizeActivateDot(sum, dy, x, scale, shift []float32, rows, c int, act Activation) {
	const op = "normalizeActivateDot"
	need(len(sum), c, op, "sum")
	need(len(dy), rows*c, op, "dy")
	needAffine(x, scale, shift, rows, c, op)
	f := active.normalizeDot[act.kind(op)]
	blocks(rows, c, func(lo, hi, n int) {
		f(sum[:c], dy[lo:hi], x[lo:hi], scale[:c], shift[:c], n, c, act.Lo, act.Hi)
	})
}

// NormalizeActivateBackwardSums adds to sumDz [c] the column sums of
// dz = (dy*s + q)*act'(z) and to sumDzX [c] those of dz*(x-mean), with
// mean, s, q [c] and dy [rows,c]: the reductions of BatchNorm's gradient
// behind an activation, its gate s and the gradient q that reached act(z)
// through a mean over rows. Nil s and q, both or none, stand for 1 and 0.
// Tolerance: 20+sqrt(rows) units of the sums of g = |dy*s|+|q| and of
// g*(|x|+|mean|).
func NormalizeActivateBackwardSums(sumDz, sumDzX, dy, x, scale, shift, mean, s, q []float32, rows, c int, act Activation) {
	const op = "normalizeActivateBackwardSums"
	need(len(sumDz), c, op, "sumDz")
	need(len(sumDzX), c, op, "sumDzX")
	need(len(dy), rows*c, op, "dy")
	needAffine(x, scale, shift, rows, c, op)
	need(len(mean), c, op, "mean")
	if needGate(s, q, c, op) {
		f := active.normalizeScaleBackwardSums[act.kind(op)]
		blocks(rows, c, func(lo, hi, n int) {
			f(sumDz[:c], sumDzX[:c], dy[lo:hi], x[lo:hi], scale[:c], shift[:c], mean[:c], s[:c], q[:c], n, c, act.Lo, act.Hi)
		})
		return
	}
	f := active.normalizeBackwardSums[act.kind(op)]
	blocks(rows, c, func(lo, hi, n int) {
		f(sumDz[:c], sumDzX[:c], dy[lo:hi], x[lo:hi], scale[:c], shift[:c], mean[:c], n, c, act.Lo, act.Hi)
	})
}

// NormalizeActivateBackward computes dx = a*dz + b*x + d with a, b, d [c]
// and the dz of NormalizeActivateBackwardSums. dx may alias dy or x.
// Tolerance: 24 units of |a|*(|dy*s|+|q|) + |b*x| + |d|.
func NormalizeActivateBackward(dx, dy, x, scale, shift, a, b, d, s, q []float32, rows, c int, act Activation) {
	const op = "normalizeActivateBackward"
	need(len(dx), rows*c, op, "dx")
	need(len(dy), rows*c, op, "dy")
	needAffine(x, scale, shift, rows, c, op)
	need(len(a), c, op, "a")
	need(len(b), c, op, "b")
	need(len(d), c, op, "d")
	n := rows * c
	dx, dy, x, scale, shift = dx[:n], dy[:n], x[:n], scale[:c], shift[:c]
	a, b, d = a[:c], b[:c], d[:c]
	if needGate(s, q, c, op) {
		active.normalizeScaleBackward[act.kind(op)](dx, dy, x, scale, shift, a, b, d, s[:c], q[:c], rows, c, act.Lo, act.Hi)
		return
	}
	active.normalizeBackward[act.kind(op)](dx, dy, x, scale, shift, a, b, d, rows, c, act.Lo, act.Hi)
}

// needAffine checks what all Normalize kernels read.
func needAffine(x, scale, shift []float32, rows, c int, op string) {
	need(len(x), rows*c, op, "x")
	need(len(scale), c, op, "scale")
	need(len(shift), c, op, "shift")
}

// needGate checks s and q and reports whether there are any.
func needGate(s, q []float32, c int, op string) bool {
	if s == nil && q == nil {
		return false
	}
	need(len(s), c, op, "s")
	need(len(q), c, op, "q")
	return true
}
