package kernel

// PackDepthwise reorders ONNX depthwise weights [C,1,KH,KW] into dst
// [KH*KW,C], the layout that the kernels read. Tolerance: 0 ULP.
func PackDepthwise(dst, w []float32, kh, kw, c int) {
	need(len(dst), kh*kw*c, "packDepthwise", "dst")
	need(len(w), kh*kw*c, "packDepthwise", "w")
	for i := range c {
		for t := range kh * kw {
			dst[t*c+i] = w[i*kh*kw+t]
		}
	}
}

// UnpackDepthwise is the inverse of PackDepthwise. Tolerance: 0 ULP.
func UnpackDepthwise(dst, w []float32, kh, kw, c int) {
	need(len(dst), kh*kw*c, "unpackDepthwise", "dst")
	need(len(w), kh*kw*c, "unpackDepthwise", "w")
	for i := range c {
		for t := range kh * kw {
			dst[i*kh*kw+t] = w[t*c+i]
		}
	}
}

// DepthwiseForward computes the output rows [rowLo,rowHi) of one image:
// y[oy,ox,c] = sum over kh,kw of x[oy*sh+kh-pt, ox*sw+kw-pl, c] * w[kh,kw,c].
// x is [InH,InW,C], y [OutH,OutW,C] (whole images), w [KH*KW,C]. Taps are
// summed in the order of kh, kw; those outside the image are left out.
// Tolerance: 4+sqrt(KH*KW) units.
func DepthwiseForward(y, x, w []float32, g Geometry, c, rowLo, rowHi int) {
	g.check("depthwise", c, rowLo, rowHi, g.OutH)
	g.need("depthwise", c, len(x), len(y), len(w))
	active.depthwiseForward(y, x, w, g, c, rowLo, rowHi)
}

// DepthwiseBackwardData computes the rows [rowLo,rowHi) of the gradient of
// the input, dx[iy,ix,c] = sum of dy[oy,ox,c]*w[kh,kw,c] over all taps that
// read x[iy,ix,c]; dx is overwritten (zero where nothing read it).
// Tolerance: 4+sqrt(KH*KW) units.
func DepthwiseBackwardData(dx, dy, w []float32, g Geometry, c, rowLo, rowHi int) {
	g.check("depthwiseBackwardData", c, rowLo, rowHi, g.InH)
	g.need("depthwiseBackwardData", c, len(dx), len(dy), len(w))
	active.depthwiseBackwardData(dx, dy, w, g, c, rowLo, rowHi)
}

// DepthwiseBackwardWeights adds to dw [KH*KW,C] the gradient of the weights
// from the output rows [rowLo,rowHi):
// dw[kh,kw,c] += sum over oy,ox of x[oy*sh+kh-pt, ox*sw+kw-pl, c]*dy[oy,ox,c].
// Blocks of rows, which depend on the shape and the range alone, are summed
// by themselves and then added to dw. Tolerance: 4+sqrt(n) units for the
// n = (rowHi-rowLo)*OutW positions of outputs.
func DepthwiseBackwardWeights(dw, x, dy []float32, g Geometry, c, rowLo, rowHi int) {
	g.check("depthwiseBackwardWeights", c, rowLo, rowHi, g.OutH)
	g.need("depthwiseBackwardWeights", c, len(x), len(dy), len(dw))
	active.depthwiseBackwardWeights(dw, x, dy, g, c, rowLo, rowHi)
}

// need checks the lengths of a depthwise convolution's three arrays.
func (g Geometry) need(op string, c, input, output, weights int) {
	need(input, g.InH*g.InW*c, op, "input")
	need(output, g.OutH*g.OutW*c, op, "output")
	need(weights, g.KH*g.KW*c, op, "weights")
}

func depthwiseForwardRef(y, x, w []float32, g Geometry, c, rowLo, rowHi int) {
	for oy := rowLo; oy < rowHi; oy++ {
		khLo, khHi := taps(oy, g.StrideH, g.PadTop, g.KH, g.InH)
		for ox := range g.OutW {
			kwLo, kwHi := taps(ox, g.StrideW, g.PadLeft, g.KW, g.InW)
			out := y[(oy*g.OutW+ox)*c:][:c]
			clear(out)
			for kh := khLo; kh < khHi; kh++ {
				row := (oy*g.StrideH + kh - g.PadTop) * g.InW
				for kw := kwLo; kw < kwHi; kw++ {
					mulAdd(out, x[(row+ox*g.StrideW+kw-g.PadLeft)*c:], w[(kh*g.KW+kw)*c:])
				}
			}
		}
	}
}

func depthwiseBackwardDataRef(dx, dy, w []float32, g Geometry, c, rowLo, rowHi int) {
	for iy := rowLo; iy < rowHi; iy++ {
		for ix := range g.InW {
			out := dx[(iy*g.InW+ix)*c:][:c]
			clear(out)
			for kh := range g.KH {
				oy, ok := source(iy+g.PadTop-kh, g.StrideH, g.OutH)
				if !ok {
					continue
				}
				for kw := range g.KW {
					if ox, ok := source(ix+g.PadLeft-kw, g.StrideW, g.OutW); ok {
						mulAdd(out, dy[(oy*g.OutW+ox)*c:], w[(kh*g.KW+kw)*c:])
					}
				}
			}
		}
	}
}

// source returns at/stride where that is exact and within [0,size).
func source(at, stride, size int) (int, bool) {
	if at < 0 || at%stride != 0 || at/stride >= size {
		return 0, false
	}
	return at / stride, true
}

func depthwiseBackwardWeightsRef(dw, x, dy []float32, g Geometry, c, rowLo, rowHi int) {
	var room [256]float32 // sums of some channels at a time
	for from := 0; from < c; from += len(room) {
		sum := room[:min(len(room), c-from)]
		for oy := rowLo; oy < rowHi; oy++ {
			khLo, khHi := taps(oy, g.StrideH, g.PadTop, g.KH, g.InH)
			for kh := khLo; kh < khHi; kh++ {
				row := (oy*g.StrideH + kh - g.PadTop) * g.InW
				for kw := range g.KW {
					clear(sum)
					for ox := range g.OutW {
						if ix := ox*g.StrideW + kw - g.PadLeft; ix >= 0 && ix < g.InW {
							mulAdd(sum, x[(row+ix)*c+from:], dy[(oy*g.OutW+ox)*c+from:])
						}
					}
					to := dw[(kh*g.KW+kw)*c+from:][:len(sum)]
					addRef(to, to, sum)
				}
			}
		}
	}
}

// mulAdd adds x*w to y, element by element.
func mulAdd(y, x, w []float32) {
	x, w = x[:len(y)], w[:len(y)]
	for i := range y {
		y[i] += x[i] * w[i]
	}
}
