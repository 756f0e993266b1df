package models

import "melanoma/internal/graph"

// padding returns top, left, bottom, right of a convolution for an input of
// h x w and a kernel of kh x kw.
func (l *Layer) padding(h, w, kh, kw int) [4]int {
	if !l.Same {
		return l.Pad
	}
	top, bottom := samePad(h, l.extent(kh, 0), l.Stride[0])
	left, right := samePad(w, l.extent(kw, 1), l.Stride[1])
	return [4]int{top, left, bottom, right}
}

// extent is how many inputs a filter of k taps spans in one direction.
func (l *Layer) extent(k, direction int) int { return (k-1)*max(l.Dilation[direction], 1) + 1 }

// samePad returns TensorFlow's SAME padding of one direction: the output has
// ceil(in/stride) elements, and an odd element of padding comes last.
func samePad(in, kernel, stride int) (before, after int) {
	out := (in + stride - 1) / stride
	total := max((out-1)*stride+kernel-in, 0)
	return total / 2, total - total/2
}

// pooling returns a pooling's attributes for an input of h x w.
func (l *Layer) pooling(h, w int) graph.PoolAttrs {
	a := graph.PoolAttrs{Kernel: l.Kernel, Stride: l.Stride, Pad: l.padding(h, w, l.Kernel[0], l.Kernel[1])}
	if l.Ceil {
		for d, size := range [2]int{h, w} {
			a.Extra[d] = ceilExtra(size, l.Kernel[d], l.Stride[d], a.Pad[d], a.Pad[d+2])
		}
	}
	return a
}

// ceilExtra returns how far the last window reaches beyond the padding where
// the number of windows is rounded up. One that would begin in the padding at
// the end is left out, as torch does.
func ceilExtra(in, kernel, stride, before, after int) int {
	windows := (in+before+after-kernel+stride-1)/stride + 1
	if (windows-1)*stride >= in+before {
		windows--
	}
	return max((windows-1)*stride+kernel-in-before-after, 0)
}
