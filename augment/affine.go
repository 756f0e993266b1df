package augment

import (
	"melanoma/internal/pixel"
)

// ShiftScaleRotate turns the picture about (Width/2, Height/2) by Angle
// degrees (positive is counter-clockwise), scales it by Scale and moves it by
// DX widths and DY heights. Outside is black.
type ShiftScaleRotate struct {
	plain
	Angle float64 `json:"angle"`
	Scale float64 `json:"scale"`
	DX    float64 `json:"dx"`
	DY    float64 `json:"dy"`
}

// ResizeTo makes the picture Size x Size pixels by OpenCV's bilinear
// interpolation, without antialiasing.
type ResizeTo struct {
	plain
	Size int `json:"size"`
}

// Name is the transform's name in records.
func (*ShiftScaleRotate) Name() string { return "shift_scale_rotate" }

// Name is the transform's name in records.
func (*ResizeTo) Name() string { return "resize" }

func (s *ShiftScaleRotate) check() error {
	return firstOf(within("angle", s.Angle, -3600, 3600), within("scale", s.Scale, 1e-3, 1e3), within("dx", s.DX, -100, 100), within("dy", s.DY, -100, 100))
}

func (r *ResizeTo) check() error { return within("size", float64(r.Size), 1, LargestSide) }

func (r *ResizeTo) size(_, _ int) (int, int) { return r.Size, r.Size }

func (s *ShiftScaleRotate) apply(c *canvas) {
	dst, src := c.step()
	width, height := float64(src.Width), float64(src.Height)
	m := pixel.RotationMatrix(width/2, height/2, s.Angle, s.Scale)
	m[2] += float64(s.DX * width)
	m[5] += float64(s.DY * height)
	pixel.WarpAffine(&c.work, dst, src, m, pixel.Black)
	c.swap()
}

func (r *ResizeTo) apply(c *canvas) {
	if c.width == r.Size && c.height == r.Size {
		return
	}
	dst, src := c.step()
	pixel.Resize(&c.work, dst, src, r.Size, r.Size)
	c.swap()
}

// ShiftScaleRotateStep draws [ShiftScaleRotate], uniform in the limits:
// angle and shifts about 0, the scale about 1.
type ShiftScaleRotateStep struct {
	P      float64 `yaml:"p"`      // probability
	Shift  float64 `yaml:"shift"`  // of the sides, in [0, 1]
	Scale  float64 `yaml:"scale"`  // in [0, 0.99]
	Rotate float64 `yaml:"rotate"` // degrees, 0 to 180
}

// ResizeStep makes the picture as large as the network's. A recipe without
// it does so at its end.
type ResizeStep struct{}

func (s *ShiftScaleRotateStep) chance() float64 { return s.P }
func (*ResizeStep) chance() float64             { return 1 }

func (s *ShiftScaleRotateStep) check() error {
	return firstOf(share("shift", s.Shift), limits("scale", s.Scale, 0, 0.99), limits("rotate", s.Rotate, 0, 180))
}
func (*ResizeStep) check() error { return nil }

func (s *ShiftScaleRotateStep) prepare(env) drawer {
	op := new(ShiftScaleRotate)
	return func(r *stream, d *drawing) {
		op.Angle, op.Scale = r.around(s.Rotate), 1+r.around(s.Scale)
		op.DX, op.DY = r.around(s.Shift), r.around(s.Shift)
		d.add(op)
	}
}

func (*ResizeStep) prepare(e env) drawer { return always(&ResizeTo{Size: e.size}) }
