package graph

import (
	"math"
	"slices"
	"testing"
)

func evaluated(t *testing.T, s Spec, in ...Array) Array {
	t.Helper()
	shapes := make([][]int, len(in))
	for i, a := range in {
		shapes[i] = a.Shape
	}
	shape, err := s.Shape(shapes)
	if err != nil {
		t.Fatal(err)
	}
	out := Array{Shape: shape, Data: make([]float64, size(shape))}
	s.Eval(out, in)
	return out
}

// TestPoolsOfACountedImage compares with torch 2.15's max_pool2d and
// avg_pool2d of arange(1, 16) as an image of 3x5.
func TestPoolsOfACountedImage(t *testing.T) {
	x := Array{Shape: []int{1, 3, 5, 1}}
	for i := range 15 {
		x.Data = append(x.Data, float64(i+1))
	}
	padded := PoolAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [4]int{1, 1, 1, 1}}
	ceil := PoolAttrs{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}, Extra: [2]int{1, 1}}
	// kernel 3, stride 2, padding 1, ceil_mode on 3x4: the window that hangs
	// over divides by the padding, but not by what lies beyond.
	hanging := PoolAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [4]int{1, 1, 1, 1}, Extra: [2]int{0, 1}}
	narrow := Array{Shape: []int{1, 3, 4, 1}, Data: x.Data[:12]}
	for name, c := range map[string]struct {
		spec Spec
		x    Array
		want []float64
	}{
		"max":                     {MaxPool{padded}, x, []float64{7, 9, 10, 12, 14, 15}},
		"max, rounded up":         {MaxPool{ceil}, x, []float64{7, 9, 10, 12, 14, 15}},
		"average with padding":    {AveragePool{padded, true}, x, []float64{16. / 9, 33. / 9, 28. / 9, 36. / 9, 63. / 9, 48. / 9}},
		"average without padding": {AveragePool{padded, false}, x, []float64{4, 5.5, 7, 9, 10.5, 12}},
		"average, rounded up":     {AveragePool{ceil, false}, x, []float64{4, 6, 7.5, 11.5, 13.5, 15}},
		"average, hanging over":   {AveragePool{hanging, true}, narrow, []float64{14. / 9, 10. / 3, 2, 10. / 3, 6, 10. / 3}},
	} {
		got := evaluated(t, c.spec, c.x).Data
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestPoolsThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		attrs PoolAttrs
		x     []int
	}{
		"a window of padding":      {PoolAttrs{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}, Pad: [4]int{2, 0, 0, 0}}, []int{1, 4, 4, 1}},
		"padding and extra":        {PoolAttrs{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}, Pad: [4]int{0, 0, 1, 0}, Extra: [2]int{1, 0}}, []int{1, 4, 4, 1}},
		"stride 0":                 {PoolAttrs{Kernel: [2]int{2, 2}}, []int{1, 4, 4, 1}},
		"larger than the image":    {PoolAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}}, []int{1, 2, 4, 1}},
		"a negative padding":       {PoolAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Pad: [4]int{-1, 0, 0, 0}}, []int{1, 9, 9, 1}},
		"an image without columns": {PoolAttrs{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}, Pad: [4]int{0, 1, 0, 1}}, []int{1, 4, 0, 1}},
	} {
		if y, err := (MaxPool{c.attrs}).Shape([][]int{c.x}); err == nil {
			t.Errorf("%s: shape %v", name, y)
		}
	}
}

// TestStochasticDepthDropsWholeImages counts images: all elements of one share
// its fate, and their number is that of the rate within four standard errors.
func TestStochasticDepthDropsWholeImages(t *testing.T) {
	const n, rate = 4000, 0.3
	draws := Draws{Key: 9}
	x := Array{Shape: []int{n, 3}, Data: make([]float64, 3*n)}
	for i := range x.Data {
		x.Data[i] = 1
	}
	d := DepthMask{2, rate, 7, &draws}
	first := evaluated(t, d, x).Data
	dropped := 0
	for i := range n {
		row := first[3*i : 3*i+3]
		if row[0] != row[1] || row[1] != row[2] || row[0] != 0 && row[0] != 1/(1-rate) {
			t.Fatalf("image %d is multiplied by %v", i, row)
		}
		if row[0] == 0 {
			dropped++
		}
	}
	if math.Abs(float64(dropped)-n*rate) > 4*math.Sqrt(n*rate*(1-rate)) {
		t.Errorf("%d of %d images dropped", dropped, n)
	}
	draws.Key = 10
	if slices.Equal(first, evaluated(t, d, x).Data) {
		t.Error("two keys drop the same images")
	}
}

// TestMasksOfAPartAreThoseOfTheWhole: a batch computed in parts must drop what
// it would drop as a whole.
func TestMasksOfAPartAreThoseOfTheWhole(t *testing.T) {
	const rows, width, first = 12, 5, 7
	draws := Draws{Key: 3}
	drop, depth := DropoutMask{2, 0.4, 3, 1, &draws}, DepthMask{2, 0.4, 1, &draws}
	masks := func(n int) (elements, images []float64) {
		drop.Factors(0, n*width, width, func(_ int, f float64) { elements = append(elements, f) })
		for i := range n {
			images = append(images, depth.Factor(i))
		}
		return elements, images
	}
	elements, images := masks(rows)
	draws.FirstRow = first
	partElements, partImages := masks(rows - first)
	if !slices.Equal(partElements, elements[first*width:]) || !slices.Equal(partImages, images[first:]) {
		t.Error("the masks of the last rows differ")
	}
}
