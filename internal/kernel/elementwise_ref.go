package kernel

import "math"

func addRef(y, a, b []float32) {
	for i := range y {
		y[i] = a[i] + b[i]
	}
}

func subRef(y, a, b []float32) {
	for i := range y {
		y[i] = a[i] - b[i]
	}
}

func mulRef(y, a, b []float32) {
	for i := range y {
		y[i] = a[i] * b[i]
	}
}

func divRef(y, a, b []float32) {
	for i := range y {
		y[i] = a[i] / b[i]
	}
}

func maximumRef(y, a, b []float32) {
	for i, v := range a {
		m := b[i]
		if v > m || v != v {
			m = v
		}
		y[i] = m
	}
}

// takeEqualRef moves what is left of a gradient where x is the maximum y.
func takeEqualRef(dx, rest, x, y []float32) {
	for i, v := range x {
		if v == y[i] {
			dx[i] += rest[i]
			rest[i] = 0
		}
	}
}

func scaleRef(y, a []float32, s float32) {
	for i := range y {
		y[i] = a[i] * s
	}
}

func addScalarRef(y, a []float32, s float32) {
	for i := range y {
		y[i] = a[i] + s
	}
}

func axpyRef(y []float32, s float32, x []float32) {
	for i := range y {
		y[i] += s * x[i]
	}
}

func fillRef(y []float32, s float32) {
	for i := range y {
		y[i] = s
	}
}

func sqrtRef(y, a []float32) {
	for i := range y {
		y[i] = float32(math.Sqrt(float64(a[i])))
	}
}

func clipRef(y, x []float32, lo, hi float32) {
	for i, v := range x {
		if v < lo {
			v = lo
		}
		if v > hi {
			v = hi
		}
		y[i] = v
	}
}

func clipBackwardRef(dx, dy, x []float32, lo, hi float32) {
	for i, v := range x {
		if lo < v && v < hi {
			dx[i] = dy[i]
		} else {
			dx[i] = 0
		}
	}
}

// sumLanes is the number of interleaved sums of Sum and SumSquares.
const sumLanes = 16

func sumRef(x []float32) float64 {
	var lanes [sumLanes]float64
	for i, v := range x {
		lanes[i%sumLanes] += float64(v)
	}
	return addLanes(&lanes)
}

func sumSquaresRef(x []float32) float64 {
	var lanes [sumLanes]float64
	for i, v := range x {
		lanes[i%sumLanes] += float64(v) * float64(v)
	}
	return addLanes(&lanes)
}

func addLanes(lanes *[sumLanes]float64) float64 {
	var s float64
	for _, v := range lanes {
		s += v
	}
	return s
}
