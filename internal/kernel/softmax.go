package kernel

import "math"

// Softmax computes y = exp(x)/(the sum of exp(x) over the row) for each row of
// x [rows,c], from differences to the row's largest x: nothing overflows. y
// may alias x. Tolerance: 5+sqrt(c) units of the row's largest y.
func Softmax(y, x []float32, rows, c int) {
	need(len(y), rows*c, "softmax", "y")
	need(len(x), rows*c, "softmax", "x")
	active.softmax(y[:rows*c], x[:rows*c], rows, c)
}

// SoftmaxBackward computes dx = y*(dy - s), s the sum of dy*y over the row,
// from the output y [rows,c] of Softmax. dx may alias dy or y. Tolerance:
// 4+sqrt(c) units of |y|*(|dy| + the sum of |dy*y|).
func SoftmaxBackward(dx, dy, y []float32, rows, c int) {
	need(len(dx), rows*c, "softmaxBackward", "dx")
	need(len(dy), rows*c, "softmaxBackward", "dy")
	need(len(y), rows*c, "softmaxBackward", "y")
	active.softmaxBackward(dx[:rows*c], dy[:rows*c], y[:rows*c], rows, c)
}

func softmaxRef(y, x []float32, rows, c int) {
	for r := range rows {
		out, in := y[r*c:][:c], x[r*c:][:c]
		top, sum := float32(math.Inf(-1)), 0.0
		for _, v := range in {
			top = max(top, v)
		}
		for _, v := range in {
			sum += math.Exp(float64(v) - float64(top))
		}
		for i, v := range in {
			out[i] = float32(math.Exp(float64(v)-float64(top)) / sum)
		}
	}
}

func softmaxBackwardRef(dx, dy, y []float32, rows, c int) {
	for r := range rows {
		out, g, in := dx[r*c:][:c], dy[r*c:][:c], y[r*c:][:c]
		sum := 0.0
		for i, v := range in {
			sum += float64(g[i]) * float64(v)
		}
		for i, v := range in {
			out[i] = float32(float64(v) * (float64(g[i]) - sum))
		}
	}
}
