package kernel

// Im2col writes one row of KH*KW*C values (in the order kh, kw, c) for each
// output position of the rows [rowLo,rowHi) of one image x [InH,InW,C], zero
// where the window leaves the image. dst is [(rowHi-rowLo)*OutW, KH*KW*C].
// With the weights packed as [KH*KW*C, O] a convolution is then one GEMM.
// Plain Go on every path: the copies are memory bound. Tolerance: 0 ULP.
func Im2col(dst, x []float32, g Geometry, c, rowLo, rowHi int) {
	g.check("im2col", c, rowLo, rowHi, g.OutH)
	need(len(x), g.InH*g.InW*c, "im2col", "x")
	need(len(dst), (rowHi-rowLo)*g.OutW*g.KH*g.KW*c, "im2col", "dst")
	width := g.KW * c
	for oy := rowLo; oy < rowHi; oy++ {
		for ox := range g.OutW {
			kwLo, kwHi := taps(ox, g.StrideW, g.PadLeft, g.KW, g.InW)
			for kh := range g.KH {
				row := dst[:width]
				dst = dst[width:]
				iy := oy*g.StrideH + kh - g.PadTop
				if iy < 0 || iy >= g.InH || kwLo == kwHi {
					clear(row)
					continue
				}
				clear(row[:kwLo*c])
				from := (iy*g.InW + ox*g.StrideW + kwLo - g.PadLeft) * c
				copy(row[kwLo*c:kwHi*c], x[from:])
				clear(row[kwHi*c:])
			}
		}
	}
}

// Col2im adds the rows of Im2col's layout back into the image they came
// from: the data gradient of a convolution by GEMM. cols covers all output
// rows, whose order is that of the sums. Plain Go on every path.
// Tolerance: 0 ULP.
func Col2im(dx, cols []float32, g Geometry, c int) {
	g.check("col2im", c, 0, g.OutH, g.OutH)
	need(len(dx), g.InH*g.InW*c, "col2im", "dx")
	need(len(cols), g.OutH*g.OutW*g.KH*g.KW*c, "col2im", "cols")
	for oy := range g.OutH {
		for ox := range g.OutW {
			kwLo, kwHi := taps(ox, g.StrideW, g.PadLeft, g.KW, g.InW)
			for kh := range g.KH {
				row := cols[kwLo*c : kwHi*c]
				cols = cols[g.KW*c:]
				iy := oy*g.StrideH + kh - g.PadTop
				if iy < 0 || iy >= g.InH || kwLo == kwHi {
					continue
				}
				to := dx[(iy*g.InW+ox*g.StrideW+kwLo-g.PadLeft)*c:][:len(row)]
				for i, v := range row {
					to[i] += v
				}
			}
		}
	}
}
