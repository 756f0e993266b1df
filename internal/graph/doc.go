// Package graph adds to Gorgonia's graphs the operators, losses, shape
// inference and symbolic gradients that convolutional classifiers need.
//
// Data in: Gorgonia nodes. Data out: Gorgonia nodes and a [Program], the
// description of one network at one batch size that internal/exec compiles.
//
// Terms: activations are [N,H,W,C] (NHWC), convolution weights [O,I/groups,
// kH,kW] and linear weights [O,I] as in ONNX; a gradient carries the prefix d.
// A Spec says what an operator computes, in plain float64 loops; it knows no
// processor. The fast implementations live in internal/exec, which switches
// on the Spec's type; another backend can do the same.
//
// Phases: building a graph panics on wrong ranks and shapes (message
// "graph: conv2d: ..."; models recovers it into an error). Running returns
// errors. Operators have one output each: the statistics of a batch
// normalisation are a node of their own beside the node that normalises.
//
// Determinism: operators are pure functions of their inputs, but Dropout and
// StochasticDepth, whose masks are also a function of the Program's key and
// the operator's stream.
//
// References: Ioffe and Szegedy (2015) for batch normalisation and its
// gradient; Ramachandran et al. (2017) for swish; Hu et al. (2018) for
// squeeze and excitation; Srivastava et al. (2014) for dropout; Huang
// et al. (2016) for stochastic depth; Zhang et al. (2020) for split attention;
// Lin et al. (2017), arXiv 1708.02002, for the focal loss; Ba, Kiros and Hinton
// (2016) for layer normalisation.
package graph
