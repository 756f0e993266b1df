package kernel

import (
	"fmt"
	"math"
	"testing"
)

var poolShapes = []Geometry{
	{9, 12, 5, 6, 3, 3, 2, 2, 1, 1},  // ResNet's stem
	{8, 8, 4, 4, 3, 3, 2, 2, 1, 1},   // ResNeSt's average
	{7, 5, 4, 3, 2, 2, 2, 2, 0, 0},   // rounded up: the last windows reach over the edge
	{6, 7, 6, 7, 3, 3, 1, 1, 1, 1},   // inception's
	{5, 9, 2, 3, 2, 3, 3, 4, 0, 1},   // gaps
	{1, 1, 1, 1, 1, 1, 1, 1, 0, 0},   //
	{3, 3, 1, 1, 3, 3, 1, 1, 0, 0},   //
	{4, 20, 4, 19, 1, 2, 1, 1, 0, 0}, //
}

// TestPools compares with the definition: maxima and their first places, means
// and their gradients in float64.
func TestPools(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, g := range poolShapes {
			for _, c := range []int{1, 3, 8, 17, 40} {
				checkMaxPool(t, g, c)
				checkMaxPool(t, g, c, inf, -inf, nan, 1, 1, 1)
				checkAveragePool(t, g, c)
			}
		}
	})
}

// eachTap calls f with the output element and the input element of every tap.
func eachTap(g Geometry, c int, f func(y, x int)) {
	for y := range g.OutH * g.OutW * c {
		for kh := range g.KH {
			for kw := range g.KW {
				iy, ix := y/c/g.OutW*g.StrideH+kh-g.PadTop, y/c%g.OutW*g.StrideW+kw-g.PadLeft
				if iy >= 0 && iy < g.InH && ix >= 0 && ix < g.InW {
					f(y, (iy*g.InW+ix)*c+y%c)
				}
			}
		}
	}
}

func checkMaxPool(t *testing.T, g Geometry, c int, special ...float32) {
	t.Helper()
	what := fmt.Sprintf("%+v with %d channels", g, c)
	r := stream(g.InH, g.InW, g.KH, c, len(special))
	x, dy := normals(r, g.InH*g.InW*c, special...), normals(r, g.OutH*g.OutW*c)
	want, from := make([]float32, len(dy.data)), make([]int, len(dy.data))
	for i := range want {
		want[i], from[i] = -inf, -1
	}
	eachTap(g, c, func(i, j int) { want[i] = max(want[i], x.data[j]) })
	wantDx := make([]float32, len(x.data))
	eachTap(g, c, func(i, j int) {
		if from[i] < 0 && x.data[j] == want[i] {
			from[i] = j
			wantDx[j] += dy.data[i]
		}
	})
	y, dx, x0, dy0 := newBuffer(len(want), 3), newBuffer(len(wantDx), 5), x.clone(), dy.clone()
	half := g.OutH / 2
	MaxPool(y.data, x.data, g, c, 0, half)
	MaxPool(y.data[half*g.OutW*c:], x.data, g, c, half, g.OutH)
	near(t, what, y.data, want, 0, nil)
	MaxPoolBackward(dx.data, make([]float32, c), dy.data, x.data, y.data, g, c)
	near(t, what+" backward", dx.data, wantDx, 0, nil)
	y.intact(t, what)
	dx.intact(t, what)
	x.unchanged(t, x0, what)
	dy.unchanged(t, dy0, what)
}

func checkAveragePool(t *testing.T, g Geometry, c int) {
	t.Helper()
	what := fmt.Sprintf("%+v with %d channels", g, c)
	r := stream(g.InH, g.InW, g.KH, c)
	x, dy, scale := normals(r, g.InH*g.InW*c), normals(r, g.OutH*g.OutW*c), normals(r, g.OutH*g.OutW)
	sums := [4][]float64{} // y, its size, dx, its size
	for i := range sums {
		sums[i] = make([]float64, []int{len(dy.data), len(x.data)}[i/2])
	}
	eachTap(g, c, func(i, j int) {
		s := float64(scale.data[i/c])
		sums[0][i] += s * float64(x.data[j])
		sums[1][i] += math.Abs(s * float64(x.data[j]))
		sums[2][j] += s * float64(dy.data[i])
		sums[3][j] += math.Abs(s * float64(dy.data[i]))
	})
	want := [4][]float32{}
	for i := range sums {
		for _, v := range sums[i] {
			want[i] = append(want[i], float32(v))
		}
	}
	y, dx, x0, dy0 := newBuffer(len(dy.data), 3), newBuffer(len(x.data), 5), x.clone(), dy.clone()
	half := g.OutH / 2
	AveragePool(y.data, x.data, scale.data, g, c, 0, half)
	AveragePool(y.data[half*g.OutW*c:], x.data, scale.data, g, c, half, g.OutH)
	tolerance := float64(1+g.KH*g.KW) * eps
	near(t, what, y.data, want[0], tolerance, want[1])
	AveragePoolBackward(dx.data, dy.data, scale.data, g, c)
	near(t, what+" backward", dx.data, want[2], tolerance, want[3])
	y.intact(t, what)
	dx.intact(t, what)
	x.unchanged(t, x0, what)
	dy.unchanged(t, dy0, what)
}
