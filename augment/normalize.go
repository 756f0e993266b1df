package augment

import (
	"fmt"

	"melanoma/internal/pixel"
)

// Normalize maps 8-bit levels to network inputs, per channel in RGB order:
// (v/255 - Mean) / Std, computed as albumentations 0.4.6 does:
// (v - 255*Mean) times the reciprocal of 255*Std, every operation in float32.
type Normalize struct {
	Mean [3]float32 `yaml:"mean" json:"mean"`
	Std  [3]float32 `yaml:"std" json:"std"` // not zero
}

// Into writes the picture to dst as [Height,Width,3]. A dst of another length
// panics.
func (n Normalize) Into(dst []float32, im Image) {
	im.check()
	if len(dst) != len(im.Pix) {
		panic(fmt.Sprintf("augment: normalize %dx%d pixels into %d values", im.Width, im.Height, len(dst)))
	}
	var p pixel.Picture
	pixel.Load(&p, im.Pix, im.Width, im.Height, pixel.Orientation{}, nil)
	pixel.Normalize(dst, &p, n.Mean, n.Std)
}

// normalizeOp ends a record whose result is the network's input. It leaves the
// 8-bit picture alone.
type normalizeOp struct {
	plain
	Mean [3]float32 `json:"mean"`
	Std  [3]float32 `json:"std"`
}

// jpegDecode stands for the decoding of the picture, which has been done.
type jpegDecode struct{ plain }

func (*normalizeOp) Name() string    { return "normalize" }
func (*normalizeOp) apply(c *canvas) {}
func (*jpegDecode) Name() string     { return "jpeg_decode" }
func (*jpegDecode) apply(c *canvas)  {}

func (n *normalizeOp) check() error {
	for i := range 3 {
		if err := firstOf(within("mean", float64(n.Mean[i]), -1e6, 1e6), within("std", float64(n.Std[i]), 1e-6, 1e6)); err != nil {
			return err
		}
	}
	return nil
}
