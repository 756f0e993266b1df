//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

// processorTables returns the assembly paths that this processor and its
// operating system can run, fastest first.
func processorTables() []*table {
	x := &cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA && x.HasBMI2
	var found []*table
	if avx2 && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
		found = append(found, avx512Table())
	}
	if avx2 {
		found = append(found, avx2Table())
	}
	return found
}

func avx2Table() *table {
	t := &table{
		name:                   "avx2",
		toBFloat16:             toBFloat16Ref,
		gemmBF16:               gemmBF16Ref,
		channelSum:             channelSumAVX2,
		channelCenteredSquares: channelCenteredSquaresAVX2,
		channelDot2:            channelDot2AVX2,
		channelMoments:         channelMomentsAVX2,
		channelMulSum:          channelMulSumAVX2,
		channelAffine:          channelAffineAVX2,
		batchNormBackward:      batchNormBackwardAVX2,
		scaleChannels:          scaleChannelsAVX2,
		addBias:                addBiasAVX2,
		normalizeTable: normalizeTable{
			normalize:                  kinds(normalizeIdentityAVX2, normalizeSwishAVX2, normalizeClipAVX2),
			normalizeScale:             kinds(normalizeScaleIdentityAVX2, normalizeScaleSwishAVX2, normalizeScaleClipAVX2),
			normalizeSum:               kinds(normalizeSumIdentityAVX2, normalizeSumSwishAVX2, normalizeSumClipAVX2),
			normalizeDot:               kinds(normalizeDotIdentityAVX2, normalizeDotSwishAVX2, normalizeDotClipAVX2),
			normalizeBackwardSums:      kinds(normalizeBackwardSumsIdentityAVX2, normalizeBackwardSumsSwishAVX2, normalizeBackwardSumsClipAVX2),
			normalizeScaleBackwardSums: kinds(normalizeScaleBackwardSumsIdentityAVX2, normalizeScaleBackwardSumsSwishAVX2, normalizeScaleBackwardSumsClipAVX2),
			normalizeBackward:          kinds(normalizeBackwardIdentityAVX2, normalizeBackwardSwishAVX2, normalizeBackwardClipAVX2),
			normalizeScaleBackward:     kinds(normalizeScaleBackwardIdentityAVX2, normalizeScaleBackwardSwishAVX2, normalizeScaleBackwardClipAVX2),
		},
		functionTable:   functionsAVX2,
		rowTable:        rowsAVX2,
		add:             addAVX2,
		sub:             subAVX2,
		mul:             mulAVX2,
		div:             divAVX2,
		maximum:         maximumAVX2,
		takeEqual:       takeEqualAVX2,
		scale:           scaleAVX2,
		addScalar:       addScalarAVX2,
		axpy:            axpyAVX2,
		fill:            fillAVX2,
		sqrt:            sqrtAVX2,
		swish:           swishAVX2,
		sigmoid:         sigmoidAVX2,
		swishBackward:   swishBackwardAVX2,
		sigmoidBackward: sigmoidBackwardAVX2,
		clip:            clipAVX2,
		clipBackward:    clipBackwardAVX2,
		sum:             sumAVX2,
		sumSquares:      sumSquaresAVX2,
	}
	gemmAVX2.install(t)
	depthwiseAVX2.install(t)
	return t
}

func avx512Table() *table {
	t := &table{
		name:                   "avx512",
		toBFloat16:             toBFloat16AVX512,
		gemmBF16:               gemmBF16Ref,
		channelSum:             channelSumAVX512,
		channelCenteredSquares: channelCenteredSquaresAVX512,
		channelDot2:            channelDot2AVX512,
		channelMoments:         channelMomentsAVX512,
		channelMulSum:          channelMulSumAVX512,
		channelAffine:          channelAffineAVX512,
		batchNormBackward:      batchNormBackwardAVX512,
		scaleChannels:          scaleChannelsAVX512,
		addBias:                addBiasAVX512,
		normalizeTable: normalizeTable{
			normalize:                  kinds(normalizeIdentityAVX512, normalizeSwishAVX512, normalizeClipAVX512),
			normalizeScale:             kinds(normalizeScaleIdentityAVX512, normalizeScaleSwishAVX512, normalizeScaleClipAVX512),
			normalizeSum:               kinds(normalizeSumIdentityAVX512, normalizeSumSwishAVX512, normalizeSumClipAVX512),
			normalizeDot:               kinds(normalizeDotIdentityAVX512, normalizeDotSwishAVX512, normalizeDotClipAVX512),
			normalizeBackwardSums:      kinds(normalizeBackwardSumsIdentityAVX512, normalizeBackwardSumsSwishAVX512, normalizeBackwardSumsClipAVX512),
			normalizeScaleBackwardSums: kinds(normalizeScaleBackwardSumsIdentityAVX512, normalizeScaleBackwardSumsSwishAVX512, normalizeScaleBackwardSumsClipAVX512),
			normalizeBackward:          kinds(normalizeBackwardIdentityAVX512, normalizeBackwardSwishAVX512, normalizeBackwardClipAVX512),
			normalizeScaleBackward:     kinds(normalizeScaleBackwardIdentityAVX512, normalizeScaleBackwardSwishAVX512, normalizeScaleBackwardClipAVX512),
		},
		functionTable:   functionsAVX512,
		rowTable:        rowsAVX512,
		add:             addAVX512,
		sub:             subAVX512,
		mul:             mulAVX512,
		div:             divAVX512,
		maximum:         maximumAVX512,
		takeEqual:       takeEqualAVX512,
		scale:           scaleAVX512,
		addScalar:       addScalarAVX512,
		axpy:            axpyAVX512,
		fill:            fillAVX512,
		sqrt:            sqrtAVX512,
		swish:           swishAVX512,
		sigmoid:         sigmoidAVX512,
		swishBackward:   swishBackwardAVX512,
		sigmoidBackward: sigmoidBackwardAVX512,
		clip:            clipAVX512,
		clipBackward:    clipBackwardAVX512,
		sum:             sumAVX512,
		sumSquares:      sumSquaresAVX512,
	}
	gemmAVX512.install(t)
	if cpu.X86.HasAVX512BF16 {
		installBF16(t)
	}
	depthwiseAVX512.install(t)
	return t
}
