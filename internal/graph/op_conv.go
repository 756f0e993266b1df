package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// ConvAttrs are the attributes of a convolution. Groups is 1, or the number
// of channels for a depthwise convolution, or any divisor of both channel
// counts.
type ConvAttrs struct {
	Stride   [2]int // vertical, horizontal; at least 1
	Pad      [4]int // top, left, bottom, right; zeros
	Groups   int
	Dilation [2]int // vertical, horizontal distance of a filter's taps; 0 and 1 mean none
}

func (a ConvAttrs) String() string {
	s := fmt.Sprintf("stride=%d,%d pad=%d,%d,%d,%d groups=%d", a.Stride[0], a.Stride[1], a.Pad[0], a.Pad[1], a.Pad[2], a.Pad[3], a.Groups)
	if a.Dilated() {
		s += fmt.Sprintf(" dilation=%d,%d", a.apart(0), a.apart(1))
	}
	return s
}

// Dilated reports whether the filters' taps lie apart.
func (a ConvAttrs) Dilated() bool { return a.apart(0) > 1 || a.apart(1) > 1 }

// apart is the distance of two taps in one direction.
func (a ConvAttrs) apart(direction int) int { return max(a.Dilation[direction], 1) }

// extent is how many inputs a filter of k taps spans in one direction.
func (a ConvAttrs) extent(k, direction int) int { return (k-1)*a.apart(direction) + 1 }

// Conv2D correlates x [N,H,W,I] with w [O,I/groups,kH,kW] into [N,H',W',O],
// H' = (H + top + bottom - (kH-1)*dilation - 1)/stride + 1.
func Conv2D(x, w *gorgonia.Node, a ConvAttrs) *gorgonia.Node { return Apply(Conv{a}, x, w) }

// Conv is the operator of [Conv2D].
type Conv struct{ ConvAttrs }

// String implements Spec.
func (c Conv) String() string { return "conv2d " + c.ConvAttrs.String() }

// Ranks implements Spec.
func (Conv) Ranks() ([]int, int) { return []int{4, 4}, 4 }

// Shape implements Spec.
func (c Conv) Shape(in [][]int) ([]int, error) {
	x, w := in[0], in[1]
	if c.Groups < 1 || c.Stride[0] < 1 || c.Stride[1] < 1 || x[3]%c.Groups != 0 || w[0]%c.Groups != 0 || w[1] != x[3]/c.Groups {
		return nil, wrong(in)
	}
	h, v := x[1]+c.Pad[0]+c.Pad[2]-c.extent(w[2], 0), x[2]+c.Pad[1]+c.Pad[3]-c.extent(w[3], 1)
	if h < 0 || v < 0 {
		return nil, fmt.Errorf("kernel %dx%d is larger than the padded input %v", w[2], w[3], x)
	}
	return []int{x[0], h/c.Stride[0] + 1, v/c.Stride[1] + 1, w[0]}, nil
}

// DiffWRT implements differentiable.
func (Conv) DiffWRT() []bool { return []bool{true, true} }

// Gradients implements differentiable.
func (c Conv) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	xs, ws := x[0].Shape(), x[1].Shape()
	dx := Apply(ConvGradInput{c.ConvAttrs, xs[1], xs[2]}, dy, x[1])
	dw := Apply(ConvGradWeights{c.ConvAttrs, ws[2], ws[3]}, x[0], dy)
	return gorgonia.Nodes{dx, dw}
}

// taps calls f for all products of the convolution, those of neighbouring
// input channels at once: with output element y, the input elements from x on
// and every step-th weight from w on. Padding is passed over.
func (a ConvAttrs) taps(xs, ws, ys []int, f func(y, x, w, step, channels int)) {
	in, out, step := ws[1], ws[0]/a.Groups, ws[2]*ws[3]
	for n := range ys[0] {
		for i := range ys[1] {
			for j := range ys[2] {
				for o := range ys[3] {
					y := ((n*ys[1]+i)*ys[2]+j)*ys[3] + o
					first := o / out * in
					for p := range ws[2] {
						r := i*a.Stride[0] - a.Pad[0] + p*a.apart(0)
						if r < 0 || r >= xs[1] {
							continue
						}
						for q := range ws[3] {
							s := j*a.Stride[1] - a.Pad[1] + q*a.apart(1)
							if s < 0 || s >= xs[2] {
								continue
							}
							x := ((n*xs[1]+r)*xs[2]+s)*xs[3] + first
							f(y, x, (o*in*ws[2]+p)*ws[3]+q, step, in)
						}
					}
				}
			}
		}
	}
}

// Eval implements Spec.
func (c Conv) Eval(out Array, in []Array) {
	clear(out.Data)
	x, w, y := in[0].Data, in[1].Data, out.Data
	c.taps(in[0].Shape, in[1].Shape, out.Shape, func(i, j, k, step, channels int) {
		sum := y[i]
		for c, v := range x[j : j+channels] {
			sum += v * w[k+c*step]
		}
		y[i] = sum
	})
}

// ConvGradInput maps dy and w to the gradient of the input, of height H and
// width W.
type ConvGradInput struct {
	ConvAttrs
	H, W int
}

// String implements Spec.
func (c ConvGradInput) String() string {
	return fmt.Sprintf("conv2d-dx %v input=%dx%d", c.ConvAttrs, c.H, c.W)
}

// Ranks implements Spec.
func (ConvGradInput) Ranks() ([]int, int) { return []int{4, 4}, 4 }

// Shape implements Spec.
func (c ConvGradInput) Shape(in [][]int) ([]int, error) {
	dy, w := in[0], in[1]
	if dy[3] != w[0] {
		return nil, wrong(in)
	}
	return []int{dy[0], c.H, c.W, w[1] * c.Groups}, nil
}

// Eval implements Spec.
func (c ConvGradInput) Eval(out Array, in []Array) {
	clear(out.Data)
	dx, dy, w := out.Data, in[0].Data, in[1].Data
	c.taps(out.Shape, in[1].Shape, in[0].Shape, func(i, j, k, step, channels int) {
		d := dy[i]
		for c := range channels {
			dx[j+c] += d * w[k+c*step]
		}
	})
}

// ConvGradWeights maps x and dy to the gradient of weights with a kernel of
// height KH and width KW.
type ConvGradWeights struct {
	ConvAttrs
	KH, KW int
}

// String implements Spec.
func (c ConvGradWeights) String() string {
	return fmt.Sprintf("conv2d-dw %v kernel=%dx%d", c.ConvAttrs, c.KH, c.KW)
}

// Ranks implements Spec.
func (ConvGradWeights) Ranks() ([]int, int) { return []int{4, 4}, 4 }

// Shape implements Spec.
func (c ConvGradWeights) Shape(in [][]int) ([]int, error) {
	x, dy := in[0], in[1]
	if x[0] != dy[0] || x[3]%c.Groups != 0 {
		return nil, wrong(in)
	}
	return []int{dy[3], x[3] / c.Groups, c.KH, c.KW}, nil
}

// Eval implements Spec.
func (c ConvGradWeights) Eval(out Array, in []Array) {
	clear(out.Data)
	dw, x, dy := out.Data, in[0].Data, in[1].Data
	c.taps(in[0].Shape, out.Shape, in[1].Shape, func(i, j, k, step, channels int) {
		d := dy[i]
		for c, v := range x[j : j+channels] {
			dw[k+c*step] += d * v
		}
	})
}
