// Package jpeg decodes JPEG files to the pixels that libjpeg-turbo computes,
// to the last bit: its "islow" inverse cosine transform, its "fancy" chroma
// upsampling and its colour conversion, as Pillow and OpenCV use them.
//
// Source. ITU-T T.81 (1992) for the format; the arithmetic is that of
// libjpeg-turbo on x86-64, versions 2.1 to 3.2 (4:4:0 files differ before
// 2.1). docs/decoding.md says what was compared.
//
// Files. Baseline, extended sequential and progressive files of 8 bits with
// Huffman codes: grey, YCbCr, RGB, CMYK and YCCK, any sampling factors whose
// ratios are whole, restart markers. CMYK becomes RGB as Pillow converts it.
// Everything else is refused by name (arithmetic codes, lossless, 12 bits).
// What libjpeg would mend with a warning is an error here: files cut short,
// codes that no table has, scans that leave coefficients out.
//
// Memory. A [Decoder] uses its memory again from file to file. [ReadHeader]
// says how much a file takes before anything is allocated.
//
// Paths. The inverse transform, upsampling and colour conversion exist as a
// Go reference and as AVX2 and AVX-512 assembly, chosen by internal/kernel.
// All paths give the same bytes.
//
// Errors. They say what is wrong with the file, without its name. No content
// makes the package panic.
//
// The files *_amd64.s and *_stubs_amd64.go are generated; the comment of a
// stub is the loop that it must equal. To write them anew:
//
//	cd internal/kernel/_gen && go run . -out ../..
package jpeg
