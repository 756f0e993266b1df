package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// resize interpolates, axis by axis.
func resize(c *call) (*Array, error) {
	x := c.in[0]
	if !x.Type.IsFloat() && c.node.Text("mode", "nearest") != "nearest" {
		return nil, fmt.Errorf("elements of %s can be resized by nearest only", x.Type)
	}
	axes, err := c.resizeAxes()
	if err != nil {
		return nil, err
	}
	return c.resizeBy(axes)
}

func (c *call) resizeBy(axes []resizeAxis) (*Array, error) {
	source, err := c.resizeSource()
	if err != nil {
		return nil, err
	}
	shape := make([]int, len(axes))
	for i, a := range axes {
		shape[i] = a.out
	}
	if c.node.Text("mode", "nearest") == "nearest" {
		return c.nearest(axes, shape, source)
	}
	kernel, err := c.resizeKernel()
	if err != nil {
		return nil, err
	}
	if _, err := c.scope.budget.elements(shape); err != nil {
		return nil, err
	}
	outside := number(c.node, "extrapolation_value", 0)
	crop := c.node.Text("coordinate_transformation_mode", "") == "tf_crop_and_resize"
	return c.floats(c.in[0].Type, shape, func(out []float64) {
		values, current := c.in[0].Float64s(), slices.Clone(c.in[0].Shape)
		beyond := make([][]bool, len(axes))
		for _, i := range shrinkingFirst(axes) {
			a := axes[i]
			var taps [][]tap
			for place := range a.out {
				at := source(a, place)
				beyond[i] = append(beyond[i], crop && (at < 0 || at > float64(a.in-1)))
				taps = append(taps, kernel(a, at))
			}
			values = interpolate(values, current, i, taps)
			current[i] = a.out
		}
		copy(out, values)
		i := 0
		each(shape, func(place []int) {
			for a, p := range place {
				if beyond[a][p] {
					out[i] = outside
				}
			}
			i++
		})
	})
}

// shrinkingFirst orders the axes so that nothing in between is larger than
// both what is resized and the result.
func shrinkingFirst(axes []resizeAxis) []int {
	order := every(len(axes))
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(float64(axes[i].out)/float64(axes[i].in), float64(axes[j].out)/float64(axes[j].in))
	})
	return order
}

// tap is a place on an axis and its weight.
type tap struct {
	at     int
	weight float64
}

// interpolate replaces one axis by weighted sums along it.
func interpolate(values []float64, shape []int, axis int, taps [][]tap) []float64 {
	inner, n := size(shape[axis+1:]), shape[axis]
	out := make([]float64, size(shape[:axis])*len(taps)*inner)
	for o := range size(shape[:axis]) {
		for p, weights := range taps {
			row := out[(o*len(taps)+p)*inner:][:inner]
			for _, t := range weights {
				for i, v := range values[(o*n+t.at)*inner:][:inner] {
					row[i] += t.weight * v
				}
			}
		}
	}
	return out
}

// nearest copies one element. Before opset 11 there was no choice of rounding;
// ONNX's examples of that time round up when shrinking and down otherwise.
func (c *call) nearest(axes []resizeAxis, shape []int, source func(resizeAxis, int) float64) (*Array, error) {
	var round func(float64) float64
	switch mode := c.node.Text("nearest_mode", "round_prefer_floor"); {
	case c.op.Since < 11:
		return c.nearestBy(axes, shape, source, func(a resizeAxis, v float64) float64 {
			if a.scale < 1 {
				return math.Ceil(v)
			}
			return math.Floor(v)
		})
	case mode == "round_prefer_floor":
		round = func(v float64) float64 { return math.Ceil(v - 0.5) }
	case mode == "round_prefer_ceil":
		round = func(v float64) float64 { return math.Floor(v + 0.5) }
	case mode == "floor":
		round = math.Floor
	case mode == "ceil":
		round = math.Ceil
	default:
		return nil, fmt.Errorf("the nearest_mode %q is not supported", mode)
	}
	return c.nearestBy(axes, shape, source, func(_ resizeAxis, v float64) float64 { return round(v) })
}

func (c *call) nearestBy(axes []resizeAxis, shape []int, source func(resizeAxis, int) float64, round func(resizeAxis, float64) float64) (*Array, error) {
	strides := stridesOf(c.in[0].Shape)
	return c.take(c.in[0], shape, nil, func(index []int) {
		offsets := make([][]int, len(axes))
		for i, a := range axes {
			for place := range a.out {
				at := int(max(0, min(float64(a.in-1), round(a, source(a, place)))))
				offsets[i] = append(offsets[i], at*strides[i])
			}
		}
		i := 0
		each(shape, func(place []int) {
			for a, p := range place {
				index[i] += offsets[a][p]
			}
			i++
		})
	})
}

// resizeKernel returns the weights of the places around a point on an axis.
// They are those of a function of the distance, summing to one. Antialiasing
// widens the function by the scale when shrinking.
func (c *call) resizeKernel() (func(a resizeAxis, at float64) []tap, error) {
	var weigh func(d float64) float64
	var reach float64
	switch mode := c.node.Text("mode", ""); mode {
	case "linear":
		weigh, reach = func(d float64) float64 { return max(0, 1-d) }, 1
	case "cubic":
		weigh, reach = cubic(number(c.node, "cubic_coeff_a", -0.75)), 2
	default:
		return nil, fmt.Errorf("the mode %q is not supported", mode)
	}
	antialias := c.node.Int("antialias", 0) != 0
	exclude := c.node.Int("exclude_outside", 0) != 0
	return func(a resizeAxis, at float64) []tap {
		narrow := 1.0
		if antialias {
			narrow = min(1, a.scale)
		}
		at = max(-maxNumber, min(maxNumber, at)) // the region may be anything
		var taps []tap
		sum := 0.0
		for k := math.Ceil(at - reach/narrow); k <= math.Floor(at+reach/narrow); k++ {
			weight := weigh(math.Abs(k-at) * narrow)
			inside := k >= 0 && k < float64(a.in)
			if weight == 0 || exclude && !inside {
				continue
			}
			taps = append(taps, tap{int(max(0, min(float64(a.in-1), k))), weight})
			sum += weight
		}
		for i := range taps {
			taps[i].weight /= sum
		}
		return taps
	}, nil
}

// cubic is the convolution kernel of Keys, "Cubic convolution interpolation
// for digital image processing", 1981, equation 15, with its free constant.
func cubic(a float64) func(d float64) float64 {
	return func(d float64) float64 {
		switch {
		case d <= 1:
			return ((a+2)*d-(a+3))*d*d + 1
		case d < 2:
			return ((a*d-5*a)*d+8*a)*d - 4*a
		}
		return 0
	}
}

// upsample is the older name of resizing, up to opset 9.
func upsample(c *call) (*Array, error) {
	if c.op.Since < 9 {
		a := c.node.Attribute("scales")
		inner := *c
		inner.in = []*Array{c.in[0], Floats(a.Floats, len(a.Floats))}
		c = &inner
	}
	return resize(c)
}
