package exec

import (
	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// permute binds a new layout: rows of the result are gathered by a stride of
// the input.
func (c *compiler) permute(s graph.Permute, a call) func() {
	steps := s.Strides(a.shapes[0])
	last := len(a.yShape) - 1
	inner, step := a.yShape[last], steps[last]
	w := &walk{rows: len(a.y) / inner, inner: inner, shape: a.yShape[:last], strides: [][]int{steps[:last]}}
	return c.rowBlocks(w.rows, inner, func(lo, hi int) {
		w.each(lo, hi, func(row int, at []int) {
			y, x := a.y[row*inner:(row+1)*inner], a.x[0][at[0]:]
			if step == 1 {
				copy(y, x)
				return
			}
			for i := range y {
				y[i] = x[i*step]
			}
		})
	})
}

// padStep binds padding and cutting: runs of axes that are left as they are
// are copied whole.
func (c *compiler) padStep(s graph.Pad, a call) func() {
	in, out := a.shapes[0], a.yShape
	d := len(out) - 1
	for d > 0 && s.Before[d] == 0 && s.After[d] == 0 {
		d--
	}
	unit := 1
	for _, n := range out[d+1:] {
		unit *= n
	}
	// Along axis d the result holds the units [from,to) of the input.
	from, to := max(0, -s.Before[d]), in[d]-max(0, -s.After[d])
	row, lead := out[d]*unit, max(0, s.Before[d])*unit
	steps := make([]int, d)
	for i, step := d-1, in[d]*unit; i >= 0; i-- {
		steps[i] = step
		step *= in[i]
	}
	value := float32(s.Value)
	return c.rowBlocks(len(a.y)/row, row, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			y := a.y[r*row : (r+1)*row]
			at, rest, inside := 0, r, true
			for i := d - 1; i >= 0; i-- {
				p := rest%out[i] - s.Before[i]
				rest /= out[i]
				inside = inside && p >= 0 && p < in[i]
				at += p * steps[i]
			}
			if !inside {
				kernel.Fill(y, value)
				continue
			}
			n := (to - from) * unit
			kernel.Fill(y[:lead], value)
			copy(y[lead:lead+n], a.x[0][at+from*unit:])
			kernel.Fill(y[lead+n:], value)
		}
	})
}

// join binds the joining of rows.
func (c *compiler) join(s graph.Join, a call) func() {
	width := 1
	for _, d := range a.yShape[s.Axis:] {
		width *= d
	}
	rows := len(a.y) / width
	return c.rowBlocks(rows, width, func(lo, hi int) {
		at := 0
		for _, x := range a.x {
			n := len(x) / rows
			for r := lo; r < hi; r++ {
				copy(a.y[r*width+at:r*width+at+n], x[r*n:(r+1)*n])
			}
			at += n
		}
	})
}
