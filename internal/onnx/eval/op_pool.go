package eval

import (
	"fmt"
	"math"

	"melanoma/internal/onnx"
)

// pooled calls f for every output element, with the places in the input that
// its window covers, valid during the call, and how many places are padding.
func (c *call) pooled(w *window, planes int, f func(out int, places []int, padding int)) {
	inPlane, outPlane := size(w.in), size(w.out)
	strides := stridesOf(w.in)
	index := 0
	var offsets, places []int
	each(w.out, func(at []int) {
		offsets = offsets[:0]
		padding := 0
		each(w.kernel, func(place []int) {
			offset, inside, padded := 0, true, true
			for a := range at {
				k := at[a]*w.stride[a] + place[a]*w.dilation[a] - w.begin[a]
				inside = inside && k >= 0 && k < w.in[a]
				padded = padded && k < w.in[a]+w.end[a]
				offset += k * strides[a]
			}
			switch {
			case inside:
				offsets = append(offsets, offset)
			case padded:
				padding++
			}
		})
		for p := range planes {
			places = places[:0]
			for _, o := range offsets {
				places = append(places, p*inPlane+o)
			}
			f(p*outPlane+index, places, padding)
		}
		index++
	})
}

// poolWindow reads a pooling node's window.
func (c *call) poolWindow() (w window, shape []int, err error) {
	spatial, err := c.spatial()
	if err != nil {
		return w, nil, err
	}
	if w, err = c.window(spatial, nil); err != nil {
		return w, nil, err
	}
	if err = c.place(&w); err != nil {
		return w, nil, err
	}
	shape = append([]int{c.in[0].Shape[0], c.in[0].Shape[1]}, w.out...)
	return w, shape, c.spend(append(append([]int{}, shape...), w.kernel...)...)
}

func (c *call) planes() int { return c.in[0].Shape[0] * c.in[0].Shape[1] }

// averagePool leaves padding out of the mean, unless count_include_pad is set.
func averagePool(c *call) (*Array, error) {
	if err := c.float(0); err != nil {
		return nil, err
	}
	w, shape, err := c.poolWindow()
	if err != nil {
		return nil, err
	}
	include := c.node.Int("count_include_pad", 0) != 0
	return c.floats(c.in[0].Type, shape, func(out []float64) {
		x := c.in[0].Float64s()
		c.pooled(&w, c.planes(), func(i int, places []int, padding int) {
			n := len(places)
			if include {
				n += padding
			}
			for _, at := range places {
				out[i] += x[at]
			}
			out[i] /= float64(n)
		})
	})
}

// lpPool is the p-norm of each window.
func lpPool(c *call) (*Array, error) {
	if err := c.float(0); err != nil {
		return nil, err
	}
	w, shape, err := c.poolWindow()
	if err != nil {
		return nil, err
	}
	p := float64(c.node.Int("p", 2))
	return c.floats(c.in[0].Type, shape, func(out []float64) {
		x := c.in[0].Float64s()
		c.pooled(&w, c.planes(), func(i int, places []int, _ int) {
			for _, at := range places {
				out[i] += math.Pow(math.Abs(x[at]), p)
			}
			out[i] = math.Pow(out[i], 1/p)
		})
	})
}

// maxPool returns the largest element of each window and, where wanted, its
// place in the whole input.
func maxPool(c *call) ([]*Array, error) {
	w, shape, err := c.poolWindow()
	if err != nil {
		return nil, err
	}
	x := c.in[0]
	if x.Type == onnx.Bool {
		return nil, fmt.Errorf("elements of bool are not supported")
	}
	lowest, err := c.cast(Floats([]float32{float32(math.Inf(-1))}), x.Type)
	if err != nil {
		return nil, err
	}
	var best []int
	y, err := c.take(x, shape, lowest, func(index []int) {
		values := x.Float64s()
		c.pooled(&w, c.planes(), func(i int, places []int, _ int) {
			index[i] = -1
			for _, at := range places {
				if index[i] < 0 || values[at] > values[index[i]] || values[at] != values[at] {
					index[i] = at
				}
			}
		})
		best = index
	})
	if err != nil || !c.wants(1) {
		return []*Array{y}, err
	}
	columns := c.node.Int("storage_order", 0) != 0
	places, err := c.ints(onnx.Int64, shape, func(out []int64) {
		for i, at := range best {
			if out[i] = int64(at); columns {
				out[i] = int64(columnMajor(at, w.in))
			}
		}
	})
	return []*Array{y, places}, err
}

// columnMajor renumbers a place of an image by columns.
func columnMajor(at int, in []int) int {
	plane := size(in)
	inside, to, n := at%plane, 0, 1
	strides := stridesOf(in)
	for a, d := range in {
		to += inside / strides[a] % d * n
		n *= d
	}
	return at - inside + to
}

// global reduces the whole image.
func global(r reduction) runner {
	return one(func(c *call) (*Array, error) {
		if err := c.float(0); err != nil {
			return nil, err
		}
		if _, err := c.spatial(); err != nil {
			return nil, err
		}
		axes := every(len(c.in[0].Shape))[2:]
		return c.reduce(r, axes, reducedShape(c.in[0].Shape, axes, true))
	})
}

// globalLpPool is the p-norm of the whole image.
func globalLpPool(c *call) ([]*Array, error) {
	p := float64(c.node.Int("p", 2))
	return global(reduction{floats: func(v []float64) float64 {
		s := 0.0
		for _, x := range v {
			s += math.Pow(math.Abs(x), p)
		}
		return math.Pow(s, 1/p)
	}})(c)
}
