package models

import "fmt"

// batch returns the number of images that the file is written for, 1 where
// that is symbolic.
func (m file) batch() int {
	for _, v := range m.Graph.Required() {
		if len(v.Dims) == 4 && v.Dims[0].Size > 0 && v.Dims[0].Size <= maxBatch {
			return int(v.Dims[0].Size)
		}
	}
	return 1
}

// maxBatch bounds the batch that a file may be written for.
const maxBatch = 1 << 12

// imageSize settles the size between the caller's wish and the file.
func (m file) imageSize(size int) (int, error) {
	if size < 0 || size > maxSize {
		return 0, fmt.Errorf("image size %d is outside of 1 to %d", size, maxSize)
	}
	if size > 0 {
		return size, nil
	}
	for _, v := range m.Graph.Required() {
		if len(v.Dims) != 4 {
			continue
		}
		h, w := v.Dims[2].Size, v.Dims[3].Size
		if h != w || h > maxSize {
			return 0, fmt.Errorf("images of %dx%d pixels are not supported, only square ones", h, w)
		}
		if h > 0 {
			return int(h), nil
		}
	}
	return defaultSize, nil
}
