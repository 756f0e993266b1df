// Package safetensors reads and writes the safetensors format: weights by
// name in one file that can be mapped, and nothing that can be executed.
//
// Data in: a file, or named float32 tensors. Data out: the tensors' names,
// types, shapes and bytes, as views of the mapped file; or a file.
//
// Format: eight bytes with the header's length (little-endian), the header, a
// JSON object, then the tensors' bytes. The header maps each name to dtype,
// shape and data_offsets, the range of its bytes after the header; its entry
// __metadata__ maps text to text.
//
// Invariants of a file that is read: the ranges cover the data without gap or
// overlap, each is as long as its shape says, no name is there twice, and the
// header is one JSON object of at most 100 MB, followed by spaces alone. What is
// not so is an input error of [melanoma/internal/fault] that names the file
// and the tensor. Memory that reading takes is bounded by the header's length,
// never by a number in it.
//
// Determinism: the bytes written depend on the tensors, their order and the
// metadata alone. The data starts at a multiple of eight bytes, so that every
// number can be used from where it lies in a mapping.
//
// Reference: the format's description in the safetensors repository of
// Hugging Face, version 0.4 and later.
package safetensors
