// Package kernel holds the float32 CPU kernels of the engine: matrix
// products, depthwise convolutions, per-channel reductions and maps,
// element-wise functions, each as a plain-Go reference and, where it pays,
// as AVX2+FMA and AVX-512 assembly.
//
// Data. Everything is row-major. Activations are NHWC: the channel c is the
// innermost index, rows = N*H*W; lda, ldb, ldc are row strides in elements.
// Results come first in every argument list. Buffers must not overlap unless
// a function says so; where aliasing is allowed it means the same start.
//
// Paths. Assembly is chosen once at start by what the processor has;
// MELANOMA_KERNELS=go|avx2|avx512 overrides the choice, and Use switches
// within a process (tests). The reference is linked in every build, also
// under -tags noasm. Packed matrices have one layout for all paths.
//
// Misuse. Wrong lengths and shapes panic with "kernel: gemm: len(a) < ...".
// There are no errors to return.
//
// Determinism. A result depends on the path and the arguments alone, never
// on alignment, addresses or concurrency: every reduction runs in an order
// that its shape fixes. Kernels keep no state and may run concurrently.
//
// NaN and Inf propagate as in the scalar loops: a NaN among the inputs of an
// element gives NaN in that element. Exceptions are stated (ClipBackward).
// Padding of packed panels and masked lanes never leak into a result.
package kernel
