package kernel

import "testing"

var functionTrials = map[string]func(d *draw) *trial{
	"Erf":              func(d *draw) *trial { return unaryTrial(d, Erf) },
	"ErfBackward":      func(d *draw) *trial { return slopeTrial(d, ErfBackward) },
	"Gelu":             func(d *draw) *trial { return unaryTrial(d, Gelu) },
	"GeluBackward":     func(d *draw) *trial { return slopeTrial(d, GeluBackward) },
	"GeluTanhBackward": func(d *draw) *trial { return slopeTrial(d, GeluTanhBackward) },
	"GeluTanh": func(d *draw) *trial {
		c := unaryTrial(d, GeluTanh)
		c.sizes = func(o, i [][]float32) { copy(o[0], i[0]) }
		return c
	},
	"Exp":               func(d *draw) *trial { return unaryTrial(d, Exp) },
	"Log":               func(d *draw) *trial { return unaryTrial(d, Log) },
	"Tanh":              func(d *draw) *trial { return unaryTrial(d, Tanh) },
	"TanhBackward":      func(d *draw) *trial { return slopeTrial(d, TanhBackward) },
	"LeakyReLU":         func(d *draw) *trial { return scalarTrial(d, LeakyReLU) },
	"LeakyReLUBackward": func(d *draw) *trial { return scalarSlopeTrial(d, LeakyReLUBackward) },
	"ELU":               func(d *draw) *trial { return scalarTrial(d, ELU) },
	"ELUBackward": func(d *draw) *trial {
		c := scalarSlopeTrial(d, ELUBackward)
		c.vanishing = true
		c.sizes = func(o, i [][]float32) { Scale(o[0], i[0], 1+i[2][0]) }
		return c
	},
	"HardSigmoid":         func(d *draw) *trial { return hardTrial(d, HardSigmoid) },
	"HardSwish":           func(d *draw) *trial { return hardTrial(d, HardSwish) },
	"HardSigmoidBackward": func(d *draw) *trial { return hardBackwardTrial(d, HardSigmoidBackward) },
	"HardSwishBackward":   func(d *draw) *trial { return hardBackwardTrial(d, HardSwishBackward) },
}

// scalarSlopeTrial is of a derivative with one number.
func scalarSlopeTrial(d *draw, f func(dx, dy, x []float32, alpha float32)) *trial {
	c := binaryTrial(d, nil)
	c.ins = append(c.ins, d.reals(1))
	c.run = func(o, i [][]float32) { f(o[0], i[0], i[1], i[2][0]) }
	return c
}

func hardTrial(d *draw, f func(y, x []float32, alpha, beta float32)) *trial {
	alpha, beta := d.line()
	return unaryTrial(d, func(y, x []float32) { f(y, x, alpha, beta) })
}

func hardBackwardTrial(d *draw, f func(dx, dy, x []float32, alpha, beta float32)) *trial {
	alpha, beta := d.line()
	return binaryTrial(d, func(dx, dy, x []float32) { f(dx, dy, x, alpha, beta) })
}

// line draws alpha and beta: those of MobileNetV3 or any.
func (d *draw) line() (alpha, beta float32) {
	if d.flag() {
		return 1. / 6, 0.5
	}
	b := d.reals(2)
	return b.data[0], b.data[1]
}

func FuzzErf(f *testing.F)                 { fuzzKernel(f, "Erf") }
func FuzzErfBackward(f *testing.F)         { fuzzKernel(f, "ErfBackward") }
func FuzzGelu(f *testing.F)                { fuzzKernel(f, "Gelu") }
func FuzzGeluBackward(f *testing.F)        { fuzzKernel(f, "GeluBackward") }
func FuzzGeluTanh(f *testing.F)            { fuzzKernel(f, "GeluTanh") }
func FuzzGeluTanhBackward(f *testing.F)    { fuzzKernel(f, "GeluTanhBackward") }
func FuzzExp(f *testing.F)                 { fuzzKernel(f, "Exp") }
func FuzzLog(f *testing.F)                 { fuzzKernel(f, "Log") }
func FuzzTanh(f *testing.F)                { fuzzKernel(f, "Tanh") }
func FuzzTanhBackward(f *testing.F)        { fuzzKernel(f, "TanhBackward") }
func FuzzLeakyReLU(f *testing.F)           { fuzzKernel(f, "LeakyReLU") }
func FuzzLeakyReLUBackward(f *testing.F)   { fuzzKernel(f, "LeakyReLUBackward") }
func FuzzELU(f *testing.F)                 { fuzzKernel(f, "ELU") }
func FuzzELUBackward(f *testing.F)         { fuzzKernel(f, "ELUBackward") }
func FuzzHardSigmoid(f *testing.F)         { fuzzKernel(f, "HardSigmoid") }
func FuzzHardSigmoidBackward(f *testing.F) { fuzzKernel(f, "HardSigmoidBackward") }
func FuzzHardSwish(f *testing.F)           { fuzzKernel(f, "HardSwish") }
func FuzzHardSwishBackward(f *testing.F)   { fuzzKernel(f, "HardSwishBackward") }
