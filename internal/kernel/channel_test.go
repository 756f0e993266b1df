package kernel

import (
	"fmt"
	"math"
	"testing"
)

// channelCase holds inputs for all channel kernels of one shape.
type channelCase struct {
	rows, c          int
	x, y, p, q, r, s buffer // x, y [rows,c], the others [c]
}

func newChannelCase(rows, c int, special ...float32) *channelCase {
	r := stream(rows, c, len(special))
	return &channelCase{
		rows: rows, c: c,
		x: normals(r, rows*c, special...), y: normals(r, rows*c, special...),
		p: normals(r, c, special...), q: normals(r, c), r: normals(r, c), s: normals(r, c),
	}
}

// column returns what f gives for each channel, summed over the rows in
// float64 and added to start, with the sum of magnitudes behind it.
func (k *channelCase) column(start []float32, f func(x, y, p, q float64) (value, size float64)) (sum, scale []float32) {
	for i := range k.c {
		total, size := float64(start[i]), math.Abs(float64(start[i]))
		for r := range k.rows {
			v, s := f(float64(k.x.data[r*k.c+i]), float64(k.y.data[r*k.c+i]), float64(k.p.data[i]), float64(k.q.data[i]))
			total += v
			size += math.Abs(s)
		}
		sum, scale = append(sum, float32(total)), append(scale, float32(size))
	}
	return sum, scale
}

func (k *channelCase) checkReductions(t *testing.T) {
	t.Helper()
	name := fmt.Sprintf("rows=%d c=%d", k.rows, k.c)
	tolerance := eps * (8 + math.Sqrt(float64(k.rows)))
	run := func(what string, kernel func(sum []float32), f func(x, y, p, q float64) (float64, float64)) {
		t.Helper()
		sum := k.s.clone()
		want, scale := k.column(sum.data, f)
		kernel(sum.data)
		near(t, name+" "+what, sum.data, want, tolerance, scale)
		sum.intact(t, name+" "+what)
	}
	run("sum", func(s []float32) { ChannelSum(s, k.x.data, k.rows, k.c) },
		func(x, _, _, _ float64) (float64, float64) { return x, x })
	run("centered squares", func(s []float32) { ChannelCenteredSquares(s, k.x.data, k.p.data, k.rows, k.c) },
		func(x, _, p, _ float64) (float64, float64) { return (x - p) * (x - p), x*x + p*p })
	other := k.r.clone()
	run("moment of order one", func(s []float32) { ChannelMoments(s, other.data, k.x.data, k.p.data, k.rows, k.c) },
		func(x, _, p, _ float64) (float64, float64) { return x - p, math.Abs(x) + math.Abs(p) })
	want, scale := k.column(k.r.data, func(x, _, p, _ float64) (float64, float64) { return (x - p) * (x - p), x*x + p*p })
	near(t, name+" moment of order two", other.data, want, tolerance, scale)
	other.intact(t, name+" moment of order two")
	run("product", func(s []float32) { ChannelMulSum(s, k.x.data, k.y.data, k.rows, k.c) },
		func(x, y, _, _ float64) (float64, float64) { return x * y, x * y })
	other = k.r.clone()
	run("dy", func(s []float32) { ChannelDot2(s, other.data, k.x.data, k.y.data, k.p.data, k.q.data, k.rows, k.c) },
		func(x, _, _, _ float64) (float64, float64) { return x, x })
	want, scale = k.column(k.r.data, func(x, y, p, q float64) (float64, float64) {
		return x * (y - p) * q, math.Abs(x*q) * (math.Abs(y) + math.Abs(p))
	})
	near(t, name+" dy*xhat", other.data, want, tolerance, scale)
	other.intact(t, name+" dy*xhat")
}

func (k *channelCase) checkMaps(t *testing.T) {
	t.Helper()
	run := func(what string, kernel func(y, x []float32), f func(x, y, p, q, r float64) (float64, float64)) {
		t.Helper()
		name := fmt.Sprintf("%s rows=%d c=%d", what, k.rows, k.c)
		var want, scale []float32
		for i := range k.x.data {
			ch := i % k.c
			v, s := f(float64(k.x.data[i]), float64(k.y.data[i]), float64(k.p.data[ch]), float64(k.q.data[ch]), float64(k.r.data[ch]))
			want, scale = append(want, float32(v)), append(scale, float32(s))
		}
		out, alias := newBuffer(len(k.x.data), k.c%16), k.x.clone()
		kernel(out.data, k.x.data)
		near(t, name, out.data, want, 4*eps, scale)
		out.intact(t, name)
		kernel(alias.data, alias.data)
		near(t, name+" in place", alias.data, out.data, 0, nil)
		alias.intact(t, name+" in place")
	}
	run("affine", func(y, x []float32) { ChannelAffine(y, x, k.p.data, k.q.data, k.rows, k.c) },
		func(x, _, p, q, _ float64) (float64, float64) { return x*p + q, math.Abs(x*p) + math.Abs(q) })
	run("batch norm", func(y, x []float32) { BatchNormBackward(y, x, k.y.data, k.p.data, k.q.data, k.r.data, k.rows, k.c) },
		func(x, y, p, q, r float64) (float64, float64) {
			return p*x + q*y + r, math.Abs(p*x) + math.Abs(q*y) + math.Abs(r)
		})
	run("scale", func(y, x []float32) { ScaleChannels(y, x, k.p.data, k.rows, k.c) },
		func(x, _, p, _, _ float64) (float64, float64) { return x * p, math.Abs(x * p) })
	run("bias", func(y, x []float32) { AddBias(y, x, k.p.data, k.rows, k.c) },
		func(x, _, p, _, _ float64) (float64, float64) { return x + p, math.Abs(x) + math.Abs(p) })
}

func TestChannelKernelsForEveryShape(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for v := range 131 {
			for _, w := range []int{1, 7, 19} {
				newChannelCase(w, v).checkReductions(t)
				newChannelCase(w, v).checkMaps(t)
				newChannelCase(v, w).checkReductions(t)
				newChannelCase(v, w).checkMaps(t)
			}
		}
		newChannelCase(2000, 24).checkReductions(t) // several blocks
		newChannelCase(100, 1000).checkReductions(t)
	})
}

func TestChannelKernelsPropagateNaNAndInf(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, c := range []int{1, 13, 40} {
			for _, special := range [][]float32{{nan}, {inf}} {
				k := newChannelCase(9, c, special...)
				k.checkMaps(t)
				k.checkReductions(t)
			}
		}
	})
}
