package train

import "math"

// suggest smooths the curve and finds where it falls and ends.
func (t *RateTest) suggest() {
	n := len(t.Points)
	half := max(2, n/10)
	if n <= 2*half {
		for i := range t.Points {
			t.Points[i].Smoothed = t.Points[i].Loss
		}
		return
	}
	slopes := make([]float64, n)
	lowest := 0
	for i := range t.Points {
		t.Points[i].Smoothed, slopes[i] = t.line(max(0, i-half), min(n, i+half+1), i)
		if t.Points[i].Smoothed < t.Points[lowest].Smoothed {
			lowest = i
		}
	}
	if fall := t.Points[0].Smoothed - t.Points[lowest].Smoothed; !(fall > 2*t.noise(lowest, half)) {
		return
	}
	steepest := 0
	for i := range lowest + 1 {
		if slopes[i] < slopes[steepest] {
			steepest = i
		}
	}
	t.Steepest, t.Lowest = t.Points[steepest].LearningRate, t.Points[lowest].LearningRate
}

// line fits a straight line to the losses of the points [lo,hi) over the
// logarithm of the rate, whose steps are even, and returns its value at point i
// and its slope a step.
func (t *RateTest) line(lo, hi, i int) (value, slope float64) {
	n := float64(hi - lo)
	centre := float64(lo+hi-1) / 2
	mean, squares := 0.0, 0.0
	for k := lo; k < hi; k++ {
		d := float64(k) - centre
		mean += t.Points[k].Loss / n
		slope += d * t.Points[k].Loss
		squares += d * d
	}
	slope /= squares
	return mean + slope*(float64(i)-centre), slope
}

// noise is the standard error of a smoothed value: the spread of the losses
// about the curve up to its lowest point, over the root of the points in a
// line.
func (t *RateTest) noise(lowest, half int) float64 {
	sum := 0.0
	for _, p := range t.Points[:lowest+1] {
		sum += (p.Loss - p.Smoothed) * (p.Loss - p.Smoothed)
	}
	return math.Sqrt(sum / float64(lowest+1) / float64(2*half+1))
}
