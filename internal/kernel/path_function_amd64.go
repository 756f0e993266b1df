//go:build amd64 && !noasm

package kernel

var functionsAVX2 = functionTable{
	erf:                 erfAVX2,
	erfBackward:         erfBackwardAVX2,
	gelu:                geluAVX2,
	geluBackward:        geluBackwardAVX2,
	geluTanh:            geluTanhAVX2,
	geluTanhBackward:    geluTanhBackwardAVX2,
	exp:                 expAVX2,
	log:                 logAVX2,
	tanh:                tanhAVX2,
	tanhBackward:        tanhBackwardAVX2,
	leaky:               leakyAVX2,
	leakyBackward:       leakyBackwardAVX2,
	elu:                 eluAVX2,
	eluBackward:         eluBackwardAVX2,
	hardSigmoid:         hardSigmoidAVX2,
	hardSigmoidBackward: hardSigmoidBackwardAVX2,
	hardSwish:           hardSwishAVX2,
	hardSwishBackward:   hardSwishBackwardAVX2,
}

var functionsAVX512 = functionTable{
	erf:                 erfAVX512,
	erfBackward:         erfBackwardAVX512,
	gelu:                geluAVX512,
	geluBackward:        geluBackwardAVX512,
	geluTanh:            geluTanhAVX512,
	geluTanhBackward:    geluTanhBackwardAVX512,
	exp:                 expAVX512,
	log:                 logAVX512,
	tanh:                tanhAVX512,
	tanhBackward:        tanhBackwardAVX512,
	leaky:               leakyAVX512,
	leakyBackward:       leakyBackwardAVX512,
	elu:                 eluAVX512,
	eluBackward:         eluBackwardAVX512,
	hardSigmoid:         hardSigmoidAVX512,
	hardSigmoidBackward: hardSigmoidBackwardAVX512,
	hardSwish:           hardSwishAVX512,
	hardSwishBackward:   hardSwishBackwardAVX512,
}

var rowsAVX2 = rowTable{layerNormAVX2, layerNormBackwardAVX2, layerNormSumsAVX2, softmaxAVX2, softmaxBackwardAVX2}

var rowsAVX512 = rowTable{layerNormAVX512, layerNormBackwardAVX512, layerNormSumsAVX512, softmaxAVX512, softmaxBackwardAVX512}
