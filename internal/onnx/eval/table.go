package eval

import "math"

// definition is one row of the table: from opset since on the operator takes
// and makes so many values (see parseArity), has these attributes (see
// parseAttributes) and computes run. A row without run ends an operator.
type definition struct {
	name       string
	since      int64
	in, out    string
	attributes string
	run        runner
}

// operators holds the definitions by name, oldest first.
var operators = map[string][]*Operator{}

// init, because an If evaluates graphs, which look operators up.
func init() {
	for _, list := range [][]definition{elementwise, comparisons, reductions, shapes, moves, norms, windows, others} {
		for _, d := range list {
			operators[d.name] = append(operators[d.name], &Operator{
				Name: d.name, Since: d.since, inputs: parseArity(d.in), outputs: parseArity(d.out),
				attributes: parseAttributes(d.attributes), run: d.run,
			})
		}
	}
}

// Versions that differ in nothing that this package computes, such as in the
// types that they allow, share a row. Before opset 6 and, for broadcasting, 7
// the definitions had other attributes and are not supported.

var elementwise = []definition{
	{"Abs", 6, "1", "1", "", signed(math.Abs, absInt)},
	{"Neg", 6, "1", "1", "", signed(func(x float64) float64 { return -x }, func(x int64) int64 { return -x })},
	{"Sign", 9, "1", "1", "", signed(sign, signInt)},
	{"Relu", 6, "1", "1", "", signed(relu, func(x int64) int64 { return max(x, 0) })},
	{"Exp", 6, "1", "1", "", floating(math.Exp)},
	{"Log", 6, "1", "1", "", floating(math.Log)},
	{"Sqrt", 6, "1", "1", "", floating(math.Sqrt)},
	{"Reciprocal", 6, "1", "1", "", floating(reciprocal)},
	{"Floor", 6, "1", "1", "", floating(math.Floor)},
	{"Ceil", 6, "1", "1", "", floating(math.Ceil)},
	{"Round", 11, "1", "1", "", floating(math.RoundToEven)},
	{"Erf", 9, "1", "1", "", floating(math.Erf)},
	{"Sin", 7, "1", "1", "", floating(math.Sin)},
	{"Cos", 7, "1", "1", "", floating(math.Cos)},
	{"Tan", 7, "1", "1", "", floating(math.Tan)},
	{"Asin", 7, "1", "1", "", floating(math.Asin)},
	{"Acos", 7, "1", "1", "", floating(math.Acos)},
	{"Atan", 7, "1", "1", "", floating(math.Atan)},
	{"Sinh", 9, "1", "1", "", floating(math.Sinh)},
	{"Cosh", 9, "1", "1", "", floating(math.Cosh)},
	{"Asinh", 9, "1", "1", "", floating(math.Asinh)},
	{"Acosh", 9, "1", "1", "", floating(math.Acosh)},
	{"Atanh", 9, "1", "1", "", floating(math.Atanh)},
	{"Tanh", 6, "1", "1", "", floating(math.Tanh)},
	{"Sigmoid", 6, "1", "1", "", floating(sigmoid)},
	{"Softplus", 1, "1", "1", "", floating(softplus)},
	{"Softsign", 1, "1", "1", "", floating(func(x float64) float64 { return x / (1 + math.Abs(x)) })},
	{"HardSwish", 14, "1", "1", "", floating(hardSwish)},
	{"Mish", 18, "1", "1", "", floating(mish)},
	{"LeakyRelu", 6, "1", "1", "alpha:f", shaped(leakyRelu)},
	{"Elu", 6, "1", "1", "alpha:f", shaped(elu)},
	{"Selu", 6, "1", "1", "alpha:f gamma:f", shaped(selu)},
	{"Celu", 12, "1", "1", "alpha:f", shaped(celu)},
	{"ThresholdedRelu", 10, "1", "1", "alpha:f", shaped(thresholdedRelu)},
	{"HardSigmoid", 6, "1", "1", "alpha:f beta:f", shaped(hardSigmoid)},
	{"Gelu", 20, "1", "1", "approximate:s", shaped(gelu)},
	{"Swish", 24, "1", "1", "alpha:f", shaped(swish)},
	{"Shrink", 9, "1", "1", "bias:f lambd:f", shaped(shrink)},
	{"PRelu", 7, "2", "1", "", one(prelu)},
	{"Clip", 6, "1", "1", "min:f max:f", one(clip)},
	{"Clip", 11, "1-3", "1", "", one(clip)},
	{"Add", 7, "2", "1", "", arithmetic(addFloat, exact(addInt))},
	{"Sub", 7, "2", "1", "", arithmetic(subFloat, exact(subInt))},
	{"Mul", 7, "2", "1", "", arithmetic(mulFloat, exact(mulInt))},
	{"Div", 7, "2", "1", "", arithmetic(divFloat, divInt)},
	{"Mod", 10, "2", "1", "fmod:i", one(mod)},
	{"Pow", 7, "2", "1", "", one(pow)},
	{"Sum", 6, "1-", "1", "", folded(addFloat, nil, false)},
	{"Mean", 6, "1-", "1", "", folded(addFloat, nil, true)},
	{"Max", 6, "1-", "1", "", folded(maxFloat, maxInt, false)},
	{"Min", 6, "1-", "1", "", folded(minFloat, minInt, false)},
	{"Cast", 9, "1", "1", "to:i!", one(cast)},
	{"Cast", 19, "1", "1", "to:i! saturate:i", one(cast)},
	{"Cast", 24, "1", "1", "to:i! saturate:i round_mode:s", one(cast)},
	{"CastLike", 15, "2", "1", "", one(castLike)},
	{"CastLike", 19, "2", "1", "saturate:i", one(castLike)},
	{"CastLike", 24, "2", "1", "saturate:i round_mode:s", one(castLike)},
	{"Dropout", 7, "1", "1-2", "ratio:f", dropout},
	{"Dropout", 10, "1", "1-2", "ratio:f", dropout},
	{"Dropout", 12, "1-3", "1-2", "seed:i", dropout},
}

var comparisons = []definition{
	{"Equal", 7, "2", "1", "", compared(func(o int) bool { return o == 0 })},
	{"Less", 7, "2", "1", "", compared(func(o int) bool { return o < 0 })},
	{"Greater", 7, "2", "1", "", compared(func(o int) bool { return o > 0 })},
	{"LessOrEqual", 12, "2", "1", "", compared(func(o int) bool { return o <= 0 })},
	{"GreaterOrEqual", 12, "2", "1", "", compared(func(o int) bool { return o >= 0 })},
	{"And", 7, "2", "1", "", logical(func(a, b int64) int64 { return a & b })},
	{"Or", 7, "2", "1", "", logical(func(a, b int64) int64 { return a | b })},
	{"Xor", 7, "2", "1", "", logical(func(a, b int64) int64 { return a ^ b })},
	{"Not", 1, "1", "1", "", one(not)},
	{"BitwiseAnd", 18, "2", "1", "", bitwise(func(a, b int64) int64 { return a & b })},
	{"BitwiseOr", 18, "2", "1", "", bitwise(func(a, b int64) int64 { return a | b })},
	{"BitwiseXor", 18, "2", "1", "", bitwise(func(a, b int64) int64 { return a ^ b })},
	{"IsNaN", 9, "1", "1", "", test(isNaN)},
	{"IsInf", 10, "1", "1", "detect_negative:i detect_positive:i", test(isInf)},
	{"Where", 9, "3", "1", "", one(where)},
}

const reduceAttributes = "axes:ii keepdims:i"

// reduced lists a reduction whose axes became an input in the given opset.
func reduced(name string, input int64, r reduction) []definition {
	return []definition{
		{name, 1, "1", "1", reduceAttributes, reduce(r)},
		{name, input, "1-2", "1", "keepdims:i noop_with_empty_axes:i", reduce(r)},
	}
}

var reductions = func() (all []definition) {
	for _, d := range []struct {
		name  string
		input int64
		r     reduction
	}{
		{"ReduceSum", 13, sumOf}, {"ReduceMean", 18, meanOf}, {"ReduceProd", 18, productOf}, {"ReduceMax", 18, largestOf},
		{"ReduceMin", 18, smallestOf}, {"ReduceSumSquare", 18, sumSquareOf}, {"ReduceL1", 18, l1Of}, {"ReduceL2", 18, l2Of},
		{"ReduceLogSum", 18, logSumOf}, {"ReduceLogSumExp", 18, logSumExpOf},
	} {
		all = append(all, reduced(d.name, d.input, d.r)...)
	}
	return append(all,
		definition{"ArgMax", 1, "1", "1", "axis:i keepdims:i", arg(larger)},
		definition{"ArgMax", 12, "1", "1", "axis:i keepdims:i select_last_index:i", arg(larger)},
		definition{"ArgMin", 1, "1", "1", "axis:i keepdims:i", arg(smaller)},
		definition{"ArgMin", 12, "1", "1", "axis:i keepdims:i select_last_index:i", arg(smaller)},
		definition{"CumSum", 11, "2", "1", "exclusive:i reverse:i", one(cumSum)},
	)
}()

var shapes = []definition{
	{"Shape", 1, "1", "1", "", one(shapeOf)},
	{"Shape", 15, "1", "1", "start:i end:i", one(shapeOf)},
	{"Size", 1, "1", "1", "", one(sizeOf)},
	{"Identity", 1, "1", "1", "", one(identity)},
	{"Reshape", 5, "2", "1", "", one(reshape)},
	{"Reshape", 14, "2", "1", "allowzero:i", one(reshape)},
	{"Flatten", 1, "1", "1", "axis:i", one(flatten)},
	{"Squeeze", 1, "1", "1", "axes:ii", one(squeeze)},
	{"Squeeze", 13, "1-2", "1", "", one(squeeze)},
	{"Unsqueeze", 1, "1", "1", "axes:ii!", one(unsqueeze)},
	{"Unsqueeze", 13, "2", "1", "", one(unsqueeze)},
	{"Constant", 9, "0", "1", "value:t!", one(constant)},
	{"Constant", 11, "0", "1", "value:t", one(constant)},
	{"Constant", 12, "0", "1", "value:t value_float:f value_floats:ff value_int:i value_ints:ii", one(constant)},
	{"ConstantOfShape", 9, "1", "1", "value:t", one(constantOfShape)},
	{"Range", 11, "3", "1", "", one(rangeOf)},
	{"EyeLike", 9, "1", "1", "dtype:i k:i", one(eyeLike)},
}

var moves = []definition{
	{"Expand", 8, "2", "1", "", one(expand)},
	{"Tile", 6, "2", "1", "", one(tile)},
	{"Transpose", 1, "1", "1", "perm:ii", one(transpose)},
	{"Concat", 4, "1-", "1", "axis:i!", one(concat)},
	{"Split", 2, "1", "1-", "axis:i split:ii", split},
	{"Split", 13, "1-2", "1-", "axis:i", split},
	{"Split", 18, "1-2", "1-", "axis:i num_outputs:i", split},
	{"Slice", 1, "1", "1", "axes:ii starts:ii! ends:ii!", one(slice)},
	{"Slice", 10, "3-5", "1", "", one(slice)},
	{"Pad", 2, "1", "1", "mode:s pads:ii! value:f", one(pad)},
	{"Pad", 11, "2-3", "1", "mode:s", one(pad)},
	{"Pad", 18, "2-4", "1", "mode:s", one(pad)},
	{"Gather", 1, "2", "1", "axis:i", one(gatherAxis)},
	{"GatherElements", 11, "2", "1", "axis:i", one(gatherElements)},
	{"GatherND", 11, "2", "1", "", one(gatherND)},
	{"GatherND", 12, "2", "1", "batch_dims:i", one(gatherND)},
	{"Scatter", 9, "3", "1", "axis:i", one(scatterElements)},
	{"Scatter", 11, "3", "1", "", nil},
	{"ScatterElements", 11, "3", "1", "axis:i", one(scatterElements)},
	{"ScatterElements", 16, "3", "1", "axis:i reduction:s", one(scatterElements)},
	{"ScatterND", 11, "3", "1", "", one(scatterND)},
	{"ScatterND", 16, "3", "1", "reduction:s", one(scatterND)},
	{"OneHot", 9, "3", "1", "axis:i", one(oneHot)},
	{"NonZero", 9, "1", "1", "", one(nonZero)},
	{"TopK", 1, "1", "2", "axis:i k:i!", topK},
	{"TopK", 10, "2", "2", "axis:i", topK},
	{"TopK", 11, "2", "2", "axis:i largest:i sorted:i", topK},
	{"Trilu", 14, "1-2", "1", "upper:i", one(trilu)},
	{"DepthToSpace", 1, "1", "1", "blocksize:i!", one(depthToSpace)},
	{"DepthToSpace", 11, "1", "1", "blocksize:i! mode:s", one(depthToSpace)},
	{"SpaceToDepth", 1, "1", "1", "blocksize:i!", one(spaceToDepth)},
}

var norms = []definition{
	{"Softmax", 1, "1", "1", "axis:i", overSoftmaxAxes(softmax)},
	{"Softmax", 13, "1", "1", "axis:i", overSoftmaxAxes(softmax)},
	{"LogSoftmax", 1, "1", "1", "axis:i", overSoftmaxAxes(logSoftmax)},
	{"LogSoftmax", 13, "1", "1", "axis:i", overSoftmaxAxes(logSoftmax)},
	{"Hardmax", 1, "1", "1", "axis:i", overSoftmaxAxes(hardmax)},
	{"Hardmax", 13, "1", "1", "axis:i", overSoftmaxAxes(hardmax)},
	{"BatchNormalization", 9, "5", "1-5", "epsilon:f momentum:f", batchNorm},
	{"BatchNormalization", 14, "5", "1-3", "epsilon:f momentum:f training_mode:i", batchNorm},
	{"InstanceNormalization", 6, "3", "1", "epsilon:f", one(instanceNorm)},
	{"GroupNormalization", 18, "3", "1", "epsilon:f num_groups:i!", one(groupNorm)},
	{"GroupNormalization", 21, "3", "1", "epsilon:f num_groups:i! stash_type:i", one(groupNorm)},
	{"LayerNormalization", 17, "2-3", "1-3", "axis:i epsilon:f stash_type:i", layerNorm},
	{"RMSNormalization", 23, "2", "1", "axis:i epsilon:f stash_type:i", one(rmsNorm)},
	{"LpNormalization", 1, "1", "1", "axis:i p:i", one(lpNorm)},
	{"MeanVarianceNormalization", 9, "1", "1", "axes:ii", one(meanVarianceNorm)},
	{"LRN", 1, "1", "1", "alpha:f beta:f bias:f size:i!", one(localResponseNorm)},
}

const (
	convAttributes = "auto_pad:s dilations:ii group:i kernel_shape:ii pads:ii strides:ii"
	poolAttributes = "auto_pad:s kernel_shape:ii! pads:ii strides:ii"
)

var windows = []definition{
	{"Conv", 1, "2-3", "1", convAttributes, one(conv)},
	{"ConvTranspose", 1, "2-3", "1", convAttributes + " output_padding:ii output_shape:ii", one(convTranspose)},
	{"AveragePool", 7, "1", "1", poolAttributes + " count_include_pad:i", one(averagePool)},
	{"AveragePool", 10, "1", "1", poolAttributes + " count_include_pad:i ceil_mode:i", one(averagePool)},
	{"AveragePool", 19, "1", "1", poolAttributes + " count_include_pad:i ceil_mode:i dilations:ii", one(averagePool)},
	{"MaxPool", 1, "1", "1", poolAttributes, maxPool},
	{"MaxPool", 8, "1", "1-2", poolAttributes + " storage_order:i", maxPool},
	{"MaxPool", 10, "1", "1-2", poolAttributes + " storage_order:i ceil_mode:i dilations:ii", maxPool},
	{"LpPool", 2, "1", "1", poolAttributes + " p:i", one(lpPool)},
	{"LpPool", 18, "1", "1", poolAttributes + " p:i ceil_mode:i dilations:ii", one(lpPool)},
	{"GlobalAveragePool", 1, "1", "1", "", global(meanOf)},
	{"GlobalMaxPool", 1, "1", "1", "", global(largestOf)},
	{"GlobalLpPool", 2, "1", "1", "p:i", globalLpPool},
	{"Upsample", 7, "1", "1", "mode:s scales:ff!", one(upsample)},
	{"Upsample", 9, "2", "1", "mode:s", one(upsample)},
	{"Upsample", 10, "2", "1", "", nil},
	{"Resize", 10, "2", "1", "mode:s", one(resize)},
	{"Resize", 11, "3-4", "1", resizeAttributes, one(resize)},
	{"Resize", 13, "1-4", "1", resizeAttributes, one(resize)},
	{"Resize", 18, "1-4", "1", resizeAttributes + " antialias:i axes:ii keep_aspect_ratio_policy:s", one(resize)},
}

const resizeAttributes = "coordinate_transformation_mode:s cubic_coeff_a:f exclude_outside:i extrapolation_value:f mode:s nearest_mode:s"

var others = []definition{
	{"MatMul", 1, "2", "1", "", one(matMul)},
	{"Gemm", 7, "3", "1", "alpha:f beta:f transA:i transB:i", one(gemm)},
	{"Gemm", 11, "2-3", "1", "alpha:f beta:f transA:i transB:i", one(gemm)},
	{"Einsum", 12, "1-", "1", "equation:s!", one(einsum)},
	{"If", 1, "1", "1-", "then_branch:g! else_branch:g!", branch},
}
