package eval

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"melanoma/internal/onnx"
)

// places returns the values of an index input as places on an axis of length
// n; nil in a dry call.
func (c *call) places(i, n int) ([]int, error) {
	a := c.in[i]
	if !a.Type.IsInteger() {
		return nil, fmt.Errorf("its input %d has elements of %s, not integers", i, a.Type)
	}
	if c.dry {
		return nil, nil
	}
	out := clamped(a.i64)
	for k, v := range out {
		if v < 0 {
			out[k] += n
		}
		if out[k] < 0 || out[k] >= n {
			return nil, fmt.Errorf("index %d is outside of a length of %d", v, n)
		}
	}
	return out, nil
}

// gatherAxis picks slices along an axis.
func gatherAxis(c *call) (*Array, error) {
	x := c.in[0]
	axis, err := c.axis("axis", 0, len(x.Shape))
	if err != nil {
		return nil, err
	}
	at, err := c.places(1, x.Shape[axis])
	if err != nil {
		return nil, err
	}
	shape := slices.Concat(x.Shape[:axis], c.in[1].Shape, x.Shape[axis+1:])
	return c.take(x, shape, nil, func(index []int) {
		inner, n := size(x.Shape[axis+1:]), 0
		for o := range size(x.Shape[:axis]) {
			for _, k := range at {
				for i := range inner {
					index[n] = (o*x.Shape[axis]+k)*inner + i
					n++
				}
			}
		}
	})
}

// elementPlaces returns for each element of indices its place in an array of
// the given shape: its own, with the coordinate along the axis replaced.
func (c *call) elementPlaces(shape []int) ([]int, error) {
	axis, err := c.axis("axis", 0, len(shape))
	if err != nil {
		return nil, err
	}
	indices := c.in[1].Shape
	fits := len(indices) == len(shape)
	for i := 0; fits && i < len(shape); i++ {
		fits = i == axis || indices[i] <= shape[i]
	}
	if !fits {
		return nil, fmt.Errorf("indices of shape %v do not fit %v", indices, shape)
	}
	at, err := c.places(1, shape[axis])
	if err != nil || c.dry {
		return nil, err
	}
	strides := stridesOf(shape)
	step := strides[axis]
	strides[axis] = 0
	for i, base := range offsetsOf(indices, strides) {
		at[i] = base + at[i]*step
	}
	return at, nil
}

func gatherElements(c *call) (*Array, error) {
	at, err := c.elementPlaces(c.in[0].Shape)
	if err != nil {
		return nil, err
	}
	return c.take(c.in[0], c.in[1].Shape, nil, func(index []int) { copy(index, at) })
}

// blockPlaces returns the begin of the block that each index tuple names. A
// tuple covers axes from batch on.
func (c *call) blockPlaces(shape []int, batch int) (begins []int, block int, err error) {
	indices := c.in[1].Shape
	if len(indices) <= batch || len(shape) <= batch || !slices.Equal(indices[:batch], shape[:batch]) {
		return nil, 0, fmt.Errorf("indices of shape %v do not fit %v", indices, shape)
	}
	depth := indices[len(indices)-1]
	if depth < 1 || depth > len(shape)-batch {
		return nil, 0, fmt.Errorf("indices of shape %v do not fit %v", indices, shape)
	}
	block = size(shape[batch+depth:])
	if !c.in[1].Type.IsInteger() {
		return nil, 0, fmt.Errorf("its indices have elements of %s, not integers", c.in[1].Type)
	}
	if c.dry {
		return nil, block, nil
	}
	values := clamped(c.in[1].i64)
	strides := stridesOf(shape)
	begins = make([]int, len(values)/depth)
	each := max(1, size(indices[batch:len(indices)-1])) // tuples of one batch
	for t := range begins {
		if batch > 0 {
			begins[t] = t / each * strides[batch-1]
		}
		for k := range depth {
			v, n := values[t*depth+k], shape[batch+k]
			if v < 0 {
				v += n
			}
			if v < 0 || v >= n {
				return nil, 0, fmt.Errorf("index %d is outside of a length of %d", values[t*depth+k], n)
			}
			begins[t] += v * strides[batch+k]
		}
	}
	return begins, block, nil
}

func gatherND(c *call) (*Array, error) {
	x := c.in[0]
	batch := int(min(max(c.node.Int("batch_dims", 0), -1), maxRank))
	if batch < 0 {
		return nil, fmt.Errorf("batch_dims is %d", c.node.Int("batch_dims", 0))
	}
	begins, block, err := c.blockPlaces(x.Shape, batch)
	if err != nil {
		return nil, err
	}
	indices := c.in[1].Shape
	shape := slices.Concat(indices[:len(indices)-1], x.Shape[batch+indices[len(indices)-1]:])
	return c.take(x, shape, nil, func(index []int) {
		for i := range index {
			index[i] = begins[i/block] + i%block
		}
	})
}

// scattered returns x with updates written, or combined, at places.
func (c *call) scattered(x, updates *Array, at []int) (*Array, error) {
	combine := c.node.Text("reduction", "none")
	if x.Type != updates.Type {
		return nil, fmt.Errorf("its inputs have elements of %s and %s", x.Type, updates.Type)
	}
	if x.Type.IsFloat() {
		f, ok := map[string]func(a, b float64) float64{"none": latter[float64], "add": addFloat, "mul": mulFloat, "max": maxFloat, "min": minFloat}[combine]
		if !ok {
			return nil, fmt.Errorf("the reduction %q is not supported", combine)
		}
		return c.floats(x.Type, x.Shape, func(out []float64) {
			copy(out, x.Float64s())
			for i, v := range updates.Float64s() {
				out[at[i]] = f(out[at[i]], v)
			}
		})
	}
	f, ok := map[string]func(a, b int64) int64{"none": latter[int64], "add": addInt, "mul": mulInt,
		"max": func(a, b int64) int64 { v, _ := maxInt(x.Type, a, b); return v },
		"min": func(a, b int64) int64 { v, _ := minInt(x.Type, a, b); return v }}[combine]
	if !ok {
		return nil, fmt.Errorf("the reduction %q is not supported", combine)
	}
	return c.ints(x.Type, x.Shape, func(out []int64) {
		copy(out, x.i64)
		for i, v := range updates.i64 {
			out[at[i]] = f(out[at[i]], v)
		}
	})
}

func latter[T any](_, b T) T { return b }

func scatterElements(c *call) (*Array, error) {
	if !slices.Equal(c.in[1].Shape, c.in[2].Shape) {
		return nil, fmt.Errorf("indices of shape %v and updates of %v do not agree", c.in[1].Shape, c.in[2].Shape)
	}
	at, err := c.elementPlaces(c.in[0].Shape)
	if err != nil {
		return nil, err
	}
	return c.scattered(c.in[0], c.in[2], at)
}

func scatterND(c *call) (*Array, error) {
	x, indices, updates := c.in[0], c.in[1].Shape, c.in[2]
	begins, block, err := c.blockPlaces(x.Shape, 0)
	if err != nil {
		return nil, err
	}
	want := slices.Concat(indices[:len(indices)-1], x.Shape[indices[len(indices)-1]:])
	if !slices.Equal(want, updates.Shape) {
		return nil, fmt.Errorf("updates have shape %v, not %v", updates.Shape, want)
	}
	var at []int
	for _, b := range begins {
		for i := range block {
			at = append(at, b+i)
		}
	}
	return c.scattered(x, updates, at)
}

// oneHot writes the second of two values at an index along a new axis.
func oneHot(c *call) (*Array, error) {
	indices, values := c.in[0], c.in[2]
	if !c.in[1].known {
		return nil, errNeedsValues
	}
	wanted, err := c.scalar(1, 0) // of any numeric type
	if err != nil {
		return nil, err
	}
	if !(wanted >= 1 && wanted <= maxElements) || values.Len() != 2 {
		return nil, fmt.Errorf("a depth of %g with %d values", wanted, values.Len())
	}
	depth := int(wanted)
	axis, err := c.axis("axis", -1, len(indices.Shape)+1)
	if err != nil {
		return nil, err
	}
	shape := slices.Insert(slices.Clone(indices.Shape), axis, depth)
	return c.take(values, shape, nil, func(index []int) {
		inner := size(shape[axis+1:])
		for i, v := range indices.Float64s() {
			k := int(integral(onnx.Int64, v))
			if k < 0 {
				k += depth
			}
			if k >= 0 && k < depth {
				index[(i/inner*depth+k)*inner+i%inner] = 1
			}
		}
	})
}

// nonZero lists the coordinates of elements that are not zero; its shape
// depends on them.
func nonZero(c *call) (*Array, error) {
	x := c.in[0]
	if c.dry {
		return nil, errNeedsValues
	}
	var found []int
	for i, v := range x.Float64s() {
		if v != 0 {
			found = append(found, i)
		}
	}
	rank := len(x.Shape)
	strides := stridesOf(x.Shape)
	return c.ints(onnx.Int64, []int{rank, len(found)}, func(out []int64) {
		for k, at := range found {
			for axis := range rank {
				out[axis*len(found)+k] = int64(at / strides[axis] % x.Shape[axis])
			}
		}
	})
}

// topK returns the k largest or smallest elements along an axis and their
// places, in order; of equal ones the first comes first.
func topK(c *call) ([]*Array, error) {
	x := c.in[0]
	axis, err := c.axis("axis", -1, len(x.Shape))
	if err != nil {
		return nil, err
	}
	k, err := c.number(1, int(min(c.node.Int("k", 0), maxNumber)))
	if err != nil {
		return nil, err
	}
	if k < 0 || k > x.Shape[axis] {
		return nil, fmt.Errorf("k is %d, axis %d of %v is shorter", k, axis, x.Shape)
	}
	shape := slices.Clone(x.Shape)
	shape[axis] = k
	var at []int // place on the axis, for each element of the result
	values, err := c.take(x, shape, nil, func(index []int) { at = c.ranked(index, shape, axis) })
	if err != nil {
		return nil, err
	}
	places, err := c.ints(onnx.Int64, shape, func(out []int64) {
		for i, v := range at {
			out[i] = int64(v)
		}
	})
	return []*Array{values, places}, err
}

func (c *call) ranked(index, shape []int, axis int) (at []int) {
	x, smallest := c.in[0], c.node.Int("largest", 1) == 0
	values := x.Float64s()
	outer, inner := lanes(x.Shape, []int{axis})
	outTo, innerTo := lanes(shape, []int{axis})
	at = make([]int, len(index))
	order := make([]int, len(inner))
	for i, base := range outer {
		copy(order, every(len(inner)))
		sort.SliceStable(order, func(a, b int) bool {
			u, v := values[base+inner[order[a]]], values[base+inner[order[b]]]
			return smallest && u < v || !smallest && u > v
		})
		for k, to := range innerTo {
			index[outTo[i]+to], at[outTo[i]+to] = base+inner[order[k]], order[k]
		}
	}
	return at
}

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

// rangeOf counts from a start by a step up to a limit, which is not reached.
func rangeOf(c *call) (*Array, error) {
	for i, a := range c.in {
		if !a.known {
			return nil, errNeedsValues
		}
		if a.Len() != 1 {
			return nil, fmt.Errorf("its input %d has shape %v, not one value", i, a.Shape)
		}
	}
	if err := c.sameType(0, 3); err != nil {
		return nil, err
	}
	start, limit, step := c.in[0].Float64s()[0], c.in[1].Float64s()[0], c.in[2].Float64s()[0]
	count := (limit - start) / step
	if step == 0 || !(count < maxElements) {
		return nil, fmt.Errorf("%g to %g by %g does not end", start, limit, step)
	}
	n := int(max(0, count))
	if count > float64(n) {
		n++
	}
	if c.in[0].Type.IsFloat() {
		return c.floats(c.in[0].Type, []int{n}, func(out []float64) {
			for i := range out {
				out[i] = start + float64(i)*step
			}
		})
	}
	return c.ints(c.in[0].Type, []int{n}, func(out []int64) {
		for i := range out {
			out[i] = c.in[0].i64[0] + int64(i)*c.in[2].i64[0]
		}
	})
}

// eyeLike makes a matrix with ones on a diagonal.
func eyeLike(c *call) (*Array, error) {
	if err := c.rank(0, 2, 2); err != nil {
		return nil, err
	}
	shape, k := c.in[0].Shape, c.node.Int("k", 0)
	dtype := onnx.DataType(c.node.Int("dtype", int64(c.in[0].Type)))
	c = &call{node: c.node, op: c.op, scope: c.scope} // the input's values do not matter
	ones, err := c.ints(onnx.Int64, shape, func(out []int64) {
		for i := range out {
			out[i] = truth(int64(i%shape[1])-int64(i/shape[1]) == k)
		}
	})
	if err != nil {
		return nil, err
	}
	return c.cast(ones, dtype)
}
