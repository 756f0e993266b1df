package eval

import (
	"fmt"
	"slices"
)

// window is how a kernel moves over the axes of an image, one entry an axis.
type window struct {
	in, kernel, stride, dilation []int
	begin, end                   []int // padding
	out                          []int
}

// maxWindow bounds kernels, strides, dilations and paddings.
const maxWindow = 1 << 24

// attribute returns one number an axis, each within bounds.
func (c *call) perAxis(name string, axes, missing, low int) ([]int, error) {
	v := c.attributeInts(name)
	if v == nil {
		return slices.Repeat([]int{missing}, axes), nil
	}
	if len(v) != axes || axes > 0 && (slices.Min(v) < low || slices.Max(v) > maxWindow) {
		return nil, fmt.Errorf("its %s %v are not %d numbers from %d to %d", name, v, axes, low, maxWindow)
	}
	return v, nil
}

// window reads a node's window over an image of the given axes. kernel is nil
// where the attribute kernel_shape says it.
func (c *call) window(in, kernel []int) (w window, err error) {
	n := len(in)
	w.in = in
	if w.kernel, err = c.perAxis("kernel_shape", n, 0, 1); err != nil {
		return w, err
	}
	switch given := c.node.Attribute("kernel_shape") != nil; {
	case kernel != nil && given && !slices.Equal(kernel, w.kernel):
		return w, fmt.Errorf("its kernel_shape is %v, its weights are %v", w.kernel, kernel)
	case kernel != nil:
		w.kernel = kernel
	}
	if n == 0 || slices.Min(w.kernel) < 1 || slices.Max(w.kernel) > maxWindow {
		return w, fmt.Errorf("a kernel of %v is not supported", w.kernel)
	}
	if w.stride, err = c.perAxis("strides", n, 1, 1); err != nil {
		return w, err
	}
	if w.dilation, err = c.perAxis("dilations", n, 1, 1); err != nil {
		return w, err
	}
	return w, nil
}

// pads reads explicit paddings, begin of all axes before their ends.
func (c *call) pads(w *window) error {
	pads, err := c.perAxis("pads", 2*len(w.in), 0, 0)
	if err != nil {
		return err
	}
	w.begin, w.end = pads[:len(w.in)], pads[len(w.in):]
	return nil
}

// reach is the length of a kernel with its gaps along axis i.
func (w *window) reach(i int) int { return w.dilation[i]*(w.kernel[i]-1) + 1 }

// place settles padding and output of a kernel that reads windows.
func (c *call) place(w *window) error {
	mode := c.node.Text("auto_pad", "NOTSET")
	w.out = make([]int, len(w.in))
	switch mode {
	case "NOTSET", "VALID", "":
		if err := c.pads(w); err != nil {
			return err
		}
		if mode == "VALID" {
			w.begin, w.end = make([]int, len(w.in)), make([]int, len(w.in))
		}
		ceil := c.node.Int("ceil_mode", 0) != 0
		for i := range w.in {
			w.out[i] = w.places(i, ceil)
		}
	case "SAME_UPPER", "SAME_LOWER":
		w.begin, w.end = make([]int, len(w.in)), make([]int, len(w.in))
		for i, n := range w.in {
			w.out[i] = (n + w.stride[i] - 1) / w.stride[i]
			total := max(0, (w.out[i]-1)*w.stride[i]+w.reach(i)-n)
			w.begin[i] = total / 2
			if mode == "SAME_LOWER" {
				w.begin[i] = total - total/2
			}
			w.end[i] = total - w.begin[i]
		}
	default:
		return fmt.Errorf("the auto_pad %q is not supported", mode)
	}
	for i, n := range w.out {
		if n < 1 && w.in[i] > 0 {
			return fmt.Errorf("a kernel of %v does not fit an image of %v", w.kernel, w.in)
		}
	}
	return nil
}

// places counts the windows along axis i. Rounding up never adds a window
// that starts in the padding behind the image.
func (w *window) places(i int, ceil bool) int {
	room := w.in[i] + w.begin[i] + w.end[i] - w.reach(i)
	if room < 0 {
		return 0
	}
	n := room/w.stride[i] + 1
	if ceil && room%w.stride[i] != 0 && n*w.stride[i] < w.in[i]+w.begin[i] {
		n++
	}
	return n
}

// spatial checks that input 0 is [N,C,...] with at least one axis after.
func (c *call) spatial() ([]int, error) {
	x := c.in[0]
	if len(x.Shape) < 3 || len(x.Shape) > 8 {
		return nil, fmt.Errorf("its input has shape %v, not batch, channels and an image", x.Shape)
	}
	return x.Shape[2:], nil
}

// each calls f for every place of a shape, in row-major order.
func each(shape []int, f func(place []int)) {
	if size(shape) == 0 {
		return
	}
	place := make([]int, len(shape))
	for {
		f(place)
		axis := len(shape) - 1
		for ; axis >= 0; axis-- {
			if place[axis]++; place[axis] < shape[axis] {
				break
			}
			place[axis] = 0
		}
		if axis < 0 {
			return
		}
	}
}
