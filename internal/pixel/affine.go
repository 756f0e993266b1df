package pixel

import "math"

// AffineFromPoints returns the matrix that takes three points to three
// others, as cv2.getAffineTransform: x' = m[0]*x + m[1]*y + m[2], y' with the
// other three. Points on one line give zeros.
func AffineFromPoints(src, dst [3][2]float32) [6]float64 {
	var a [6][6]float64
	var b [6]float64
	for i := range src {
		x, y := float64(src[i][0]), float64(src[i][1])
		a[2*i] = [6]float64{x, y, 1, 0, 0, 0}
		a[2*i+1] = [6]float64{0, 0, 0, x, y, 1}
		b[2*i], b[2*i+1] = float64(dst[i][0]), float64(dst[i][1])
	}
	return solve(&a, b)
}

// solve returns x of a x = b by Gaussian elimination with row pivots, in the
// order of operations of OpenCV's LUImpl; zeros where a is singular.
func solve(a *[6][6]float64, b [6]float64) (x [6]float64) {
	const tiny = 100 * 0x1p-52
	for i := range a {
		pivot := i
		for j := i + 1; j < 6; j++ {
			if math.Abs(a[j][i]) > math.Abs(a[pivot][i]) {
				pivot = j
			}
		}
		if math.Abs(a[pivot][i]) < tiny {
			return x
		}
		a[i], a[pivot] = a[pivot], a[i]
		b[i], b[pivot] = b[pivot], b[i]
		d := -1 / a[i][i]
		for j := i + 1; j < 6; j++ {
			alpha := a[j][i] * d
			for k := i + 1; k < 6; k++ {
				a[j][k] += float64(alpha * a[i][k])
			}
			b[j] += float64(alpha * b[i])
		}
	}
	for i := 5; i >= 0; i-- {
		s := b[i]
		for k := i + 1; k < 6; k++ {
			s -= float64(a[i][k] * x[k])
		}
		x[i] = s / a[i][i]
	}
	return x
}

// RotationMatrix returns the matrix that turns a picture about a point,
// counter-clockwise on the screen, and scales it, as
// cv2.getRotationMatrix2D. The centre is rounded to float32, as there. Sine
// and cosine may differ from the C library's in the last bit, which moves
// places by less than 1e-12 pixel.
func RotationMatrix(cx, cy, degrees, scale float64) [6]float64 {
	cx, cy = float64(float32(cx)), float64(float32(cy))
	sin, cos := math.Sincos(degrees * (math.Pi / 180))
	a, b := cos*scale, sin*scale
	return [6]float64{
		a, b, float64((1-a)*cx) - float64(b*cy),
		-b, a, float64(b*cx) + float64((1-a)*cy),
	}
}

// inverted returns the matrix of the other direction as cv2.warpAffine
// computes it; a singular one has zeros in the linear part.
func inverted(m [6]float64) [6]float64 {
	d := float64(m[0]*m[4]) - float64(m[1]*m[3])
	if d != 0 {
		d = 1 / d
	}
	a, e, b, c := m[4]*d, m[0]*d, -m[1]*d, -m[3]*d
	return [6]float64{
		a, b, float64(-a*m[2]) - float64(b*m[5]),
		c, e, float64(-c*m[2]) - float64(e*m[5]),
	}
}

// affineBits and affineScale: cv2.warpAffine adds a column's and a row's
// share in 1/1024 pixel, each rounded, and then drops to 1/32.
const (
	affineBits  = 10
	affineScale = 1 << affineBits
	affineHalf  = affineScale / steps / 2
)

// WarpAffine moves a picture by a matrix, bilinearly: m takes points of src
// to points of dst, as in cv2.warpAffine. dst gets the size of src, at most
// 32767 pixels a side. Coordinates wrap around as 32-bit numbers in 1/1024
// pixel, so shifts by more than two million pixels mean nothing.
func WarpAffine(w *Workspace, dst, src *Picture, m [6]float64, border Border) {
	checkSampled("warp", dst, src)
	dst.Reset(src.Width, src.Height)
	g, t, inv := &w.geometry, active(), inverted(m)
	g.columnX, g.columnY = grown(g.columnX, src.Width), grown(g.columnY, src.Width)
	for i := range g.columnX {
		g.columnX[i] = nearest(inv[0] * float64(i) * affineScale)
		g.columnY[i] = nearest(inv[3] * float64(i) * affineScale)
	}
	x, y := g.coordinates(src.Width, src.Width)
	for j := range src.Height {
		rowX := nearest((float64(inv[1]*float64(j))+inv[2])*affineScale) + affineHalf
		rowY := nearest((float64(inv[4]*float64(j))+inv[5])*affineScale) + affineHalf
		t.affineRow(x, y, g.columnX, g.columnY, rowX, rowY)
		t.sample(g, dst.Row(j), src, x, y, border)
	}
}

func affineRowRef(x, y, columnX, columnY []int32, rowX, rowY int32) {
	for i := range x {
		x[i] = (columnX[i] + rowX) >> (affineBits - stepBits)
		y[i] = (columnY[i] + rowY) >> (affineBits - stepBits)
	}
}

// nearest rounds to the nearest int32, ties to even; what does not fit, NaN
// too, becomes the smallest one, as x86 converts.
func nearest(v float64) int32 {
	if v = math.RoundToEven(v); v >= -1<<31 && v < 1<<31 {
		return int32(v)
	}
	return math.MinInt32
}
