package kernel

// functionTable holds the functions of one number that are no Activation.
type functionTable struct {
	erf, gelu, geluTanh                         func(y, x []float32)
	erfBackward, geluBackward, geluTanhBackward func(dx, dy, x []float32)
	exp, log, tanh                              func(y, x []float32)
	tanhBackward                                func(dx, dy, x []float32)
	leaky, elu                                  func(y, x []float32, alpha float32)
	leakyBackward, eluBackward                  func(dx, dy, x []float32, alpha float32)
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
	exp:                 expRef,
	log:                 logRef,
	tanh:                tanhRef,
	tanhBackward:        tanhBackwardRef,
	leaky:               leakyRef,
	leakyBackward:       leakyBackwardRef,
	elu:                 eluRef,
	eluBackward:         eluBackwardRef,
	hardSigmoid:         hardSigmoidRef,
	hardSigmoidBackward: hardSigmoidBackwardRef,
	hardSwish:           hardSwishRef,
	hardSwishBackward:   hardSwishBackwardRef,
}

// rowTable holds the kernels that go along the rows of [rows,c].
type rowTable struct {
	layerNorm         func(y, x, gamma, beta []float32, rows, c int, eps float32)
	layerNormBackward func(dx, dy, x, gamma []float32, rows, c int, eps float32)
	layerNormSums     func(dy, x, dgamma, dbeta []float32, rows, c int, eps float32)
	softmax           func(y, x []float32, rows, c int)
	softmaxBackward   func(dx, dy, y []float32, rows, c int)
}

var goRows = rowTable{layerNormRef, layerNormBackwardRef, layerNormSumsRef, softmaxRef, softmaxBackwardRef}
