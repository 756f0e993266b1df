package kernel

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// table is one path: a full set of kernels. Arguments have been checked and
// cut to their exact lengths before they come here.
type table struct {
	name string

	gemmPacked func(c []float32, ldc int, a []float32, lda int, packed []float32, m, n, k int, accumulate bool)
	gemmTN     func(c []float32, ldc int, a []float32, lda int, b []float32, ldb int, m, n, k int, accumulate bool)

	toBFloat16 func(dst []BFloat16, x []float32)
	gemmBF16   func(c []float32, ldc int, a []BFloat16, lda int, packed []BFloat16, m, n, k int, accumulate bool)
	bf16       bool // gemmBF16 is assembly

	depthwiseForward         func(y, x, w []float32, g Geometry, c, rowLo, rowHi int)
	depthwiseBackwardData    func(dx, dy, w []float32, g Geometry, c, rowLo, rowHi int)
	depthwiseBackwardWeights func(dw, x, dy []float32, g Geometry, c, rowLo, rowHi int)

	channelSum             func(sum, x []float32, rows, c int)
	channelCenteredSquares func(sq, x, mean []float32, rows, c int)
	channelDot2            func(sumDy, sumDyXhat, dy, x, mean, rstd []float32, rows, c int)
	channelMoments         func(sum, sq, x, shift []float32, rows, c int)
	channelMulSum          func(sum, x, y []float32, rows, c int)
	channelAffine          func(y, x, scale, shift []float32, rows, c int)
	batchNormBackward      func(dx, dy, x, a, b, d []float32, rows, c int)
	scaleChannels          func(y, x, s []float32, rows, c int)
	addBias                func(y, x, b []float32, rows, c int)

	normalizeTable
	functionTable
	rowTable

	add, sub, mul, div, maximum    func(y, a, b []float32)
	takeEqual                      func(dx, rest, x, y []float32)
	scale, addScalar               func(y, a []float32, s float32)
	axpy                           func(y []float32, s float32, x []float32)
	fill                           func(y []float32, s float32)
	sqrt, swish, sigmoid           func(y, x []float32)
	swishBackward, sigmoidBackward func(dx, dy, x []float32)
	clip                           func(y, x []float32, lo, hi float32)
	clipBackward                   func(dx, dy, x []float32, lo, hi float32)
	sum, sumSquares                func(x []float32) float64
}

// normalizeTable holds the Normalize kernels of a path by ActivationKind.
type normalizeTable struct {
	normalize                  [activationKinds]func(y, x, scale, shift []float32, rows, c, ldy int, lo, hi float32)
	normalizeScale             [activationKinds]func(y, x, scale, shift, s []float32, rows, c int, lo, hi float32)
	normalizeSum               [activationKinds]func(sum, x, scale, shift []float32, rows, c int, lo, hi float32)
	normalizeDot               [activationKinds]func(sum, dy, x, scale, shift []float32, rows, c int, lo, hi float32)
	normalizeBackwardSums      [activationKinds]func(sumDz, sumDzX, dy, x, scale, shift, mean []float32, rows, c int, lo, hi float32)
	normalizeScaleBackwardSums [activationKinds]func(sumDz, sumDzX, dy, x, scale, shift, mean, s, q []float32, rows, c int, lo, hi float32)
	normalizeBackward          [activationKinds]func(dx, dy, x, scale, shift, a, b, d []float32, rows, c int, lo, hi float32)
	normalizeScaleBackward     [activationKinds]func(dx, dy, x, scale, shift, a, b, d, s, q []float32, rows, c int, lo, hi float32)
}

// kinds lists a kernel's functions by ActivationKind.
func kinds[F any](identity, swish, clip F) [activationKinds]F {
	return [...]F{IdentityActivation: identity, SwishActivation: swish, ClipActivation: clip}
}

var goTable = table{
	name:                     "go",
	gemmPacked:               gemmPackedRef,
	gemmTN:                   gemmTNRef,
	toBFloat16:               toBFloat16Ref,
	gemmBF16:                 gemmBF16Ref,
	depthwiseForward:         depthwiseForwardRef,
	depthwiseBackwardData:    depthwiseBackwardDataRef,
	depthwiseBackwardWeights: depthwiseBackwardWeightsRef,
	channelSum:               channelSumRef,
	channelCenteredSquares:   channelCenteredSquaresRef,
	channelDot2:              channelDot2Ref,
	channelMoments:           channelMomentsRef,
	channelMulSum:            channelMulSumRef,
	channelAffine:            channelAffineRef,
	batchNormBackward:        batchNormBackwardRef,
	scaleChannels:            scaleChannelsRef,
	addBias:                  addBiasRef,
	normalizeTable: normalizeTable{
		normalize:                  kinds(normalizeRef[identityActivation], normalizeRef[swishActivation], normalizeRef[clipActivation]),
		normalizeScale:             kinds(normalizeScaleRef[identityActivation], normalizeScaleRef[swishActivation], normalizeScaleRef[clipActivation]),
		normalizeSum:               kinds(normalizeSumRef[identityActivation], normalizeSumRef[swishActivation], normalizeSumRef[clipActivation]),
		normalizeDot:               kinds(normalizeDotRef[identityActivation], normalizeDotRef[swishActivation], normalizeDotRef[clipActivation]),
		normalizeBackwardSums:      kinds(normalizeBackwardSumsRef[identityActivation], normalizeBackwardSumsRef[swishActivation], normalizeBackwardSumsRef[clipActivation]),
		normalizeScaleBackwardSums: kinds(normalizeScaleBackwardSumsRef[identityActivation], normalizeScaleBackwardSumsRef[swishActivation], normalizeScaleBackwardSumsRef[clipActivation]),
		normalizeBackward:          kinds(normalizeBackwardRef[identityActivation], normalizeBackwardRef[swishActivation], normalizeBackwardRef[clipActivation]),
		normalizeScaleBackward:     kinds(normalizeScaleBackwardRef[identityActivation], normalizeScaleBackwardRef[swishActivation], normalizeScaleBackwardRef[clipActivation]),
	},
	functionTable:   goFunctions,
	rowTable:        goRows,
	add:             addRef,
	sub:             subRef,
	mul:             mulRef,
	div:             divRef,
	maximum:         maximumRef,
	takeEqual:       takeEqualRef,
	scale:           scaleRef,
	addScalar:       addScalarRef,
	axpy:            axpyRef,
	fill:            fillRef,
	sqrt:            sqrtRef,
	swish:           swishRef,
	sigmoid:         sigmoidRef,
	swishBackward:   swishBackwardRef,
	sigmoidBackward: sigmoidBackwardRef,
	clip:            clipRef,
	clipBackward:    clipBackwardRef,
	sum:             sumRef,
	sumSquares:      sumSquaresRef,
}

// EnvPath is the environment variable that names the path to use.
const EnvPath = "MELANOMA_KERNELS"

var (
	tables = append(processorTables(), &goTable) // fastest first
	active = tables[0]
	envErr = useEnv(os.Getenv(EnvPath))
)

func useEnv(name string) error {
	if name == "" {
		return nil
	}
	_, err := Use(name)
	if err != nil {
		return fmt.Errorf("%s: %w", EnvPath, err)
	}
	return nil
}

// EnvError reports a value of MELANOMA_KERNELS that names no available path;
// the fastest path is then in use. Nil where the variable is unset or good.
func EnvError() error { return envErr }

// Selected returns the name of the path in use: "go", "avx2" or "avx512".
func Selected() string { return active.name }

// Available returns the paths that this build has and this processor can
// run, fastest first. The last is always "go".
func Available() []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	return names
}

// Use switches every kernel to the named path and returns a function that
// restores the one before. It is for tests and program start: it must not
// run while a kernel does.
func Use(path string) (restore func(), err error) {
	i := slices.IndexFunc(tables, func(t *table) bool { return t.name == path })
	if i < 0 {
		return nil, fmt.Errorf("kernel path %q is not available here (there are %s)", path, strings.Join(Available(), ", "))
	}
	before := active
	active = tables[i]
	return func() { active = before }, nil
}

// need panics unless a slice is long enough; op and what make the message.
func need(have, want int, op, what string) {
	if have < want {
		panic(fmt.Sprintf("kernel: %s: len(%s) is %d, needs %d", op, what, have, want))
	}
}

// same panics unless two lengths are equal.
func same(have, want int, op, what string) {
	if have != want {
		panic(fmt.Sprintf("kernel: %s: len(%s) is %d, want %d", op, what, have, want))
	}
}
