package models

import (
	"fmt"
	"slices"
)

// Op is the kind of a layer.
type Op string

// The layers a [Net] is made of. Shapes are those of the graph, [N,H,W,C].
const (
	OpConv       Op = "conv"        // convolution; parameters weight and, if it has one, bias
	OpBatchNorm  Op = "batch_norm"  // parameters scale, shift, running mean, running variance
	OpSwish      Op = "swish"       // x * sigmoid(x)
	OpSigmoid    Op = "sigmoid"     //
	OpReLU       Op = "relu"        //
	OpClip       Op = "clip"        // to [Low, High]; 0 and 6 make ReLU6
	OpAdd        Op = "add"         // two tensors of one shape
	OpMul        Op = "mul"         // two tensors of one shape
	OpScale      Op = "scale"       // [N,H,W,C] times [N,1,1,C]
	OpGlobalMean Op = "global_mean" // [N,H,W,C] to [N,1,1,C]
	OpFlatten    Op = "flatten"     // [N,1,1,C] to [N,C]
	OpLinear     Op = "linear"      // [N,I] to [N,O]; parameters weight and bias
	OpConcat     Op = "concat"      // joins along Axis
	OpDropout    Op = "dropout"     // only in training: mean of Samples masks of rate Rate

	OpMaxPool      Op = "max_pool"         // largest element of each window
	OpAveragePool  Op = "average_pool"     // mean of each window
	OpGroupSum     Op = "group_sum"        // [N,H,W,Radix*C] to [N,H,W,C]: split attention's sum
	OpGroupSoftmax Op = "group_softmax"    // [N,1,1,Groups*Radix*C] to [N,1,1,Radix*Groups*C]: softmax over the radix
	OpDepth        Op = "stochastic_depth" // only in training: whole images times 0, with probability Rate, or 1/(1-Rate)

	// Of arrays of any rank, as ONNX files have them.
	OpFunction  Op = "function"   // element-wise Function with the numbers Low and High, see graph.Functions
	OpBinary    Op = "binary"     // Function of two arrays, or an array and a parameter, of one rank, broadcast
	OpReduce    Op = "reduce"     // Function (sum, mean, max, min) along Axes, which keep length 1
	OpReshape   Op = "reshape"    // to [?,Sizes...]: the first length follows from the others
	OpPermute   Op = "permute"    // axis i of the result is axis Axes[i]
	OpPad       Op = "pad"        // Before and After of every axis, negative where elements are taken away; value Low
	OpSoftmax   Op = "softmax"    // along the last axis; its logarithm if Function is "log"
	OpLayerNorm Op = "layer_norm" // along the last axis; parameters scale and shift
	OpMatMul    Op = "matmul"     // matrices in the last two axes, the second's turned if Turned
	OpLocalNorm Op = "local_norm" // over Size channels with Alpha, Beta, Bias: see graph.LocalNorm
	OpParameter Op = "parameter"  // a parameter, repeated for each image if its first length is 1
	OpForeign   Op = "onnx"       // an ONNX operator without a layer of its own: evaluated plainly, without a gradient
)

// Role says what a parameter is to its layer.
type Role string

// The roles. All but the two running statistics are trained.
const (
	RoleWeight      Role = "weight"
	RoleBias        Role = "bias"
	RoleBNScale     Role = "bn_scale"
	RoleBNShift     Role = "bn_shift"
	RoleRunningMean Role = "running_mean"
	RoleRunningVar  Role = "running_var"
	RoleNormScale   Role = "norm_scale" // of a layer normalisation
	RoleNormShift   Role = "norm_shift"
)

// Trained reports whether a parameter of this role is changed by the
// gradient; running statistics are not.
func (r Role) Trained() bool { return r != RoleRunningMean && r != RoleRunningVar }

// Param declares a parameter or a running statistic: its name, its shape in
// ONNX's layout and its role.
type Param struct {
	Name  string
	Shape []int
	Role  Role
}

// Len returns the number of elements.
func (p Param) Len() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Layer is one operator. Fields that its Op does not use are zero.
type Layer struct {
	Name   string   // the tensor that it makes; unique in the net
	Op     Op       //
	Inputs []string // layers' or inputs' names, in the operator's order
	Params []string // names in Net.Params, in the order given at the Op

	Kernel   [2]int // of a pooling: height, width
	Stride   [2]int // of a convolution or a pooling: vertical, horizontal
	Dilation [2]int // of a convolution: distance of a filter's taps; 0 and 1 mean none
	Pad      [4]int // top, left, bottom, right; unused if Same
	Same     bool   // TensorFlow's SAME padding, computed from the image size
	Ceil     bool   // of a pooling: the number of windows is rounded up, beyond the padding
	CountPad bool   // of an average: padding counts as zeros, else not at all
	Groups   int    // of a convolution: 1, any divisor of both channel counts, or that of the input's (depthwise)
	Radix    int    // of a group sum or softmax: the groups that are added

	Epsilon  float64 // of a BatchNorm: added to the variance
	Momentum float64 // of a BatchNorm: weight of the new value (torch's)

	Low, High float64 // of a clip

	Rate    float64 // of a dropout or stochastic depth: share of zeros, in [0, 1)
	Samples int     // of a dropout: masks whose results are averaged
	Always  bool    // of a dropout and a BatchNorm: as in training, whatever the mode

	Function      string   // of an element-wise function, a binary, a reduction or a softmax
	Axis          int      // of a concat
	Axes          []int    // of a reduction or a permutation
	Sizes         []int    // of a reshape
	Before, After []int    // of a pad
	Turned        bool     // of a matmul
	Local         *Local   // of a local_norm
	Foreign       *Foreign // of an onnx operator
}

// Local are the numbers of a local response normalisation.
type Local struct {
	Size              int
	Alpha, Beta, Bias float64
}

// Net is a network as a list of layers in the order of their computation,
// without weights and without an image size.
type Net struct {
	Name      string
	Classes   int
	InputSize int        // the image size that it was made for, in pixels; any other may be instantiated
	Mean, Std [3]float32 // input = (pixel/255 - Mean) / Std, RGB

	Input  string // name of the image tensor
	Meta   string // name of the metadata tensor, "" without one
	MetaIn int    // its width, 0 without one
	Pooled string // layer with the pooled features, flattened [N,F]
	Output string // layer with the logits [N,Classes]

	// A network that is no classifier of images has these in place of Input,
	// Meta, Pooled, Output and Classes: it runs on inputs of these very shapes.
	Inputs  []Input
	Outputs []string // layers or inputs

	Layers []Layer
	Params []Param // in the order of their first use: the arena's order
}

// Input is one input of a network that is no classifier, in the graph's layout.
type Input struct {
	Name  string
	Shape []int
}

// Weights holds values by parameter name: parameters and running statistics,
// row-major, in ONNX's layout.
type Weights map[string][]float32

// Clone returns a deep copy.
func (w Weights) Clone() Weights {
	c := make(Weights, len(w))
	for name, v := range w {
		c[name] = slices.Clone(v)
	}
	return c
}

// Param returns the declaration of a parameter.
func (n *Net) Param(name string) (Param, bool) {
	for _, p := range n.Params {
		if p.Name == name {
			return p, true
		}
	}
	return Param{}, false
}

// Layer returns the layer of that name, nil if there is none.
func (n *Net) Layer(name string) *Layer {
	for i := range n.Layers {
		if n.Layers[i].Name == name {
			return &n.Layers[i]
		}
	}
	return nil
}

// Parameters counts the trained parameters' elements.
func (n *Net) Parameters() int {
	total := 0
	for _, p := range n.Params {
		if p.Role.Trained() {
			total += p.Len()
		}
	}
	return total
}

// Clone returns a deep copy of the net.
func (n *Net) Clone() *Net {
	c := *n
	c.Layers = slices.Clone(n.Layers)
	for i := range c.Layers {
		c.Layers[i].Inputs = slices.Clone(c.Layers[i].Inputs)
		c.Layers[i].Params = slices.Clone(c.Layers[i].Params)
	}
	c.Params = slices.Clone(n.Params)
	for i := range c.Params {
		c.Params[i].Shape = slices.Clone(c.Params[i].Shape)
	}
	return &c
}

// CheckWeights reports the first parameter that is missing from w or has a
// wrong length, and the first value that is none of the net's.
func (n *Net) CheckWeights(w Weights) error {
	for _, p := range n.Params {
		v, ok := w[p.Name]
		if !ok {
			return fmt.Errorf("models: %s: no weights for %s %v", n.Name, p.Name, p.Shape)
		}
		if len(v) != p.Len() {
			return fmt.Errorf("models: %s: %s has %d values, want %d for shape %v", n.Name, p.Name, len(v), p.Len(), p.Shape)
		}
	}
	if len(w) == len(n.Params) {
		return nil
	}
	known := make(map[string]bool, len(n.Params))
	for _, p := range n.Params {
		known[p.Name] = true
	}
	var extra []string
	for name := range w {
		if !known[name] {
			extra = append(extra, name)
		}
	}
	slices.Sort(extra)
	return fmt.Errorf("models: %s: weights hold %s, which the network does not have", n.Name, extra[0])
}
