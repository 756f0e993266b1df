package models

import "melanoma/internal/onnx"

// handler imports a node whose inputs and outputs are float32. errPlain leaves
// it to the plain evaluation.
type handler func(im *importer, n *onnx.Node) error

// handlers are the operators that have layers of their own.
var handlers map[string]handler

func init() { // handlers refer to the table
	handlers = map[string]handler{
		"Conv": (*importer).conv, "BatchNormalization": (*importer).batchNorm,
		"MaxPool": (*importer).pool, "AveragePool": (*importer).pool,
		"GlobalAveragePool": (*importer).globalPool, "GlobalMaxPool": (*importer).globalPool,
		"LayerNormalization": (*importer).layerNorm, "LRN": (*importer).localNorm,
		"Gemm": (*importer).gemm, "MatMul": (*importer).matMul,

		"Sigmoid": only(Layer{Op: OpSigmoid}), "Relu": only(Layer{Op: OpReLU}), "Clip": (*importer).clip,
		"Tanh": function("tanh"), "Exp": function("exp"), "Log": function("log"), "Sqrt": function("sqrt"), "Erf": function("erf"),
		"Abs": function("abs"), "Softplus": function("softplus"), "Mish": function("mish"),
		"Neg": numbers("affine", -1, 0), "Reciprocal": numbers("over", 1, 0),
		"LeakyRelu": attributed("leaky", "alpha", 0.01), "Elu": attributed("elu", "alpha", 1),
		"HardSwish": numbers("hard-swish", 1./6, 0.5), "HardSigmoid": (*importer).hardSigmoid,
		"Gelu": (*importer).gelu, "Swish": (*importer).swish, "PRelu": (*importer).prelu,

		"Add": arithmetic("add"), "Sub": arithmetic("sub"), "Mul": arithmetic("mul"), "Div": arithmetic("div"), "Pow": arithmetic("power"),
		"Sum": series("add"), "Max": series("max"), "Min": series("min"), "Mean": series("add"),

		"ReduceMean": reduction("mean"), "ReduceSum": reduction("sum"), "ReduceMax": reduction("max"), "ReduceMin": reduction("min"),
		"ReduceSumSquare": (*importer).sumSquare, "ReduceL2": (*importer).sumSquare,
		"Softmax": (*importer).softmax, "LogSoftmax": (*importer).softmax,

		"Identity": (*importer).identity, "Cast": (*importer).identity, "Dropout": (*importer).dropout,
		"Transpose": (*importer).transpose, "Reshape": (*importer).reshaped, "Flatten": (*importer).reshaped,
		"Squeeze": (*importer).reshaped, "Unsqueeze": (*importer).reshaped,
		"Concat": (*importer).concat, "Slice": (*importer).slice, "Split": (*importer).split, "Pad": (*importer).pad,
		"Gather": (*importer).gather,
	}
}

// only imports an element-wise operator that is a layer as it stands.
func only(l Layer) handler {
	return func(im *importer, n *onnx.Node) error { return im.elementwise(n, l) }
}

func function(kind string) handler { return only(Layer{Op: OpFunction, Function: kind}) }

func numbers(kind string, low, high float64) handler {
	return only(Layer{Op: OpFunction, Function: kind, Low: low, High: high})
}

// attributed imports a function whose number is an attribute.
func attributed(kind, attribute string, missing float32) handler {
	return func(im *importer, n *onnx.Node) error {
		return im.elementwise(n, Layer{Op: OpFunction, Function: kind, Low: decimal(n.Float(attribute, missing))})
	}
}

func arithmetic(kind string) handler {
	return func(im *importer, n *onnx.Node) error { return im.binary(n, kind) }
}

func series(kind string) handler {
	return func(im *importer, n *onnx.Node) error { return im.series(n, kind) }
}

func reduction(kind string) handler {
	return func(im *importer, n *onnx.Node) error { return im.reduce(n, kind) }
}
