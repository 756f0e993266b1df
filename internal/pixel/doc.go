// Package pixel holds the CPU kernels for 8-bit pictures: what OpenCV 4.5.5
// computes, to the last bit (and [Resample], what Pillow does), each as a
// plain-Go reference and, where it pays, as AVX2 and AVX-512 assembly.
//
// Data. A [Picture] has four bytes a pixel, R, G, B and one without meaning,
// so that a pixel is one 32-bit lane. [Load] makes it from packed RGB.
// Results come first in every argument list and never overlap the source,
// unless a function works in place (it then has one picture). A destination
// takes the size that it needs; its memory is used again.
//
// Coordinates. Pixel (x, y) is column x of row y, its centre at whole
// numbers. [Border] says what lies outside.
//
// Paths. Assembly is chosen by internal/kernel (MELANOMA_KERNELS, kernel.Use).
// All paths give the same bytes. The reference is linked in every build. On
// a processor without AVX-512's VBMI, avx512 has the colour kernels of avx2.
//
// Memory. A [Workspace] is what a kernel needs besides its pictures; once it
// has seen a size, nothing is allocated for that size again. It serves one
// goroutine at a time.
//
// Misuse. Wrong sizes and parameters panic with "pixel: median: kernel of 4".
// There are no errors to return: callers check what users give.
//
// The files *_amd64.s and *_stubs_amd64.go are generated; the comment of a
// stub is the loop that it must equal. To write them anew:
//
//	cd internal/kernel/_gen && go run . -out ../..
package pixel
