package kernel

// Pooling reads one image [H,W,C], channels innermost, and writes output rows
// [H',W',C], or the other way round. Geometry gives windows, strides and
// padding; a window may reach over the image's edges, but never lies outside.

// window is the part of a pooling window that lies in the image.
type window struct{ top, bottom, left, right int }

func (g Geometry) window(oy, ox int) window {
	top, left := oy*g.StrideH-g.PadTop, ox*g.StrideW-g.PadLeft
	return window{max(top, 0), min(top+g.KH, g.InH), max(left, 0), min(left+g.KW, g.InW)}
}

// MaxPool writes the output rows [lo,hi) of one image: the largest elements of
// their windows, NaN where there is one. Tolerance: 0 ULP.
func MaxPool(y, x []float32, g Geometry, c, lo, hi int) {
	g.check("maxPool", c, lo, hi, g.OutH)
	need(len(x), g.InH*g.InW*c, "maxPool", "x")
	need(len(y), (hi-lo)*g.OutW*c, "maxPool", "y")
	for oy := lo; oy < hi; oy++ {
		for ox := range g.OutW {
			to := y[((oy-lo)*g.OutW+ox)*c:][:c]
			w := g.window(oy, ox)
			copy(to, x[(w.top*g.InW+w.left)*c:])
			for r := w.top; r < w.bottom; r++ {
				for i := (r*g.InW + w.left) * c; i < (r*g.InW+w.right)*c; i += c {
					active.maximum(to, to, x[i:i+c])
				}
			}
		}
	}
}

// MaxPoolBackward writes the gradient dx of one image from dy, the input x and
// the result y: each dy is added at the first place of its window, row by row,
// that holds the maximum. rest is scratch for c numbers. Tolerance: 0 ULP.
func MaxPoolBackward(dx, rest, dy, x, y []float32, g Geometry, c int) {
	g.check("maxPoolBackward", c, 0, g.OutH, g.OutH)
	need(len(dx), g.InH*g.InW*c, "maxPoolBackward", "dx")
	need(len(rest), c, "maxPoolBackward", "rest")
	need(len(x), g.InH*g.InW*c, "maxPoolBackward", "x")
	need(len(dy), g.OutH*g.OutW*c, "maxPoolBackward", "dy")
	need(len(y), g.OutH*g.OutW*c, "maxPoolBackward", "y")
	clear(dx[:g.InH*g.InW*c])
	rest = rest[:c]
	for oy := range g.OutH {
		for ox := range g.OutW {
			at := (oy*g.OutW + ox) * c
			copy(rest, dy[at:at+c])
			w := g.window(oy, ox)
			for r := w.top; r < w.bottom; r++ {
				for i := (r*g.InW + w.left) * c; i < (r*g.InW+w.right)*c; i += c {
					active.takeEqual(dx[i:i+c], rest, x[i:i+c], y[at:at+c])
				}
			}
		}
	}
}

// AveragePool writes the output rows [lo,hi) of one image: the sums over their
// windows times scale, which has one number for each of OutH*OutW places.
// Tolerance: 2+sqrt(KH*KW) units.
func AveragePool(y, x, scale []float32, g Geometry, c, lo, hi int) {
	g.check("averagePool", c, lo, hi, g.OutH)
	need(len(x), g.InH*g.InW*c, "averagePool", "x")
	need(len(y), (hi-lo)*g.OutW*c, "averagePool", "y")
	need(len(scale), g.OutH*g.OutW, "averagePool", "scale")
	for oy := lo; oy < hi; oy++ {
		for ox := range g.OutW {
			to := y[((oy-lo)*g.OutW+ox)*c:][:c]
			w := g.window(oy, ox)
			active.fill(to, 0)
			for r := w.top; r < w.bottom; r++ {
				for i := (r*g.InW + w.left) * c; i < (r*g.InW+w.right)*c; i += c {
					active.axpy(to, scale[oy*g.OutW+ox], x[i:i+c])
				}
			}
		}
	}
}

// AveragePoolBackward writes the gradient dx of one image from dy.
// Tolerance: 2+sqrt(KH*KW) units.
func AveragePoolBackward(dx, dy, scale []float32, g Geometry, c int) {
	g.check("averagePoolBackward", c, 0, g.OutH, g.OutH)
	need(len(dx), g.InH*g.InW*c, "averagePoolBackward", "dx")
	need(len(dy), g.OutH*g.OutW*c, "averagePoolBackward", "dy")
	need(len(scale), g.OutH*g.OutW, "averagePoolBackward", "scale")
	clear(dx[:g.InH*g.InW*c])
	for oy := range g.OutH {
		for ox := range g.OutW {
			from := dy[(oy*g.OutW+ox)*c:][:c]
			w := g.window(oy, ox)
			for r := w.top; r < w.bottom; r++ {
				for i := (r*g.InW + w.left) * c; i < (r*g.InW+w.right)*c; i += c {
					active.axpy(dx[i:i+c], scale[oy*g.OutW+ox], from)
				}
			}
		}
	}
}
