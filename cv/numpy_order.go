package cv

import "math"

// Sums in the order in which NumPy takes them: a fold can hang on the last bit
// of a standard deviation, so equal folds need equal rounding. The explicit
// float64 conversions keep a compiler from fusing multiply and add.

// pairwiseSum is NumPy's sum of a contiguous vector: plain below 8 elements,
// eight interleaved partial sums up to 128, halves above.
func pairwiseSum(x []float64) float64 {
	n := len(x)
	if n < 8 {
		return runningSum(x)
	}
	if n > 128 {
		half := n / 2
		half -= half % 8
		return pairwiseSum(x[:half]) + pairwiseSum(x[half:])
	}
	var r [8]float64
	copy(r[:], x)
	i := 8
	for ; i+8 <= n; i += 8 {
		for j := range r {
			r[j] += x[i+j]
		}
	}
	sum := ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
	for ; i < n; i++ {
		sum += x[i]
	}
	return sum
}

func runningSum(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum
}

// standardDeviation is NumPy's std (population form) along a contiguous axis.
func standardDeviation(x []float64) float64 { return deviation(x, pairwiseSum) }

// columnDeviation is NumPy's std of one column of a matrix of several columns:
// there the sum runs row by row.
func columnDeviation(x []float64) float64 { return deviation(x, runningSum) }

func deviation(x []float64, sum func([]float64) float64) float64 {
	n := float64(len(x))
	mean := sum(x) / n
	squares := make([]float64, len(x))
	for i, v := range x {
		d := v - mean
		squares[i] = float64(d * d)
	}
	return math.Sqrt(sum(squares) / n)
}

// isClose is NumPy's isclose with its default tolerances; it is not symmetric.
func isClose(a, b float64) bool {
	if math.IsInf(a, 0) || math.IsInf(b, 0) {
		return a == b
	}
	return math.Abs(a-b) <= 1e-8+float64(1e-5*math.Abs(b))
}
