package eval

import (
	"errors"
	"fmt"
)

// trilu keeps the upper or lower triangle of the last two axes.
func trilu(c *call) (*Array, error) {
	x := c.in[0]
	if len(x.Shape) < 2 {
		return nil, errors.New("its input has fewer than two dimensions")
	}
	k, err := c.number(1, 0)
	if err != nil {
		return nil, err
	}
	upper := c.node.Int("upper", 1) != 0
	rows, columns := x.Shape[len(x.Shape)-2], x.Shape[len(x.Shape)-1]
	return c.take(x, x.Shape, nil, func(index []int) {
		for i := range index {
			row, column := i/columns%rows, i%columns
			if index[i] = i; upper && column-row < k || !upper && column-row > k {
				index[i] = -1
			}
		}
	})
}

// depthToSpace moves channels into blocks of the image.
func depthToSpace(c *call) (*Array, error) {
	b, err := c.blockSize()
	if err != nil {
		return nil, err
	}
	n, ch, h, w := c.in[0].Shape[0], c.in[0].Shape[1], c.in[0].Shape[2], c.in[0].Shape[3]
	if ch%(b*b) != 0 {
		return nil, fmt.Errorf("%d channels do not divide into blocks of %d", ch, b*b)
	}
	out := ch / (b * b)
	// Channels are [b,b,out] or, with CRD, [out,b,b].
	strideB1, strideB2, strideC := b*out*h*w, out*h*w, h*w
	switch mode := c.node.Text("mode", "DCR"); mode {
	case "DCR":
	case "CRD":
		strideB1, strideB2, strideC = b*h*w, h*w, b*b*h*w
	default:
		return nil, fmt.Errorf("the mode %q is not supported", mode)
	}
	shape := []int{n, out, h, b, w, b}
	strides := []int{ch * h * w, strideC, w, strideB1, 1, strideB2}
	return c.take(c.in[0], []int{n, out, h * b, w * b}, nil, func(index []int) { offsets(index, shape, strides, 0) })
}

// spaceToDepth moves blocks of the image into channels.
func spaceToDepth(c *call) (*Array, error) {
	b, err := c.blockSize()
	if err != nil {
		return nil, err
	}
	n, ch, h, w := c.in[0].Shape[0], c.in[0].Shape[1], c.in[0].Shape[2], c.in[0].Shape[3]
	if h%b != 0 || w%b != 0 {
		return nil, fmt.Errorf("an image of %dx%d does not divide into blocks of %d", h, w, b)
	}
	shape := []int{n, b, b, ch, h / b, w / b}
	strides := []int{ch * h * w, w, 1, h * w, b * w, b}
	return c.take(c.in[0], []int{n, ch * b * b, h / b, w / b}, nil, func(index []int) { offsets(index, shape, strides, 0) })
}

func (c *call) blockSize() (int, error) {
	if err := c.rank(0, 4, 4); err != nil {
		return 0, err
	}
	b := c.node.Int("blocksize", 0)
	if b < 1 || b > 1<<15 {
		return 0, fmt.Errorf("the block size is %d", b)
	}
	return int(b), nil
}
