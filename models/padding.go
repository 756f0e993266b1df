package models

// padding returns top, left, bottom, right for an input of h x w and a kernel
// of kh x kw.
func (l *Layer) padding(h, w, kh, kw int) [4]int {
	if !l.Same {
		return l.Pad
	}
	top, bottom := samePad(h, kh, l.Stride)
	left, right := samePad(w, kw, l.Stride)
	return [4]int{top, left, bottom, right}
}

// samePad returns TensorFlow's SAME padding of one direction: the output has
// ceil(in/stride) elements, and an odd element of padding comes last.
func samePad(in, kernel, stride int) (before, after int) {
	out := (in + stride - 1) / stride
	total := max((out-1)*stride+kernel-in, 0)
	return total / 2, total - total/2
}
