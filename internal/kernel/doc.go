// Package kernel holds the float32 CPU kernels of the engine: matrix
// products, depthwise convolutions, per-channel reductions and maps,
// element-wise functions, each as a plain-Go reference and, where it pays,
// as AVX2+FMA and AVX-512 assembly.
//
// Data. Everything is row-major. Activations are NHWC: the channel c is the
// innermost index, rows = N*H*W; lda, ldb, ldc are row strides in elements.
// Results come first in every argument list. Buffers must not overlap unless
// a function says so; where aliasing is allowed it means the same start.
// Any start is right, but one at a multiple of 64 bytes is up to twice as
// fast: give tensors of an arena offsets that are multiples of 16 elements.
//
// Paths. Assembly is chosen once at start by what the processor has (avx2:
// AVX2, FMA and BMI2; avx512: also F, BW, DQ and VL); MELANOMA_KERNELS =
// go|avx2|avx512 overrides the choice, and Use switches within a process
// (tests). The reference is linked in every build, also under -tags noasm.
// Packed matrices have one layout for all paths.
//
// Assembly covers GemmPacked, GemmTN, the three depthwise kernels (any
// kernel size and stride), all Channel kernels and maps, and all of
// elementwise.go, activation.go and normalize.go. Packing, Im2col and Col2im
// are Go.
//
// Misuse. Wrong lengths and shapes panic with "kernel: gemm: len(a) is ...".
// There are no errors to return.
//
// Determinism. A result depends on the path and the arguments alone, never
// on alignment, addresses or concurrency: every reduction runs in an order
// that its shape fixes. Kernels keep no state and may run concurrently.
//
// Accuracy. Assembly fuses multiply and add and orders some sums
// differently, so paths differ in the last bits. Against float64, a sum of n
// products is off by less than (4+sqrt(n)) * 2^-24 times the sum of
// magnitudes in the tests; single-operation functions and sums in float64
// are the same bits on every path; sigmoid and swish state their errors.
//
// NaN and Inf propagate as in the scalar loops: a NaN among the inputs of an
// element gives NaN in that element. Exceptions are stated (ClipBackward).
// Padding of packed panels and masked lanes never leak into a result.
//
// The files *_amd64.s and *_stubs_amd64.go are generated; the comment of a
// stub is the loop that it must equal. To write them anew:
//
//	cd internal/kernel/_gen && go run . -out ..
//
// References: Goto and van de Geijn 2008, "Anatomy of high-performance
// matrix multiplication", for the tiles; Moshier 1992 (Cephes) for exp.
package kernel
