package models

import (
	"fmt"
	"math"

	"melanoma/internal/fault"
	"melanoma/internal/graph"
	"melanoma/internal/onnx"
)

// Arrays of four axes are [N,C,H,W] in the file: a layer on arrays of any rank
// goes out as it is, between two Transposes where it has such arrays.
// [ReadONNX] takes a Transpose for what it is, so nothing moves when the file
// runs here.
const storedSuffix = "/stored"

var (
	toStored = []int{0, 2, 3, 1}
	toFile   = []int{0, 3, 1, 2}
)

// generalWriter adds the nodes of one layer.
type generalWriter struct {
	g *onnx.Graph
	l *Layer
}

func (w generalWriter) node(op, output string, inputs []string, attrs ...*onnx.Attribute) string {
	w.g.Nodes = append(w.g.Nodes, &onnx.Node{Name: output, Op: op, Inputs: inputs, Outputs: []string{output}, Attributes: attrs})
	return output
}

// step adds a node whose output has a name within the layer's.
func (w generalWriter) step(name, op string, inputs []string, attrs ...*onnx.Attribute) string {
	return w.node(op, w.l.Name+"/"+name, inputs, attrs...)
}

func (w generalWriter) number(name string, v float64) string {
	return number(w.g, w.l.Name+"/"+name, v)
}

func (w generalWriter) ints(name string, v []int) string {
	w.g.Initializers = append(w.g.Initializers, onnx.NewTensor(w.l.Name+"/"+name, convert[int64](v), len(v)))
	return w.l.Name + "/" + name
}

// writeGeneral adds a layer on arrays of any rank. shapes are those of the
// graph.
func (l *Layer) writeGeneral(g *onnx.Graph, shapes map[string][]int) {
	w := generalWriter{g, l}
	inputs := l.Inputs
	out := l.Name
	if l.Op != OpFunction {
		inputs = nil
		for i, in := range l.Inputs {
			if len(shapes[in]) == 4 {
				in = w.step(fmt.Sprintf("input%d", i), "Transpose", []string{in}, intsAttr("perm", toStored...))
			}
			inputs = append(inputs, in)
		}
		if len(shapes[l.Name]) == 4 {
			out += storedSuffix
		}
	}
	w.operator(out, append(inputs, l.Params...), shapes)
	if out != l.Name {
		w.node("Transpose", l.Name, []string{out}, intsAttr("perm", toFile...))
	}
}

func (w generalWriter) operator(out string, in []string, shapes map[string][]int) {
	l := w.l
	switch l.Op {
	case OpFunction:
		w.function(out, in)
	case OpBinary:
		op := map[string]string{"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "max": "Max", "min": "Min", "power": "Pow"}[l.Function]
		w.node(op, out, in)
	case OpReduce:
		if l.Function == "sum" {
			w.node("ReduceSum", out, append(in, w.ints("axes", l.Axes)))
			return
		}
		w.node(map[string]string{"mean": "ReduceMean", "max": "ReduceMax", "min": "ReduceMin"}[l.Function], out, in, intsAttr("axes", l.Axes...))
	case OpReshape:
		w.node("Reshape", out, append(in, w.ints("shape", append([]int{-1}, l.Sizes...))))
	case OpPermute:
		w.node("Transpose", out, in, intsAttr("perm", l.Axes...))
	case OpPad:
		pads := w.ints("pads", append(append([]int{}, l.Before...), l.After...))
		w.node("Pad", out, append(in, pads, w.number("value", l.Low)))
	case OpConcat:
		w.node("Concat", out, in, onnx.IntAttribute("axis", int64(l.Axis)))
	case OpSoftmax:
		op := "Softmax"
		if l.Function == "log" {
			op = "LogSoftmax"
		}
		w.node(op, out, in, onnx.IntAttribute("axis", -1))
	case OpLayerNorm:
		w.node("LayerNormalization", out, in, onnx.IntAttribute("axis", -1), onnx.FloatAttribute("epsilon", float32(l.Epsilon)))
	case OpMatMul:
		if l.Turned {
			axes := inOrder(len(shapes[l.Inputs[1]]))
			n := len(axes)
			axes[n-1], axes[n-2] = n-2, n-1
			in[1] = w.step("turned", "Transpose", []string{in[1]}, intsAttr("perm", axes...))
		}
		w.node("MatMul", out, in)
	}
}

// standardFunctions go out under one name.
var standardFunctions = map[string]string{
	"tanh": "Tanh", "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "erf": "Erf", "abs": "Abs", "softplus": "Softplus",
}

func (w generalWriter) function(out string, in []string) {
	l, x := w.l, in[0]
	switch l.Function {
	case "affine":
		if l.High != 0 {
			w.node("Add", out, []string{w.step("scaled", "Mul", []string{x, w.number("scale", l.Low)}), w.number("shift", l.High)})
			return
		}
		w.node("Mul", out, []string{x, w.number("scale", l.Low)})
	case "leaky":
		w.node("LeakyRelu", out, in, onnx.FloatAttribute("alpha", float32(l.Low)))
	case "elu":
		w.node("Elu", out, in, onnx.FloatAttribute("alpha", float32(l.Low)))
	case "power":
		w.node("Pow", out, []string{x, w.number("exponent", l.Low)})
	case "over":
		w.node("Div", out, []string{w.number("dividend", l.Low), x})
	case "hard-sigmoid":
		w.node("HardSigmoid", out, in, onnx.FloatAttribute("alpha", float32(l.Low)), onnx.FloatAttribute("beta", float32(l.High)))
	case "hard-swish":
		gate := w.step("gate", "HardSigmoid", in, onnx.FloatAttribute("alpha", float32(l.Low)), onnx.FloatAttribute("beta", float32(l.High)))
		w.node("Mul", out, []string{x, gate})
	case "mish":
		w.node("Mul", out, []string{x, w.step("tanh", "Tanh", []string{w.step("softplus", "Softplus", in)})})
	case "gelu":
		inner := w.step("erf", "Erf", []string{w.step("scaled", "Mul", []string{x, w.number("root", 1/math.Sqrt2)})})
		w.halved(out, x, inner)
	case "gelu-tanh":
		cube := w.step("cubed", "Mul", []string{w.step("cube", "Pow", []string{x, w.number("three", 3)}), w.number("share", graph.GeluCube)})
		sum := w.step("scaled", "Mul", []string{w.step("sum", "Add", []string{x, cube}), w.number("scale", graph.GeluScale)})
		w.halved(out, x, w.step("tanh", "Tanh", []string{sum}))
	default:
		w.node(standardFunctions[l.Function], out, in)
	}
}

// halved adds x*(1+y)/2.
func (w generalWriter) halved(out, x, y string) {
	more := w.step("more", "Add", []string{y, w.number("one", 1)})
	w.node("Mul", out, []string{w.step("times", "Mul", []string{x, more}), w.number("half", 0.5)})
}

// checkWritten names the first layer that has no form in a file of ours.
func (n *Net) checkWritten() error {
	for _, l := range n.Layers {
		switch l.Op {
		case OpForeign, OpParameter, OpLocalNorm:
			return fault.New(fault.Input, "the network runs and trains here; only writing it is not supported", "models: write ONNX of %s: layer %s is %s, which is not written", n.Name, l.Name, l.Op)
		}
	}
	return nil
}
