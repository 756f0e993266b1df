// Package onnx reads and writes ONNX files: what a file says, neither checked
// against the operators' definitions nor computed (package eval does that).
//
// Data in: a file ([Open]) or its bytes ([Decode]). Data out: a [Model], and
// from a Model the bytes again ([Model.Encode]).
//
// Terms are the standard's. A value is a tensor known by name inside a graph;
// an initializer is a value stored in the file; a node computes values from
// values; an opset is a version of the operators' definitions, one for each
// domain; the default domain is "" (also written "ai.onnx").
//
// Memory: an opened file is mapped, and a tensor's values are views into the
// mapping wherever their place in the file allows (see [Values]). Writing to
// such values changes the process's own copy of the page, never the file. The
// mapping lives until [Model.Close] or the end of the process; see package
// mapped.
//
// Hostile files: nothing outside of the data is read, what decoding allocates
// is bounded by a small multiple of the file's length, every declared shape is
// compared with the data that is there before anything is allocated for it,
// and data in a second file must lie in the model's own folder, symbolic links
// resolved. Such faults are input errors of [melanoma/internal/fault] that
// name the tensor or node.
//
// Kept: what inference needs, names, metadata. Left out: documentation
// strings, quantisation annotations, training information, device
// assignments. Sparse tensors are refused; of model-local functions the names
// are kept, so that a node that calls one can be reported.
//
// Determinism: equal models are encoded to equal bytes, and a model that was
// encoded and decoded is equal to what it was.
//
// Reference: the message definitions of the ONNX project (onnx.proto), whose
// field numbers appear in the decoder.
package onnx
