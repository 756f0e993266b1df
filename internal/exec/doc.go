// Package exec plans and runs graphs on this machine's processor.
//
// Data in: a [graph.Program] and the [Store] that holds its parameters.
// Data out: logits, the loss, gradients and batch statistics in float32.
//
// Terms: the arena is the one array that holds every intermediate result; a
// step is one operator bound to its places in the arena. Parameters lie in
// one contiguous array, their gradients in a second of the same layout, so an
// update, a norm or a checkpoint is one vector loop.
//
// Compile orders the nodes, fuses operators by the rules of fuse.go so that
// fewer results go to memory and back, gives each result a place by liveness
// (a place is reused after its last reader), and binds kernels to each step;
// nothing is allocated while it runs. An operator without a kernel runs by its
// plain Spec: slow and right. Compiling returns errors; running fails only on
// a program of another shape.
//
// A fused step works on spans: some rows that stay in a core's cache while
// several kernels pass over them. A loader computes the rows that a
// convolution reads (loader.go), an ending what follows on the rows that it
// made (finish.go), a window keeps the rows that the next span of a depthwise
// convolution reads again (span.go). A step may have several results: a value
// that another value's step computes on its way is its companion (value.go).
//
// Determinism: work is cut into parts that depend on shapes alone and partial
// sums are added in a fixed order, so results are the same bytes for any
// number of workers. They differ between kernel paths (AVX-512, AVX2, plain
// Go) within the tolerances that internal/kernel states.
//
// Concurrency: a Machine runs one call at a time; several machines may share
// a Pool and a Store as long as only one of them runs.
package exec
