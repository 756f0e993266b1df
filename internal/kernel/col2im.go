package kernel

// Col2im adds to the image dx [InH,InW,C] the gradient of its patches: cols is
// [OutH*OutW, KH*KW*C], a patch in the order kh, kw, c for each output
// position, and what lies outside the image is left out. It ends the data
// gradient of a dense convolution, whose product gives cols. cols covers all output
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
				window := cols[:g.KW*c]
				cols = cols[g.KW*c:]
				iy := oy*g.StrideH + kh - g.PadTop
				if iy < 0 || iy >= g.InH || kwLo == kwHi {
					continue
				}
				row := window[kwLo*c : kwHi*c]
				to := dx[(iy*g.InW+ox*g.StrideW+kwLo-g.PadLeft)*c:][:len(row)]
				for i, v := range row {
					to[i] += v
				}
			}
		}
	}
}
