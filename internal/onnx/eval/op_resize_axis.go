package eval

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// resizeAxis says how one axis is resized.
type resizeAxis struct {
	in, out    int
	scale      float64
	begin, end float64 // of the region, for tf_crop_and_resize
}

// resizeAxes reads scales or sizes, for all axes or those that are named.
func (c *call) resizeAxes() ([]resizeAxis, error) {
	shape := c.in[0].Shape
	at := c.attributeInts("axes")
	if at == nil {
		at = every(len(shape))
	}
	if _, err := checkAxes(at, len(shape)); err != nil {
		return nil, err
	}
	scaleInput := 2
	if c.op.Since < 11 {
		scaleInput = 1
	}
	scales, err := c.reals(scaleInput)
	if err != nil {
		return nil, err
	}
	sizes, err := c.numbers(3)
	if err != nil {
		return nil, err
	}
	region, err := c.region(at)
	if err != nil {
		return nil, err
	}
	if (len(scales) == 0) == (len(sizes) == 0) || len(scales)+len(sizes) != len(at) {
		return nil, fmt.Errorf("%d scales and %d sizes do not fit %d axes", len(scales), len(sizes), len(at))
	}
	common := 0.0
	if len(sizes) > 0 {
		if sizes, common, err = c.keepAspect(sizes, at); err != nil {
			return nil, err
		}
	}
	axes := make([]resizeAxis, len(shape))
	for i, n := range shape {
		axes[i] = resizeAxis{in: n, out: n, scale: 1, begin: 0, end: 1}
	}
	for k, i := range at {
		if i < 0 {
			i += len(shape)
		}
		a := &axes[i]
		a.begin, a.end = region[k], region[len(at)+k]
		switch {
		case len(sizes) > 0 && common > 0:
			a.out, a.scale = sizes[k], common
		case len(sizes) > 0:
			a.out, a.scale = sizes[k], float64(sizes[k])/float64(max(1, a.in))
		default:
			a.scale = scales[k]
			a.out = int(min(maxElements+1, math.Floor(float64(a.in)*a.scale)))
		}
		if !(a.scale > 0) || a.out < 0 || a.out > 0 && a.in == 0 {
			return nil, fmt.Errorf("axis %d of %v cannot be resized to %d", i, shape, a.out)
		}
	}
	return axes, nil
}

// reals returns a float input that the result's shape depends on.
func (c *call) reals(i int) ([]float64, error) {
	if !c.has(i) {
		return nil, nil
	}
	if !c.in[i].known {
		return nil, errNeedsValues
	}
	return c.in[i].Float64s(), c.float(i)
}

// region returns begins, then ends, of the region of the named axes.
func (c *call) region(at []int) ([]float64, error) {
	whole := append(make([]float64, len(at)), slices.Repeat([]float64{1}, len(at))...)
	if c.op.Since < 11 || c.node.Text("coordinate_transformation_mode", "") != "tf_crop_and_resize" {
		return whole, nil
	}
	roi, err := c.reals(1)
	if err != nil {
		return nil, err
	}
	if len(roi) != len(whole) {
		return nil, fmt.Errorf("%d numbers of the region do not fit %d axes", len(roi), len(at))
	}
	return roi, nil
}

// keepAspect adjusts sizes to one common scale, where the node asks for it;
// else the scale is zero.
func (c *call) keepAspect(sizes, at []int) (adjusted []int, scale float64, err error) {
	pick := math.Min
	switch policy := c.node.Text("keep_aspect_ratio_policy", "stretch"); policy {
	case "stretch":
		return sizes, 0, nil
	case "not_larger":
	case "not_smaller":
		pick = math.Max
	default:
		return nil, 0, fmt.Errorf("the keep_aspect_ratio_policy %q is not supported", policy)
	}
	shape := c.in[0].Shape
	lengths := make([]float64, len(at))
	for k, i := range at {
		lengths[k] = float64(shape[(i+len(shape))%len(shape)])
		if s := float64(sizes[k]) / lengths[k]; k == 0 {
			scale = s
		} else {
			scale = pick(scale, s)
		}
	}
	out := make([]int, len(at))
	for k := range at {
		v := math.Floor(scale*lengths[k] + 0.5)
		if !(v >= 0 && v < maxElements) {
			return nil, 0, errors.New("its sizes are impossible")
		}
		out[k] = int(v)
	}
	return out, scale, nil
}

// resizeSource returns where in the input a place of the result lies.
func (c *call) resizeSource() (func(a resizeAxis, place int) float64, error) {
	missing := "half_pixel"
	if c.op.Since < 11 {
		missing = "asymmetric"
	}
	half := func(a resizeAxis, place int) float64 { return (float64(place)+0.5)/a.scale - 0.5 }
	switch mode := c.node.Text("coordinate_transformation_mode", missing); mode {
	case "half_pixel":
		return half, nil
	case "half_pixel_symmetric":
		return func(a resizeAxis, place int) float64 {
			exact := a.scale * float64(a.in)
			return float64(a.in)/2*(1-float64(a.out)/exact) + half(a, place)
		}, nil
	case "pytorch_half_pixel":
		return func(a resizeAxis, place int) float64 {
			if a.out == 1 {
				return -0.5
			}
			return half(a, place)
		}, nil
	case "tf_half_pixel_for_nn":
		return func(a resizeAxis, place int) float64 { return (float64(place) + 0.5) / a.scale }, nil
	case "asymmetric":
		return func(a resizeAxis, place int) float64 { return float64(place) / a.scale }, nil
	case "align_corners":
		return func(a resizeAxis, place int) float64 {
			if a.out == 1 {
				return 0
			}
			return float64(place) * float64(a.in-1) / float64(a.out-1)
		}, nil
	case "tf_crop_and_resize":
		return func(a resizeAxis, place int) float64 {
			last := float64(a.in - 1)
			if a.out == 1 {
				return (a.begin + a.end) / 2 * last
			}
			return a.begin*last + float64(place)*(a.end-a.begin)*last/float64(a.out-1)
		}, nil
	default:
		return nil, fmt.Errorf("the coordinate_transformation_mode %q is not supported", mode)
	}
}
