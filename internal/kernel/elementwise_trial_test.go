package kernel

import (
	"math"
	"testing"
)

var elementTrials = map[string]func(d *draw) *trial{
	"Add":             func(d *draw) *trial { return binaryTrial(d, Add) },
	"Sub":             func(d *draw) *trial { return binaryTrial(d, Sub) },
	"Mul":             func(d *draw) *trial { return binaryTrial(d, Mul) },
	"Maximum":         func(d *draw) *trial { return binaryTrial(d, Maximum) },
	"Div":             func(d *draw) *trial { return binaryTrial(d, Div) },
	"SigmoidBackward": func(d *draw) *trial { return binaryTrial(d, SigmoidBackward) },
	"SwishBackward":   func(d *draw) *trial { return slopeTrial(d, SwishBackward) },
	"Sqrt":            func(d *draw) *trial { return unaryTrial(d, Sqrt) },
	"Sigmoid":         func(d *draw) *trial { return unaryTrial(d, Sigmoid) },
	"Swish":           func(d *draw) *trial { return unaryTrial(d, Swish) },
	"Scale":           func(d *draw) *trial { return scalarTrial(d, Scale) },
	"MulScalar":       func(d *draw) *trial { return scalarTrial(d, MulScalar) },
	"AddScalar":       func(d *draw) *trial { return scalarTrial(d, AddScalar) },
	"Fill": func(d *draw) *trial {
		return scalarTrial(d, func(y, _ []float32, s float32) { Fill(y, s) })
	},
	"Axpy": func(d *draw) *trial {
		c := scalarTrial(d, func(y, x []float32, s float32) { Axpy(y, s, x) })
		c.alias = nil // y is an input besides x
		return c
	},
	"Clip": func(d *draw) *trial {
		lo, hi := d.limits()
		return unaryTrial(d, func(y, x []float32) { Clip(y, x, lo, hi) })
	},
	"ClipBackward": func(d *draw) *trial {
		lo, hi := d.limits()
		return binaryTrial(d, func(dx, dy, x []float32) { ClipBackward(dx, dy, x, lo, hi) })
	},
	"Sum":        func(d *draw) *trial { return totalTrial(d, Sum) },
	"SumSquares": func(d *draw) *trial { return totalTrial(d, SumSquares) },
}

// limits draws lo <= hi.
func (d *draw) limits() (lo, hi float32) {
	a := activationsTested[2+d.size(2)]
	return a.Lo, a.Hi
}

func unaryTrial(d *draw, f func(y, x []float32)) *trial {
	n := d.size(255)
	return &trial{
		outs: d.several(1, n), ins: d.several(1, n), alias: []int{0},
		run: func(o, i [][]float32) { f(o[0], i[0]) },
	}
}

func binaryTrial(d *draw, f func(y, a, b []float32)) *trial {
	n := d.size(255)
	return &trial{
		outs: d.several(1, n), ins: d.several(2, n), alias: []int{0, 1},
		run: func(o, i [][]float32) { f(o[0], i[0], i[1]) },
	}
}

func scalarTrial(d *draw, f func(y, a []float32, s float32)) *trial {
	n := d.size(255)
	return &trial{
		outs: d.several(1, n), ins: []buffer{d.reals(n), d.reals(1)}, alias: []int{0},
		run: func(o, i [][]float32) { f(o[0], i[0], i[1][0]) },
	}
}

// slopeTrial has the factor dy as the size of a gradient.
func slopeTrial(d *draw, f func(dx, dy, x []float32)) *trial {
	c := binaryTrial(d, f)
	c.vanishing = true
	c.sizes = func(o, i [][]float32) { copy(o[0], i[0]) }
	return c
}

// totalTrial has the bits of a float64 as four numbers.
func totalTrial(d *draw, f func(x []float32) float64) *trial {
	return &trial{
		outs: []buffer{newBuffer(4, 1)}, ins: d.several(1, d.size(255)),
		run: func(o, i [][]float32) {
			v := f(i[0])
			if math.IsNaN(v) {
				v = math.NaN() // of all NaN the same
			}
			for q := range o[0] {
				o[0][q] = float32(math.Float64bits(v) >> (16 * q) & 0xffff)
			}
		},
	}
}

func FuzzAdd(f *testing.F)             { fuzzKernel(f, "Add") }
func FuzzSub(f *testing.F)             { fuzzKernel(f, "Sub") }
func FuzzMul(f *testing.F)             { fuzzKernel(f, "Mul") }
func FuzzDiv(f *testing.F)             { fuzzKernel(f, "Div") }
func FuzzMaximum(f *testing.F)         { fuzzKernel(f, "Maximum") }
func FuzzScale(f *testing.F)           { fuzzKernel(f, "Scale") }
func FuzzMulScalar(f *testing.F)       { fuzzKernel(f, "MulScalar") }
func FuzzAddScalar(f *testing.F)       { fuzzKernel(f, "AddScalar") }
func FuzzAxpy(f *testing.F)            { fuzzKernel(f, "Axpy") }
func FuzzFill(f *testing.F)            { fuzzKernel(f, "Fill") }
func FuzzSqrt(f *testing.F)            { fuzzKernel(f, "Sqrt") }
func FuzzClip(f *testing.F)            { fuzzKernel(f, "Clip") }
func FuzzClipBackward(f *testing.F)    { fuzzKernel(f, "ClipBackward") }
func FuzzSum(f *testing.F)             { fuzzKernel(f, "Sum") }
func FuzzSumSquares(f *testing.F)      { fuzzKernel(f, "SumSquares") }
func FuzzSigmoid(f *testing.F)         { fuzzKernel(f, "Sigmoid") }
func FuzzSigmoidBackward(f *testing.F) { fuzzKernel(f, "SigmoidBackward") }
func FuzzSwish(f *testing.F)           { fuzzKernel(f, "Swish") }
func FuzzSwishBackward(f *testing.F)   { fuzzKernel(f, "SwishBackward") }
