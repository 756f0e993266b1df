package kernel

// functionTable holds the functions of one number that are no Activation.
type functionTable struct {
	erf, gelu, geluTanh                         func(y, x []float32)
	erfBackward, geluBackward, geluTanhBackward func(dx, dy, x []float32)
	hardSigmoid, hardSwish                      func(y, x []float32, alpha, beta float32)
	hardSigmoidBackward, hardSwishBackward      func(dx, dy, x []float32, alpha, beta float32)
}

var goFunctions = functionTable{
	erf:                 erfRef,
	erfBackward:         erfBackwardRef,
	gelu:                geluRef,
	geluBackward:        geluBackwardRef,
	geluTanh:            geluTanhRef,
	geluTanhBackward:    geluTanhBackwardRef,
	hardSigmoid:         hardSigmoidRef,
	hardSigmoidBackward: hardSigmoidBackwardRef,
	hardSwish:           hardSwishRef,
	hardSwishBackward:   hardSwishBackwardRef,
}
