package eval

import (
	"errors"
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

// matMul multiplies the last two axes; those before broadcast. A vector
// counts as a row on the left and a column on the right.
func matMul(c *call) (*Array, error) {
	a, b := c.in[0], c.in[1]
	if err := c.sameType(0, 2); err != nil {
		return nil, err
	}
	if len(a.Shape) == 0 || len(b.Shape) == 0 || a.Type == onnx.Bool {
		return nil, fmt.Errorf("%v and %v cannot be multiplied", a, b)
	}
	left, right := a.Shape, b.Shape
	if len(left) == 1 {
		left = []int{1, left[0]}
	}
	if len(right) == 1 {
		right = []int{right[0], 1}
	}
	m, k, n := left[len(left)-2], left[len(left)-1], right[len(right)-1]
	batch, err := broadcast(left[:len(left)-2], right[:len(right)-2])
	if err != nil || right[len(right)-2] != k {
		return nil, fmt.Errorf("shapes %v and %v cannot be multiplied", a.Shape, b.Shape)
	}
	shape := slices.Clone(batch)
	if len(a.Shape) > 1 {
		shape = append(shape, m)
	}
	if len(b.Shape) > 1 {
		shape = append(shape, n)
	}
	if err := c.spend(append(slices.Clone(batch), m, k, n)...); err != nil {
		return nil, err
	}
	if !a.Type.IsFloat() {
		return c.ints(a.Type, shape, func(out []int64) {
			products(out, a.i64, b.i64, left, right, batch, m, k, n)
		})
	}
	return c.floats(a.Type, shape, func(out []float64) {
		if a.Type == onnx.Float {
			products(out, a.f32, b.f32, left, right, batch, m, k, n)
		} else {
			products(out, a.f64, b.f64, left, right, batch, m, k, n)
		}
	})
}

func products[O float64 | int64, T float32 | float64 | int64](out []O, a, b []T, left, right, batch []int, m, k, n int) {
	x, y := stretched(left[:len(left)-2], batch), stretched(right[:len(right)-2], batch)
	for i := range x {
		multiply(out[i*m*n:][:m*n], a[x[i]*m*k:][:m*k], b[y[i]*k*n:][:k*n], m, k, n)
	}
}

// multiply adds a [m,k] times b [k,n] to out, row by row.
func multiply[O float64 | int64, T float32 | float64 | int64](out []O, a, b []T, m, k, n int) {
	for i := range m {
		row := out[i*n:][:n]
		for l := range k {
			v := O(a[i*k+l])
			for j, w := range b[l*n:][:n] {
				row[j] += v * O(w)
			}
		}
	}
}

// gemm is alpha*A*B + beta*C with A and B transposed on wish.
func gemm(c *call) (*Array, error) {
	if err := c.sameType(0, 3); err != nil {
		return nil, err
	}
	if err := c.float(0); err != nil {
		return nil, err
	}
	for i := range 2 {
		if err := c.rank(i, 2, 2); err != nil {
			return nil, err
		}
	}
	a, b := c.in[0], c.in[1]
	transA, transB := c.node.Int("transA", 0) != 0, c.node.Int("transB", 0) != 0
	m, k := a.Shape[0], a.Shape[1]
	if transA {
		m, k = k, m
	}
	rows, n := b.Shape[0], b.Shape[1]
	if transB {
		rows, n = n, rows
	}
	if rows != k {
		return nil, fmt.Errorf("shapes %v and %v cannot be multiplied", a.Shape, b.Shape)
	}
	shape := []int{m, n}
	if c.has(2) {
		if s, err := broadcast(c.in[2].Shape, shape); err != nil || !slices.Equal(s, shape) {
			return nil, fmt.Errorf("the shape %v of C does not fit %v", c.in[2].Shape, shape)
		}
	}
	if err := c.spend(m, k, n); err != nil {
		return nil, err
	}
	alpha, beta := number(c.node, "alpha", 1), number(c.node, "beta", 1)
	return c.floats(a.Type, shape, func(out []float64) {
		if a.Type == onnx.Float {
			dot(out, a.f32, b.f32, m, k, n, transA, transB)
		} else {
			dot(out, a.f64, b.f64, m, k, n, transA, transB)
		}
		var added []float64
		var at []int
		if c.has(2) {
			added, at = c.in[2].Float64s(), stretched(c.in[2].Shape, shape)
		}
		for i := range out {
			if out[i] *= alpha; at != nil {
				out[i] += beta * added[at[i]]
			}
		}
	})
}

func dot[T float32 | float64](out []float64, a, b []T, m, k, n int, transA, transB bool) {
	stepA, nextA := 1, k
	if transA {
		stepA, nextA = m, 1
	}
	if !transB && !transA {
		multiply(out, a, b, m, k, n)
		return
	}
	stepB, nextB := n, 1
	if transB {
		stepB, nextB = 1, k
	}
	for i := range m {
		for j := range n {
			s := 0.0
			for l := range k {
				s += float64(a[i*nextA+l*stepA]) * float64(b[l*stepB+j*nextB])
			}
			out[i*n+j] = s
		}
	}
}

// einsum sums products of elements whose places share letters.
func einsum(c *call) (*Array, error) {
	if err := c.float(0); err != nil {
		return nil, err
	}
	if err := c.sameType(0, len(c.in)); err != nil {
		return nil, err
	}
	e, err := parseEinsum(c.node.Text("equation", ""), c.in)
	if err != nil {
		return nil, err
	}
	if err := c.spend(e.lengths...); err != nil {
		return nil, err
	}
	return c.floats(c.in[0].Type, e.lengths[:e.kept], func(out []float64) {
		values := make([][]float64, len(c.in))
		for i, x := range c.in {
			values[i] = x.Float64s()
		}
		summed := max(1, size(e.lengths[e.kept:]))
		if size(e.lengths) == 0 {
			return
		}
		i := 0
		each(e.lengths, func(place []int) {
			product := 1.0
			for k, strides := range e.strides {
				at := 0
				for axis, p := range place {
					at += p * strides[axis]
				}
				product *= values[k][at]
			}
			out[i/summed] += product
			i++
		})
	})
}

// einsumPlan lists the letters' lengths, those of the result first, and each
// input's stride for every letter.
type einsumPlan struct {
	lengths []int
	kept    int
	strides [][]int
}

var errEinsum = errors.New("the equation does not fit the inputs")

func parseEinsum(equation string, in []*Array) (e einsumPlan, err error) {
	terms, result, err := einsumTerms(equation, in)
	if err != nil {
		return e, err
	}
	lengths := map[rune]int{}
	for i, term := range terms {
		for axis, letter := range term {
			d := in[i].Shape[axis]
			switch have, ok := lengths[letter]; {
			case !ok || have == 1:
				lengths[letter] = d
			case d != 1 && d != have:
				return e, fmt.Errorf("the letter %q has lengths %d and %d", letter, have, d)
			}
		}
	}
	letters := slices.Clone(result)
	for _, term := range terms {
		for _, letter := range term {
			if !slices.Contains(letters, letter) {
				letters = append(letters, letter)
			}
		}
	}
	for _, letter := range letters {
		if _, ok := lengths[letter]; !ok {
			return e, errEinsum
		}
		e.lengths = append(e.lengths, lengths[letter])
	}
	e.kept = len(result)
	for i, term := range terms {
		strides := make([]int, len(letters))
		own := stridesOf(in[i].Shape)
		for axis, letter := range term {
			if in[i].Shape[axis] != 1 {
				strides[slices.Index(letters, letter)] += own[axis]
			}
		}
		e.strides = append(e.strides, strides)
	}
	return e, nil
}
