// Package eval computes ONNX graphs exactly as the standard defines them:
// every operator by its definition in the opset that is in force, in plain
// loops over float64 sums. It is the reference that faster code is compared
// with, and what folds constants and shapes; it is not the fast path.
//
// Data in: a decoded [onnx.Model] and inputs by name. Data out: the outputs by
// name ([Run]), or every value that can be known before running ([Fold]). One
// node at a time: [Lookup] and [Operator.Run].
//
// Terms: an [Array] is known, or unknown with type and shape alone. A call
// with an unknown input is dry: it runs the same code up to the point where
// elements would be computed, so types and shapes are inferred by what would
// compute them. Shape and Size of an unknown array are known.
//
// The table (table.go) has a row for every definition that differs from the
// one before: since which opset, how many inputs and outputs, which
// attributes, which function. An operator or attribute that has no row is an
// error that names node, operator, attribute and opset.
//
// Numbers: float, double, float16 and bfloat16 are computed in float64 and
// rounded once to their type; integers wrap at the width of their type.
// Strings, complex numbers and types of less than a byte are not supported.
//
// Training: BatchNormalization and Dropout follow the file's training flags
// unless [Options] ask for evaluation; what Dropout draws depends on the seed
// and the node alone.
//
// Hostile files: every shape, axis and index is checked before it is used,
// and [Options] bound the elements that are alive and the work that is done.
// Whatever is wrong is an error, never a panic; the functions that panic on an
// unknown array are accessors of [Array] for callers of this package.
//
// Determinism: results depend on the file and the inputs alone. Nothing runs
// in parallel.
//
// Reference: the operators' specifications of the ONNX project, opsets 6 to
// 26; its published node tests are run against this package.
package eval
