package pixel

import "fmt"

// Remap sets pixel (x, y) of dst to src at (mapX[i], mapY[i]), i = y*Width+x,
// bilinearly in steps of 1/32 pixel, as cv2.remap. dst gets the size of src,
// at most 32767 pixels a side. Places beyond 32767 pixels, NaN too, show what
// the border shows there in OpenCV: places are cut to 16 bits before the
// border's rule.
func Remap(w *Workspace, dst, src *Picture, mapX, mapY []float32, border Border) {
	checkSampled("remap", dst, src)
	if n := src.Width * src.Height; len(mapX) != n || len(mapY) != n {
		panic(fmt.Sprintf("pixel: remap: maps of %d and %d places for %d pixels", len(mapX), len(mapY), n))
	}
	dst.Reset(src.Width, src.Height)
	g, t := &w.geometry, active()
	x, y := g.coordinates(src.Width, src.Width)
	for j := range src.Height {
		row := j * src.Width
		t.mapRow(x, mapX[row:row+src.Width])
		t.mapRow(y, mapY[row:row+src.Width])
		t.sample(g, dst.Row(j), src, x, y, border)
	}
}

// RemapSeparable is Remap where a column's place depends on the column alone
// and a row's on the row: (xs[x], ys[y]). dst gets len(xs) columns and
// len(ys) rows.
func RemapSeparable(w *Workspace, dst, src *Picture, xs, ys []float32, border Border) {
	checkSampled("remap", dst, src)
	dst.Reset(len(xs), len(ys))
	if src.Width*src.Height == 0 && len(xs)*len(ys) > 0 {
		panic("pixel: remap: an empty picture has no places")
	}
	g, t := &w.geometry, active()
	x, y := g.coordinates(len(xs), len(ys))
	t.mapRow(x, xs)
	t.mapRow(y, ys)
	t.sampleSeparable(g, dst, src, x, y, border)
}

func mapRowRef(x []int32, m []float32) {
	for i := range x {
		x[i] = step(m[i])
	}
}

// step is a place in 1/32 pixel.
func step(v float32) int32 { return nearest(float64(float32(v * steps))) }

// distortion is a picture's radial map: see Distort.
type distortion struct {
	k              float64
	dx, dx2        []float64 // columns' distance from the middle in pixels; its square in widths
	height         float64
	left, top, mid float64
}

// Distort bends a picture radially, as cv2.initUndistortRectifyMap with
// focal lengths of width and height, distortion coefficients (k, k, 0, 0, 0)
// and no new camera matrix, followed by cv2.remap: with
// a = (x - (W-1)/2)/W, b = (y - (H-1)/2)/H, r2 = a*a + b*b and
// g = 1 + k*r2 + k*r2*r2, pixel (x, y) shows src at
// (W*a*g + W/2 + dx, H*b*g + H/2 + dy). k is rounded to float32 first. dst
// gets the size of src, at most 32767 pixels a side.
func Distort(w *Workspace, dst, src *Picture, k float64, dx, dy float64, border Border) {
	checkSampled("distort", dst, src)
	dst.Reset(src.Width, src.Height)
	g, t := &w.geometry, active()
	g.distortion.set(src.Width, src.Height, k, dx, dy)
	x, y := g.coordinates(src.Width, src.Width)
	for j := range src.Height {
		t.distortRow(x, y, &g.distortion, j)
		t.sample(g, dst.Row(j), src, x, y, border)
	}
}

func (d *distortion) set(width, height int, k, dx, dy float64) {
	w, h := float64(width), float64(height)
	d.k, d.height, d.mid = float64(float32(k)), h, (h-1)/2
	d.left, d.top = float64(float32(w/2+dx)), float64(float32(h/2+dy))
	d.dx, d.dx2 = grown(d.dx, width), grown(d.dx2, width)
	for i := range d.dx {
		d.dx[i] = float64(i) - (w-1)/2
		a := d.dx[i] / w
		d.dx2[i] = a * a
	}
}

// row returns a row's distance from the middle in pixels and the square of
// that in heights.
func (d *distortion) row(y int) (dy, dy2 float64) {
	dy = float64(y) - d.mid
	b := dy / d.height
	return dy, b * b
}

func distortRowRef(x, y []int32, d *distortion, row int) {
	dy, dy2 := d.row(row)
	for i := range x {
		r2 := d.dx2[i] + dy2
		g := float64((float64(d.k*r2)+d.k)*r2) + 1
		x[i] = step(float32(float64(d.dx[i]*g) + d.left))
		y[i] = step(float32(float64(dy*g) + d.top))
	}
}
