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

// The references sum some channels at a time in float64, as dot8 does.
const channelsAtATime = 256

func depthwiseForwardRef(y, x, w []float32, g Geometry, c, rowLo, rowHi int) {
	var room [channelsAtATime]float64
	for oy := rowLo; oy < rowHi; oy++ {
		khLo, khHi := taps(oy, g.StrideH, g.PadTop, g.KH, g.InH)
		for at := range g.OutW * c {
			if at%c%len(room) != 0 {
				continue // within a block of channels
			}
			ox, from := at/c, at%c
			sum := room[:min(len(room), c-from)]
			clear(sum)
			kwLo, kwHi := taps(ox, g.StrideW, g.PadLeft, g.KW, g.InW)
			for kh := khLo; kh < khHi; kh++ {
				row := (oy*g.StrideH + kh - g.PadTop) * g.InW
				for kw := kwLo; kw < kwHi; kw++ {
					mulAddWide(sum, x[(row+ox*g.StrideW+kw-g.PadLeft)*c+from:], w[(kh*g.KW+kw)*c+from:])
				}
			}
			roundSums(y[oy*g.OutW*c+at:], sum)
		}
	}
}

// roundSums rounds sums to float32.
func roundSums(y []float32, sums []float64) {
	for i, v := range sums {
		y[i] = float32(v)
	}
}

func depthwiseBackwardDataRef(dx, dy, w []float32, g Geometry, c, rowLo, rowHi int) {
	var room [channelsAtATime]float64
	for iy := rowLo; iy < rowHi; iy++ {
		for at := range g.InW * c {
			if at%c%len(room) != 0 {
				continue
			}
			ix, from := at/c, at%c
			sum := room[:min(len(room), c-from)]
			clear(sum)
			for kh := range g.KH {
				oy, ok := source(iy+g.PadTop-kh, g.StrideH, g.OutH)
				if !ok {
					continue
				}
				for kw := range g.KW {
					if ox, ok := source(ix+g.PadLeft-kw, g.StrideW, g.OutW); ok {
						mulAddWide(sum, dy[(oy*g.OutW+ox)*c+from:], w[(kh*g.KW+kw)*c+from:])
					}
				}
			}
			roundSums(dx[iy*g.InW*c+at:], sum)
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
	var room [channelsAtATime]float64
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
							mulAddWide(sum, x[(row+ix)*c+from:], dy[(oy*g.OutW+ox)*c+from:])
						}
					}
					for i, v := range sum {
						dw[(kh*g.KW+kw)*c+from+i] += float32(v)
					}
				}
			}
		}
	}
}

// mulAddWide adds x*w to sums in float64, element by element.
func mulAddWide(sums []float64, x, w []float32) {
	x, w = x[:len(sums)], w[:len(sums)]
	for i := range sums {
		sums[i] += float64(x[i]) * float64(w[i])
	}
}
