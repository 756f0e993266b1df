// Package kernel holds the float32 CPU kernels of the engine: matrix
// products, depthwise convolutions, per-channel reductions and maps, layer
// normalisation and softmax of rows, element-wise functions, each as a
// plain-Go reference and, where it pays, as AVX2+FMA and AVX-512 assembly. For inference there is a matrix product
// of bfloat16 factors with float32 sums besides.
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
// Packed matrices have one layout for all paths. Of the kernels for bfloat16
// only avx512 has assembly; that of GemmBF16 needs AVX512_BF16 as well, and
// HasBF16 tells whether it is there.
//
// Assembly covers GemmPacked, GemmTN, GemmBF16 and ToBFloat16, the three
// depthwise kernels (any kernel size and stride), all Channel kernels and
// maps, and all of elementwise.go, activation.go, exponential.go, gelu.go,
// hard.go, rectifier.go, normalize.go, layernorm.go and softmax.go. Packing is
// Go.
//
// Misuse. Wrong lengths and shapes panic with "kernel: gemm: len(a) is ...".
// There are no errors to return.
//
// Determinism. A result depends on the path and the arguments alone, never
// on alignment, addresses or concurrency: every reduction runs in an order
// that its shape fixes. Kernels keep no state and may run concurrently.
//
// Accuracy. Assembly fuses multiply and add and orders some sums
// differently, so paths differ in the last bits. The comment of each kernel
// states how far a path may be from the Go reference, and the tests take
// their limits from there. "Tolerance: 2 ULP" counts units in the last place
// of the result, and "or 2^-126" is allowed besides; 0 ULP is the same bits.
// "Tolerance: 4+sqrt(k) units" counts units of 2^-24 times the sum of the
// magnitudes of all terms, the value that a kernel adds to among them: x*y
// has |x|*|y| and x-y has |x|+|y|. The root holds for random values around
// zero. Where signs or sizes are uneven, errors of rounding may lean to one
// side, and two sums of n terms differ by as much as 2*n units in its place
// (Higham 2002, section 4.2). Against float64, a sum of n products is off by
// less than 4+sqrt(n) units in the tests; functions like sigmoid and gelu
// state their errors.
//
// NaN and Inf propagate as in the scalar loops: a NaN among the inputs of an
// element gives NaN in that element. Exceptions are stated (ClipBackward,
// SwishBackward, Gelu, GemmBF16). Padding of packed panels and masked lanes
// never leak into a result.
//
// The files *_amd64.s and *_stubs_amd64.go are generated; the comment of a
// stub is the loop that it must equal. To write them anew:
//
//	cd internal/kernel/_gen && go run . -out ../..
//
// Go's assembler lacks VDPBF16PS; the generator writes its bytes.
//
// References: Goto and van de Geijn 2008, "Anatomy of high-performance
// matrix multiplication", for the tiles; Moshier 1992 (Cephes) for exp and
// log; Higham 2002, "Accuracy and Stability of Numerical Algorithms", for sums;
// Wang and Kanwar 2019, "BFloat16: The secret to high performance on Cloud
// TPUs", for the format.
package kernel
