package kernel

import (
	"fmt"
	"math"
	"testing"
)

var depthwiseShapes = []Geometry{
	{9, 11, 9, 11, 3, 3, 1, 1, 1, 1},
	{9, 30, 9, 30, 5, 5, 1, 1, 2, 2},
	{7, 7, 7, 7, 5, 5, 1, 1, 2, 2},
	{4, 4, 4, 4, 5, 5, 1, 1, 2, 2},
	{1, 1, 1, 1, 5, 5, 1, 1, 2, 2},
	{2, 3, 2, 3, 5, 5, 1, 1, 2, 2},
	{10, 12, 5, 6, 3, 3, 2, 2, 0, 0}, // TensorFlow's SAME: padding at the end alone
	{10, 12, 5, 6, 5, 5, 2, 2, 1, 1},
	{11, 13, 6, 7, 5, 5, 2, 2, 2, 2},
	{9, 9, 5, 5, 3, 3, 2, 2, 1, 1},
	{8, 8, 8, 8, 1, 1, 1, 1, 0, 0},
	{8, 9, 4, 5, 1, 1, 2, 2, 0, 0}, // inputs that nothing reads
	{9, 20, 7, 7, 3, 2, 1, 3, 0, 1},
	{9, 20, 9, 20, 7, 7, 1, 1, 3, 3},
	{6, 6, 2, 2, 2, 2, 4, 4, 0, 0},
	{5, 5, 8, 8, 3, 3, 1, 1, 3, 3}, // windows that see only padding
}

// depthwiseCase has the input, output gradient and weights of one shape.
type depthwiseCase struct {
	g        Geometry
	c        int
	x, dy, w buffer
}

func newDepthwiseCase(g Geometry, c int, special ...float32) *depthwiseCase {
	r := stream(g.InH, g.InW, g.OutH, g.OutW, g.KH, g.KW, c, len(special))
	return &depthwiseCase{
		g: g, c: c,
		x:  normals(r, g.InH*g.InW*c, special...),
		dy: normals(r, g.OutH*g.OutW*c, special...),
		w:  normals(r, g.KH*g.KW*c, special...),
	}
}

// want returns y, dx and dw by the definition in float64, or the sums of
// magnitudes where absolute is set.
func (d *depthwiseCase) want(absolute bool) (y, dx, dw []float32) {
	g, c := d.g, d.c
	value := func(v float32) float64 {
		if absolute {
			return math.Abs(float64(v))
		}
		return float64(v)
	}
	y64, dx64, dw64 := make([]float64, len(d.dy.data)), make([]float64, len(d.x.data)), make([]float64, len(d.w.data))
	for oy := range g.OutH {
		for ox := range g.OutW {
			for kh := range g.KH {
				for kw := range g.KW {
					iy, ix := oy*g.StrideH+kh-g.PadTop, ox*g.StrideW+kw-g.PadLeft
					if iy < 0 || iy >= g.InH || ix < 0 || ix >= g.InW {
						continue
					}
					for i := range c {
						o, in, t := (oy*g.OutW+ox)*c+i, (iy*g.InW+ix)*c+i, (kh*g.KW+kw)*c+i
						x, dyv, w := value(d.x.data[in]), value(d.dy.data[o]), value(d.w.data[t])
						y64[o] += x * w
						dx64[in] += dyv * w
						dw64[t] += x * dyv
					}
				}
			}
		}
	}
	return narrow(y64), narrow(dx64), narrow(dw64)
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// check runs the three kernels, each in two parts of rows, on the path in
// use.
func (d *depthwiseCase) check(t *testing.T) {
	t.Helper()
	g, c := d.g, d.c
	r := stream(c)
	y, dx, dw := newBuffer(len(d.dy.data), r.IntN(16)), newBuffer(len(d.x.data), r.IntN(16)), newBuffer(len(d.w.data), r.IntN(16))
	clear(dw.data)
	x0, dy0, w0 := d.x.clone(), d.dy.clone(), d.w.clone()
	for _, rows := range [][2]int{{g.OutH / 3, g.OutH}, {0, g.OutH / 3}} {
		DepthwiseForward(y.data, d.x.data, d.w.data, g, c, rows[0], rows[1])
		DepthwiseBackwardWeights(dw.data, d.x.data, d.dy.data, g, c, rows[0], rows[1])
	}
	for _, rows := range [][2]int{{g.InH / 3, g.InH}, {0, g.InH / 3}} {
		DepthwiseBackwardData(dx.data, d.dy.data, d.w.data, g, c, rows[0], rows[1])
	}
	name := fmt.Sprintf("%+v c=%d", g, c)
	wantY, wantDx, wantDw := d.want(false)
	scaleY, scaleDx, scaleDw := d.want(true)
	near(t, name+" y", y.data, wantY, eps*8, scaleY)
	near(t, name+" dx", dx.data, wantDx, eps*8, scaleDx)
	near(t, name+" dw", dw.data, wantDw, eps*16, scaleDw)
	y.intact(t, name+" y")
	dx.intact(t, name+" dx")
	dw.intact(t, name+" dw")
	d.x.unchanged(t, x0, name+" x")
	d.dy.unchanged(t, dy0, name+" dy")
	d.w.unchanged(t, w0, name+" w")
}

func TestDepthwiseEqualsTheDefinition(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, g := range depthwiseShapes {
			for _, c := range []int{1, 3, 8, 13, 16, 24, 40, 67, 130} {
				newDepthwiseCase(g, c).check(t)
			}
		}
	})
}

func TestDepthwiseForEveryChannelCount(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for c := 1; c <= 130; c++ {
			newDepthwiseCase(Geometry{4, 14, 4, 14, 3, 3, 1, 1, 1, 1}, c).check(t)
			newDepthwiseCase(Geometry{4, 6, 2, 3, 5, 5, 2, 2, 1, 1}, c).check(t)
		}
	})
}

func TestDepthwiseForEveryWidth(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for w := 1; w <= 40; w++ {
			newDepthwiseCase(Geometry{3, w, 3, w, 3, 3, 1, 1, 1, 1}, 9).check(t)
			newDepthwiseCase(Geometry{3, w, 2, (w + 1) / 2, 5, 5, 2, 2, 2, 2}, 9).check(t)
		}
	})
}

func TestDepthwisePropagatesNaNAndInf(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, g := range depthwiseShapes {
			newDepthwiseCase(g, 37, nan).check(t)
			newDepthwiseCase(g, 37, inf, -inf).check(t)
		}
	})
}

func TestDepthwiseWeightsGoThereAndBack(t *testing.T) {
	w := normals(stream(5), 3*5*7).data
	packed, back := make([]float32, len(w)), make([]float32, len(w))
	PackDepthwise(packed, w, 3, 5, 7)
	if packed[2*7+4] != w[4*15+2] {
		t.Error("tap 2 of channel 4 is not where it should be")
	}
	UnpackDepthwise(back, packed, 3, 5, 7)
	near(t, "unpacked", back, w, 0, nil)
}
