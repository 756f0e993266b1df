package augment

import "melanoma/internal/pixel"

// Resampler resizes pictures by Pillow's BILINEAR, to its bytes, and keeps its
// memory from picture to picture. It serves one goroutine at a time; the zero
// value is ready.
type Resampler struct{ work pixel.Workspace }

// Resize writes src, packed RGB [fromHeight,fromWidth,3], to dst
// [height,width,3]. The two must not overlap. Wrong lengths and sizes below 1
// panic.
func (r *Resampler) Resize(dst []uint8, width, height int, src []uint8, fromWidth, fromHeight int) {
	pixel.Resample(&r.work, dst, width, height, src, fromWidth, fromHeight)
}
