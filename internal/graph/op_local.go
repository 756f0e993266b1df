package graph

import (
	"fmt"
	"math"
)

// LocalNorm divides every element of x [N,H,W,C] by (Bias + Alpha/Size * the
// sum of the squares of Size neighbouring channels)^Beta: local response
// normalisation (Krizhevsky, Sutskever and Hinton 2012, section 3.3). It has
// no gradient.
type LocalNorm struct {
	Size              int
	Alpha, Beta, Bias float64
}

// String implements Spec.
func (l LocalNorm) String() string {
	return fmt.Sprintf("local-norm %d %g %g %g", l.Size, l.Alpha, l.Beta, l.Bias)
}

// Ranks implements Spec.
func (LocalNorm) Ranks() ([]int, int) { return []int{4}, 4 }

// Shape implements Spec.
func (l LocalNorm) Shape(in [][]int) ([]int, error) {
	if l.Size < 1 {
		return nil, fmt.Errorf("the size %d", l.Size)
	}
	return in[0], nil
}

// Neighbours returns the channels [lo,hi) that count for channel k of c.
func (l LocalNorm) Neighbours(k, c int) (lo, hi int) {
	return max(0, k-(l.Size-1)/2), min(c, k+l.Size/2+1)
}

// Eval implements Spec.
func (l LocalNorm) Eval(out Array, in []Array) {
	c := last(out.Shape)
	for i, v := range in[0].Data {
		lo, hi := l.Neighbours(i%c, c)
		sum := 0.0
		for _, n := range in[0].Data[i-i%c+lo : i-i%c+hi] {
			sum += n * n
		}
		out.Data[i] = v / math.Pow(l.Bias+l.Alpha/float64(l.Size)*sum, l.Beta)
	}
}
