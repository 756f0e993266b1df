package eval

import (
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

// conv is a grouped convolution of any number of image axes.
func conv(c *call) (*Array, error) {
	x, weight := c.in[0], c.in[1]
	spatial, groups, err := c.convInputs()
	if err != nil {
		return nil, err
	}
	if weight.Shape[1]*groups != x.Shape[1] || weight.Shape[0]%groups != 0 {
		return nil, fmt.Errorf("weights %v do not fit an input of %v in %d groups", weight.Shape, x.Shape, groups)
	}
	if c.has(2) {
		if err := c.channelVectors(2, 3, weight.Shape[0]); err != nil {
			return nil, err
		}
	}
	w, err := c.window(spatial, weight.Shape[2:])
	if err != nil {
		return nil, err
	}
	if err := c.place(&w); err != nil {
		return nil, err
	}
	shape := append([]int{x.Shape[0], weight.Shape[0]}, w.out...)
	if err := c.spend(append(slices.Clone(weight.Shape[1:]), shape...)...); err != nil {
		return nil, err
	}
	return c.floats(x.Type, shape, func(out []float64) {
		c.addBias(out, weight.Shape[0], size(w.out))
		if x.Type == onnx.Float {
			convolve(out, x.f32, weight.f32, w, x.Shape, weight.Shape, groups)
		} else {
			convolve(out, x.f64, weight.f64, w, x.Shape, weight.Shape, groups)
		}
	})
}

// convInputs checks what convolutions have in common.
func (c *call) convInputs() (spatial []int, groups int, err error) {
	if spatial, err = c.spatial(); err != nil {
		return nil, 0, err
	}
	if err := c.float(0); err != nil {
		return nil, 0, err
	}
	if err := c.sameType(0, 3); err != nil {
		return nil, 0, err
	}
	if len(c.in[1].Shape) != len(c.in[0].Shape) {
		return nil, 0, fmt.Errorf("weights %v do not fit an input of %v", c.in[1].Shape, c.in[0].Shape)
	}
	group := c.node.Int("group", 1)
	if group < 1 || group > maxWindow {
		return nil, 0, fmt.Errorf("the group is %d", group)
	}
	return spatial, int(group), nil
}

// addBias fills every channel's plane with its bias.
func (c *call) addBias(out []float64, channels, plane int) {
	if !c.has(2) {
		return
	}
	bias := c.in[2].Float64s()
	for i := range out {
		out[i] = bias[i/plane%channels]
	}
}

// convolve adds, for every image, output channel, input channel of its group
// and kernel place, the image shifted by the place times one weight: the inner
// loop runs along a row.
func convolve[T float32 | float64](out []float64, x, weight []T, w window, xs, ws []int, groups int) {
	inPlane, outPlane, taps := size(w.in), size(w.out), size(w.kernel)
	perGroup := ws[0] / groups
	for n := range xs[0] {
		for o := range ws[0] {
			y := out[(n*ws[0]+o)*outPlane:][:outPlane]
			first := o / perGroup * ws[1]
			for i := range ws[1] {
				plane := x[(n*xs[1]+first+i)*inPlane:][:inPlane]
				values := weight[(o*ws[1]+i)*taps:][:taps]
				tap := 0
				each(w.kernel, func(place []int) {
					shifted(y, plane, float64(values[tap]), &w, place)
					tap++
				})
			}
		}
	}
}

// shifted adds value times the image, read at one place of the kernel.
func shifted[T float32 | float64](y []float64, x []T, value float64, w *window, place []int) {
	last := len(w.in) - 1
	shift := place[last]*w.dilation[last] - w.begin[last]
	from, to := span(shift, w.stride[last], w.in[last], w.out[last])
	width, step := w.out[last], w.stride[last]
	row := 0
	each(w.out[:last], func(at []int) {
		base, inside := 0, true
		for a := range last {
			k := at[a]*w.stride[a] + place[a]*w.dilation[a] - w.begin[a]
			inside = inside && k >= 0 && k < w.in[a]
			base = base*w.in[a] + k
		}
		if inside && from < to {
			dst := y[row*width+from : row*width+to]
			src := x[base*w.in[last]+from*step+shift:]
			if step == 1 {
				src = src[:len(dst)]
				for i := range dst {
					dst[i] += value * float64(src[i])
				}
			} else {
				for i := range dst {
					dst[i] += value * float64(src[i*step])
				}
			}
		}
		row++
	})
}

// span returns the outputs [from,to) for which out*stride+shift lies in [0,in).
func span(shift, stride, in, out int) (from, to int) {
	if shift < 0 {
		from = (-shift + stride - 1) / stride
	}
	if in <= shift {
		return 0, 0
	}
	return from, min(out, (in-shift+stride-1)/stride)
}

// convTranspose is the transposed convolution: every input element adds the
// kernel, scaled, to the output.
func convTranspose(c *call) (*Array, error) {
	x, weight := c.in[0], c.in[1]
	spatial, groups, err := c.convInputs()
	if err != nil {
		return nil, err
	}
	if weight.Shape[0] != x.Shape[1] || x.Shape[1]%groups != 0 {
		return nil, fmt.Errorf("weights %v do not fit an input of %v in %d groups", weight.Shape, x.Shape, groups)
	}
	channels := weight.Shape[1] * groups
	if c.has(2) {
		if err := c.channelVectors(2, 3, channels); err != nil {
			return nil, err
		}
	}
	w, err := c.window(spatial, weight.Shape[2:])
	if err != nil {
		return nil, err
	}
	if err := c.placeTransposed(&w); err != nil {
		return nil, err
	}
	shape := append([]int{x.Shape[0], channels}, w.out...)
	if err := c.spend(append(slices.Clone(weight.Shape[1:]), x.Shape...)...); err != nil {
		return nil, err
	}
	return c.floats(x.Type, shape, func(out []float64) {
		c.addBias(out, channels, size(w.out))
		scatterKernels(out, x.Float64s(), weight.Float64s(), w, x.Shape, weight.Shape, groups)
	})
}

func scatterKernels(out, x, weight []float64, w window, xs, ws []int, groups int) {
	inPlane, outPlane, taps := size(w.in), size(w.out), size(w.kernel)
	perGroup := xs[1] / groups
	for n := range xs[0] {
		for i := range xs[1] {
			for o := range ws[1] {
				y := out[(n*ws[1]*groups+i/perGroup*ws[1]+o)*outPlane:][:outPlane]
				values := weight[(i*ws[1]+o)*taps:][:taps]
				at := (n*xs[1] + i) * inPlane
				each(w.in, func(from []int) {
					tap := 0
					each(w.kernel, func(place []int) {
						if to, ok := w.target(from, place); ok {
							y[to] += x[at] * values[tap]
						}
						tap++
					})
					at++
				})
			}
		}
	}
}

// target returns the output element that an input element reaches through a
// place of the kernel.
func (w *window) target(from, place []int) (int, bool) {
	to := 0
	for a := range from {
		k := from[a]*w.stride[a] + place[a]*w.dilation[a] - w.begin[a]
		if k < 0 || k >= w.out[a] {
			return 0, false
		}
		to = to*w.out[a] + k
	}
	return to, true
}

// placeTransposed settles padding and output of a transposed convolution.
func (c *call) placeTransposed(w *window) error {
	n := len(w.in)
	extra, err := c.perAxis("output_padding", n, 0, 0)
	if err != nil {
		return err
	}
	want, err := c.perAxis("output_shape", n, -1, 1)
	if err != nil {
		return err
	}
	if err := c.pads(w); err != nil {
		return err
	}
	mode := c.node.Text("auto_pad", "NOTSET")
	w.out = make([]int, n)
	for a := range n {
		full := w.stride[a]*(w.in[a]-1) + extra[a] + w.reach(a)
		switch {
		case want[a] >= 0 || mode == "SAME_UPPER" || mode == "SAME_LOWER":
			if w.out[a] = want[a]; want[a] < 0 {
				w.out[a] = w.in[a] * w.stride[a]
			}
			total := max(0, full-w.out[a])
			w.begin[a] = total / 2
			if mode != "SAME_UPPER" {
				w.begin[a] = total - total/2
			}
		case mode == "NOTSET" || mode == "":
			w.out[a] = full - w.begin[a] - w.end[a]
		case mode == "VALID":
			w.begin[a], w.out[a] = 0, full
		default:
			return fmt.Errorf("the auto_pad %q is not supported", mode)
		}
		if w.out[a] < 1 {
			return fmt.Errorf("its result would have a length of %d", w.out[a])
		}
	}
	return nil
}
