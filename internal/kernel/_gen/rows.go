package main

import (
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowWalk goes over the rows of arrays [rows,c] one by one, each in several
// passes while it lies in the nearest cache.
type rowWalk struct {
	*emitter
	moving, fixed map[string]gp // arrays [rows,c] at the row, arrays [c]
	index         gp
}

// eachRow writes a function of a loop over rows. Slices come first among its
// parameters, then rows and c, then scalars.
func (e *emitter) eachRow(name string, moving, fixed []string, scalars string, doc []string, prepare func(w *rowWalk), body func(w *rowWalk)) {
	e.function(name, "("+strings.Join(append(moving, fixed...), ", ")+" []float32, rows, c int"+scalars+")", doc...)
	w := &rowWalk{emitter: e, moving: e.pointers(moving), fixed: e.pointers(fixed), index: e.GP64()}
	rows, stride := e.param("rows"), e.param("c")
	end := e.label("end")
	e.TESTQ(rows, rows)
	e.JZ(operand.LabelRef(end))
	e.SHLQ(operand.U8(2), stride)
	prepare(w)
	e.loop(rows, func() {
		body(w)
		for _, n := range moving {
			e.ADDQ(stride, w.moving[n])
		}
	})
	e.Label(end)
	e.finish()
}

// pass runs f on each vector of the row; v counts those side by side.
func (w *rowWalk) pass(f func(v int)) {
	left := w.param("c")
	w.XORQ(w.index, w.index)
	w.stages(left, []int{rowSums, 1}, func(vectors int) {
		for v := range vectors {
			f(v)
		}
		w.ADDQ(operand.I32(vectors*w.lanes()), w.index)
	})
}

// rowSums is the number of vectors side by side, and of partial sums.
const rowSums = 4

// place is vector v of an array.
func (w *rowWalk) place(name string, v int) mem {
	p, ok := w.moving[name]
	if !ok {
		p = w.fixed[name]
	}
	return w.indexed(p, w.index, 4, v)
}

func (w *rowWalk) read(name string, v int) vec { return w.loaded(w.place(name, v)) }

// sums are partial sums from zero.
func (w *rowWalk) sums() []vec {
	s := w.vecs(rowSums)
	for _, v := range s {
		w.zero(v)
	}
	return s
}

// keep sets the lanes beyond the row to zero.
func (e *emitter) keep(v vec) vec {
	switch {
	case !e.masked:
	case e.wide:
		e.VMOVAPS_Z(v, e.kmask, v)
	default:
		e.VANDPS(e.ymask, v, v)
	}
	return v
}

// total combines all lanes of several vectors by an instruction, in a fixed
// order, and returns the result in every lane.
func (e *emitter) total(parts []vec, combine func(...op)) vec {
	for n := len(parts) / 2; n >= 1; n /= 2 {
		for i := range n {
			combine(parts[i+n], parts[i], parts[i])
		}
	}
	x, y, low := e.XMM(), e.XMM(), parts[0].AsX()
	if e.wide {
		half := e.YMM()
		e.VEXTRACTF64X4(operand.U8(1), parts[0], half)
		combine(parts[0].AsY(), half, half)
		e.VEXTRACTF32X4(operand.U8(1), half, x)
		low = half.AsX()
	} else {
		e.VEXTRACTF128(operand.U8(1), parts[0], x)
	}
	combine(low, x, x)
	e.VMOVHLPS(x, x, y)
	combine(y, x, x)
	e.VMOVSHDUP(x, y)
	combine(y, x, x)
	return e.spread(x)
}

// spread returns the first lane in every lane.
func (e *emitter) spread(x reg.VecVirtual) vec {
	v := e.vec()
	e.VBROADCASTSS(x.AsX(), v)
	return v
}

// count is c as a number in every lane.
func (w *rowWalk) count() vec {
	x := w.XMM()
	w.VXORPS(x, x, x)
	w.VCVTSI2SSQ(w.param("c"), x, x)
	return w.spread(x)
}
