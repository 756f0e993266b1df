package augment

import (
	"fmt"

	"melanoma/internal/pixel"
)

// largestKernel is the largest side of a motion blur's kernel. OpenCV
// multiplies Fourier transforms instead where a kernel is much larger, which
// rounds in another way.
const largestKernel = 9

// MotionBlur is a correlation with Kernel [k,k], k odd, border REFLECT_101:
// float32 sums row by row, rounded to nearest.
type MotionBlur struct {
	plain
	Kernel [][]float32 `json:"kernel"`
}

// MedianBlur is the median of each channel in squares of KSize, 3 or 5; the
// border is replicated.
type MedianBlur struct {
	plain
	KSize int `json:"ksize"`
}

// GaussianBlur has OpenCV's fixed kernels of KSize 3, [1 2 1]/4, or 5,
// [1 4 6 4 1]/16; border REFLECT_101.
type GaussianBlur struct {
	plain
	KSize int `json:"ksize"`
}

// Name is the transform's name in records.
func (*MotionBlur) Name() string { return "motion_blur" }

// Name is the transform's name in records.
func (*MedianBlur) Name() string { return "median_blur" }

// Name is the transform's name in records.
func (*GaussianBlur) Name() string { return "gaussian_blur" }

func (b *MedianBlur) check() error   { return oneOf("ksize", b.KSize, 3, 5) }
func (b *GaussianBlur) check() error { return oneOf("ksize", b.KSize, 3, 5) }

func (b *MotionBlur) check() error {
	k := len(b.Kernel)
	if err := oneOf("the kernel's side", k, 3, 5, 7, largestKernel); err != nil {
		return err
	}
	for y, row := range b.Kernel {
		if len(row) != k {
			return fmt.Errorf("row %d of the kernel has %d numbers, not %d", y, len(row), k)
		}
		for _, v := range row {
			if err := within("a number of the kernel", float64(v), -1e6, 1e6); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *MedianBlur) apply(c *canvas) {
	dst, src := c.step()
	pixel.MedianBlur(&c.work, dst, src, b.KSize)
	c.swap()
}

func (b *GaussianBlur) apply(c *canvas) {
	dst, src := c.step()
	pixel.GaussianBlur(&c.work, dst, src, b.KSize)
	c.swap()
}

func (b *MotionBlur) apply(c *canvas) {
	k := len(b.Kernel)
	for y, row := range b.Kernel {
		copy(c.kernel[y*k:], row)
	}
	dst, src := c.step()
	pixel.Filter(&c.work, dst, src, c.kernel[:k*k], k)
	c.swap()
}

// MotionBlurStep draws [MotionBlur]: a line of equal weights between two
// points of a square of 3, 5, ... Limit pixels.
type MotionBlurStep struct {
	P     float64 `yaml:"p"`     // probability
	Limit int     `yaml:"limit"` // odd, 3 to 9
}

// MedianBlurStep draws [MedianBlur] of 3, ... Limit pixels.
type MedianBlurStep struct {
	P     float64 `yaml:"p"`     // probability
	Limit int     `yaml:"limit"` // 3 or 5
}

// GaussianBlurStep draws [GaussianBlur] of 3, ... Limit pixels.
type GaussianBlurStep struct {
	P     float64 `yaml:"p"`     // probability
	Limit int     `yaml:"limit"` // 3 or 5
}

func (s *MotionBlurStep) chance() float64   { return s.P }
func (s *MedianBlurStep) chance() float64   { return s.P }
func (s *GaussianBlurStep) chance() float64 { return s.P }

func (s *MotionBlurStep) check() error   { return chosen("limit", s.Limit, 3, 5, 7, largestKernel) }
func (s *MedianBlurStep) check() error   { return chosen("limit", s.Limit, 3, 5) }
func (s *GaussianBlurStep) check() error { return chosen("limit", s.Limit, 3, 5) }

func (s *MedianBlurStep) prepare(env) drawer {
	op := new(MedianBlur)
	return func(r *stream, d *drawing) {
		op.KSize = r.odd(s.Limit)
		d.add(op)
	}
}

func (s *GaussianBlurStep) prepare(env) drawer {
	op := new(GaussianBlur)
	return func(r *stream, d *drawing) {
		op.KSize = r.odd(s.Limit)
		d.add(op)
	}
}

func (s *MotionBlurStep) prepare(env) drawer {
	rows, weights := make([][]float32, s.Limit), make([]float32, s.Limit*s.Limit)
	op := new(MotionBlur)
	return func(r *stream, d *drawing) {
		k := r.odd(s.Limit)
		for y := range k {
			rows[y] = weights[y*k : (y+1)*k]
		}
		op.Kernel = rows[:k]
		clear(weights)
		x1, y1, x2, y2 := drawLine(r, k)
		line(op.Kernel, x1, y1, x2, y2)
		d.add(op)
	}
}

// drawLine draws the two ends of MotionBlur's line: whole coordinates in
// [0, k), independent, but never one point.
func drawLine(r *stream, k int) (x1, y1, x2, y2 int) {
	x1, x2 = r.below(k), r.below(k)
	y1 = r.below(k)
	if x1 != x2 {
		return x1, y1, x2, r.below(k)
	}
	y2 = r.below(k - 1)
	if y2 >= y1 {
		y2++
	}
	return x1, y1, x2, y2
}

// line sets the pixels of cv2.line between two points, left end first, to
// equal weights with the sum 1.
func line(kernel [][]float32, x1, y1, x2, y2 int) {
	if x2 < x1 {
		x1, y1, x2, y2 = x2, y2, x1, y1
	}
	major, minor, down := x2-x1, y2-y1, 1
	if minor < 0 {
		minor, down = -minor, -1
	}
	majorX, majorY, minorX, minorY := 1, 0, 0, down
	if minor > major {
		major, minor = minor, major
		majorX, majorY, minorX, minorY = 0, down, 1, 0
	}
	weight := 1 / float32(major+1)
	excess := major - 2*minor
	for x, y, n := x1, y1, major+1; n > 0; n-- {
		kernel[y][x] = weight
		x, y = x+majorX, y+majorY
		if excess < 0 {
			x, y = x+minorX, y+minorY
			excess += 2 * major
		}
		excess -= 2 * minor
	}
}
