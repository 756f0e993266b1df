// Package models holds the network architectures, their heads, parameter
// names and weights, and reads and writes them as ONNX.
//
// Data in: an architecture's name or an ONNX file, the number of classes and
// the head that is wanted. Data out: a [Net] (named layers over named
// tensors), its [Weights], and through [Net.Instantiate] one Gorgonia graph
// for a batch size, an image size and a mode.
//
// Terms: a layer is known by the name of the one tensor that it makes. A
// parameter carries timm's own name (conv_stem.weight, blocks.0.0.bn1.bias)
// and ONNX's layout: convolutions [out, in/groups, height, width], linear
// layers [out, in]. Activations are [N,H,W,C] in the graph and [N,C,H,W] at
// the ONNX border. Preprocessing ends before the network: its input is
// (pixel/255-Mean)/Std per channel.
//
// ONNX: the file is read by package onnx and checked as a whole; what depends
// on shapes and constants alone is computed by package eval; every node that is
// left becomes layers by a table of handlers, or an ONNX operator that eval
// runs in the middle of the network. A Transpose of the file moves nothing: the
// importer knows in which order each value's axes lie. Rules put together what
// exporters take apart (swish, hard swish, GELU, layer normalisation, biases).
// The cleaned graph then goes without its weights through onnx-go, whose
// backend interface builds the [Net]. Opsets 9 to 26 of the standard domain.
//
// A file that classifies images can be trained ([ReadONNX]): the mode is then
// the caller's, training flags and dropouts of others are ignored, and
// TensorFlow's SAME padding is recovered from the file's shape arithmetic, so
// that the network runs at any image size.
//
// Weights come from a seed ([Build]), from an ONNX file, from a .safetensors
// file under timm's names ([ReadTimm]), or from a weights artifact
// ([ReadWeights]). Nothing is downloaded. They go out as ONNX ([WriteONNX]; a
// whole ensemble by [WriteEnsemble]) or as .safetensors ([WriteTimm]), with
// BatchNorm folded away for serving if asked ([Net.FoldBatchNorm]).
//
// Errors: what a user's file or configuration causes is returned as
// [melanoma/internal/fault] input or usage errors with a hint. Graph building
// panics on wrong shapes; Instantiate and Build turn that into an error that
// names the layer.
//
// Determinism: the same configuration and seed give the same network, the
// same weights and the same ONNX bytes.
//
// References: Tan, Le, "EfficientNet", ICML 2019 (table 1, scaling rule of
// section 3.3); the Lite variants of the TensorFlow TPU repository; He et al.,
// "Deep residual learning", CVPR 2016; Xie et al., "Aggregated residual
// transformations", CVPR 2017; Hu et al., "Squeeze-and-excitation networks",
// CVPR 2018; He et al., "Bag of tricks", CVPR 2019; Zhang et al., "ResNeSt",
// 2020; Huang et al., "Deep networks with stochastic depth", ECCV 2016; timm's
// parameter names; the ONNX operator specification.
package models
